/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store.h"

enum status sync_dir(const char *dir)
{
    int file = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code;

    if (file < 0)
        return fail_errno(dir);
    code = fsync(file);
    close(file);
    return code == 0 ? STATUS_OK : fail_errno(dir);
}

/* Every process that has the store open holds a shared lock on this byte; new ones wait for it. */
static enum status lock_alone(int *file, const char *dir)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
    char path[PATH_MAX];
    enum status status;

    TRY(file_path(path, dir, "lock.mdb"));
    *file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*file < 0)
        return fail_errno(path);
    if (fcntl(*file, F_SETLK, &lock) == 0)
        return STATUS_OK;
    status = errno == EAGAIN || errno == EACCES
                 ? fail(STATUS_CONFLICT, "%s is open in another process; stop it first", dir)
                 : fail_errno(path);
    close(*file);
    return status;
}

static enum status swap_locked(const char *dir, const char *new_file, const uint64_t roots[2])
{
    uint64_t now[2] = { 0 };
    char path[PATH_MAX];

    TRY(store_roots(now, dir));
    if (now[0] != roots[0] || now[1] != roots[1])
        return fail(STATUS_CONFLICT, "%s was changed meanwhile; try again", dir);
    TRY(file_path(path, dir, "data.mdb"));
    if (rename(new_file, path) != 0)
        return fail_errno(new_file);
    return sync_dir(dir);
}

enum status store_swap(const char *dir, const char *new_file, const uint64_t roots[2])
{
    enum status status;
    int file;

    TRY(lock_alone(&file, dir));
    status = swap_locked(dir, new_file, roots);
    close(file);
    return status;
}
