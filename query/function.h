/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The functions of the language: a table of descriptors, looked up by name in any case.
 *
 * Each file function_*.c ends in its part of the table; function.c joins and sorts them.
 */

#include "query/ast.h"

struct eval;

enum function_flag {
    FUNCTION_AGGREGATE = 1, /* takes many rows; see query/aggregate.h */
    FUNCTION_VOLATILE = 2,  /* rand(): another value at each call */
    FUNCTION_CLOCK = 4,     /* reads the statement's clock, so is not constant */
    FUNCTION_NULLS = 8,     /* is called also where an argument is null */
};

#define FUNCTION_ARGS_MAX 5

struct function {
    const char *name; /* as documented; compared without case */
    uint8_t min_args, max_args; /* max 255: any number */
    unsigned flags;
    uint32_t args[FUNCTION_ARGS_MAX]; /* types that each may be (null always may); 0: any */
    uint32_t result;                  /* types it gives; 0: any */
    /* `args` are evaluated. Values it makes lie in eval's scratch arena. */
    enum status (*call)(struct value *out, struct eval *eval, const struct expr *expr,
                        const struct value *args);
    int variant; /* for functions that share one `call` */
    const char *help; /* signature, for completion and documentation */
};

/* NULL where there is none. */
const struct function *function_find(struct slice name);
/* All, in order of name; *n of them. */
const struct function *const *function_list(size_t *n);
