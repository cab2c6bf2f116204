/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Files that are read again when they change: as they were met last. */

#include <stdbool.h>
#include <sys/stat.h>

/* Zeros where there is no such file; `path` may be NULL. */
static inline struct stat watched_look(const char *path)
{
    struct stat seen = { 0 };

    if (path && stat(path, &seen))
        seen = (struct stat){ 0 };
    return seen;
}

static inline bool watched_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}
