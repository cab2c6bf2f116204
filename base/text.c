/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stdlib.h>
#include <utf8proc.h>

/* Most identity keys are ASCII: a word at a time is enough to pass them. */
static size_t ascii_length(const unsigned char *bytes, size_t size)
{
    const uint64_t high_bits = 0x8080808080808080u, ones = 0x0101010101010101u;
    size_t at = 0;
    uint64_t word;

    for (; at + 8 <= size; at += 8) {
        memcpy(&word, bytes + at, 8);
        if ((word | (word - ones)) & high_bits) /* a high bit, or a zero byte */
            break;
    }
    while (at < size && bytes[at] && bytes[at] < 0x80)
        at++;
    return at;
}

bool text_valid_utf8(struct slice text, size_t *bad_offset)
{
    const unsigned char *start = text.data;
    size_t at = 0;

    while (at < text.size) {
        utf8proc_int32_t code_point;
        utf8proc_ssize_t length;

        at += ascii_length(start + at, text.size - at);
        if (at == text.size)
            break;
        length = start[at] ? utf8proc_iterate(start + at, (utf8proc_ssize_t)(text.size - at),
                                              &code_point)
                           : -1;
        if (length < 1) {
            if (bad_offset)
                *bad_offset = at;
            return false;
        }
        at += (size_t)length;
    }
    return true;
}

int32_t text_next(const unsigned char **at, const unsigned char *end)
{
    utf8proc_int32_t code_point;
    utf8proc_ssize_t length = utf8proc_iterate(*at, end - *at, &code_point);

    if (length < 1) {
        *at += 1;
        return -1;
    }
    *at += length;
    return code_point;
}

bool text_is_control(int32_t code_point)
{
    return (code_point >= 0 && code_point < 0x20) || (code_point >= 0x7f && code_point < 0xa0);
}

enum status text_append(struct buf *out, int32_t code_point)
{
    unsigned char bytes[4];

    return buf_append(out, bytes, (size_t)utf8proc_encode_char(code_point, bytes));
}

bool text_is_space(int32_t code_point)
{
    if (code_point >= 9 && code_point <= 13)
        return true;
    if (code_point == 0x85)
        return true;
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    default:
        return false;
    }
}

static bool is_invisible(int32_t code_point)
{
    utf8proc_category_t category = utf8proc_category(code_point);

    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF;
}

static bool is_mark(int32_t code_point)
{
    utf8proc_category_t category = utf8proc_category(code_point);

    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_SO;
}

static enum status from_utf8proc(utf8proc_ssize_t code, struct slice text)
{
    size_t offset = 0;

    if (code == UTF8PROC_ERROR_NOMEM)
        return fail_memory(text.size);
    if (code == UTF8PROC_ERROR_INVALIDUTF8 && !text_valid_utf8(text, &offset))
        return fail(STATUS_INVALID, "byte %zu of the text is not valid UTF-8", offset + 1);
    return fail(STATUS_INVALID, "the text can't be folded: %s", utf8proc_errmsg(code));
}

static enum status normalise(struct buf *out, struct slice text, unsigned how)
{
    unsigned char *folded = NULL;
    int options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_ssize_t length;
    enum status status;

    if (how & TEXT_WIDTH)
        options |= UTF8PROC_COMPAT;
    if (how & TEXT_CASE)
        options |= UTF8PROC_CASEFOLD;
    length = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &folded,
                          (utf8proc_option_t)options);
    if (length < 0)
        return from_utf8proc(length, text);
    status = buf_append(out, folded, (size_t)length);
    free(folded);
    return status;
}

static bool is_dropped(int32_t code_point, unsigned how)
{
    if ((how & TEXT_STRIP_SPACE) && (text_is_space(code_point) || is_invisible(code_point)))
        return true;
    return (how & TEXT_STRIP_MARKS) && is_mark(code_point);
}

/* Case and stripping, one code point at a time. */
static enum status fold_each(struct buf *out, struct slice text, unsigned how)
{
    const unsigned char *at = text.data, *end = at + text.size;
    bool space = false, started = false;

    while (at < end) {
        int32_t code_point = text_next(&at, end);

        if (is_dropped(code_point, how))
            continue;
        if ((how & TEXT_TRIM) && text_is_space(code_point)) {
            space = true;
            continue;
        }
        if (space && started)
            TRY(buf_append_byte(out, ' '));
        space = false;
        started = true;
        if (how & TEXT_LOWER)
            code_point = utf8proc_tolower(code_point);
        if (how & TEXT_UPPER)
            code_point = utf8proc_toupper(code_point);
        TRY(text_append(out, code_point));
    }
    return STATUS_OK;
}

static bool all_ascii(struct slice text)
{
    return ascii_length(text.data, text.size) == text.size;
}

enum status text_fold(struct buf *out, struct slice text, unsigned how)
{
    const unsigned whole = TEXT_NFC | TEXT_WIDTH | TEXT_CASE;
    AUTO(buf_fini) struct buf normal = { 0 };
    size_t bad;

    buf_clear(out);
    if (all_ascii(text)) /* composition leaves ASCII alone, and case folding is lower case */
        return fold_each(out, text, how & TEXT_CASE ? how | TEXT_LOWER : how);
    if (!text_valid_utf8(text, &bad))
        return fail(STATUS_INVALID, "byte %zu of the text is not valid UTF-8", bad + 1);
    if (how & whole) {
        TRY(normalise(&normal, text, how));
        text = buf_slice(&normal);
    }
    TRY(fold_each(out, text, how));
    if (!(how & whole))
        return STATUS_OK;
    /* What stripping or case brought together may compose now. */
    buf_clear(&normal);
    TRY(normalise(&normal, buf_slice(out), how));
    buf_clear(out);
    return buf_append_slice(out, buf_slice(&normal));
}

static size_t char_width(int32_t code_point)
{
    int width = code_point < 0 ? 1 : utf8proc_charwidth(code_point);

    return width > 0 ? (size_t)width : 0;
}

size_t text_width(struct slice text)
{
    const unsigned char *at = text.data, *end = at + text.size;
    size_t width = 0;

    while (at < end)
        width += char_width(text_next(&at, end));
    return width;
}

struct slice text_cut(struct slice text, size_t columns)
{
    const unsigned char *start = text.data, *end = start + text.size;
    const unsigned char *at = start, *kept = start;

    for (size_t width = 0; at < end; kept = at) {
        width += char_width(text_next(&at, end));
        if (width > columns)
            break;
    }
    return slice_of(start, (size_t)(kept - start));
}

size_t text_digits(char *out, uint64_t number, size_t width)
{
    char backwards[TEXT_DIGITS_MAX];
    size_t n = 0;

    for (; number || n < width || !n; number /= 10)
        backwards[n++] = (char)('0' + number % 10);
    for (size_t i = 0; i < n; i++)
        out[i] = backwards[n - 1 - i];
    return n;
}
