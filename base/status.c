/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAIL_MAX 1024

static _Thread_local char detail[DETAIL_MAX];

enum status fail(enum status code, const char *format, ...)
{
    /* The arguments may lie in `detail` itself, so format aside first. */
    char line[DETAIL_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    memcpy(detail, line, sizeof line);
    return code;
}

enum status fail_context(enum status code, const char *format, ...)
{
    char context[DETAIL_MAX / 2];
    char line[DETAIL_MAX + DETAIL_MAX / 2 + 2];
    va_list args;

    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    snprintf(line, sizeof line, "%s: %s", context, detail);
    snprintf(detail, sizeof detail, "%.*s", DETAIL_MAX - 1, line);
    return code;
}

enum status fail_memory(size_t bytes)
{
    return fail(STATUS_NO_MEMORY, "out of memory: %zu bytes refused", bytes);
}

enum status fail_errno(const char *what)
{
    int error = errno;
    enum status code = error == ENOSPC || error == EDQUOT ? STATUS_FULL
                       : error == ENOMEM                  ? STATUS_NO_MEMORY
                                                          : STATUS_IO;

    return fail(code, "%s: %s", what, strerror(error));
}

const char *error_detail(void)
{
    return detail;
}

const char *status_name(enum status code)
{
    static const char *const names[] = {
        [STATUS_OK] = "ok",           [STATUS_END] = "end",
        [STATUS_NOT_FOUND] = "not found", [STATUS_INVALID] = "invalid",
        [STATUS_USAGE] = "usage",     [STATUS_EXISTS] = "exists",
        [STATUS_CONFLICT] = "conflict", [STATUS_LIMIT] = "limit",
        [STATUS_NO_MEMORY] = "no memory", [STATUS_IO] = "input/output",
        [STATUS_FULL] = "disk full",  [STATUS_CORRUPT] = "corrupt",
        [STATUS_RESTART] = "restart needed",
    };

    return (size_t)code < sizeof names / sizeof *names ? names[code] : "unknown";
}

void status_trace(enum status code, const char *file, int line)
{
    static int on = -1;

    if (on < 0) {
        const char *setting = getenv("RINGFENCE_TRACE");
        on = setting && *setting == '1';
    }
    if (on)
        fprintf(stderr, "trace: %s:%d: %s: %s\n", file, line, status_name(code), detail);
}
