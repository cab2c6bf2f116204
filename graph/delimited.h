/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Delimited text (RFC 4180 and its relatives), record by record, without copying fields.
 *
 * UTF-8 only, checked strictly. Line ends LF or CRLF; blank lines are passed over. A field that
 * starts with the quote ends at the next single one; inside, it may hold delimiters, line ends
 * and doubled quotes. A quote elsewhere is an ordinary character. Cost: O(bytes), in blocks.
 */

#include "graph/source.h"

#define DELIMITED_COLUMNS_MAX 256
#define DELIMITED_FIELD_MAX ((size_t)8 << 10)

struct delimited {
    /* The present record, lent until the next call. */
    struct slice fields[DELIMITED_COLUMNS_MAX];
    bool quoted[DELIMITED_COLUMNS_MAX]; /* "" is an empty text; nothing at all may mean absent */
    size_t n_fields;
    uint64_t line, offset;        /* where it starts */

    struct source source;
    char delimiter, quote;        /* quote 0: none */
    bool doubled[DELIMITED_COLUMNS_MAX]; /* private: holds doubled quotes still */
};

/* Reads `path`. Pair with delimited_fini(), also after a failure. */
MUST_CHECK enum status delimited_open(struct delimited *csv, const char *path, char delimiter,
                                      char quote);
/* Reads bytes that the caller keeps, `read_max` at a time (0: as many as fit). */
MUST_CHECK enum status delimited_open_bytes(struct delimited *csv, struct slice bytes,
                                            size_t read_max, char delimiter, char quote);
void delimited_fini(struct delimited *csv);

/*
 * The next record. STATUS_END. STATUS_INVALID: the record at `line` is wrong, the detail says how;
 * it was passed over and reading may go on. Any other failure ends it.
 */
MUST_CHECK enum status delimited_next(struct delimited *csv);
