/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Literals, names, calls, what stands behind them, and unary operators. */
#include "query/parser_private.h"

#include <stdlib.h>
#include <strings.h>



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

enum status parser_done(struct expr **out, struct expr *expr, struct parser *parser)
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
    return parser_done(out, expr, parser);
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

/* ---- Primary ----------------------------------------------------------------------------- */

static enum status parse_call(struct expr **out, struct parser *parser, size_t name_tokens)
{
    struct expr *expr = parser_node(parser, EXPR_CALL, peek(parser)->span.start, 0);
    struct text_span name = peek(parser)->span;

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
        return parser_done(out, expr, parser);
    }
    expr->distinct = accept_keyword(parser, KW_DISTINCT);
    if (!expr->distinct && at_keyword(parser, KW_ALL) && !token_is(peek_at(parser, 1), P_LPAREN))
        parser->at++;
    TRY(parse_expr_items(expr, parser, P_RPAREN, "',' or ')' of the arguments"));
    return parser_done(out, expr, parser);
}

/* The pattern of a predicate or of shortestPath() in an expression. */
static enum status parse_pattern_value(struct expr **out, struct parser *parser,
                                       enum expr_kind kind)
{
    struct expr *expr = parser_node(parser, kind, peek(parser)->span.start, 0);

    if (!expr)
        return STATUS_NO_MEMORY;
    TRY(parse_one_path(&expr->pattern, parser));
    return parser_done(out, expr, parser);
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
    TRY(parser_done(out, expr, parser));
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
        return parser_done(out, expr, parser);
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
    return parser_done(out, expr, parser);
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
            TRY(parser_done(out, expr, parser));
        } else {
            return STATUS_OK;
        }
    }
}

enum status parser_unary(struct expr **out, struct parser *parser, enum operator op,
                              uint32_t start, struct expr *operand)
{
    struct expr *expr = parser_node(parser, EXPR_UNARY, start, 1);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->op = op;
    expr->items[0] = operand;
    return parser_done(out, expr, parser);
}

enum status parse_unary_expr(struct expr **out, struct parser *parser)
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
    TRY(parse_unary_expr(&operand, parser));
    parser->depth--;
    return parser_unary(out, parser, minus ? OP_MINUS : OP_PLUS, start, operand);
}
