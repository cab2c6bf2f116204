/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/emit.h"
#include "base/json_plain.h"
#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(json, .fini = leaks_check);

/* Text, and the text of what it means: maps in key order, no blanks. NULL: the same text. */
static const struct {
    const char *text, *canonical;
} good[] = {
    { "null", NULL },
    { " true ", "true" },
    { "0", NULL },
    { "-0", "0" },
    { "9223372036854775807", NULL },
    { "-9223372036854775808", NULL },
    { "1.0", NULL },
    { "1e3", "1000.0" },
    { "0.1", NULL },
    { "5e-324", "4.94065645841247e-324" },
    { "1.7976931348623157e308", "1.7976931348623157e+308" },
    { "\"\"", NULL },
    { "\"\\u6df1\\u5733\"", "\"深圳\"" },
    { "\"\\ud83d\\ude00\"", "\"😀\"" },
    { "\"a\\/b\\n\\\"\"", "\"a/b\\n\\\"\"" },
    { "[]", NULL },
    { "[1, [2, [3]]]", "[1,[2,[3]]]" },
    { "{}", NULL },
    { "{\"b\":1,\"a\":{\"d\":[],\"c\":null}}", "{\"a\":{\"c\":null,\"d\":[]},\"b\":1}" },
    { "\r\n\t {\"key\":\"{[\"}", "{\"key\":\"{[\"}" },
};

Test(json, means_what_it_says)
{
    struct arena arena = { 0 };
    struct buf buf = { 0 };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *expected = good[i].canonical ? good[i].canonical : good[i].text, *text;
        struct emit emit = emit_start(&buf);
        struct value value;

        buf_clear(&buf);
        cr_assert_eq(json_parse(&value, &arena, slice_str(good[i].text), NULL), STATUS_OK,
                     "%s: %s", good[i].text, error_detail());
        emit_value(&emit, &value);
        cr_assert_eq(emit_finish(&emit), STATUS_OK);
        cr_assert_eq(buf_string(&text, &buf), STATUS_OK);
        cr_assert_str_eq(text, expected);
    }
    buf_fini(&buf);
    arena_fini(&arena);
}

static const struct {
    const char *name, *text, *detail; /* detail: a part of the message */
} bad[] = {
    { "empty", "", "found nothing" },
    { "two documents", "1 2", "column 3" },
    { "duplicate key", "{\"a\":1,\n \"a\":2}", "line 2" },
    { "duplicate key, written differently", "{\"a\":1,\"\\u0061\":2}", "duplicate" },
    { "trailing comma", "[1,]", "column " },
    { "single quotes", "{'a':1}", "column " },
    { "bare word", "nul", "column " },
    { "unfinished", "{\"a\":", "column " },
    { "unfinished string", "\"abc", "column " },
    { "control character in a string", "\"a\nb\"", "line 1" },
    { "lone surrogate", "\"\\ud800\"", "column " },
    { "NUL by escape", "\"\\u0000\"", "not allowed" },
    { "invalid UTF-8", "\"\xff\"", "column " },
    { "overlong UTF-8", "\"\xc0\xaf\"", "column " },
    { "too big integer", "9223372036854775808", "column " },
    { "too big float", "1e400", "column " },
    { "leading zero", "01", "column " },
    { "plus sign", "+1", "column " },
    { "NaN", "NaN", "column " },
    { "comment", "/* */ 1", "column " },
    { "byte order mark", "\xef\xbb\xbf{}", "column " },
};

Test(json, refuses_what_is_not_json_and_names_the_place)
{
    struct arena arena = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct value value = value_int(42);

        cr_assert_eq(json_parse(&value, &arena, slice_str(bad[i].text), NULL), STATUS_INVALID,
                     "%s", bad[i].name);
        cr_assert_not_null(strstr(error_detail(), bad[i].detail), "%s: %s", bad[i].name,
                           error_detail());
        cr_assert_eq(value.integer, 42, "%s: the result was touched", bad[i].name);
    }
    arena_fini(&arena);
}

Test(json, holds_its_limits)
{
    struct json_limits limits = { .depth = 3, .bytes = 20 };
    struct arena arena = { 0 };
    struct value value;

    cr_assert_eq(json_parse(&value, &arena, SLICE("[[[1]]]"), &limits), STATUS_OK);
    cr_assert_eq(json_parse(&value, &arena, SLICE("[[[[1]]]]"), &limits), STATUS_INVALID);
    cr_assert_eq(json_parse(&value, &arena, SLICE("[\"[[[[\\\"[[\"]"), &limits), STATUS_OK);
    cr_assert_eq(json_parse(&value, &arena, SLICE("\"123456789012345678\""), &limits), STATUS_OK);
    cr_assert_eq(json_parse(&value, &arena, SLICE("\"1234567890123456789\""), &limits),
                 STATUS_LIMIT);
    arena_fini(&arena);
}

Test(json, survives_a_hundred_thousand_mutations)
{
    static const char seed_text[] =
        "{\"op\":\"edge\",\"from\":{\"label\":\"Enterprise\",\"key\":\"深圳\"},"
        "\"n\":[1,-2.5e3,true,null]}";
    struct rng rng = rng_new(9);
    struct arena arena = { 0 };

    for (int i = 0; i < 100000; i++) {
        char text[sizeof seed_text];
        struct value value;

        memcpy(text, seed_text, sizeof text);
        for (uint64_t k = 1 + rng_below(&rng, 4); k; k--)
            text[rng_below(&rng, sizeof text - 1)] = (char)rng_next(&rng);
        (void)!json_parse(&value, &arena,
                          slice_of(text, rng_below(&rng, sizeof text)), NULL);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static bool is_plain(struct value *value, struct arena *arena, struct slice text)
{
    bool plain;

    cr_assert_eq(json_plain(value, &plain, arena, text, 8), STATUS_OK);
    return plain;
}

static const struct {
    const char *text;
    bool plain;
} plain_texts[] = {
    { "{\"edge\":1,\"to\":-2,\"properties\":{\"name\":\"深圳 \\\"A\\\"\",\"share\":0.25}} ", true },
    { "[true, false, null, [], {}, 1e22, -1.5e-3]", true },
    { "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]", true },
    { "999999999999999999", true },
    { "9999999999999999999", false }, /* more than any int64 */
    { "123456789.1234567", false },   /* more digits than a double holds */
    { "1e23", false },
    { "\"\\u6df1\"", false },
    { "[[[[[[[[[1]]]]]]]]]", false },
    { "{\"a\":1,\"a\":1}", false },
    { "\"\xff\"", false },
    { "1 2", false },
};

Test(json, reads_plain_text_without_the_library)
{
    struct arena arena = { 0 };
    struct value value;

    for (size_t i = 0; i < sizeof plain_texts / sizeof *plain_texts; i++)
        cr_assert_eq(is_plain(&value, &arena, slice_str(plain_texts[i].text)),
                     plain_texts[i].plain, "%s", plain_texts[i].text);
    arena_fini(&arena);
}

/* The library reads a list that begins with what is not plain. */
static enum status read_by_library(struct value *out, struct arena *arena, struct slice text)
{
    AUTO(buf_fini) struct buf list = { 0 };
    struct value value;

    TRY(buf_append_slice(&list, SLICE("[\"\\u0041\",")));
    TRY(buf_append_slice(&list, text));
    TRY(buf_append_byte(&list, ']'));
    TRY(json_parse(&value, arena, buf_slice(&list), NULL));
    cr_assert_eq(value.count, 2);
    *out = value.items[1];
    return STATUS_OK;
}

static size_t random_text(char *text, size_t size, struct rng *rng)
{
    static const char *const pieces[] = {
        "{", "}", "[", "]", ",", ":", "\"", "\"a\":", "\"b\"", "1", "0", "-", ".", "e", "5", "99",
        "true", "null", " ", "\n", "\\n", "\\\"", "\\u00e9", "\xc3\xa9", "\xff", "\t", "123456789",
    };
    size_t n = 0;

    for (uint64_t k = 1 + rng_below(rng, 9); k; k--) {
        const char *piece = pieces[rng_below(rng, sizeof pieces / sizeof *pieces)];

        if (n + strlen(piece) < size)
            n += (size_t)sprintf(text + n, "%s", piece);
    }
    return n;
}

Test(json, means_by_plain_text_what_the_library_does)
{
    struct rng rng = rng_new(17);
    struct arena arena = { 0 };
    size_t n_plain = 0;

    for (int i = 0; i < 200000; i++) {
        struct value plain, by_library;
        char text[120];
        struct slice slice = slice_of(text, random_text(text, sizeof text, &rng));

        arena_reset(&arena);
        if (!is_plain(&plain, &arena, slice))
            continue;
        n_plain++;
        cr_assert_eq(read_by_library(&by_library, &arena, slice), STATUS_OK, "%.*s: %s",
                     (int)slice.size, text, error_detail());
        cr_assert(value_same(&plain, &by_library), "%.*s", (int)slice.size, text);
    }
    cr_assert_gt(n_plain, 1000);
    arena_fini(&arena);
}

Test(json, reads_fractions_as_the_library_does)
{
    struct rng rng = rng_new(23);
    struct arena arena = { 0 };

    for (int i = 0; i < 100000; i++) {
        struct value plain, by_library;
        char text[64];
        int n = snprintf(text, sizeof text, "-%llu.%0*llue%d",
                         (unsigned long long)rng_below(&rng, 10000000),
                         (int)rng_below(&rng, 9), (unsigned long long)rng_below(&rng, 10000000),
                         (int)rng_below(&rng, 40) - 20);
        struct slice slice = slice_of(text, (size_t)n);

        arena_reset(&arena);
        cr_assert_eq(read_by_library(&by_library, &arena, slice), STATUS_OK);
        cr_assert(!is_plain(&plain, &arena, slice) || value_same(&plain, &by_library), "%s", text);
    }
    arena_fini(&arena);
}
