/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into a command by LD_PRELOAD together with intercept.c: the first byte of the file
 * FAULT_CONTROL says what its writes to regular files meet from now on.
 *
 *     0 nothing    e syncs fail with EIO    f the disk is full    s syncs take 100 ms
 *     r writes that are durable by themselves fail with EIO: those to the store's root pages
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/rigs/intercept.h"

#define SLOW_US 100000

static const volatile char *control;

static bool is_regular(int file)
{
    struct stat seen;

    return fstat(file, &seen) == 0 && S_ISREG(seen.st_mode);
}

static int fault(const struct intercept *call, size_t *size)
{
    bool sync = call->call == CALL_SYNC || call->durable;

    (void)size;
    if (*control == '0' || !is_regular(call->file))
        return 0;
    if (*control == 'f')
        return call->call == CALL_SYNC ? 0 : ENOSPC;
    if (*control == 'r')
        return call->call == CALL_WRITE && call->durable ? EIO : 0;
    if (*control == 's' && sync)
        usleep(SLOW_US);
    return *control == 'e' && sync ? EIO : 0;
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULT_CONTROL");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = file >= 0 ? mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;

    if (file >= 0)
        close(file);
    if (at == MAP_FAILED)
        return;
    control = at;
    intercept_hook = fault;
}
