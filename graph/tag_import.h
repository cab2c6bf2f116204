/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Labels from other systems (confirmed fraud, overdue, court lists) as tags of origin import:
 * all of a file become visible at once, as one publication.
 *
 * NDJSON: {"subject":{"label":..,"key":..},"code":..,"level":..,"score":..,"state":..,"note":..,
 * "first_seen":..,"expires":..}, or CSV with columns label, key, code, level, score, state, note,
 * first_seen, expires. Only the subject is required where options give the rest.
 */

#include "graph/publication.h"

struct tag_import_options {
    const char *path;
    const char *source;      /* where they come from; required */
    const char *code;        /* for rows that give none; NULL: each must */
    const char *level;       /* the same; NULL: alert */
    uint64_t max_errors;
    /* Called for each row that was left out; NULL: counted only. */
    void (*reject)(void *context, const char *path, uint64_t line, const char *why);
    void *context;
};

struct tag_import_result {
    uint64_t added, changed, kept, rejected;
    uint64_t run;            /* 0: nothing changed, nothing was published */
};

/*
 * Reads the whole file, then publishes the difference. STATUS_INVALID: more rejects than allowed
 * (nothing is published), or a header without the columns needed.
 */
MUST_CHECK enum status tag_import(struct tag_import_result *result, struct graph *graph,
                                  const struct tag_import_options *options);
