/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/remove.h"

#include <unistd.h>

#include "base/file.h"

void store_remove(const char *dir)
{
    static const char *const names[] = { "data.mdb", "lock.mdb" };
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (file_path(path, dir, names[i]) == STATUS_OK)
            unlink(path);
    rmdir(dir);
}
