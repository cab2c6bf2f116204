/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/emit.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(emit, .fini = leaks_check);

static void expect(struct emit *emit, const char *expected)
{
    const char *text;

    cr_assert_eq(emit_finish(emit), STATUS_OK, "%s", error_detail());
    cr_assert_eq(buf_string(&text, emit->buf), STATUS_OK);
    cr_assert_str_eq(text, expected);
    buf_fini(emit->buf);
}

Test(emit, nests_objects_and_lists_with_commas_in_the_right_places)
{
    struct buf buf = { 0 };
    struct emit emit = emit_start(&buf);

    emit_object(&emit);
    emit_key(&emit, "a"), emit_int(&emit, INT64_MIN);
    emit_key(&emit, "b"), emit_list(&emit);
    emit_list(&emit), emit_end(&emit);
    emit_object(&emit), emit_end(&emit);
    emit_uint(&emit, UINT64_MAX), emit_string(&emit, NULL), emit_raw(&emit, SLICE("{\"r\":1}"));
    emit_end(&emit);
    emit_key(&emit, "t"), emit_time(&emit, 0);
    emit_key(&emit, "u"), emit_time(&emit, TIME_MAX);
    emit_key(&emit, "s"), emit_millionths(&emit, 350000);
    emit_key(&emit, "v"), emit_bool(&emit, false);
    emit_end(&emit);
    expect(&emit, "{\"a\":-9223372036854775808,\"b\":[[],{},18446744073709551615,null,{\"r\":1}],"
                  "\"t\":\"1970-01-01T00:00:00Z\",\"u\":null,\"s\":0.35,\"v\":false}");
}

Test(emit, escapes_what_must_be_and_mends_what_is_not_utf8)
{
    struct buf buf = { 0 };
    struct emit emit = emit_start(&buf);

    emit_list(&emit);
    emit_slice(&emit, slice_of("\"\\\b\f\n\r\t\x01\0\x1f\x7f", 11));
    emit_string(&emit, "深圳 é 😀");
    emit_string(&emit, "a\xff"
                       "b\xe4\xb8");
    emit_string(&emit, "");
    emit_end(&emit);
    expect(&emit, "[\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u0000\\u001f\\u007f\",\"深圳 é 😀\","
                  "\"a\xef\xbf\xbd"
                  "b\xef\xbf\xbd\xef\xbf\xbd\",\"\"]");
}

Test(emit, floats_have_the_fewest_digits_that_read_back_equal)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = { { 0, "0.0" },       { 1, "1.0" },           { -0.0, "-0.0" },   { 0.1, "0.1" },
                  { 1e15, "1e+15" },  { 123456, "123456.0" }, { 1.0 / 3, "0.3333333333333333" },
                  { NAN, "null" },    { INFINITY, "null" },   { 5e-324, "4.94065645841247e-324" } };
    struct rng rng = rng_new(13);
    struct buf buf = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emit emit = emit_start(&buf);

        emit_float(&emit, cases[i].number);
        expect(&emit, cases[i].text);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = rng_next(&rng);
        const char *text;
        double number;

        memcpy(&number, &bits, 8);
        if (!isfinite(number))
            continue;
        buf_clear(&buf);
        cr_assert_eq(float_format(&buf, number), STATUS_OK);
        cr_assert_eq(buf_string(&text, &buf), STATUS_OK);
        cr_assert_eq(strtod(text, NULL), number, "%s", text);
        cr_assert_not_null(strpbrk(text, ".e"));
    }
    buf_fini(&buf);
}

Test(emit, writes_what_belongs_to_others_as_null)
{
    static const struct value node = { .type = VALUE_NODE }, path = { .type = VALUE_PATH };
    struct buf buf = { 0 };
    struct emit emit = emit_start(&buf);

    emit_list(&emit);
    emit_value(&emit, &node);
    emit_value(&emit, &path);
    emit_end(&emit);
    expect(&emit, "[null,null]");
}

Test(emit, says_when_it_was_not_ended_or_goes_too_deep)
{
    struct buf buf = { 0 };
    struct emit emit = emit_start(&buf);

    emit_object(&emit);
    cr_assert_eq(emit_finish(&emit), STATUS_INVALID);
    emit = emit_start(&buf);
    for (int i = 0; i <= EMIT_DEPTH_MAX; i++)
        emit_list(&emit);
    cr_assert_eq(emit_finish(&emit), STATUS_LIMIT);
    buf_fini(&buf);
}

static enum status work(void *context)
{
    AUTO(buf_fini) struct buf buf = { 0 };
    struct emit emit = emit_start(&buf);
    struct value date = { .type = VALUE_DATE, .integer = 1 };

    (void)context;
    emit_list(&emit);
    for (int i = 0; i < 100; i++) {
        emit_float(&emit, i / 3.0);
        emit_value(&emit, &date);
    }
    emit_end(&emit);
    return emit_finish(&emit);
}

Test(emit, survives_every_failing_allocation)
{
    cr_assert_gt(sweep_allocations(work, NULL), 5);
}
