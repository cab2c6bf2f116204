/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK_BYTES ((size_t)64 << 10)

static void file_closep(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

static enum status open_for_reading(FILE **out, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

    if (!file && errno == ENOENT)
        return fail(STATUS_NOT_FOUND, "%s: no such file", path);
    if (!file)
        return fail_errno(path);
    *out = file;
    return STATUS_OK;
}

enum status file_read(struct buf *out, const char *path, size_t max_bytes)
{
    AUTO(file_closep) FILE *file = NULL;
    size_t start = out->size;

    TRY(open_for_reading(&file, path));
    while (!feof(file)) {
        size_t n;

        TRY(buf_reserve(out, CHUNK_BYTES));
        errno = 0;
        n = fread(out->data + out->size, 1, CHUNK_BYTES, file);
        if (ferror(file))
            return fail_errno(path);
        out->size += n;
        if (out->size - start > max_bytes)
            return fail(STATUS_LIMIT, "%s: more than %zu bytes", path, max_bytes);
    }
    return STATUS_OK;
}

enum status file_path(char path[PATH_MAX], const char *dir, const char *name)
{
    if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
        return fail(STATUS_INVALID, "the path %.100s... is too long", dir);
    return STATUS_OK;
}

void file_lines_start(struct file_lines *lines, const char *path, size_t max_bytes)
{
    *lines = (struct file_lines){ .path = path, .max_bytes = max_bytes };
    lines->status = open_for_reading(&lines->file, path);
}

/* Takes bytes up to the line's end; past the limit they are read but not kept. */
static enum status take_line(struct file_lines *lines, size_t *size, bool *any)
{
    int c = 0;

    *size = 0;
    *any = false;
    lines->too_long = false;
    while ((c = getc_unlocked(lines->file)) != EOF && c != '\n') {
        *any = true;
        if (*size == lines->max_bytes) {
            lines->too_long = true;
            continue;
        }
        if (*size == lines->capacity)
            TRY(array_reserve(&lines->text, &lines->capacity, *size + 1));
        lines->text[(*size)++] = (char)c;
    }
    *any = *any || c == '\n';
    if (ferror(lines->file))
        return fail_errno(lines->path);
    return STATUS_OK;
}

bool file_lines_next(struct file_lines *lines)
{
    size_t size;
    bool any;

    if (lines->status != STATUS_OK)
        return false;
    errno = 0;
    lines->status = take_line(lines, &size, &any);
    if (lines->status != STATUS_OK || !any)
        return false;
    if (size && lines->text[size - 1] == '\r')
        size--;
    lines->number++;
    lines->line = slice_of(lines->text, lines->too_long ? 0 : size);
    return true;
}

void file_lines_stop(struct file_lines *lines)
{
    file_closep(&lines->file);
    lines->file = NULL;
    free(lines->text);
    lines->text = NULL;
}
