/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/remove.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

void store_remove(const char *dir)
{
    static const char *const names[] = { "data.mdb", "lock.mdb" };
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, sizeof path, "%s/%s", dir, names[i]) < (int)sizeof path)
            unlink(path);
    rmdir(dir);
}
