/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Writing one NDJSON file, a line at a time, through base/emit.h. Memory: one buffer and a line. */

#include "base/emit.h"

struct lines {
    int fd; /* owned */
    struct buf buf;
    struct emit emit;
    uint64_t n;
    const char *name; /* kept */
};

MUST_CHECK enum status lines_open(struct lines *lines, int folder_fd, const char *name);
/* The emitter of a new line; its object is open. Lent until lines_end(). */
struct emit *lines_start(struct lines *lines);
/* Ends the object and the line. */
MUST_CHECK enum status lines_end(struct lines *lines);
MUST_CHECK enum status lines_close(struct lines *lines);
void lines_fini(struct lines *lines);
