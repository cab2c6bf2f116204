/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the lexer share. */

#include "query/lexer.h"

struct lexer {
    struct slice source;
    const char *at, *start, *end; /* at: next byte; start: of the present token */
    struct arena *arena;
    struct token *items;
    size_t n, capacity;
    uint32_t *open; /* indexes of brackets not yet closed */
    size_t n_open, open_capacity;
};

/* The number that starts at `at`: decimal, hexadecimal or octal, integer or float. */
MUST_CHECK enum status lex_number(struct lexer *lexer);
/* A SyntaxError of `detail` from `from` to `at`. */
MUST_CHECK enum status lex_fail(struct lexer *lexer, const char *from, const char *detail,
                                const char *message);
/* Appends the token from `start` to `at`. */
MUST_CHECK enum status lex_add(struct lexer *lexer, struct token token);
/* Bytes of the letter (or digit, where `inner`) at `at`; 0 where there is none. */
int lex_letter(const struct lexer *lexer, const char *at, bool inner);
