/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/place.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *place_new(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;

    if (asprintf(&path, "%s/ringfence-test-XXXXXX", base && *base ? base : "/tmp") < 0 ||
        !mkdtemp(path))
        abort();
    return path;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

void place_remove(char *path)
{
    if (path)
        nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

void place_removep(char **path)
{
    place_remove(*path);
}

const char *place_in(const char *path, const char *name)
{
    static char texts[4][512];
    static unsigned next;
    char *text = texts[next++ % 4];

    snprintf(text, sizeof texts[0], "%s/%s", path, name);
    return text;
}

const char *place_shared(const char *name)
{
    const char *base = getenv("RINGFENCE_SHARED");
    const char *path = base && *base ? place_in(base, name) : NULL;

    return path && access(path, R_OK) == 0 ? path : NULL;
}
