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

MUST_CHECK enum status lex_number(struct lexer *lexer);
MUST_CHECK enum status lex_fail(struct lexer *lexer, const char *from, const char *detail,
                                const char *message);
MUST_CHECK enum status lex_add(struct lexer *lexer, struct token token);
int lex_letter(const struct lexer *lexer, const char *at, bool inner);
