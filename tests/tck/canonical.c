/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tck/canonical.h"

#include "query/format.h"

#include <ctype.h>
#include <stdlib.h>

/* Reads the text of value_show() and of feature files, which is the same language. */
struct cell {
    const char *at, *end;
    bool unordered;
    struct buf *out;
};

static enum status any(struct cell *cell);

static void space(struct cell *cell)
{
    while (cell->at < cell->end && isspace((unsigned char)*cell->at))
        cell->at++;
}

static bool accept(struct cell *cell, const char *text)
{
    size_t size = strlen(text);

    space(cell);
    if ((size_t)(cell->end - cell->at) < size || memcmp(cell->at, text, size) != 0)
        return false;
    cell->at += size;
    return true;
}

static enum status bad(struct cell *cell)
{
    return fail(STATUS_INVALID, "can't read the expected value at \"%.*s\"",
                (int)(cell->end - cell->at), cell->at);
}

static int by_text(const void *a, const void *b)
{
    const struct buf *x = a, *y = b;

    return slice_compare(buf_slice(x), buf_slice(y));
}

struct parts {
    struct buf *items;
    size_t n, capacity;
};

/* Reads one part with `read` into a text of its own. */
static enum status part(struct parts *parts, struct cell *cell,
                        enum status (*read)(struct cell *cell))
{
    struct buf *out = cell->out;
    enum status status;

    TRY(array_reserve(&parts->items, &parts->capacity, parts->n + 1));
    parts->items[parts->n] = (struct buf){ 0 };
    cell->out = &parts->items[parts->n++];
    status = read(cell);
    cell->out = out;
    return status;
}

static enum status join(struct parts *parts, struct cell *cell, const char *between, bool sort)
{
    if (sort && parts->n)
        qsort(parts->items, parts->n, sizeof *parts->items, by_text);
    for (size_t i = 0; i < parts->n; i++) {
        if (i)
            TRY(buf_append(cell->out, between, strlen(between)));
        TRY(buf_append_slice(cell->out, buf_slice(&parts->items[i])));
        buf_fini(&parts->items[i]);
    }
    free(parts->items);
    return STATUS_OK;
}

static enum status name(struct cell *cell)
{
    const char *start;

    space(cell);
    if (cell->at < cell->end && *cell->at == '`') {
        start = ++cell->at;
        while (cell->at < cell->end && *cell->at != '`')
            cell->at++;
        TRY(buf_append(cell->out, start, (size_t)(cell->at - start)));
        cell->at++;
        return STATUS_OK;
    }
    start = cell->at;
    while (cell->at < cell->end && (isalnum((unsigned char)*cell->at) || *cell->at == '_' ||
                                    (unsigned char)*cell->at >= 0x80))
        cell->at++;
    return buf_append(cell->out, start, (size_t)(cell->at - start));
}

static enum status entry(struct cell *cell)
{
    TRY(name(cell));
    if (!accept(cell, ":"))
        return bad(cell);
    TRY(buf_append(cell->out, ": ", 2));
    return any(cell);
}

static enum status map(struct cell *cell)
{
    struct parts parts = { 0 };

    TRY(buf_append(cell->out, "{", 1));
    if (!accept(cell, "}")) {
        do
            TRY(part(&parts, cell, entry));
        while (accept(cell, ","));
        if (!accept(cell, "}"))
            return bad(cell);
    }
    TRY(join(&parts, cell, ", ", true));
    return buf_append(cell->out, "}", 1);
}

static enum status labels(struct cell *cell)
{
    struct parts parts = { 0 };

    while (accept(cell, ":"))
        TRY(part(&parts, cell, name));
    if (parts.n)
        TRY(buf_append(cell->out, ":", 1));
    return join(&parts, cell, ":", true);
}

/* Behind the opening bracket of a node or relationship. */
static enum status element(struct cell *cell, const char *open, const char *close)
{
    TRY(buf_append(cell->out, open, strlen(open)));
    TRY(labels(cell));
    if (accept(cell, "{")) {
        size_t before = cell->out->size;

        TRY(buf_append(cell->out, " ", 1));
        TRY(map(cell));
        if (cell->out->size == before + 3)
            cell->out->size = before;
    }
    if (!accept(cell, close))
        return bad(cell);
    return buf_append(cell->out, close, strlen(close));
}

static enum status list(struct cell *cell)
{
    struct parts parts = { 0 };

    TRY(buf_append(cell->out, "[", 1));
    if (!accept(cell, "]")) {
        do
            TRY(part(&parts, cell, any));
        while (accept(cell, ","));
        if (!accept(cell, "]"))
            return bad(cell);
    }
    TRY(join(&parts, cell, ", ", cell->unordered));
    return buf_append(cell->out, "]", 1);
}

static enum status path(struct cell *cell)
{
    TRY(buf_append(cell->out, "<", 1));
    while (!accept(cell, ">")) {
        if (accept(cell, "(")) {
            TRY(element(cell, "(", ")"));
        } else if (accept(cell, "[")) {
            TRY(element(cell, "[", "]"));
        } else if (accept(cell, "<-")) {
            TRY(buf_append(cell->out, "<-", 2));
        } else if (accept(cell, "->")) {
            TRY(buf_append(cell->out, "->", 2));
        } else if (accept(cell, "-")) {
            TRY(buf_append(cell->out, "-", 1));
        } else {
            return bad(cell);
        }
    }
    return buf_append(cell->out, ">", 1);
}

static enum status string(struct cell *cell, char quote)
{
    TRY(buf_append(cell->out, "'", 1));
    while (cell->at < cell->end && *cell->at != quote) {
        if (*cell->at == '\\' && cell->at + 1 < cell->end) {
            cell->at++;
            if (*cell->at == 'n') {
                cell->at++;
                TRY(buf_append(cell->out, "\n", 1));
                continue;
            }
        }
        TRY(buf_append_byte(cell->out, (unsigned char)*cell->at++));
    }
    cell->at++;
    return buf_append(cell->out, "'", 1);
}

static enum status number(struct cell *cell)
{
    const char *start = cell->at;
    bool floating = false;
    char text[512];
    size_t size;

    while (cell->at < cell->end && (isalnum((unsigned char)*cell->at) ||
                                    strchr("+-.", *cell->at))) {
        floating |= strchr(".eE", *cell->at) != NULL;
        cell->at++;
    }
    size = (size_t)(cell->at - start);
    if (size == 0 || size >= sizeof text)
        return bad(cell);
    memcpy(text, start, size);
    text[size] = 0;
    if (!floating || isalpha((unsigned char)text[size - 1]))
        return buf_append(cell->out, text, size);
    return float_format(cell->out, strtod(text, NULL));
}

static enum status any(struct cell *cell)
{
    static const char *const words[] = { "null", "true", "false", "NaN", "Infinity", "-Infinity",
                                         "Inf", "-Inf" };

    space(cell);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (accept(cell, words[i]))
            return buf_append(cell->out, words[i], strlen(words[i]));
    if (accept(cell, "("))
        return element(cell, "(", ")");
    if (accept(cell, "<"))
        return path(cell);
    if (accept(cell, "{"))
        return map(cell);
    if (accept(cell, "'"))
        return string(cell, '\'');
    if (cell->end - cell->at >= 2 && cell->at[0] == '[' && cell->at[1] == ':') {
        cell->at++;
        return element(cell, "[", "]");
    }
    if (accept(cell, "["))
        return list(cell);
    return number(cell);
}

enum status canonical_cell(struct buf *out, struct slice text, bool unordered)
{
    struct cell cell = { text.data, (const char *)text.data + text.size, unordered, out };

    TRY(any(&cell));
    space(&cell);
    return cell.at == cell.end ? STATUS_OK : bad(&cell);
}

enum status canonical_value(struct buf *out, struct eval *eval, const struct value *value,
                            bool unordered)
{
    static const struct format_options options = { 0 };
    struct buf shown = { 0 };
    enum status status = value_show(&shown, eval, value, &options);

    if (status == STATUS_OK)
        status = canonical_cell(out, buf_slice(&shown), unordered);
    buf_fini(&shown);
    return status;
}
