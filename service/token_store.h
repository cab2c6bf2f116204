/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The tokens of a running service, read again when their file changes; safe from any thread. */

#include <pthread.h>
#include <sys/stat.h>

#include "service/caller.h"

struct token_store {
    pthread_rwlock_t lock;
    struct token_list list;
    char *path;
    struct stat seen;    /* the file that the list came from */
    struct stat refused; /* one that could not be read and was warned of */
};

/* Copies `path`. A file that does not parse is a failure here, later a warning. */
MUST_CHECK enum status token_store_open(struct token_store *store, const char *path);
void token_store_close(struct token_store *store);
/*
 * Reads the file again if it is another one. One that can't be read changes nothing and is tried
 * again at each call: a revocation must not be missed for want of a descriptor. Cost: a stat.
 */
void token_store_refresh(struct token_store *store);
/* Fills the caller whose token this is, or leaves it. */
void token_store_find(struct caller *caller, struct token_store *store, struct slice text);
