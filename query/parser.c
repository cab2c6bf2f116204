/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clauses. */
#include "base/text.h"
#include "query/parser_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Shared helpers ---------------------------------------------------------------------- */

enum status parser_fail(struct parser *parser, struct text_span span, const char *detail,
                        const char *format, ...)
{
    struct query_error error = { "SyntaxError", detail, QUERY_COMPILE, span };
    char message[256];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (error.span.end <= error.span.start)
        error.span.end = error.span.start + 1;
    return query_fail(parser->tokens.source, error, "%s", message);
}

enum status parser_expected(struct parser *parser, const char *detail, const char *expected)
{
    char shown[64];

    return parser_fail(parser, peek(parser)->span, detail, "expected %s, found %s", expected,
                       token_show(shown, peek(parser), parser->tokens.source));
}

enum status parser_expect(struct parser *parser, enum punct punct, const char *name)
{
    if (accept(parser, punct))
        return STATUS_OK;
    return parser_expected(parser, "UnexpectedSyntax", name);
}

enum status parser_expect_keyword(struct parser *parser, enum keyword keyword)
{
    if (accept_keyword(parser, keyword))
        return STATUS_OK;
    return parser_expected(parser, "UnexpectedSyntax", keyword_name(keyword));
}

enum status parser_name(struct slice *out, struct parser *parser, const char *what)
{
    if (peek(parser)->kind != TOKEN_WORD)
        return parser_expected(parser, "UnexpectedSyntax", what);
    *out = peek(parser)->text;
    parser->at++;
    return STATUS_OK;
}

enum status parser_enter(struct parser *parser)
{
    if (++parser->depth <= PARSER_DEPTH_MAX)
        return STATUS_OK;
    return parser_fail(parser, peek(parser)->span, "UnexpectedSyntax",
                       "nested deeper than %d levels; split the query with WITH", PARSER_DEPTH_MAX);
}

enum status parser_link(struct parser *parser, unsigned *links)
{
    if (++*links <= PARSER_CHAIN_MAX)
        return STATUS_OK;
    return parser_fail(parser, peek(parser)->span, "UnexpectedSyntax",
                       "more than %d operators in a row; use a list with all(), any() or reduce()",
                       PARSER_CHAIN_MAX);
}

void list_fini(struct list *list)
{
    free(list->items);
    *list = (struct list){ 0 };
}

enum status list_add(struct list *list, void *item)
{
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    list->items[list->n++] = item;
    return STATUS_OK;
}

enum status list_keep(void *out, uint32_t *n, struct list *list, struct arena *arena)
{
    void **kept = arena_array(arena, list->n + 1, sizeof *kept);

    if (!kept)
        return STATUS_NO_MEMORY;
    if (list->n)
        memcpy(kept, list->items, list->n * sizeof *kept);
    memcpy(out, &kept, sizeof kept);
    *n = (uint32_t)list->n;
    return STATUS_OK;
}

/* Copies `n` elements of `size` bytes, which `list` points at, into one array of the arena. */
enum status list_flatten(void *out, uint32_t *n, struct list *list, struct arena *arena,
                                size_t size)
{
    char *kept = arena_array(arena, list->n + 1, size);

    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < list->n; i++)
        memcpy(kept + i * size, list->items[i], size);
    memcpy(out, &kept, sizeof kept);
    *n = (uint32_t)list->n;
    return STATUS_OK;
}

struct clause *parser_clause(struct parser *parser, enum clause_kind kind)
{
    struct clause *clause = arena_new(parser->arena, struct clause);

    if (clause) {
        clause->kind = kind;
        clause->span.start = peek(parser)->span.start;
        clause->slot = NO_SLOT;
    }
    return clause;
}

/* ---- MATCH, UNWIND ----------------------------------------------------------------------- */

/* USING HOPS LIMIT n, USING DEGREE LIMIT k. */
static enum status parse_hints(struct clause *clause, struct parser *parser)
{
    while (accept_keyword(parser, KW_USING)) {
        bool hops = at_keyword(parser, KW_HOPS);

        if (!hops && !at_keyword(parser, KW_DEGREE))
            return parser_expected(parser, "UnexpectedSyntax", "HOPS LIMIT or DEGREE LIMIT");
        parser->at++;
        TRY(parser_expect_keyword(parser, KW_LIMIT));
        if (peek(parser)->kind != TOKEN_INTEGER || peek(parser)->overflow ||
            peek(parser)->magnitude == 0)
            return parser_expected(parser, "UnexpectedSyntax", "a number above 0");
        *(hops ? &clause->hops_limit : &clause->degree_limit) = peek(parser)->magnitude;
        parser->at++;
    }
    return STATUS_OK;
}

static enum status parse_match(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_MATCH);

    if (!clause)
        return STATUS_NO_MEMORY;
    clause->optional = accept_keyword(parser, KW_OPTIONAL);
    TRY(parser_expect_keyword(parser, KW_MATCH));
    TRY(parse_pattern(&clause->pattern, parser));
    TRY(parse_hints(clause, parser));
    if (accept_keyword(parser, KW_WHERE))
        TRY(parse_expr(&clause->pattern->where, parser));
    return STATUS_OK;
}

enum status parse_expr_list(struct clause *clause, struct parser *parser, enum punct close)
{
    AUTO(list_fini) struct list list = { 0 };
    struct expr *expr;

    if (close == P_NONE || !at_punct(parser, close))
        do {
            TRY(parse_expr(&expr, parser));
            TRY(list_add(&list, expr));
        } while (accept(parser, P_COMMA));
    return list_keep(&clause->exprs, &clause->n_exprs, &list, parser->arena);
}

static enum status parse_unwind(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_UNWIND);

    if (!clause)
        return STATUS_NO_MEMORY;
    parser->at++;
    TRY(parse_expr_list(clause, parser, P_NONE));
    if (clause->n_exprs != 1)
        return parser_fail(parser, clause->exprs[1]->span, "UnexpectedSyntax",
                           "UNWIND takes one list");
    TRY(parser_expect_keyword(parser, KW_AS));
    clause->name_span = peek(parser)->span;
    return parser_name(&clause->name, parser, "a variable");
}

/* ---- WITH, RETURN ------------------------------------------------------------------------ */

static enum status parse_item(struct list *list, struct parser *parser)
{
    struct projection_item *item = arena_new(parser->arena, struct projection_item);

    if (!item)
        return STATUS_NO_MEMORY;
    item->slot = NO_SLOT;
    TRY(parse_expr(&item->expr, parser));
    item->name_span = item->expr->span;
    if (item->expr->parenthesised || item->expr->kind != EXPR_VARIABLE)
        item->name = parser_text(parser, item->expr->span);
    else
        item->name = item->expr->name;
    if (accept_keyword(parser, KW_AS)) {
        item->aliased = true;
        item->name_span = peek(parser)->span;
        TRY(parser_name(&item->name, parser, "a name"));
    }
    return list_add(list, item);
}

static enum status parse_items(struct projection *projection, struct parser *parser)
{
    AUTO(list_fini) struct list list = { 0 };

    if (accept(parser, P_STAR)) {
        projection->star = true;
        if (!accept(parser, P_COMMA))
            return STATUS_OK;
    }
    do {
        TRY(parse_item(&list, parser));
    } while (accept(parser, P_COMMA));
    return list_flatten(&projection->items, &projection->n_items, &list, parser->arena,
                        sizeof *projection->items);
}

static enum status parse_order(struct projection *projection, struct parser *parser)
{
    AUTO(list_fini) struct list list = { 0 };

    TRY(parser_expect_keyword(parser, KW_BY));
    do {
        struct sort_item *item = arena_new(parser->arena, struct sort_item);

        if (!item)
            return STATUS_NO_MEMORY;
        TRY(parse_expr(&item->expr, parser));
        if (accept_keyword(parser, KW_DESC) || accept_keyword(parser, KW_DESCENDING))
            item->descending = true;
        else if (!accept_keyword(parser, KW_ASC))
            accept_keyword(parser, KW_ASCENDING);
        TRY(list_add(&list, item));
    } while (accept(parser, P_COMMA));
    return list_flatten(&projection->order, &projection->n_order, &list, parser->arena,
                        sizeof *projection->order);
}

static enum status parse_projection(struct clause **out, struct parser *parser,
                                    enum clause_kind kind)
{
    struct clause *clause = *out = parser_clause(parser, kind);
    struct projection *projection = arena_new(parser->arena, struct projection);

    if (!clause || !projection)
        return STATUS_NO_MEMORY;
    parser->at++;
    clause->projection = projection;
    projection->distinct = accept_keyword(parser, KW_DISTINCT);
    if (!projection->distinct && at_keyword(parser, KW_ALL) &&
        !token_is(peek_at(parser, 1), P_LPAREN))
        parser->at++;
    TRY(parse_items(projection, parser));
    if (at_keywords(parser, KW_ORDER, KW_BY)) {
        parser->at++;
        TRY(parse_order(projection, parser));
    }
    if (accept_keyword(parser, KW_SKIP) || accept_keyword(parser, KW_OFFSET))
        TRY(parse_expr(&projection->skip, parser));
    if (accept_keyword(parser, KW_LIMIT))
        TRY(parse_expr(&projection->limit, parser));
    if (kind == CLAUSE_WITH && accept_keyword(parser, KW_WHERE))
        TRY(parse_expr(&projection->where, parser));
    projection->span = parser_span(parser, clause->span.start);
    return STATUS_OK;
}

/* ---- CALL -------------------------------------------------------------------------------- */

static enum status parse_yields(struct clause *clause, struct parser *parser)
{
    AUTO(list_fini) struct list list = { 0 };

    clause->has_yield = true;
    if (accept(parser, P_STAR)) {
        clause->yield_star = true;
        return STATUS_OK;
    }
    if (accept(parser, P_MINUS))
        return STATUS_OK;
    do {
        struct yield_item *item = arena_new(parser->arena, struct yield_item);

        if (!item)
            return STATUS_NO_MEMORY;
        item->span = peek(parser)->span;
        TRY(parser_name(&item->field, parser, "a column of the procedure"));
        item->name = item->field;
        if (accept_keyword(parser, KW_AS)) {
            item->span = peek(parser)->span;
            TRY(parser_name(&item->name, parser, "a name"));
        }
        TRY(list_add(&list, item));
    } while (accept(parser, P_COMMA));
    TRY(list_flatten(&clause->yields, &clause->n_yields, &list, parser->arena,
                     sizeof *clause->yields));
    if (accept_keyword(parser, KW_WHERE))
        TRY(parse_expr(&clause->where, parser));
    return STATUS_OK;
}

static enum status parse_procedure_call(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_CALL);
    struct slice part;

    if (!clause)
        return STATUS_NO_MEMORY;
    parser->at++;
    clause->name_span = peek(parser)->span;
    TRY(parser_name(&part, parser, "the name of a procedure"));
    while (accept(parser, P_DOT))
        TRY(parser_name(&part, parser, "the name of a procedure"));
    clause->name_span.end = parser_end(parser);
    clause->name = parser_text(parser, clause->name_span);
    clause->implicit = !accept(parser, P_LPAREN);
    if (!clause->implicit) {
        TRY(parse_expr_list(clause, parser, P_RPAREN));
        TRY(parser_expect(parser, P_RPAREN, "',' or ')' of the arguments"));
    }
    if (accept_keyword(parser, KW_YIELD))
        TRY(parse_yields(clause, parser));
    return STATUS_OK;
}

/* ---- Whole queries ----------------------------------------------------------------------- */

static enum status parse_clause(struct clause **out, struct parser *parser)
{
    switch (peek(parser)->kind == TOKEN_WORD ? peek(parser)->keyword : KW_NONE_) {
    case KW_OPTIONAL:
    case KW_MATCH:
        return parse_match(out, parser);
    case KW_UNWIND:
        return parse_unwind(out, parser);
    case KW_WITH:
        return parse_projection(out, parser, CLAUSE_WITH);
    case KW_RETURN:
        return parse_projection(out, parser, CLAUSE_RETURN);
    case KW_CREATE:
        return parse_create(out, parser);
    case KW_MERGE:
        return parse_merge(out, parser);
    case KW_SET:
    case KW_REMOVE:
        return parse_set(out, parser);
    case KW_DETACH:
    case KW_DELETE:
        return parse_delete(out, parser);
    case KW_CALL:
        return parse_procedure_call(out, parser);
    default:
        return parser_expected(parser, "UnexpectedSyntax",
                               "a clause (MATCH, WITH, RETURN, UNWIND, CREATE, ...)");
    }
}

static bool at_query_end(const struct parser *parser, bool nested)
{
    return peek(parser)->kind == TOKEN_END || at_keyword(parser, KW_UNION) ||
           (nested ? at_punct(parser, P_RBRACE) : at_punct(parser, P_SEMICOLON));
}

static enum status parse_linear(struct linear_query *out, struct parser *parser, bool nested)
{
    AUTO(list_fini) struct list list = { 0 };
    struct clause *clause;

    do {
        TRY(parse_clause(&clause, parser));
        clause->span.end = parser_end(parser);
        TRY(list_add(&list, clause));
    } while (!at_query_end(parser, nested));
    return list_keep(&out->clauses, &out->n_clauses, &list, parser->arena);
}

static enum status parse_unions(struct query_ast *ast, struct parser *parser, struct list *list,
                                bool nested)
{
    for (;;) {
        struct linear_query *part = arena_new(parser->arena, struct linear_query);
        struct text_span at = peek(parser)->span;
        bool all;

        if (!part)
            return STATUS_NO_MEMORY;
        TRY(parse_linear(part, parser, nested));
        TRY(list_add(list, part));
        at = peek(parser)->span;
        if (!accept_keyword(parser, KW_UNION))
            return STATUS_OK;
        all = accept_keyword(parser, KW_ALL);
        if (!all)
            accept_keyword(parser, KW_DISTINCT);
        if (list->n > 1 && all != ast->union_all)
            return parser_fail(parser, at, "InvalidClauseComposition",
                               "UNION and UNION ALL can't be mixed in one query");
        ast->union_all = all;
    }
}

enum status parse_linear_queries(struct query_ast **out, struct parser *parser, bool nested)
{
    struct query_ast *ast = arena_new(parser->arena, struct query_ast);
    AUTO(list_fini) struct list list = { 0 };

    if (!ast)
        return STATUS_NO_MEMORY;
    TRY(parser_enter(parser));
    ast->text = parser->tokens.source;
    TRY(parse_unions(ast, parser, &list, nested));
    parser->depth--;
    *out = ast;
    return list_flatten(&ast->parts, &ast->n_parts, &list, parser->arena, sizeof *ast->parts);
}

/* What is read from it is stored and shown as text: in another encoding it is no query. */
static enum status check_text(struct slice text)
{
    const struct query_error error = { "SyntaxError", "InvalidEncoding", QUERY_COMPILE, { 0, 0 } };
    size_t offset;

    if (text_valid_utf8(text, &offset))
        return STATUS_OK;
    return query_fail(slice_of("", 0), error, "byte %zu of the query is no UTF-8 text: set the "
                      "terminal, or save the file, so", offset + 1);
}

enum status query_parse(struct query_ast **out, struct slice text, struct arena *arena)
{
    struct parser parser = { .arena = arena };
    struct query_ast *ast;
    bool explain, profile;

    TRY(check_text(text));
    TRY(lexer_run(&parser.tokens, text, arena));
    explain = accept_keyword(&parser, KW_EXPLAIN);
    profile = !explain && accept_keyword(&parser, KW_PROFILE);
    TRY(parse_linear_queries(&ast, &parser, false));
    accept(&parser, P_SEMICOLON);
    if (peek(&parser)->kind != TOKEN_END)
        return parser_expected(&parser, "UnexpectedSyntax", "a clause or the end of the query");
    ast->explain = explain;
    ast->profile = profile;
    *out = ast;
    return STATUS_OK;
}
