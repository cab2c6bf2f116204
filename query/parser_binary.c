/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary operators, by precedence climbing (Pratt 1973). From loose to tight: OR, XOR, AND, NOT,
 * comparisons (which chain: a < b < c), then IN, STARTS WITH, ENDS WITH, CONTAINS, =~, IS NULL and
 * labels, then + - ||, then * / %, then ^, then unary + -, then .key [index] [from..to].
 */
#include "query/parser_private.h"

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
    return parser_done(out, expr, parser);
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
    return parser_done(out, expr, parser);
}

static enum status parse_has_labels(struct expr **out, struct parser *parser)
{
    struct expr *expr = parser_node(parser, EXPR_HAS_LABELS, (*out)->span.start, 1);

    if (!expr)
        return STATUS_NO_MEMORY;
    expr->items[0] = *out;
    TRY(parse_labels(&expr->labels, parser, !parser->bar_ends));
    return parser_done(out, expr, parser);
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
        return parser_unary(out, parser, not_null ? OP_IS_NOT_NULL : OP_IS_NULL, (*out)->span.start,
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
    TRY(parser_unary(out, parser, OP_NOT, start, operand));
    return negated ? STATUS_OK : parser_unary(out, parser, OP_NOT, start, *out);
}

static enum status parse_operand(struct expr **out, struct parser *parser, int level)
{
    if (level <= LEVEL_NOT)
        return parse_not(out, parser);
    return parse_unary_expr(out, parser);
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
