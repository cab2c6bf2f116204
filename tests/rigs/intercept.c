/* SPDX-License-Identifier: GPL-2.0-or-later */
#undef _FILE_OFFSET_BITS /* it would rename the functions that are replaced here */
#undef _FORTIFY_SOURCE
#include "tests/rigs/intercept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int (*intercept_hook)(const struct intercept *call, size_t *size);

static bool is_durable(int file)
{
    int flags = fcntl(file, F_GETFL);

    return flags != -1 && (flags & O_DSYNC);
}

/* 0: go on with *size bytes; else errno is set. */
static int ask(enum intercept_call kind, int file, uint64_t offset, const void *bytes,
               size_t *size)
{
    struct intercept call = { kind, file, offset, bytes, *size, false, NULL, NULL };

    if (!intercept_hook || file <= STDERR_FILENO)
        return 0;
    call.durable = is_durable(file);
    errno = intercept_hook(&call, size);
    return errno;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    off_t at = intercept_hook && file > STDERR_FILENO ? lseek(file, 0, SEEK_CUR) : 0;

    if (ask(CALL_WRITE, file, (uint64_t)at, bytes, &size))
        return -1;
    return syscall(SYS_write, file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    return ask(CALL_WRITE, file, (uint64_t)offset, bytes, &size)
               ? -1
               : syscall(SYS_pwrite64, file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t offset)
{
    return pwrite(file, bytes, size, offset);
}

ssize_t writev(int file, const struct iovec *parts, int n)
{
    size_t size = 0, at = 0;
    char *bytes;
    ssize_t written;

    if (!intercept_hook || file <= STDERR_FILENO)
        return syscall(SYS_writev, file, parts, n);
    for (int i = 0; i < n; i++)
        size += parts[i].iov_len;
    bytes = malloc(size + 1);
    if (!bytes)
        return -1;
    for (int i = 0; i < n; at += parts[i++].iov_len)
        memcpy(bytes + at, parts[i].iov_base, parts[i].iov_len);
    written = write(file, bytes, size);
    free(bytes);
    return written;
}

int fdatasync(int file)
{
    size_t size = 0;

    return ask(CALL_SYNC, file, 0, NULL, &size) ? -1 : (int)syscall(SYS_fdatasync, file);
}

int fsync(int file)
{
    size_t size = 0;

    return ask(CALL_SYNC, file, 0, NULL, &size) ? -1 : (int)syscall(SYS_fsync, file);
}

int ftruncate(int file, off_t length)
{
    size_t size = 0;

    return ask(CALL_TRUNCATE, file, (uint64_t)length, NULL, &size)
               ? -1
               : (int)syscall(SYS_ftruncate, file, length);
}

int ftruncate64(int file, off_t length)
{
    return ftruncate(file, length);
}

int rename(const char *from, const char *to)
{
    struct intercept call = { .call = CALL_RENAME, .file = -1, .from = from, .to = to };
    size_t size = 0;

    if (intercept_hook && (errno = intercept_hook(&call, &size)))
        return -1;
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}
