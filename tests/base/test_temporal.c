/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/temporal.h"

#include <criterion/criterion.h>

#include "base/time.h"
#include "tests/support/leaks.h"

TestSuite(temporal, .fini = leaks_check);

#define HOUR_NS ((int64_t)3600 * 1000000000)

static const struct zone utc = { 0, NULL }, west = { -5400, NULL },
                         stockholm = { 3600, "Europe/Stockholm" };

#define DURATION(...)                                                                              \
    { .type = VALUE_DURATION, .duration = &(const struct duration){ __VA_ARGS__ } }

/* Expectations as in openCypher's kit (features/expressions/temporal). */
static const struct {
    struct value value;
    const char *text;
} cases[] = {
    { { .type = VALUE_DATE, .integer = 5397 }, "1984-10-11" },
    { { .type = VALUE_DATE, .integer = -719528 }, "0000-01-01" },
    { { .type = VALUE_DATE, .integer = -719529 }, "-0001-12-31" },
    { { .type = VALUE_DATE, .integer = 2932897 }, "+10000-01-01" },
    { { .type = VALUE_LOCAL_TIME, .integer = 12 * HOUR_NS }, "12:00" },
    { { .type = VALUE_LOCAL_TIME, .integer = 12 * HOUR_NS + 1000000000 }, "12:00:01" },
    { { .type = VALUE_LOCAL_TIME, .integer = 12 * HOUR_NS + 645000000 }, "12:00:00.645" },
    { { .type = VALUE_LOCAL_TIME, .integer = 1 }, "00:00:00.000000001" },
    { { .type = VALUE_TIME, .integer = 12 * HOUR_NS }, "12:00Z" },
    { { .type = VALUE_TIME, .integer = 12 * HOUR_NS, .extra = 3600 }, "12:00+01:00" },
    { { .type = VALUE_TIME, .integer = 12 * HOUR_NS, .extra = -5430 }, "12:00-01:30:30" },
    { { .type = VALUE_LOCAL_DATETIME, .instant = { 466345874, NULL } }, "1984-10-11T12:31:14" },
    { { .type = VALUE_LOCAL_DATETIME, .extra = 500000000, .instant = { -1, NULL } },
      "1969-12-31T23:59:59.5" },
    { { .type = VALUE_DATETIME, .instant = { 466345860, &utc } }, "1984-10-11T12:31Z" },
    { { .type = VALUE_DATETIME, .instant = { 466345860, &west } }, "1984-10-11T11:01-01:30" },
    { { .type = VALUE_DATETIME, .instant = { 466345860, &stockholm } },
      "1984-10-11T13:31+01:00[Europe/Stockholm]" },
    { DURATION(0), "PT0S" },
    { DURATION(.months = 149, .days = 14), "P12Y5M14D" },
    { DURATION(.days = 14, .seconds = 58390), "P14DT16H13M10S" },
    { DURATION(.seconds = 1, .nanoseconds = 1), "PT1.000000001S" },
    { DURATION(.seconds = -1, .nanoseconds = 900000000), "PT-0.1S" },
    { DURATION(.seconds = -2, .nanoseconds = 500000000), "PT-1.5S" },
    { DURATION(.seconds = -3601, .nanoseconds = 500000000), "PT-1H-0.5S" },
    { DURATION(.months = -13, .days = -1), "P-1Y-1M-1D" },
    { DURATION(.seconds = 60), "PT1M" },
    { DURATION(.seconds = -60), "PT-1M" },
};

Test(temporal, texts_are_those_of_the_kit)
{
    struct buf buf = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text;

        buf_clear(&buf);
        cr_assert_eq(temporal_format(&buf, &cases[i].value), STATUS_OK);
        cr_assert_eq(buf_string(&text, &buf), STATUS_OK);
        cr_assert_str_eq(text, cases[i].text);
    }
    buf_fini(&buf);
}

Test(temporal, refuses_other_types)
{
    struct value number = value_int(1);
    struct buf buf = { 0 };

    cr_assert_eq(temporal_format(&buf, &number), STATUS_INVALID);
    cr_assert_eq(buf.size, 0);
}
