/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the parser share: the token cursor and its errors. */

#include "query/lexer.h"
#include "query/parser.h"

struct parser {
    struct tokens tokens;
    size_t at;
    struct arena *arena;
    unsigned depth;
    bool bar_ends; /* inside a comprehension: `|` is not a label's or */
};

/* A growing list of pointers on its way into the arena. */
struct list {
    void **items;
    size_t n, capacity;
};

static inline const struct token *peek(const struct parser *parser)
{
    return &parser->tokens.items[parser->at];
}

/* The token `ahead` places on, or the end. */
static inline const struct token *peek_at(const struct parser *parser, size_t ahead)
{
    size_t at = parser->at + ahead;

    return &parser->tokens.items[at < parser->tokens.n ? at : parser->tokens.n - 1];
}

/* Looking at what comes, and going on past it where it is what was asked for. */
static inline bool token_is(const struct token *token, enum punct punct)
{
    return token->kind == TOKEN_PUNCT && token->punct == punct;
}

static inline bool token_word(const struct token *token, enum keyword keyword)
{
    return token->kind == TOKEN_WORD && token->keyword == keyword;
}

static inline bool at_punct(const struct parser *parser, enum punct punct)
{
    return token_is(peek(parser), punct);
}

static inline bool at_keyword(const struct parser *parser, enum keyword keyword)
{
    return token_word(peek(parser), keyword);
}

static inline bool at_keywords(const struct parser *parser, enum keyword first, enum keyword second)
{
    return at_keyword(parser, first) && token_word(peek_at(parser, 1), second);
}

static inline bool accept(struct parser *parser, enum punct punct)
{
    bool found = at_punct(parser, punct);

    parser->at += found;
    return found;
}

static inline bool accept_keyword(struct parser *parser, enum keyword keyword)
{
    bool found = at_keyword(parser, keyword);

    parser->at += found;
    return found;
}

/* End of the token before the present one. */
static inline uint32_t parser_end(const struct parser *parser)
{
    return parser->at ? parser->tokens.items[parser->at - 1].span.end : 0;
}

static inline struct text_span parser_span(const struct parser *parser, uint32_t start)
{
    return (struct text_span){ start, parser_end(parser) };
}

static inline struct slice parser_text(const struct parser *parser, struct text_span span)
{
    return slice_of((const char *)parser->tokens.source.data + span.start, span.end - span.start);
}

/* A SyntaxError of `detail` at the present token: "expected EXPECTED, found ...". */
enum status parser_expected(struct parser *parser, const char *detail, const char *expected);
enum status parser_fail(struct parser *parser, struct text_span span, const char *detail,
                        const char *format, ...) PRINTF_LIKE(4, 5);
/* Goes past what must stand here, or raises what was expected. */
enum status parser_expect(struct parser *parser, enum punct punct, const char *name);
enum status parser_expect_keyword(struct parser *parser, enum keyword keyword);
enum status parser_name(struct slice *out, struct parser *parser, const char *what);
/* One level deeper; an error past PARSER_DEPTH_MAX, because the stack is bounded. */
enum status parser_enter(struct parser *parser);
/* One more link of a chain of operators, properties or labels. */
enum status parser_link(struct parser *parser, unsigned *links);

/* Frees the list, not what it points to. */
void list_fini(struct list *list);
enum status list_add(struct list *list, void *item);
/* Copies the pointers into the arena; *out and *n are set also for an empty list. */
enum status list_keep(void *out, uint32_t *n, struct list *list, struct arena *arena);

/* A whole expression. */
enum status parse_expr(struct expr **out, struct parser *parser);
/* A primary with .key and [index] behind it. */
enum status parse_postfix(struct expr **out, struct parser *parser);
/* `key: value, ...` between braces. */
enum status parse_map(struct expr **out, struct parser *parser);
/* Behind a colon or IS. */
enum status parse_labels(struct label_expr **out, struct parser *parser, bool bar);
/* `:A:B` only. */
enum status parse_plain_labels(struct label_expr **out, struct parser *parser);
/* A pattern of one path, without WHERE. */
enum status parse_one_path(struct graph_pattern **out, struct parser *parser);
/* Paths with commas between; and WHERE. */
enum status parse_pattern(struct graph_pattern **out, struct parser *parser);
/* Whether a path pattern, and not a parenthesised expression, starts at `(`. O(1). */
bool parser_at_path(const struct parser *parser, size_t ahead);
enum status parse_linear_queries(struct query_ast **out, struct parser *parser, bool nested);
struct expr *parser_node(struct parser *parser, enum expr_kind kind, uint32_t start, size_t items);

/* Forms of expressions (parser_form.c) and what they are made of (parser_expr.c). */
enum status parse_expr_items(struct expr *expr, struct parser *parser, enum punct close,
                             const char *name);
enum status parse_bracket(struct expr **out, struct parser *parser);
enum status parse_quantifier(struct expr **out, struct parser *parser, enum operator op);
enum status parse_reduce(struct expr **out, struct parser *parser);
enum status parse_subquery(struct expr **out, struct parser *parser, enum expr_kind kind);
enum status parse_case(struct expr **out, struct parser *parser);
enum status parse_map_projection(struct expr **out, struct parser *parser);
enum status parse_unary_expr(struct expr **out, struct parser *parser);
enum status parser_done(struct expr **out, struct expr *expr, struct parser *parser);

/* Clauses that change the graph (parser_update.c), and their helpers. */
enum status parse_create(struct clause **out, struct parser *parser);
enum status parse_set(struct clause **out, struct parser *parser);
enum status parse_merge(struct clause **out, struct parser *parser);
enum status parse_delete(struct clause **out, struct parser *parser);
enum status list_flatten(void *out, uint32_t *n, struct list *list, struct arena *arena,
                         size_t size);
struct clause *parser_clause(struct parser *parser, enum clause_kind kind);
enum status parse_expr_list(struct clause *clause, struct parser *parser, enum punct close);
enum status parser_unary(struct expr **out, struct parser *parser, enum operator op,
                         uint32_t start, struct expr *operand);
