/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>

#include "base/time.h"
#include "tests/support/leaks.h"

TestSuite(output, .init = cr_redirect_stdout, .fini = leaks_check);

static const struct column columns[] = { { "name" }, { "n", COLUMN_RIGHT }, { "what" } };

static void print_rows(struct output *output, size_t n_rows)
{
    const struct value items[] = { value_int(1), value_text(SLICE("a,b")) };
    const struct value rows[3][3] = {
        { value_text(SLICE("深圳远图")), value_int(-12), value_datetime_us(0) },
        { value_text(SLICE("a \"b\"\nc")), value_float(0.5), value_null() },
        { value_text(SLICE("=1+1")), value_bool(true),
          { .type = VALUE_LIST, .count = 2, .items = items } },
    };

    cr_assert_eq(output_start(output, columns, 3), STATUS_OK);
    for (size_t i = 0; i < n_rows; i++)
        cr_assert_eq(output_row(output, rows[i]), STATUS_OK);
    cr_assert_eq(output_finish(output), STATUS_OK);
    output_fini(output);
    fflush(stdout);
}

Test(output, lays_out_a_table_by_the_width_of_characters)
{
    struct output output = output_open(FORMAT_TABLE);

    print_rows(&output, 3);
    cr_assert_stdout_eq_str("name         n  what\n"
                            "--------  ----  --------------------\n"
                            "深圳远图   -12  1970-01-01T00:00:00Z\n"
                            "a \"b\" c    0.5\n"
                            "=1+1      true  [1,\"a,b\"]\n");
}

Test(output, words_reach_no_terminal_as_commands)
{
    struct output output = output_open(FORMAT_TABLE);

    cr_assert_eq(output_printf(&output, "device %s\tused\n", "d\033[31m\302\233" "1"), STATUS_OK);
    cr_assert_eq(output_words(&output, SLICE("深圳\177\n")), STATUS_OK);
    output_fini(&output);
    fflush(stdout);
    cr_assert_stdout_eq_str("device d [31m 1\tused\n深圳 \n");
}

Test(output, items_are_a_list_in_json_and_lines_elsewhere)
{
    static const enum output_format formats[] = { FORMAT_JSON, FORMAT_NDJSON, FORMAT_JSON };

    for (size_t i = 0; i < 3; i++) {
        struct output output = output_open(formats[i]);

        output_start_items(&output);
        for (size_t n = 0; n < 2 - i; n++)
            cr_assert_eq(output_item(&output, SLICE("{}")), STATUS_OK);
        cr_assert_eq(output_finish(&output), STATUS_OK);
        output_fini(&output);
    }
    fflush(stdout);
    cr_assert_stdout_eq_str("[{},\n{}]\n{}\n[]\n");
}

Test(output, writes_json_as_one_list)
{
    struct output output = output_open(FORMAT_JSON);

    print_rows(&output, 2);
    cr_assert_stdout_eq_str(
        "[{\"name\":\"深圳远图\",\"n\":-12,\"what\":\"1970-01-01T00:00:00Z\"},\n"
        "{\"name\":\"a \\\"b\\\"\\nc\",\"n\":0.5,\"what\":null}]\n");
}

Test(output, writes_an_empty_json_list)
{
    struct output output = output_open(FORMAT_JSON);

    print_rows(&output, 0);
    cr_assert_stdout_eq_str("[]\n");
}

Test(output, writes_one_object_a_line)
{
    struct output output = output_open(FORMAT_NDJSON);

    print_rows(&output, 3);
    cr_assert_stdout_eq_str("{\"name\":\"深圳远图\",\"n\":-12,\"what\":\"1970-01-01T00:00:00Z\"}\n"
                            "{\"name\":\"a \\\"b\\\"\\nc\",\"n\":0.5,\"what\":null}\n"
                            "{\"name\":\"=1+1\",\"n\":true,\"what\":[1,\"a,b\"]}\n");
}

Test(output, writes_csv_that_a_spreadsheet_does_not_run)
{
    struct output output = output_open(FORMAT_CSV);

    print_rows(&output, 3);
    cr_assert_stdout_eq_str("name,n,what\r\n"
                            "深圳远图,-12,1970-01-01T00:00:00Z\r\n"
                            "\"a \"\"b\"\"\nc\",0.5,\r\n"
                            "'=1+1,true,\"[1,\"\"a,b\"\"]\"\r\n");
}

Test(output, neutralises_every_leading_character_of_a_formula)
{
    static const struct column one[] = { { "c" } };
    static const char *const texts[] = { "=a", "+86138", "-a", "@a", "\ta", "\ra", "a=", "" };
    struct output output = output_open(FORMAT_CSV);

    cr_assert_eq(output_start(&output, one, 1), STATUS_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct value cell = value_text(slice_str(texts[i]));

        cr_assert_eq(output_row(&output, &cell), STATUS_OK);
    }
    cr_assert_eq(output_finish(&output), STATUS_OK);
    output_fini(&output);
    fflush(stdout);
    cr_assert_stdout_eq_str("c\r\n'=a\r\n'+86138\r\n'-a\r\n'@a\r\n'\ta\r\n\"'\ra\"\r\na=\r\n\r\n");
}

Test(output, cuts_long_cells_and_keeps_the_terminal_safe)
{
    static const struct column two[] = { { "c" }, { "last" } };
    struct output output = output_open(FORMAT_TABLE);
    char longer[70];
    struct value cells[] = { value_text(slice_of(longer, sizeof longer)),
                             value_text(slice_of(longer, sizeof longer)) };
    struct value escapes[] = { value_text(SLICE("a\033[2Jb\xff")), value_null() };

    memset(longer, 'x', sizeof longer);
    cr_assert_eq(output_start(&output, two, 2), STATUS_OK);
    cr_assert_eq(output_row(&output, cells), STATUS_OK);
    cr_assert_eq(output_row(&output, escapes), STATUS_OK);
    cr_assert_eq(output_finish(&output), STATUS_OK);
    output_fini(&output);
    fflush(stdout);
    cr_assert_stdout_eq_str(
        "c                                                             last\n"
        "------------------------------------------------------------  "
        "------------------------------------------------------------\n"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  "
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
        "a [2Jb\xef\xbf\xbd\n");
}
