/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * How the keys of one label are made equal: trimmed, folded, replaced by patterns, checked.
 * Described in the schema file; immutable once made, and safe from any thread.
 */

#include "base/arena.h"

struct normaliser;

struct normaliser_replacement {
    const char *pattern, *with;
    uint32_t line;
};

enum normaliser_check {
    CHECK_NONE,
    CHECK_USCC,     /* GB 32100 */
    CHECK_IDENTITY, /* GB 11643 */
};

/* As read from the schema file. {country} in a pattern stands for the default country. */
struct normaliser_text {
    const char *name;
    const char **fold;      /* width, upper, lower, nfc */
    size_t n_fold;
    const char *canonical;  /* text that matches is left as it is; NULL: none */
    struct normaliser_replacement *replace;
    size_t n_replace;
    const char *valid;      /* a result must match; NULL: none */
    int check;              /* enum normaliser_check */
    int64_t check_length;   /* characters that a key must have to be checked */
    uint32_t line;
};

/* Gives a normaliser, kept in `arena` but for its patterns. Errors name the `file` and line. */
MUST_CHECK enum status normaliser_new(struct normaliser **out, struct arena *arena,
                                      const struct normaliser_text *text, const char *country,
                                      const char *file);
/* Frees the patterns. Accepts NULL. */
void normaliser_fini(struct normaliser *normaliser);
const char *normaliser_name(const struct normaliser *normaliser);

/* See schema_normalise(). `normaliser` NULL: trims. */
MUST_CHECK enum status normaliser_run(struct buf *out, bool *valid,
                                      const struct normaliser *normaliser, struct slice raw);
