/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions, by precedence climbing (Pratt 1973). From loose to tight: OR, XOR, AND, NOT,
 * comparisons (which chain: a < b < c), then IN, STARTS WITH, ENDS WITH, CONTAINS, =~, IS NULL and
 * labels, then + - ||, then * / %, then ^, then unary + -, then .key [index] [from..to].
 */
#include "query/parser_private.h"

#include <stdlib.h>
#include <strings.h>

enum {
    LEVEL_OR = 1,
    LEVEL_XOR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_PREDICATE,
    LEVEL_ADD,
    LEVEL_MULTIPLY,
    LEVEL_POWER,
    LEVEL_UNARY,
};

static enum status parse_level(struct expr **out, struct parser *parser, int level);
static enum status parse_unary(struct expr **out, struct parser *parser);

struct expr *parser_node(struct parser *parser, enum expr_kind kind, uint32_t start, size_t items)
{
    struct expr *expr = arena_new(parser->arena, struct expr);

    if (!expr)
        return NULL;
    expr->kind = kind;
    expr->slot = expr->slot2 = NO_SLOT;
    expr->span.start = start;
    expr->n_items = (uint32_t)items;
    if (items) {
        expr->items = arena_array(parser->arena, items, sizeof *expr->items);
        if (!expr->items)
            return NULL;
    }
    return expr;
}

static enum status done(struct expr **out, struct expr *expr, struct parser *parser)
{
    if (!expr)
        return STATUS_NO_MEMORY;
    expr->span.end = parser_end(parser);
    *out = expr;
    return STATUS_OK;
}

static enum status make_literal(struct expr **out, struct parser *parser, struct value value)
{
    struct expr *expr = parser_node(parser, EXPR_LITERAL, peek(parser)->span.start, 0);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->literal = value;
    parser->at++;
    return done(out, expr, parser);
}

static enum status parse_integer(struct expr **out, struct parser *parser, bool negative)
{
    const struct token *token = peek(parser);
    uint64_t limit = (uint64_t)INT64_MAX + negative;

    if (token->overflow || token->magnitude > limit)
        return parser_fail(parser, token->span, "IntegerOverflow",
                           "this integer does not fit in 64 bits");
    return make_literal(out, parser,
                        value_int(negative ? (int64_t)(0 - token->magnitude)
                                           : (int64_t)token->magnitude));
}

/* ---- Lists of expressions ---------------------------------------------------------------- */

/* Expressions up to `close`, which is consumed. */
static enum status parse_items(struct expr *expr, struct parser *parser, enum punct close,
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
    return done(out, expr, parser);
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
        TRY(done(&value, value, parser));
        return map_add(build, parser, key, value);
    }
    if (token_is(peek_at(parser, 1), P_COLON))
        return parse_map_entry(build, parser);
    value = parser_node(parser, EXPR_VARIABLE, start, 0);
    if (!value)
        return STATUS_NO_MEMORY;
    TRY(parser_name(&value->name, parser, "a key"));
    TRY(done(&value, value, parser));
    return map_add(build, parser, value->name, value);
}

static enum status parse_map_projection(struct expr **out, struct parser *parser)
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
    return done(out, expr, parser);
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
    return done(out, expr, parser);
}

/* Behind `[`, at a path pattern. */
static enum status parse_pattern_comprehension(struct expr **out, struct parser *parser,
                                               uint32_t start)
{
    struct expr *expr = parser_node(parser, EXPR_PATTERN_COMPREHENSION, start, 1);
    struct graph_pattern *pattern = arena_new(parser->arena, struct graph_pattern);
    struct path_pattern **paths = arena_new(parser->arena, struct path_pattern *);

    if (!expr || !pattern || !paths)
        return STATUS_NO_MEMORY;
    TRY(parse_path(&paths[0], parser));
    pattern->paths = paths;
    pattern->n_paths = 1;
    pattern->span = paths[0]->span;
    expr->pattern = pattern;
    if (accept_keyword(parser, KW_WHERE))
        TRY(parse_bar_free(&pattern->where, parser));
    if (!at_punct(parser, P_BAR))
        return parser_expected(parser, "UnexpectedSyntax",
                               "'|' and what the pattern comprehension collects");
    parser->at++;
    TRY(parse_bar_free(&expr->items[0], parser));
    TRY(parser_expect(parser, P_RBRACKET, "']'"));
    return done(out, expr, parser);
}

static enum status parse_bracket(struct expr **out, struct parser *parser)
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
    TRY(parse_items(expr, parser, P_RBRACKET, "',' or ']' of the list"));
    return done(out, expr, parser);
}

/* all(x IN list WHERE predicate) and its kin, at the word. */
static enum status parse_quantifier(struct expr **out, struct parser *parser, enum operator op)
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
    return done(out, expr, parser);
}

static enum status parse_reduce(struct expr **out, struct parser *parser)
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
    return done(out, expr, parser);
}

/* EXISTS { ... }, COUNT { ... }, COLLECT { ... }: a query, or a pattern with WHERE. */
static enum status parse_subquery(struct expr **out, struct parser *parser, enum expr_kind kind)
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
    return done(out, expr, parser);
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

static enum status parse_case(struct expr **out, struct parser *parser)
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
    return done(out, expr, parser);
}

/* ---- Primary ----------------------------------------------------------------------------- */

static enum status parse_call(struct expr **out, struct parser *parser, size_t name_tokens)
{
    struct expr *expr = parser_node(parser, EXPR_CALL, peek(parser)->span.start, 0);
    struct span name = peek(parser)->span;

    if (!expr)
        return STATUS_NO_MEMORY;
    if (name_tokens == 1) {
        expr->name = peek(parser)->text;
    } else {
        name.end = peek_at(parser, name_tokens - 1)->span.end;
        expr->name = parser_text(parser, name);
    }
    parser->at += name_tokens + 1;
    if (expr->name.size == 5 && strncasecmp(expr->name.data, "count", 5) == 0 &&
        at_punct(parser, P_STAR)) {
        parser->at++;
        expr->kind = EXPR_COUNT_STAR;
        TRY(parser_expect(parser, P_RPAREN, "')'"));
        return done(out, expr, parser);
    }
    expr->distinct = accept_keyword(parser, KW_DISTINCT);
    if (!expr->distinct && at_keyword(parser, KW_ALL) && !token_is(peek_at(parser, 1), P_LPAREN))
        parser->at++;
    TRY(parse_items(expr, parser, P_RPAREN, "',' or ')' of the arguments"));
    return done(out, expr, parser);
}

/* The pattern of a predicate or of shortestPath() in an expression. */
static enum status parse_pattern_value(struct expr **out, struct parser *parser,
                                       enum expr_kind kind)
{
    struct expr *expr = parser_node(parser, kind, peek(parser)->span.start, 0);
    struct graph_pattern *pattern = arena_new(parser->arena, struct graph_pattern);
    struct path_pattern **paths = arena_new(parser->arena, struct path_pattern *);

    if (!expr || !pattern || !paths)
        return STATUS_NO_MEMORY;
    TRY(parse_path(&paths[0], parser));
    pattern->paths = paths;
    pattern->n_paths = 1;
    pattern->span = paths[0]->span;
    expr->pattern = pattern;
    return done(out, expr, parser);
}

static enum status parse_paren(struct expr **out, struct parser *parser)
{
    bool bar_ends = parser->bar_ends;
    uint32_t start = peek(parser)->span.start;

    if (parser_at_path(parser, 0))
        return parse_pattern_value(out, parser, EXPR_PATTERN);
    parser->at++;
    parser->bar_ends = false;
    TRY(parse_expr(out, parser));
    parser->bar_ends = bar_ends;
    TRY(parser_expect(parser, P_RPAREN, "')'"));
    (*out)->parenthesised = true;
    (*out)->span = parser_span(parser, start);
    return STATUS_OK;
}

/* Tokens of a dotted name that a `(` follows; 0 where this is no call. */
static size_t call_name(const struct parser *parser)
{
    size_t n = 1;

    while (token_is(peek_at(parser, n), P_DOT) && peek_at(parser, n + 1)->kind == TOKEN_WORD)
        n += 2;
    return token_is(peek_at(parser, n), P_LPAREN) ? n : 0;
}

static bool quantifier_of(enum keyword keyword, enum operator *op)
{
    *op = keyword == KW_ALL      ? OP_ALL
          : keyword == KW_ANY    ? OP_ANY
          : keyword == KW_NONE   ? OP_NO
          : keyword == KW_SINGLE ? OP_SINGLE
                                 : OP_NONE;
    return *op != OP_NONE;
}

/* Words that mean something only with what follows them. *done says whether one was found. */
static enum status parse_form(struct expr **out, struct parser *parser, bool *found)
{
    enum keyword keyword = peek(parser)->keyword;
    bool paren = token_is(peek_at(parser, 1), P_LPAREN);
    bool brace = token_is(peek_at(parser, 1), P_LBRACE);
    enum operator op;

    *found = true;
    if (keyword == KW_CASE)
        return parse_case(out, parser);
    if (keyword == KW_EXISTS && brace)
        return parse_subquery(out, parser, EXPR_EXISTS);
    if (keyword == KW_COUNT && brace)
        return parse_subquery(out, parser, EXPR_COUNT);
    if (brace && peek(parser)->text.size == 7 &&
        strncasecmp(peek(parser)->text.data, "collect", 7) == 0)
        return parse_subquery(out, parser, EXPR_COLLECT);
    if (paren && quantifier_of(keyword, &op) && peek_at(parser, 2)->kind == TOKEN_WORD &&
        token_word(peek_at(parser, 3), KW_IN))
        return parse_quantifier(out, parser, op);
    if (paren && keyword == KW_REDUCE && peek_at(parser, 2)->kind == TOKEN_WORD &&
        token_is(peek_at(parser, 3), P_EQUAL))
        return parse_reduce(out, parser);
    if (paren && (keyword == KW_SHORTESTPATH || keyword == KW_ALLSHORTESTPATHS))
        return parse_pattern_value(out, parser, EXPR_SHORTEST);
    *found = false;
    return STATUS_OK;
}

static enum status parse_word(struct expr **out, struct parser *parser)
{
    enum keyword keyword = peek(parser)->keyword;
    struct expr *expr;
    size_t name_tokens;
    bool found;

    if (keyword == KW_NULL)
        return make_literal(out, parser, value_null());
    if (keyword == KW_TRUE || keyword == KW_FALSE)
        return make_literal(out, parser, value_bool(keyword == KW_TRUE));
    TRY(parse_form(out, parser, &found));
    if (found)
        return STATUS_OK;
    name_tokens = call_name(parser);
    if (name_tokens)
        return parse_call(out, parser, name_tokens);
    expr = parser_node(parser, EXPR_VARIABLE, peek(parser)->span.start, 0);
    if (!expr)
        return STATUS_NO_MEMORY;
    TRY(parser_name(&expr->name, parser, "an expression"));
    TRY(done(out, expr, parser));
    if (at_punct(parser, P_LBRACE))
        return parse_map_projection(out, parser);
    return STATUS_OK;
}

static enum status parse_primary(struct expr **out, struct parser *parser)
{
    const struct token *token = peek(parser);
    struct expr *expr;

    switch (token->kind) {
    case TOKEN_WORD:
        return parse_word(out, parser);
    case TOKEN_STRING:
        return make_literal(out, parser, value_text(token->text));
    case TOKEN_INTEGER:
        return parse_integer(out, parser, false);
    case TOKEN_FLOAT:
        return make_literal(out, parser, value_float(token->number));
    case TOKEN_PARAMETER:
        expr = parser_node(parser, EXPR_PARAMETER, token->span.start, 0);
        if (!expr)
            return STATUS_NO_MEMORY;
        expr->name = token->text;
        parser->at++;
        return done(out, expr, parser);
    case TOKEN_PUNCT:
        if (token->punct == P_LPAREN)
            return parse_paren(out, parser);
        if (token->punct == P_LBRACKET)
            return parse_bracket(out, parser);
        if (token->punct == P_LBRACE)
            return parse_map(out, parser);
        break;
    case TOKEN_END:
        break;
    }
    return parser_expected(parser, "UnexpectedSyntax", "an expression");
}

/* ---- Postfix and unary ------------------------------------------------------------------- */

static enum status parse_subscript(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_SLICE, (*out)->span.start, 3);
    bool bar_ends = parser->bar_ends;

    if (!expr)
        return STATUS_NO_MEMORY;
    parser->at++;
    parser->bar_ends = false;
    expr->items[0] = *out;
    if (!at_punct(parser, P_DOTDOT))
        TRY(parse_expr(&expr->items[1], parser));
    if (accept(parser, P_DOTDOT)) {
        if (!at_punct(parser, P_RBRACKET))
            TRY(parse_expr(&expr->items[2], parser));
    } else {
        expr->kind = EXPR_INDEX;
        expr->n_items = 2;
    }
    parser->bar_ends = bar_ends;
    TRY(parser_expect(parser, P_RBRACKET, "']'"));
    return done(out, expr, parser);
}

enum status parse_postfix(struct expr **out, struct parser *parser)
{
    struct expr *expr;
    unsigned links = 0;

    TRY(parse_primary(out, parser));
    for (;;) {
        if (at_punct(parser, P_LBRACKET)) {
            TRY(parser_link(parser, &links));
            TRY(parse_subscript(out, parser));
        } else if (at_punct(parser, P_DOT)) {
            TRY(parser_link(parser, &links));
            expr = parser_node(parser, EXPR_PROPERTY, (*out)->span.start, 1);
            if (!expr)
                return STATUS_NO_MEMORY;
            parser->at++;
            expr->items[0] = *out;
            TRY(parser_name(&expr->name, parser, "a property"));
            TRY(done(out, expr, parser));
        } else {
            return STATUS_OK;
        }
    }
}

static enum status make_unary(struct expr **out, struct parser *parser, enum operator op,
                              uint32_t start, struct expr *operand)
{
    struct expr *expr = parser_node(parser, EXPR_UNARY, start, 1);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->op = op;
    expr->items[0] = operand;
    return done(out, expr, parser);
}

static enum status parse_unary(struct expr **out, struct parser *parser)
{
    uint32_t start = peek(parser)->span.start;
    bool minus = at_punct(parser, P_MINUS);
    struct expr *operand;

    if (!minus && !at_punct(parser, P_PLUS))
        return parse_postfix(out, parser);
    parser->at++;
    if (minus && peek(parser)->kind == TOKEN_INTEGER && !token_is(peek_at(parser, 1), P_DOT) &&
        !token_is(peek_at(parser, 1), P_LBRACKET)) {
        TRY(parse_integer(out, parser, true));
        (*out)->span.start = start;
        return STATUS_OK;
    }
    TRY(parser_enter(parser));
    TRY(parse_unary(&operand, parser));
    parser->depth--;
    return make_unary(out, parser, minus ? OP_MINUS : OP_PLUS, start, operand);
}

/* ---- Binary ------------------------------------------------------------------------------ */

struct binary {
    enum operator op;
    int level;
    int tokens;
};

static struct binary punct_operator(enum punct punct)
{
    switch (punct) {
    case P_EQUAL:
        return (struct binary){ OP_EQUAL, LEVEL_COMPARE, 1 };
    case P_NOT_EQUAL:
        return (struct binary){ OP_NOT_EQUAL, LEVEL_COMPARE, 1 };
    case P_LESS:
        return (struct binary){ OP_LESS, LEVEL_COMPARE, 1 };
    case P_LESS_EQUAL:
        return (struct binary){ OP_LESS_EQUAL, LEVEL_COMPARE, 1 };
    case P_GREATER:
        return (struct binary){ OP_GREATER, LEVEL_COMPARE, 1 };
    case P_GREATER_EQUAL:
        return (struct binary){ OP_GREATER_EQUAL, LEVEL_COMPARE, 1 };
    case P_MATCHES:
        return (struct binary){ OP_MATCHES, LEVEL_PREDICATE, 1 };
    case P_PLUS:
        return (struct binary){ OP_ADD, LEVEL_ADD, 1 };
    case P_MINUS:
        return (struct binary){ OP_SUBTRACT, LEVEL_ADD, 1 };
    case P_CONCAT:
        return (struct binary){ OP_CONCAT, LEVEL_ADD, 1 };
    case P_STAR:
        return (struct binary){ OP_MULTIPLY, LEVEL_MULTIPLY, 1 };
    case P_SLASH:
        return (struct binary){ OP_DIVIDE, LEVEL_MULTIPLY, 1 };
    case P_PERCENT:
        return (struct binary){ OP_MODULO, LEVEL_MULTIPLY, 1 };
    case P_CARET:
        return (struct binary){ OP_POWER, LEVEL_POWER, 1 };
    default:
        return (struct binary){ OP_NONE, 0, 0 };
    }
}

/* The binary operator at the cursor; level 0 where there is none. */
static struct binary next_operator(const struct parser *parser)
{
    const struct token *token = peek(parser), *second = peek_at(parser, 1);

    if (token->kind == TOKEN_PUNCT)
        return punct_operator(token->punct);
    if (token->kind != TOKEN_WORD)
        return (struct binary){ OP_NONE, 0, 0 };
    switch (token->keyword) {
    case KW_OR:
        return (struct binary){ OP_OR, LEVEL_OR, 1 };
    case KW_XOR:
        return (struct binary){ OP_XOR, LEVEL_XOR, 1 };
    case KW_AND:
        return (struct binary){ OP_AND, LEVEL_AND, 1 };
    case KW_IN:
        return (struct binary){ OP_IN, LEVEL_PREDICATE, 1 };
    case KW_CONTAINS:
        return (struct binary){ OP_CONTAINS, LEVEL_PREDICATE, 1 };
    case KW_STARTS:
        if (token_word(second, KW_WITH))
            return (struct binary){ OP_STARTS_WITH, LEVEL_PREDICATE, 2 };
        break;
    case KW_ENDS:
        if (token_word(second, KW_WITH))
            return (struct binary){ OP_ENDS_WITH, LEVEL_PREDICATE, 2 };
        break;
    default:
        break;
    }
    return (struct binary){ OP_NONE, 0, 0 };
}

static enum status make_binary(struct expr **out, struct parser *parser, enum operator op,
                               struct expr *right)
{
    struct expr *expr = parser_node(parser, EXPR_BINARY, (*out)->span.start, 2);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->op = op;
    expr->items[0] = *out;
    expr->items[1] = right;
    return done(out, expr, parser);
}

/* a < b <= c: one node with all operands. */
static enum status parse_comparison(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_COMPARE, (*out)->span.start, 0);
    AUTO(list_fini) struct list operands = { 0 };
    AUTO(list_fini) struct list ops = { 0 };
    struct binary next;
    struct expr *right;

    if (!expr)
        return STATUS_NO_MEMORY;
    TRY(list_add(&operands, *out));
    while ((next = next_operator(parser)).level == LEVEL_COMPARE) {
        parser->at++;
        TRY(parse_level(&right, parser, LEVEL_PREDICATE));
        TRY(list_add(&operands, right));
        TRY(list_add(&ops, (void *)(uintptr_t)next.op));
    }
    TRY(list_keep(&expr->items, &expr->n_items, &operands, parser->arena));
    expr->ops = arena_array(parser->arena, ops.n, sizeof *expr->ops);
    if (!expr->ops)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < ops.n; i++)
        expr->ops[i] = (enum operator)(uintptr_t)ops.items[i];
    return done(out, expr, parser);
}

static enum status parse_has_labels(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_HAS_LABELS, (*out)->span.start, 1);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->items[0] = *out;
    TRY(parse_labels(&expr->labels, parser, !parser->bar_ends));
    return done(out, expr, parser);
}

/* IS NULL, IS NOT NULL, :Label, IS Label. *found says whether there was one. */
static enum status parse_suffix(struct expr **out, struct parser *parser, bool *found)
{
    bool not_null = token_word(peek_at(parser, 1), KW_NOT);

    *found = true;
    if (accept(parser, P_COLON))
        return parse_has_labels(out, parser);
    if (at_keyword(parser, KW_IS) && token_word(peek_at(parser, not_null ? 2 : 1), KW_NULL)) {
        parser->at += not_null ? 3 : 2;
        return make_unary(out, parser, not_null ? OP_IS_NOT_NULL : OP_IS_NULL, (*out)->span.start,
                          *out);
    }
    if (accept_keyword(parser, KW_IS))
        return parse_has_labels(out, parser);
    *found = false;
    return STATUS_OK;
}

static enum status parse_not(struct expr **out, struct parser *parser)
{
    uint32_t start = peek(parser)->span.start;
    struct expr *operand;
    bool negated = false;

    if (!at_keyword(parser, KW_NOT))
        return parse_level(out, parser, LEVEL_COMPARE);
    /* NOT NOT NOT x costs no depth. */
    while (accept_keyword(parser, KW_NOT))
        negated = !negated;
    TRY(parse_level(&operand, parser, LEVEL_COMPARE));
    TRY(make_unary(out, parser, OP_NOT, start, operand));
    return negated ? STATUS_OK : make_unary(out, parser, OP_NOT, start, *out);
}

static enum status parse_operand(struct expr **out, struct parser *parser, int level)
{
    if (level <= LEVEL_NOT)
        return parse_not(out, parser);
    return parse_unary(out, parser);
}

/* An operand and every operator behind it that binds at least as tightly as `level`. */
static enum status parse_level(struct expr **out, struct parser *parser, int level)
{
    struct expr *right;
    struct binary next;
    unsigned links = 0;
    bool found;

    TRY(parse_operand(out, parser, level));
    for (;;) {
        next = next_operator(parser);
        if (level <= LEVEL_PREDICATE && level >= LEVEL_NOT && next.level < LEVEL_PREDICATE) {
            TRY(parse_suffix(out, parser, &found));
            if (found) {
                TRY(parser_link(parser, &links));
                continue;
            }
        }
        if (next.level < level || next.level == 0)
            return STATUS_OK;
        TRY(parser_link(parser, &links));
        if (next.level == LEVEL_COMPARE) {
            TRY(parse_comparison(out, parser));
            continue;
        }
        parser->at += (size_t)next.tokens;
        TRY(parse_level(&right, parser, next.level + 1));
        TRY(make_binary(out, parser, next.op, right));
    }
}

enum status parse_expr(struct expr **out, struct parser *parser)
{
    TRY(parser_enter(parser));
    TRY(parse_level(out, parser, LEVEL_OR));
    parser->depth--;
    return STATUS_OK;
}
