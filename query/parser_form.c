/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists, maps, comprehensions, quantifiers, subqueries and CASE. */
#include "query/parser_private.h"

#include <stdlib.h>
#include <strings.h>

/* Expressions up to `close`, which is consumed. */
enum status parse_expr_items(struct expr *expr, struct parser *parser, enum punct close,
                               const char *name)
{
    AUTO(list_fini) struct list list = { 0 };
    struct expr *item;
    bool bar_ends = parser->bar_ends;

    parser->bar_ends = false;
    if (!at_punct(parser, close))
        do {
            TRY(parse_expr(&item, parser));
            TRY(list_add(&list, item));
        } while (accept(parser, P_COMMA));
    parser->bar_ends = bar_ends;
    TRY(parser_expect(parser, close, name));
    return list_keep(&expr->items, &expr->n_items, &list, parser->arena);
}

struct map_build {
    struct list values, keys;
};

static enum status map_add(struct map_build *build, struct parser *parser, struct slice key,
                           struct expr *value)
{
    struct slice *kept = arena_new(parser->arena, struct slice);

    if (!kept)
        return STATUS_NO_MEMORY;
    *kept = key;
    TRY(list_add(&build->keys, kept));
    return list_add(&build->values, value);
}

static enum status map_keep(struct expr *expr, struct map_build *build, struct parser *parser)
{
    TRY(list_keep(&expr->items, &expr->n_items, &build->values, parser->arena));
    expr->keys = arena_array(parser->arena, build->keys.n + 1, sizeof *expr->keys);
    if (!expr->keys)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < build->keys.n; i++)
        expr->keys[i] = *(struct slice *)build->keys.items[i];
    return STATUS_OK;
}

static void map_build_fini(struct map_build *build)
{
    list_fini(&build->values);
    list_fini(&build->keys);
}

static enum status parse_map_entry(struct map_build *build, struct parser *parser)
{
    struct slice key;
    struct expr *value;

    TRY(parser_name(&key, parser, "a key"));
    TRY(parser_expect(parser, P_COLON, "':' after the key"));
    TRY(parse_expr(&value, parser));
    return map_add(build, parser, key, value);
}

enum status parse_map(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_MAP, peek(parser)->span.start, 0);
    AUTO(map_build_fini) struct map_build build = { 0 };
    bool bar_ends = parser->bar_ends;

    if (!expr)
        return STATUS_NO_MEMORY;
    parser->bar_ends = false;
    TRY(parser_expect(parser, P_LBRACE, "'{'"));
    if (!at_punct(parser, P_RBRACE))
        do {
            TRY(parse_map_entry(&build, parser));
        } while (accept(parser, P_COMMA));
    parser->bar_ends = bar_ends;
    TRY(parser_expect(parser, P_RBRACE, "',' or '}' of the map"));
    TRY(map_keep(expr, &build, parser));
    return parser_done(out, expr, parser);
}

/* One element of variable {.key, .*, variable, key: value}. */
static enum status parse_projected(struct map_build *build, struct expr *expr,
                                   struct parser *parser)
{
    struct expr *value;
    struct slice key;
    uint32_t start = peek(parser)->span.start;

    if (accept(parser, P_DOT)) {
        if (accept(parser, P_STAR)) {
            expr->all = true;
            return STATUS_OK;
        }
        TRY(parser_name(&key, parser, "a key"));
        value = parser_node(parser, EXPR_PROPERTY, start, 1);
        if (!value)
            return STATUS_NO_MEMORY;
        value->name = key;
        value->items[0] = build->values.items[0];
        TRY(parser_done(&value, value, parser));
        return map_add(build, parser, key, value);
    }
    if (token_is(peek_at(parser, 1), P_COLON))
        return parse_map_entry(build, parser);
    value = parser_node(parser, EXPR_VARIABLE, start, 0);
    if (!value)
        return STATUS_NO_MEMORY;
    TRY(parser_name(&value->name, parser, "a key"));
    TRY(parser_done(&value, value, parser));
    return map_add(build, parser, value->name, value);
}

enum status parse_map_projection(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_MAP_PROJECTION, (*out)->span.start, 0);
    AUTO(map_build_fini) struct map_build build = { 0 };
    bool bar_ends = parser->bar_ends;

    if (!expr)
        return STATUS_NO_MEMORY;
    parser->at++;
    parser->bar_ends = false;
    TRY(map_add(&build, parser, (struct slice){ 0 }, *out));
    if (!at_punct(parser, P_RBRACE))
        do {
            TRY(parse_projected(&build, expr, parser));
        } while (accept(parser, P_COMMA));
    parser->bar_ends = bar_ends;
    TRY(parser_expect(parser, P_RBRACE, "',' or '}' of the map projection"));
    TRY(map_keep(expr, &build, parser));
    return parser_done(out, expr, parser);
}

/* ---- Forms with a variable of their own -------------------------------------------------- */

static enum status parse_bar_free(struct expr **out, struct parser *parser)
{
    bool bar_ends = parser->bar_ends;

    parser->bar_ends = true;
    TRY(parse_expr(out, parser));
    parser->bar_ends = bar_ends;
    return STATUS_OK;
}

/* Behind `[`, at `variable IN`. */
static enum status parse_comprehension(struct expr **out, struct parser *parser, uint32_t start)
{
    struct expr *expr = parser_node(parser, EXPR_LIST_COMPREHENSION, start, 3);

    if (!expr)
        return STATUS_NO_MEMORY;
    TRY(parser_name(&expr->name, parser, "a variable"));
    TRY(parser_expect_keyword(parser, KW_IN));
    TRY(parse_bar_free(&expr->items[0], parser));
    if (accept_keyword(parser, KW_WHERE))
        TRY(parse_bar_free(&expr->items[1], parser));
    if (accept(parser, P_BAR))
        TRY(parse_bar_free(&expr->items[2], parser));
    TRY(parser_expect(parser, P_RBRACKET, "WHERE, '|' or ']'"));
    return parser_done(out, expr, parser);
}

/* Behind `[`, at a path pattern. */
static enum status parse_pattern_comprehension(struct expr **out, struct parser *parser,
                                               uint32_t start)
{
    struct expr *expr = parser_node(parser, EXPR_PATTERN_COMPREHENSION, start, 1);

    if (!expr)
        return STATUS_NO_MEMORY;
    TRY(parse_one_path(&expr->pattern, parser));
    if (accept_keyword(parser, KW_WHERE))
        TRY(parse_bar_free(&expr->pattern->where, parser));
    if (!at_punct(parser, P_BAR))
        return parser_expected(parser, "UnexpectedSyntax",
                               "'|' and what the pattern comprehension collects");
    parser->at++;
    TRY(parse_bar_free(&expr->items[0], parser));
    TRY(parser_expect(parser, P_RBRACKET, "']'"));
    return parser_done(out, expr, parser);
}

enum status parse_bracket(struct expr **out, struct parser *parser)
{
    uint32_t start = peek(parser)->span.start;
    struct expr *expr;

    parser->at++;
    if (peek(parser)->kind == TOKEN_WORD && token_word(peek_at(parser, 1), KW_IN))
        return parse_comprehension(out, parser, start);
    if (parser_at_path(parser, 0) || (peek(parser)->kind == TOKEN_WORD &&
                                      token_is(peek_at(parser, 1), P_EQUAL) &&
                                      parser_at_path(parser, 2)))
        return parse_pattern_comprehension(out, parser, start);
    expr = parser_node(parser, EXPR_LIST, start, 0);
    if (!expr)
        return STATUS_NO_MEMORY;
    TRY(parse_expr_items(expr, parser, P_RBRACKET, "',' or ']' of the list"));
    return parser_done(out, expr, parser);
}

/* all(x IN list WHERE predicate) and its kin, at the word. */
enum status parse_quantifier(struct expr **out, struct parser *parser, enum operator op)
{
    struct expr *expr = parser_node(parser, EXPR_QUANTIFIER, peek(parser)->span.start, 2);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->op = op;
    parser->at += 2;
    TRY(parser_name(&expr->name, parser, "a variable"));
    TRY(parser_expect_keyword(parser, KW_IN));
    TRY(parse_expr(&expr->items[0], parser));
    TRY(parser_expect_keyword(parser, KW_WHERE));
    TRY(parse_expr(&expr->items[1], parser));
    TRY(parser_expect(parser, P_RPAREN, "')'"));
    return parser_done(out, expr, parser);
}

enum status parse_reduce(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_REDUCE, peek(parser)->span.start, 3);

    if (!expr)
        return STATUS_NO_MEMORY;
    parser->at += 2;
    TRY(parser_name(&expr->name, parser, "the accumulator"));
    TRY(parser_expect(parser, P_EQUAL, "'=' and the accumulator's first value"));
    TRY(parse_expr(&expr->items[0], parser));
    TRY(parser_expect(parser, P_COMMA, "','"));
    TRY(parser_name(&expr->name2, parser, "a variable"));
    TRY(parser_expect_keyword(parser, KW_IN));
    TRY(parse_bar_free(&expr->items[1], parser));
    TRY(parser_expect(parser, P_BAR, "'|' and the step"));
    TRY(parse_expr(&expr->items[2], parser));
    TRY(parser_expect(parser, P_RPAREN, "')'"));
    return parser_done(out, expr, parser);
}

/* EXISTS { ... }, COUNT { ... }, COLLECT { ... }: a query, or a pattern with WHERE. */
enum status parse_subquery(struct expr **out, struct parser *parser, enum expr_kind kind)
{
    struct expr *expr = parser_node(parser, kind, peek(parser)->span.start, 0);
    bool bar_ends = parser->bar_ends;

    if (!expr)
        return STATUS_NO_MEMORY;
    parser->at += 2;
    parser->bar_ends = false;
    if (at_punct(parser, P_LPAREN) ||
        (peek(parser)->kind == TOKEN_WORD && token_is(peek_at(parser, 1), P_EQUAL)) ||
        at_keyword(parser, KW_SHORTESTPATH) || at_keyword(parser, KW_ALLSHORTESTPATHS)) {
        TRY(parse_pattern(&expr->pattern, parser));
        if (accept_keyword(parser, KW_WHERE))
            TRY(parse_expr(&expr->pattern->where, parser));
    } else {
        TRY(parse_linear_queries(&expr->subquery, parser, true));
    }
    parser->bar_ends = bar_ends;
    TRY(parser_expect(parser, P_RBRACE, "'}' that ends the subquery"));
    return parser_done(out, expr, parser);
}

/* ---- CASE -------------------------------------------------------------------------------- */

static enum status case_when(struct list *list, struct expr *when, struct expr *then)
{
    TRY(list_add(list, when));
    return list_add(list, then);
}

/* WHEN a, b THEN c: one pair for each of a and b. */
static enum status parse_when(struct list *list, struct parser *parser)
{
    size_t first = list->n;
    struct expr *when, *then;

    do {
        TRY(parse_expr(&when, parser));
        TRY(case_when(list, when, NULL));
    } while (accept(parser, P_COMMA));
    TRY(parser_expect_keyword(parser, KW_THEN));
    TRY(parse_expr(&then, parser));
    for (size_t i = first + 1; i < list->n; i += 2)
        list->items[i] = then;
    return STATUS_OK;
}

enum status parse_case(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_CASE, peek(parser)->span.start, 0);
    AUTO(list_fini) struct list list = { 0 };
    struct expr *operand = NULL;
    bool bar_ends = parser->bar_ends;

    if (!expr)
        return STATUS_NO_MEMORY;
    parser->at++;
    parser->bar_ends = false;
    if (!at_keyword(parser, KW_WHEN))
        TRY(parse_expr(&operand, parser));
    TRY(case_when(&list, operand, NULL));
    if (!at_keyword(parser, KW_WHEN))
        return parser_expected(parser, "UnexpectedSyntax", "WHEN");
    while (accept_keyword(parser, KW_WHEN))
        TRY(parse_when(&list, parser));
    if (accept_keyword(parser, KW_ELSE)) {
        TRY(parse_expr(&operand, parser));
        list.items[1] = operand;
    }
    parser->bar_ends = bar_ends;
    TRY(parser_expect_keyword(parser, KW_END));
    TRY(list_keep(&expr->items, &expr->n_items, &list, parser->arena));
    return parser_done(out, expr, parser);
}
