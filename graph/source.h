/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Bytes to import, from a file or a stream, read in blocks that keep the record under way in one
 * piece, with its line and offset. For graph/delimited.h and line-wise JSON.
 */

#include "base/buf.h"

#define SOURCE_RECORD_MAX ((size_t)64 << 10) /* bytes of one line or record */

struct source {
    const char *name;      /* kept: for messages */
    uint64_t line;         /* of the next unread byte, from 1 */
    uint64_t total_bytes;  /* of a file, else 0 */
    /* the rest is for delimited.c and source.c */
    unsigned char *block;  /* readable for SOURCE_PAD bytes past `end` */
    size_t at, end, capacity;
    uint64_t offset;       /* of block[0] in the file */
    bool eof;
    int fd;
    bool close_fd;
    struct slice memory;   /* instead of a descriptor */
    size_t read_max;       /* bytes a read gives at most */
};

#define SOURCE_PAD 64

/* Opens a file; STATUS_IO names it. A byte order mark is skipped, UTF-16 refused. */
MUST_CHECK enum status source_open(struct source *source, const char *path);
/* Reads from a descriptor, which stays the caller's. */
MUST_CHECK enum status source_open_fd(struct source *source, int fd, const char *name);
/* Reads bytes that the caller keeps, `read_max` at a time (0: as many as fit). */
MUST_CHECK enum status source_open_bytes(struct source *source, struct slice bytes,
                                         const char *name, size_t read_max);
void source_fini(struct source *source);

static inline uint64_t source_offset(const struct source *source)
{
    return source->offset + source->at;
}

/* Reads more behind the unread bytes, which may move to the block's start; sets `eof`. */
MUST_CHECK enum status source_fill(struct source *source);
/* Passes the next line end, wherever it is. */
MUST_CHECK enum status source_skip_line(struct source *source);
/*
 * Lends the next line without its end, until the next call; *line is its number. Blank lines are
 * passed over. STATUS_END; STATUS_INVALID: too long or with a NUL, and passed over.
 */
MUST_CHECK enum status source_line(struct slice *text, uint64_t *line, struct source *source);
