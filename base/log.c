/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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
static void blank_controls(unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_c1 = text[i] == 0xc2 && i + 1 < n && text[i + 1] >= 0x80 && text[i + 1] < 0xa0;

        if (is_c1)
            text[i++] = ' ';
        if (is_c1 || text[i] < 0x20 || text[i] == 0x7f)
            text[i] = ' ';
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
    blank_controls((unsigned char *)line, total);
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
