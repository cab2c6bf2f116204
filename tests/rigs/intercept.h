/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The calls by which a process changes a file, led past a hook. A program linked with intercept.c
 * takes the place of libc's functions also for the libraries it loads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum intercept_call { CALL_WRITE, CALL_SYNC, CALL_TRUNCATE, CALL_RENAME };

struct intercept {
    enum intercept_call call;
    int file;
    uint64_t offset;   /* of a write; the new size of a truncation */
    const void *bytes; /* of a write, in one piece */
    size_t size;
    bool durable;      /* the file was opened with O_DSYNC: written means synced */
    const char *from, *to; /* of a renaming, which has no file (-1) */
};

/*
 * Called before each call while set. Gives 0 to let it happen, or the errno to fail with; may lower
 * *size to let a write happen in part. Not called for standard output and error.
 */
extern int (*intercept_hook)(const struct intercept *call, size_t *size);
