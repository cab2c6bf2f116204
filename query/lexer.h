/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Query text to tokens, all at once, in one pass.
 *
 * No word is reserved: a word token carries the keyword it would be, and the parser decides.
 * Every opening bracket knows its closing one, so that the parser can look behind a pair of
 * brackets in O(1) and stays linear.
 */

#include "base/arena.h"
#include "query/error.h"

/* Upper-case words of the language; spelled in any case. */
#define KEYWORDS(X)                                                                                \
    X(ALL) X(ALLSHORTESTPATHS) X(AND) X(ANY) X(AS) X(ASC) X(ASCENDING) X(BY) X(CALL) X(CASE)       \
    X(CONTAINS) X(COUNT) X(CREATE) X(DEGREE) X(DELETE) X(DESC) X(DESCENDING) X(DETACH)             \
    X(DISTINCT) X(ELSE) X(END) X(ENDS) X(EXISTS) X(EXPLAIN) X(FALSE) X(HOPS) X(IN) X(IS)           \
    X(LIMIT) X(MATCH) X(MERGE) X(NONE) X(NOT) X(NULL) X(OFFSET) X(ON) X(OPTIONAL) X(OR) X(ORDER)   \
    X(PROFILE) X(REDUCE) X(REMOVE) X(RETURN) X(SET) X(SHORTESTPATH) X(SINGLE) X(SKIP) X(STARTS)    \
    X(THEN) X(TRUE) X(UNION) X(UNWIND) X(USING) X(WHEN) X(WHERE) X(WITH) X(XOR) X(YIELD)

enum keyword {
    KW_NONE_, /* an ordinary word, or a quoted one */
#define KEYWORD(word) KW_##word,
    KEYWORDS(KEYWORD)
#undef KEYWORD
    KW_COUNT_,
};

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,      /* text: the name, unquoted */
    TOKEN_STRING,    /* text: unescaped */
    TOKEN_INTEGER,   /* magnitude; overflow where even 2^64 does not hold it */
    TOKEN_FLOAT,     /* number */
    TOKEN_PARAMETER, /* text: the name behind $ */
    TOKEN_PUNCT,     /* punct */
};

enum punct {
    P_NONE,
    P_LPAREN, P_RPAREN, P_LBRACKET, P_RBRACKET, P_LBRACE, P_RBRACE,
    P_COMMA, P_DOT, P_DOTDOT, P_COLON, P_SEMICOLON, P_BAR, P_CONCAT,
    P_PLUS, P_PLUS_EQUAL, P_MINUS, P_STAR, P_SLASH, P_PERCENT, P_CARET, P_AMPERSAND, P_BANG,
    P_EQUAL, P_NOT_EQUAL, P_LESS, P_LESS_EQUAL, P_GREATER, P_GREATER_EQUAL, P_MATCHES,
};

struct token {
    enum token_kind kind;
    union {
        enum keyword keyword; /* WORD */
        enum punct punct;     /* PUNCT */
        bool overflow;        /* INTEGER */
    };
    struct text_span span;
    uint32_t match; /* of an opening bracket: index of the closing token, or 0 */
    union {
        struct slice text;
        uint64_t magnitude;
        double number;
    };
};

struct tokens {
    struct slice source;
    struct token *items; /* the last is TOKEN_END */
    size_t n;
};

/* Tokens live in `arena`; names and strings without escapes point into `source`. O(bytes). */
MUST_CHECK enum status lexer_run(struct tokens *out, struct slice source, struct arena *arena);
/* "end of the query", or the token as it stands in the text (at most 40 bytes of it). */
const char *token_show(char buffer[64], const struct token *token, struct slice source);
/* Upper-case spelling. */
const char *keyword_name(enum keyword keyword);
