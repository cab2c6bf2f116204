/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json_plain.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FEW 16
#define INTEGER_DIGITS 18 /* always within int64 */
#define EXACT_DIGITS 15   /* always within a double */
#define EXACT_POWER 22    /* so is ten to this power */

/* Texts are read in place, which takes their escapes out: they never grow. */
struct scan {
    unsigned char *at, *end; /* *end is 0, where every reading stops */
    struct arena *arena;
    size_t depth; /* left */
    bool no_memory;
};

/* Reads one value; false: it is not plain, or there was no memory. */
static bool scan_value(struct value *out, struct scan *scan);

static void skip_blanks(struct scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')
        scan->at++;
}

/* Goes past `c` and the blanks before it, if it comes next. */
static bool take(struct scan *scan, unsigned char c)
{
    skip_blanks(scan);
    if (*scan->at != c)
        return false;
    scan->at++;
    return true;
}

static bool scan_word(struct scan *scan, const char *word, size_t size)
{
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}

/* ---- texts ---------------------------------------------------------------------------------- */

/* What stands for itself or a control character behind a backslash; 0: not plain. */
static unsigned char unescaped(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* A text whose opening quote was taken; a zero byte is put behind it. */
static bool scan_text(struct slice *out, struct scan *scan)
{
    unsigned char *from = scan->at, *to = from, seen = 0;

    for (;;) {
        unsigned char c = *scan->at++;

        if (c == '"')
            break;
        if (c < ' ' || (c == '\\' && !(c = unescaped(*scan->at++))))
            return false;
        seen |= c;
        *to++ = c;
    }
    *to = 0;
    *out = slice_of(from, (size_t)(to - from));
    return seen < 0x80 || text_valid_utf8(*out, NULL);
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* Appends the digits that come to `*number`; how many there were. */
static size_t scan_digits(uint64_t *number, struct scan *scan, size_t max)
{
    size_t n = 0;

    for (; n < max && *scan->at >= '0' && *scan->at <= '9'; n++)
        *number = *number * 10 + *scan->at++ - '0';
    return n;
}

static bool scan_exponent(int64_t *exponent, struct scan *scan)
{
    uint64_t number = 0;
    bool negative;

    if (*scan->at != 'e' && *scan->at != 'E')
        return true;
    scan->at++;
    negative = *scan->at == '-';
    if (negative || *scan->at == '+')
        scan->at++;
    if (!scan_digits(&number, scan, 4))
        return false;
    *exponent += negative ? -(int64_t)number : (int64_t)number;
    return true;
}

/* One exact double by another is rounded once, as reading the digits is (Clinger, PLDI 1990). */
static bool exact(double *out, uint64_t digits, int64_t exponent)
{
    static const double powers[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };

    if (FLT_EVAL_METHOD != 0 || exponent < -EXACT_POWER || exponent > EXACT_POWER)
        return false;
    *out = exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
    return true;
}

static bool scan_fraction(struct value *out, struct scan *scan, uint64_t digits, size_t n)
{
    int64_t exponent = 0;
    double number;

    if (*scan->at == '.') {
        size_t behind;

        scan->at++;
        behind = scan_digits(&digits, scan, INTEGER_DIGITS - n + 1);
        if (!behind)
            return false;
        n += behind;
        exponent = -(int64_t)behind;
    }
    if (n > EXACT_DIGITS || !scan_exponent(&exponent, scan) || !exact(&number, digits, exponent))
        return false;
    *out = value_float(number);
    return true;
}

static bool scan_number(struct value *out, struct scan *scan)
{
    bool negative = *scan->at == '-';
    const unsigned char *first = scan->at += negative;
    uint64_t digits = 0;
    size_t n = scan_digits(&digits, scan, INTEGER_DIGITS);
    unsigned char next = *scan->at;

    if (!n || (n > 1 && *first == '0') || (next >= '0' && next <= '9'))
        return false;
    if (next != '.' && next != 'e' && next != 'E') {
        *out = value_int(negative ? -(int64_t)digits : (int64_t)digits);
        return true;
    }
    if (!scan_fraction(out, scan, digits, n))
        return false;
    if (negative)
        out->floating = -out->floating;
    return *scan->at < '0' || *scan->at > '9';
}

/* ---- lists and objects ---------------------------------------------------------------------- */

/* `n` elements, and room for `capacity`, in the arena: what a list outgrows stays behind. */
static void *arena_more(struct scan *scan, const void *items, size_t n, size_t capacity,
                        size_t size)
{
    void *more = arena_array(scan->arena, capacity, size);

    scan->no_memory |= !more;
    if (more && n)
        memcpy(more, items, n * size);
    return more;
}

static bool scan_list(struct value *out, struct scan *scan)
{
    struct value few[FEW], *items = few;
    size_t n = 0, capacity = FEW;

    if (!take(scan, ']')) {
        do {
            if (n == capacity)
                items = arena_more(scan, items, n, capacity *= 2, sizeof *items);
            if (!items || !scan_value(&items[n], scan))
                return false;
            n++;
        } while (take(scan, ','));
        if (!take(scan, ']'))
            return false;
    }
    if (items == few)
        items = arena_more(scan, few, n, n, sizeof *items);
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = items };
    return items;
}

static int pair_order(const void *a, const void *b)
{
    return slice_compare(((const struct value_pair *)a)->key, ((const struct value_pair *)b)->key);
}

/* In key order; false: a key comes twice. */
static bool sort_pairs(struct value_pair *pairs, size_t n)
{
    if (n > FEW)
        qsort(pairs, n, sizeof *pairs, pair_order);
    for (size_t i = 1; n <= FEW && i < n; i++) {
        struct value_pair pair = pairs[i];
        size_t k = i;

        for (; k && pair_order(&pairs[k - 1], &pair) > 0; k--)
            pairs[k] = pairs[k - 1];
        pairs[k] = pair;
    }
    for (size_t i = 1; i < n; i++)
        if (slice_equal(pairs[i - 1].key, pairs[i].key))
            return false;
    return true;
}

static bool scan_pair(struct value_pair *pair, struct scan *scan)
{
    return take(scan, '"') && scan_text(&pair->key, scan) && take(scan, ':') &&
           scan_value(&pair->value, scan);
}

static bool scan_object(struct value *out, struct scan *scan)
{
    struct value_pair few[FEW], *pairs = few;
    size_t n = 0, capacity = FEW;

    if (!take(scan, '}')) {
        do {
            if (n == capacity)
                pairs = arena_more(scan, pairs, n, capacity *= 2, sizeof *pairs);
            if (!pairs || !scan_pair(&pairs[n], scan))
                return false;
            n++;
        } while (take(scan, ','));
        if (!take(scan, '}') || !sort_pairs(pairs, n))
            return false;
    }
    if (pairs == few)
        pairs = arena_more(scan, few, n, n, sizeof *pairs);
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = pairs };
    return pairs;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool scan_nested(struct value *out, struct scan *scan,
                        bool (*inside)(struct value *out, struct scan *scan))
{
    bool plain;

    if (!scan->depth)
        return false;
    scan->at++;
    scan->depth--;
    plain = inside(out, scan);
    scan->depth++;
    return plain;
}

static bool scan_string(struct value *out, struct scan *scan)
{
    struct slice text;

    scan->at++;
    if (!scan_text(&text, scan))
        return false;
    *out = value_text(text);
    return true;
}

static bool scan_value(struct value *out, struct scan *scan)
{
    skip_blanks(scan);
    switch (*scan->at) {
    case '{':
        return scan_nested(out, scan, scan_object);
    case '[':
        return scan_nested(out, scan, scan_list);
    case '"':
        return scan_string(out, scan);
    case 't':
        *out = value_bool(true);
        return scan_word(scan, "true", 4);
    case 'f':
        *out = value_bool(false);
        return scan_word(scan, "false", 5);
    case 'n':
        *out = value_null();
        return scan_word(scan, "null", 4);
    default:
        return scan_number(out, scan);
    }
}

enum status json_plain(struct value *out, bool *plain, struct arena *arena, struct slice text,
                       size_t depth)
{
    struct arena_mark mark = arena_mark(arena);
    struct scan scan = { .arena = arena, .depth = depth };
    struct value value;

    scan.at = (unsigned char *)arena_copy(arena, text);
    if (!scan.at)
        return STATUS_NO_MEMORY;
    scan.end = scan.at + text.size;
    *plain = scan_value(&value, &scan);
    if (*plain) {
        skip_blanks(&scan);
        *plain = scan.at == scan.end;
    }
    if (*plain)
        *out = value;
    else
        arena_rewind(arena, mark);
    return scan.no_memory ? STATUS_NO_MEMORY : STATUS_OK;
}
