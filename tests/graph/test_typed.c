/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/typed.h"

#include <criterion/criterion.h>

#include "base/emit.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(typed, .fini = leaks_check);

static const struct {
    const char *type, *text, *wanted; /* as JSON; NULL: refused */
} cases[] = {
    { "string", " a ", "\" a \"" },
    { "STRING", "", "\"\"" },
    { "string[]", "a;b;", "[\"a\",\"b\",\"\"]" },
    { "char", "反", "\"反\"" },
    { "char", "ab", NULL },
    { "int", "-42", "-42" },
    { "long", " +7 ", "7" },
    { "long", "9223372036854775807", "9223372036854775807" },
    { "long", "-9223372036854775808", "-9223372036854775808" },
    { "long", "9223372036854775808", NULL },
    { "long", "-9223372036854775809", NULL },
    { "long", "1.0", NULL },
    { "long", "-", NULL },
    { "long[]", "1;2;3", "[1,2,3]" },
    { "byte", "5", "5" },
    { "short", "x", NULL },
    { "double", "1e3", "1000.0" },
    { "float", "0.1", "0.1" },
    { "float", "0x10", NULL },
    { "float", "1,5", NULL },
    { "double", "", NULL },
    { "double[]", "1;2.5", "[1.0,2.5]" },
    { "boolean", "TRUE", "true" },
    { "boolean", "false", "false" },
    { "boolean", "maybe", NULL },
    { "boolean[]", "true;false", "[true,false]" },
    { "date", "1984-10-11", "\"1984-10-11\"" },
    { "date", "1969-12-31", "\"1969-12-31\"" },
    { "date", "1984-10-11T00:00", NULL },
    { "date", "1984-13-11", NULL },
    { "localtime", "12:31:14.645", "\"12:31:14.645\"" },
    { "localtime", "12:31+01:00", NULL },
    { "localtime", "25:00", NULL },
    { "time", "12:31:14.645+01:00", "\"12:31:14.645+01:00\"" },
    { "time", "12:31Z", "\"12:31Z\"" },
    { "localdatetime", "1984-10-11T12:31:14", "\"1984-10-11T12:31:14\"" },
    { "localdatetime", "1984-10-11T12:31:14Z", NULL },
    { "datetime", "1984-10-11T12:31:14Z", "\"1984-10-11T12:31:14Z\"" },
    { "datetime", "1984-10-11 12:31:14.5", "\"1984-10-11T12:31:14.5Z\"" },
    { "datetime", "1984-10-11T12:31:14+08:00", "\"1984-10-11T12:31:14+08:00\"" },
    { "datetime", "1984-10-11", "\"1984-10-11T00:00:00Z\"" },
    { "datetime", "yesterday", NULL },
    { "duration", "P14DT16H12M", "\"P14DT16H12M\"" },
    { "duration", "P1Y2M3W", "\"P1Y2M21D\"" },
    { "duration", "PT1.5S", "\"PT1.5S\"" },
    { "duration", "PT", NULL },
    { "duration", "1D", NULL },
    { "duration", "P1H", NULL },
    { "duration", "P1Y2M3W4DT5H6M7.5S", "\"P1Y2M25DT5H6M7.5S\"" },
    { "duration", "P-1DT-1.5S", "\"P-1DT-1.5S\"" },
    { "duration", "P1D1D", NULL },
    { "duration", "P1D1W", NULL },
    { "duration", "PT1S1M", NULL },
    { "duration", "PT1.5M", NULL },
    { "duration", "P15000000000000W", NULL },
    { "epoch_ms", "1669690786435", "\"2022-11-29T02:59:46.435Z\"" },
    { "epoch_s", "0", "\"1970-01-01T00:00:00Z\"" },
    { "epoch_ms", "99999999999999999", NULL },
    { "minor", "12.34", "1234" },
    { "minor", "-12.345", "-1235" },
    { "minor", "60668354.0", "6066835400" },
    { "minor", "7", "700" },
    { "minor", ".5", "50" },
    { "minor", "-.5", "-50" },
    { "minor", "", NULL },
    { "minor", "1e5", NULL },
    { "minor", "92233720368547758.08", NULL },
};

Test(typed, cells_become_values)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        AUTO(buf_fini) struct buf json = { 0 };
        struct emit emit = emit_start(&json);
        struct typed type;
        struct value value;
        enum status status;

        cr_assert(typed_find(&type, slice_str(cases[i].type)), "%s", cases[i].type);
        status = typed_parse(&value, &arena, type, slice_str(cases[i].text));
        cr_assert_eq(status, cases[i].wanted ? STATUS_OK : STATUS_INVALID, "%s \"%s\": %s",
                     cases[i].type, cases[i].text, status ? error_detail() : "taken");
        if (!cases[i].wanted)
            continue;
        emit_value(&emit, &value);
        cr_assert_eq(emit_finish(&emit), STATUS_OK);
        cr_expect(slice_equal(buf_slice(&json), slice_str(cases[i].wanted)), "%s \"%s\": %.*s",
                  cases[i].type, cases[i].text, (int)json.size, (const char *)json.data);
    }
}

Test(typed, unknown_types_are_not_found)
{
    struct typed type;

    cr_expect_not(typed_find(&type, SLICE("number")));
    cr_expect_not(typed_find(&type, SLICE("")));
    cr_expect_not(typed_find(&type, SLICE("[]")));
}

static enum status parse_some(void *context)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value value;

    (void)context;
    TRY(typed_parse(&value, &arena, (struct typed){ TYPED_DATETIME, true },
                    SLICE("2020-01-01T00:00:00+01:00;2021-01-01")));
    return typed_parse(&value, &arena, (struct typed){ TYPED_DURATION, false }, SLICE("P1D"));
}

Test(typed, survives_failing_allocations)
{
    cr_expect_geq(sweep_allocations(parse_some, NULL), 1);
}
