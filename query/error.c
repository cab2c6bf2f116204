/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/error.h"

#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_MAX 400
#define EXCERPT_MAX 100

static _Thread_local struct query_error last;

const struct query_error *query_error_last(void)
{
    return last.type ? &last : NULL;
}

void query_error_clear(void)
{
    last = (struct query_error){ 0 };
}

void query_place(struct slice text, uint32_t offset, uint32_t *line, uint32_t *column)
{
    const char *bytes = text.data;

    *line = *column = 1;
    for (uint32_t i = 0; i < offset && i < text.size; i++) {
        if (bytes[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)bytes[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

/* The part of the line around the span that is shown. */
static void excerpt(char *out, size_t size, struct slice text, struct text_span span)
{
    const char *bytes = text.data;
    size_t start = span.start < text.size ? span.start : text.size, end = start;
    size_t at = start, used = 0, stop = span.end > span.start ? span.end : span.start + 1;

    while (start > 0 && bytes[start - 1] != '\n' && at - start < EXCERPT_MAX * 2 / 3)
        start--;
    while (start < at && ((unsigned char)bytes[start] & 0xc0) == 0x80)
        start++;
    while (end < text.size && bytes[end] != '\n' && end - start < EXCERPT_MAX)
        end++;
    /* To the end of a cut character; bytes that are no UTF-8 may go on like this for ever. */
    while (end < text.size && ((unsigned char)bytes[end] & 0xc0) == 0x80 &&
           end - start < EXCERPT_MAX + 3)
        end++;
    if (end == start) {
        out[0] = 0;
        return;
    }
    used = (size_t)snprintf(out, size, "\n  %.*s\n  ", (int)(end - start), bytes + start);
    for (size_t i = start; i < at && used + 2 < size; i++)
        if (((unsigned char)bytes[i] & 0xc0) != 0x80)
            out[used++] = bytes[i] == '\t' ? '\t' : ' ';
    for (size_t i = at; (i == at || (i < stop && i < end)) && used + 2 < size; i++)
        if (i == at || ((unsigned char)bytes[i] & 0xc0) != 0x80)
            out[used++] = '^';
    out[used] = 0;
}

enum status query_fail(struct slice text, struct query_error error, const char *format, ...)
{
    char message[MESSAGE_MAX], shown[4 * EXCERPT_MAX + 16];
    uint32_t line, column;
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    last = error;
    if (error.span.end == 0)
        return fail(STATUS_INVALID, "%s: %s: %s", error.type, error.detail, message);
    query_place(text, error.span.start, &line, &column);
    excerpt(shown, sizeof shown, text, error.span);
    return fail(STATUS_INVALID, "%s: %s: %s (line %u, column %u)%s", error.type, error.detail,
                message, line, column, shown);
}
