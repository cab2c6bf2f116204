/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/csv.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)128 << 10)
/* Quotes may double a cell. */
#define ROOM_BYTES ((size_t)2 * CSV_CELL_MAX + 8)

/* Writes the whole rows; the one at hand moves to the front. */
static void csv_flush(struct csv *csv)
{
    size_t done = 0;

    while (done < csv->row && csv->status == STATUS_OK) {
        ssize_t wrote = write(csv->fd, csv->data + done, csv->row - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR) {
            csv->status = fail_errno(csv->name);
            if (csv->status == STATUS_FULL)
                csv->status = fail_context(STATUS_FULL, "free some space or choose another folder");
        }
    }
    csv->size -= csv->row;
    memmove(csv->data, csv->data + csv->row, csv->size);
    csv->row = 0;
}

enum status csv_open(struct csv *csv, int folder_fd, const char *name, const char *header)
{
    *csv = (struct csv){ .fd = -1, .name = name };
    csv->data = malloc(BUFFER_BYTES + ROOM_BYTES);
    if (!csv->data)
        return csv->status = fail_memory(BUFFER_BYTES);
    csv->fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (csv->fd < 0)
        return csv->status = fail_errno(name);
    csv_word(csv, slice_str(header));
    csv_end(csv);
    csv->rows = 0;
    return csv->status;
}

enum status csv_close(struct csv *csv)
{
    enum status status;

    if (csv->fd >= 0) {
        csv_flush(csv);
        if (close(csv->fd) != 0 && csv->status == STATUS_OK)
            csv->status = fail_errno(csv->name);
        csv->fd = -1;
    }
    status = csv->status;
    csv_fini(csv);
    return status;
}

void csv_fini(struct csv *csv)
{
    if (csv->data && csv->fd >= 0)
        close(csv->fd);
    free(csv->data);
    csv->data = NULL;
    csv->fd = -1;
}

/* A place for at most ROOM_BYTES, or NULL after a failure. */
static char *csv_room(struct csv *csv)
{
    if (csv->status != STATUS_OK)
        return NULL;
    if (csv->size > BUFFER_BYTES)
        csv_flush(csv);
    return csv->data + csv->size;
}

static void csv_took(struct csv *csv, char *end)
{
    *end++ = ',';
    csv->size = (size_t)(end - csv->data);
}

void csv_word(struct csv *csv, struct slice word)
{
    char *at = csv_room(csv);

    if (!at)
        return;
    memcpy(at, word.data, word.size);
    csv_took(csv, at + word.size);
}

static bool needs_quotes(struct slice text)
{
    const char *at = text.data;

    for (size_t i = 0; i < text.size; i++)
        if (at[i] == ',' || at[i] == '"' || at[i] == '\n' || at[i] == '\r')
            return true;
    return false;
}

void csv_text(struct csv *csv, struct slice text)
{
    const char *from = text.data;
    char *at;

    if (!needs_quotes(text)) {
        csv_word(csv, text);
        return;
    }
    at = csv_room(csv);
    if (!at)
        return;
    *at++ = '"';
    for (size_t i = 0; i < text.size; i++) {
        if (from[i] == '"')
            *at++ = '"';
        *at++ = from[i];
    }
    *at++ = '"';
    csv_took(csv, at);
}

void csv_int(struct csv *csv, int64_t number)
{
    char digits[20];
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *at = csv_room(csv);
    int n = 0;

    if (!at)
        return;
    do
        digits[n++] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *at++ = '-';
    while (n)
        *at++ = digits[--n];
    csv_took(csv, at);
}

/* `width` digits with leading zeros. */
static char *put_digits(char *at, uint64_t number, int width)
{
    for (int i = width; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + width;
}

static char *put_date(char *at, int64_t days)
{
    int64_t year;
    unsigned month, day;

    civil_from_days(&year, &month, &day, days);
    at = put_digits(at, (uint64_t)year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    return put_digits(at, day, 2);
}

void csv_date(struct csv *csv, int64_t days)
{
    char *at = csv_room(csv);

    if (at)
        csv_took(csv, put_date(at, days));
}

void csv_time(struct csv *csv, int64_t us)
{
    int64_t days = us / US_PER_DAY, second = us % US_PER_DAY / US_PER_SECOND;
    char *at;

    if (us == TIME_MIN || us == TIME_MAX) {
        csv_none(csv);
        return;
    }
    at = csv_room(csv);
    if (!at)
        return;
    if (second < 0) {
        second += US_PER_DAY / US_PER_SECOND;
        days--;
    }
    at = put_date(at, days);
    *at++ = 'T';
    at = put_digits(at, (uint64_t)second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)second % 60, 2);
    *at++ = 'Z';
    csv_took(csv, at);
}

void csv_ratio(struct csv *csv, int64_t ten_thousandths)
{
    char *at = csv_room(csv);
    uint64_t part = (uint64_t)ten_thousandths % 10000;
    int width = 4;

    if (!at)
        return;
    *at++ = (char)('0' + ten_thousandths / 10000);
    *at++ = '.';
    for (; width > 1 && part % 10 == 0; width--)
        part /= 10;
    csv_took(csv, put_digits(at, part, width));
}

void csv_bool(struct csv *csv, bool boolean)
{
    csv_word(csv, boolean ? SLICE("true") : SLICE("false"));
}

void csv_none(struct csv *csv)
{
    csv_word(csv, SLICE(""));
}

void csv_end(struct csv *csv)
{
    if (csv->status != STATUS_OK)
        return;
    csv->data[csv->size - 1] = '\n';
    csv->row = csv->size;
    csv->rows++;
}

struct slice csv_take(struct csv *csv)
{
    struct slice row = slice_of(csv->data + csv->row, csv->size - csv->row);

    if (csv->status != STATUS_OK || !row.size)
        return slice_of("", 0);
    csv->size = csv->row;
    row.size--; /* the comma behind the last cell */
    return row;
}
