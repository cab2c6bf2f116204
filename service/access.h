/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Who looked at personal data unmasked: one JSON object a line, appended, mode 0600. What was
 * looked at stands there as a pseudonym (keyed hash; the key lies beside the log), so the log
 * itself needs no erasing.
 */

#include "base/hash.h"
#include "service/exchange.h"

struct access_log {
    int fd; /* -1: not open */
    char *path;
    atomic_bool torn; /* its last line has no end */
    atomic_bool lost; /* the file was taken away and can't be made again */
    unsigned char key[HASH_BYTES];
};

/* Opens or makes `path` and `path`.key. */
MUST_CHECK enum status access_open(struct access_log *log, const char *path);
void access_close(struct access_log *log);
/* Goes on in a new file where the old one was moved or taken away. Cost: two stats. */
void access_refresh(struct access_log *log);
/* Notes a look at `what`, a subject or statement. A look that can't be noted must not be given. */
MUST_CHECK enum status access_note(struct access_log *log, const struct exchange *exchange,
                                   struct slice what);
