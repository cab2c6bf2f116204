/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns: (a:Label {key: value})-[r:TYPE*1..3]->(b), label expressions, shortestPath(). */
#include "query/parser_private.h"

#include <stdlib.h>

static bool link_follows(const struct parser *parser, size_t at)
{
    const struct token *items = parser->tokens.items;
    size_t last = parser->tokens.n - 1;

    if (at < last && token_is(&items[at], P_LESS))
        return at + 2 <= last && token_is(&items[at + 1], P_MINUS) &&
               (token_is(&items[at + 2], P_MINUS) || token_is(&items[at + 2], P_LBRACKET));
    if (at + 2 > last || !token_is(&items[at], P_MINUS))
        return false;
    if (token_is(&items[at + 1], P_LBRACKET))
        return true;
    return token_is(&items[at + 1], P_MINUS) &&
           (token_is(&items[at + 2], P_LPAREN) || token_is(&items[at + 2], P_GREATER));
}

bool parser_at_path(const struct parser *parser, size_t ahead)
{
    const struct token *open = peek_at(parser, ahead);
    const struct token *inner = open + 1;

    if (!token_is(open, P_LPAREN) || !open->match || !link_follows(parser, open->match + 1))
        return false;
    if (inner->kind == TOKEN_WORD)
        inner++;
    return token_is(inner, P_RPAREN) || token_is(inner, P_COLON) || token_is(inner, P_LBRACE) ||
           inner->kind == TOKEN_PARAMETER || token_word(inner, KW_WHERE) ||
           token_word(inner, KW_IS);
}

/* ---- Labels ------------------------------------------------------------------------------ */

static struct label_expr *label_node(struct parser *parser, enum label_kind kind,
                                     struct label_expr *left, struct label_expr *right)
{
    struct label_expr *label = arena_new(parser->arena, struct label_expr);

    if (label) {
        label->kind = kind;
        label->left = left;
        label->right = right;
        label->span = left ? left->span : peek(parser)->span;
    }
    return label;
}

static enum status parse_label_primary(struct label_expr **out, struct parser *parser)
{
    struct label_expr *inner;

    if (accept(parser, P_BANG)) {
        TRY(parser_enter(parser));
        TRY(parse_label_primary(&inner, parser));
        parser->depth--;
        *out = label_node(parser, LABEL_NOT, inner, NULL);
        return *out ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (accept(parser, P_LPAREN)) {
        TRY(parser_enter(parser));
        TRY(parse_labels(out, parser, true));
        parser->depth--;
        return parser_expect(parser, P_RPAREN, "')' after the labels");
    }
    *out = label_node(parser, at_punct(parser, P_PERCENT) ? LABEL_ANY : LABEL_NAME, NULL, NULL);
    if (!*out)
        return STATUS_NO_MEMORY;
    if (accept(parser, P_PERCENT))
        return STATUS_OK;
    return parser_name(&(*out)->name, parser, "a label or type");
}

/* `&`, and the `:` between labels of old. */
static enum status parse_label_and(struct label_expr **out, struct parser *parser)
{
    struct label_expr *right;
    unsigned links = 0;

    TRY(parse_label_primary(out, parser));
    while (at_punct(parser, P_AMPERSAND) || at_punct(parser, P_COLON)) {
        TRY(parser_link(parser, &links));
        parser->at++;
        TRY(parse_label_primary(&right, parser));
        *out = label_node(parser, LABEL_AND, *out, right);
        if (!*out)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status parse_labels(struct label_expr **out, struct parser *parser, bool bar)
{
    struct label_expr *right;
    unsigned links = 0;

    TRY(parse_label_and(out, parser));
    while (bar && accept(parser, P_BAR)) {
        TRY(parser_link(parser, &links));
        accept(parser, P_COLON);
        TRY(parse_label_and(&right, parser));
        *out = label_node(parser, LABEL_OR, *out, right);
        if (!*out)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status parse_plain_labels(struct label_expr **out, struct parser *parser)
{
    struct label_expr *label;
    unsigned links = 0;

    *out = NULL;
    while (accept(parser, P_COLON)) {
        TRY(parser_link(parser, &links));
        label = label_node(parser, LABEL_NAME, NULL, NULL);
        if (!label)
            return STATUS_NO_MEMORY;
        TRY(parser_name(&label->name, parser, "a label"));
        *out = *out ? label_node(parser, LABEL_AND, *out, label) : label;
        if (!*out)
            return STATUS_NO_MEMORY;
    }
    return *out ? STATUS_OK : parser_expected(parser, "UnexpectedSyntax", "':' and a label");
}

/* ---- Nodes and edges --------------------------------------------------------------------- */

static enum status parse_properties(struct expr **out, struct parser *parser)
{
    if (at_punct(parser, P_LBRACE))
        return parse_map(out, parser);
    if (peek(parser)->kind != TOKEN_PARAMETER)
        return STATUS_OK;
    *out = parser_node(parser, EXPR_PARAMETER, peek(parser)->span.start, 0);
    if (!*out)
        return STATUS_NO_MEMORY;
    (*out)->name = peek(parser)->text;
    (*out)->span = peek(parser)->span;
    parser->at++;
    return STATUS_OK;
}

/* WHERE inside the brackets of a node or edge. */
static enum status parse_inner_where(struct expr **out, struct parser *parser)
{
    bool bar_ends = parser->bar_ends;

    if (!accept_keyword(parser, KW_WHERE))
        return STATUS_OK;
    parser->bar_ends = false;
    TRY(parse_expr(out, parser));
    parser->bar_ends = bar_ends;
    return STATUS_OK;
}

/* A variable, unless the word begins a label expression (IS) or a predicate (WHERE). */
static bool at_variable(const struct parser *parser)
{
    const struct token *next = peek_at(parser, 1);

    if (peek(parser)->kind != TOKEN_WORD)
        return false;
    if (at_keyword(parser, KW_IS) && next->kind == TOKEN_WORD)
        return false;
    return !at_keyword(parser, KW_WHERE) || token_is(next, P_RPAREN) || token_is(next, P_COLON) ||
           token_is(next, P_RBRACKET) || token_is(next, P_LBRACE) || token_is(next, P_STAR);
}

static enum status parse_node(struct node_pattern **out, struct parser *parser)
{
    struct node_pattern *node = arena_new(parser->arena, struct node_pattern);
    uint32_t start = peek(parser)->span.start;

    if (!node)
        return STATUS_NO_MEMORY;
    TRY(parser_expect(parser, P_LPAREN, "'(' of a node"));
    if (at_variable(parser))
        TRY(parser_name(&node->variable, parser, "a variable"));
    if (accept(parser, P_COLON) || accept_keyword(parser, KW_IS))
        TRY(parse_labels(&node->labels, parser, true));
    TRY(parse_properties(&node->properties, parser));
    TRY(parse_inner_where(&node->where, parser));
    TRY(parser_expect(parser, P_RPAREN, "')' that ends the node"));
    node->span = parser_span(parser, start);
    node->slot = NO_SLOT;
    *out = node;
    return STATUS_OK;
}

static enum status parse_bound(uint32_t *out, struct parser *parser)
{
    const struct token *token = peek(parser);

    if (token->kind != TOKEN_INTEGER || token->overflow || token->magnitude >= HOPS_UNBOUNDED)
        return parser_expected(parser, "InvalidRelationshipPattern", "a number of edges");
    *out = (uint32_t)token->magnitude;
    parser->at++;
    return STATUS_OK;
}

/* Behind `*`: nothing, n, n.., ..m, n..m. */
static enum status parse_length(struct edge_pattern *edge, struct parser *parser)
{
    edge->var_length = true;
    edge->min = 1;
    edge->max = HOPS_UNBOUNDED;
    if (at_punct(parser, P_MINUS))
        return parser_expected(parser, "InvalidRelationshipPattern",
                               "a number of edges, which is not negative");
    if (peek(parser)->kind == TOKEN_INTEGER) {
        TRY(parse_bound(&edge->min, parser));
        edge->max = edge->min;
    }
    if (accept(parser, P_DOTDOT)) {
        edge->max = HOPS_UNBOUNDED;
        if (peek(parser)->kind == TOKEN_INTEGER)
            TRY(parse_bound(&edge->max, parser));
    }
    return STATUS_OK;
}

/* Between the brackets of an edge. */
static enum status parse_edge_filler(struct edge_pattern *edge, struct parser *parser)
{
    if (at_variable(parser))
        TRY(parser_name(&edge->variable, parser, "a variable"));
    if (accept(parser, P_COLON) || accept_keyword(parser, KW_IS))
        TRY(parse_labels(&edge->types, parser, true));
    if (accept(parser, P_STAR))
        TRY(parse_length(edge, parser));
    else if (at_punct(parser, P_DOTDOT) || peek(parser)->kind == TOKEN_INTEGER)
        return parser_expected(parser, "InvalidRelationshipPattern",
                               "'*' before a range of lengths");
    TRY(parse_properties(&edge->properties, parser));
    TRY(parse_inner_where(&edge->where, parser));
    if (!at_punct(parser, P_RBRACKET))
        return parser_expected(parser, "InvalidRelationshipPattern",
                               "']' that ends the relationship");
    parser->at++;
    return STATUS_OK;
}

static enum status parse_edge(struct edge_pattern **out, struct parser *parser)
{
    struct edge_pattern *edge = arena_new(parser->arena, struct edge_pattern);
    uint32_t start = peek(parser)->span.start;
    bool left, right;

    if (!edge)
        return STATUS_NO_MEMORY;
    edge->slot = NO_SLOT;
    left = accept(parser, P_LESS);
    TRY(parser_expect(parser, P_MINUS, "'-' of a relationship"));
    if (accept(parser, P_LBRACKET))
        TRY(parse_edge_filler(edge, parser));
    TRY(parser_expect(parser, P_MINUS, "'-' or '->' that ends the relationship"));
    right = accept(parser, P_GREATER);
    edge->both_arrows = left && right;
    edge->direction = left == right ? DIRECTION_BOTH : left ? DIRECTION_IN : DIRECTION_OUT;
    edge->span = parser_span(parser, start);
    *out = edge;
    return STATUS_OK;
}

/* Whether an edge starts here: `-`, or `<` and `-`. */
static bool at_edge(const struct parser *parser)
{
    return at_punct(parser, P_MINUS) ||
           (at_punct(parser, P_LESS) && token_is(peek_at(parser, 1), P_MINUS));
}

static enum status parse_chain(struct path_pattern *path, struct parser *parser, struct list *nodes,
                               struct list *edges)
{
    struct node_pattern *node;
    struct edge_pattern *edge;
    uint32_t n_nodes;

    TRY(parse_node(&node, parser));
    TRY(list_add(nodes, node));
    while (at_edge(parser)) {
        TRY(parse_edge(&edge, parser));
        TRY(list_add(edges, edge));
        TRY(parse_node(&node, parser));
        TRY(list_add(nodes, node));
    }
    TRY(list_keep(&path->nodes, &n_nodes, nodes, parser->arena));
    return list_keep(&path->edges, &path->n_edges, edges, parser->arena);
}

static enum status parse_shortest(struct path_pattern *path, struct parser *parser,
                                  struct list *nodes, struct list *edges)
{
    bool all = at_keyword(parser, KW_ALLSHORTESTPATHS);

    path->shortest = all ? SHORTEST_ALL : SHORTEST_ONE;
    parser->at++;
    TRY(parser_expect(parser, P_LPAREN, "'('"));
    TRY(parse_chain(path, parser, nodes, edges));
    TRY(parser_expect(parser, P_RPAREN, "')' that ends the path"));
    if (path->n_edges != 1)
        return parser_fail(parser, path->nodes[0]->span, "InvalidRelationshipPattern",
                           "%s() takes two nodes with one relationship between them",
                           all ? "allShortestPaths" : "shortestPath");
    return STATUS_OK;
}

static enum status parse_path(struct path_pattern **out, struct parser *parser)
{
    struct path_pattern *path = arena_new(parser->arena, struct path_pattern);
    AUTO(list_fini) struct list nodes = { 0 };
    AUTO(list_fini) struct list edges = { 0 };
    uint32_t start = peek(parser)->span.start;

    if (!path)
        return STATUS_NO_MEMORY;
    path->slot = NO_SLOT;
    if (peek(parser)->kind == TOKEN_WORD && token_is(peek_at(parser, 1), P_EQUAL)) {
        TRY(parser_name(&path->variable, parser, "a variable"));
        parser->at++;
    }
    if ((at_keyword(parser, KW_SHORTESTPATH) || at_keyword(parser, KW_ALLSHORTESTPATHS)) &&
        token_is(peek_at(parser, 1), P_LPAREN))
        TRY(parse_shortest(path, parser, &nodes, &edges));
    else
        TRY(parse_chain(path, parser, &nodes, &edges));
    path->span = parser_span(parser, start);
    *out = path;
    return STATUS_OK;
}

enum status parse_one_path(struct graph_pattern **out, struct parser *parser)
{
    struct graph_pattern *pattern = arena_new(parser->arena, struct graph_pattern);
    struct path_pattern **paths = arena_new(parser->arena, struct path_pattern *);

    if (!pattern || !paths)
        return STATUS_NO_MEMORY;
    TRY(parse_path(&paths[0], parser));
    pattern->paths = paths;
    pattern->n_paths = 1;
    pattern->span = paths[0]->span;
    *out = pattern;
    return STATUS_OK;
}

enum status parse_pattern(struct graph_pattern **out, struct parser *parser)
{
    struct graph_pattern *pattern = arena_new(parser->arena, struct graph_pattern);
    AUTO(list_fini) struct list paths = { 0 };
    struct path_pattern *path;
    uint32_t start = peek(parser)->span.start;

    if (!pattern)
        return STATUS_NO_MEMORY;
    do {
        TRY(parse_path(&path, parser));
        TRY(list_add(&paths, path));
    } while (accept(parser, P_COMMA));
    pattern->span = parser_span(parser, start);
    *out = pattern;
    return list_keep(&pattern->paths, &pattern->n_paths, &paths, parser->arena);
}
