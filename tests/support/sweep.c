/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SWEEP_MAX 1000000ul

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Thread_local unsigned long left; /* allocations until the one that fails; 0: none */
static _Thread_local bool failed;

void sweep_fail_at(unsigned long k)
{
    left = k;
    failed = false;
}

bool sweep_has_failed(void)
{
    return failed;
}

static bool fails_now(void)
{
    if (!left || --left)
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

unsigned long sweep_allocations(enum status (*work)(void *context), void *context)
{
    for (unsigned long k = 1; k < SWEEP_MAX; k++) {
        enum status status;

        sweep_fail_at(k);
        status = work(context);
        left = 0;
        if (!failed && status == STATUS_OK)
            return k - 1;
        if (!failed || status != STATUS_NO_MEMORY) {
            fprintf(stderr, "allocation %lu %s, and the work returned \"%s\": %s\n", k,
                    failed ? "failed" : "did not fail", status_name(status), error_detail());
            abort();
        }
    }
    fprintf(stderr, "the work needs more than %lu allocations\n", SWEEP_MAX);
    abort();
}
