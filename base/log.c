/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_MAX_BYTES 2048

static bool quiet_;

void log_set_quiet(bool quiet)
{
    quiet_ = quiet;
}

bool log_is_quiet(void)
{
    return quiet_;
}

/* Names and keys in a line come from anybody: they make no line of their own, nor a command. */
static void blank_controls(char *text, size_t n)
{
    const unsigned char *at = (unsigned char *)text, *end = at + n;

    while (at < end) {
        char *start = text + (at - (unsigned char *)text);

        if (text_is_control(text_next(&at, end)))
            memset(start, ' ', (size_t)((const char *)at - start));
    }
}

static void log_write(const char *prefix, const char *format, va_list args)
{
    char line[LINE_MAX_BYTES];
    int start = snprintf(line, sizeof line, "%s", prefix);
    int length = vsnprintf(line + start, sizeof line - (size_t)start - 1, format, args);
    size_t total;

    if (length < 0)
        return;
    total = (size_t)start + (size_t)length;
    if (total > sizeof line - 2)
        total = sizeof line - 2;
    blank_controls(line, total);
    line[total++] = '\n';
    /* A note that can't be written has nobody to tell. */
    (void)!write(STDERR_FILENO, line, total);
}

#define LOG(prefix)                                                                                \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        log_write((prefix), format, args);                                                         \
        va_end(args);                                                                              \
    } while (0)

void log_note(const char *format, ...)
{
    if (!quiet_)
        LOG("note: ");
}

void log_warning(const char *format, ...)
{
    LOG("warning: ");
}

void log_line(const char *format, ...)
{
    if (!quiet_)
        LOG("");
}
