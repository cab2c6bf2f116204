/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <criterion/criterion.h>

#include "base/emit.h"
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
