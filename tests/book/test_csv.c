/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/csv.h"

#include "base/time.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(csv, .fini = leaks_check);

/* What the file holds; free it. */
static char *content(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    *size = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

Test(csv, cells_are_written_as_neo4j_reads_them)
{
    AUTO(place_removep) char *place = place_new();
    int folder = open(place, O_RDONLY | O_DIRECTORY);
    struct csv csv;
    size_t size;
    char *text;

    cr_assert_eq(csv_open(&csv, folder, "a.csv", "a,b"), STATUS_OK, "%s", error_detail());
    csv_text(&csv, SLICE("plain"));
    csv_text(&csv, SLICE("with, comma"));
    csv_text(&csv, SLICE("a \"quoted\" name"));
    csv_text(&csv, SLICE("two\nlines"));
    csv_none(&csv);
    csv_end(&csv);
    csv_int(&csv, INT64_MIN);
    csv_int(&csv, 0);
    csv_time(&csv, days_from_civil(2026, 2, 3) * US_PER_DAY + 4 * US_PER_HOUR + 5 * US_PER_MINUTE +
                       6 * US_PER_SECOND);
    csv_time(&csv, -1 * US_PER_SECOND);
    csv_time(&csv, TIME_MAX);
    csv_date(&csv, 0);
    csv_end(&csv);
    csv_ratio(&csv, 5100);
    csv_ratio(&csv, 10000);
    csv_ratio(&csv, 1);
    csv_ratio(&csv, 3333);
    csv_bool(&csv, true);
    csv_end(&csv);
    cr_expect_eq(csv.rows, 3);
    cr_expect_eq(csv_close(&csv), STATUS_OK);
    close(folder);
    text = content(place_in(place, "a.csv"), &size);
    cr_expect_str_eq(text, "a,b\n"
                           "plain,\"with, comma\",\"a \"\"quoted\"\" name\",\"two\nlines\",\n"
                           "-9223372036854775808,0,2026-02-03T04:05:06Z,1969-12-31T23:59:59Z,,"
                           "1970-01-01\n"
                           "0.51,1.0,0.0001,0.3333,true\n");
    free(text);
}

Test(csv, long_files_come_out_whole)
{
    AUTO(place_removep) char *place = place_new();
    int folder = open(place, O_RDONLY | O_DIRECTORY);
    struct csv csv;
    size_t size, lines = 0;
    char *text, cell[CSV_CELL_MAX];

    memset(cell, '"', sizeof cell); /* doubles when quoted */
    cr_assert_eq(csv_open(&csv, folder, "a.csv", "a,b"), STATUS_OK);
    for (int i = 0; i < 300; i++) {
        csv_text(&csv, slice_of(cell, i % 4 ? 5 : sizeof cell));
        csv_int(&csv, i);
        csv_end(&csv);
    }
    cr_expect_eq(csv_close(&csv), STATUS_OK);
    close(folder);
    text = content(place_in(place, "a.csv"), &size);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    cr_expect_eq(lines, 301);
    cr_expect(strstr(text, ",299\n"));
    free(text);
}

Test(csv, a_full_disk_is_said_once_and_sticks)
{
    int folder = open("/dev", O_RDONLY | O_DIRECTORY);
    struct csv csv;

    if (access("/dev/full", W_OK) != 0)
        cr_skip_test("there is no /dev/full here");
    cr_assert_eq(csv_open(&csv, folder, "full", "a"), STATUS_OK);
    for (int i = 0; i < 100000; i++) {
        csv_int(&csv, i);
        csv_end(&csv);
    }
    cr_expect_eq(csv.status, STATUS_FULL);
    cr_expect_eq(csv_close(&csv), STATUS_FULL);
    cr_expect(strstr(error_detail(), "full"), "%s", error_detail());
    close(folder);
}
