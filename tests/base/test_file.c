/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <criterion/criterion.h>

#include "tests/support/leaks.h"
#include "tests/support/place.h"

TestSuite(file, .fini = leaks_check);

static void write_file(const char *path, struct slice text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text.data, 1, text.size, file), text.size);
    fclose(file);
}

static const struct {
    const char *name;
    const char *text;
    const char *lines[5]; /* NULL-terminated; "!" stands for a line that is too long */
} cases[] = {
    { "empty", "", { NULL } },
    { "no end", "a", { "a" } },
    { "one line", "a\n", { "a" } },
    { "blank lines", "\n\na\n\n", { "", "", "a", "" } },
    { "CRLF", "a\r\nb\r\n", { "a", "b" } },
    { "lone CR stays", "a\rb\n", { "a\rb" } },
    { "exactly the limit", "12345678\n", { "12345678" } },
    { "too long, then fine", "123456789\nok\n", { "!", "ok" } },
    { "too long without end", "123456789", { "!" } },
};

Test(file, reads_lines)
{
    char *place = place_new();
    const char *path = place_in(place, "lines");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_lines lines;
        size_t n = 0;

        write_file(path, slice_str(cases[i].text));
        for (file_lines_start(&lines, path, 8); file_lines_next(&lines); n++) {
            cr_assert_not_null(cases[i].lines[n], "%s: a line too many", cases[i].name);
            cr_assert_eq(lines.number, n + 1);
            if (strcmp(cases[i].lines[n], "!") == 0)
                cr_assert(lines.too_long, "%s", cases[i].name);
            else
                cr_assert(slice_equal(lines.line, slice_str(cases[i].lines[n])), "%s: line %zu",
                          cases[i].name, n);
        }
        cr_assert_eq(lines.status, STATUS_OK);
        cr_assert_null(cases[i].lines[n], "%s: ended after %zu lines", cases[i].name, n);
        file_lines_stop(&lines);
    }
    place_remove(place);
}

Test(file, reads_a_whole_file_within_its_limit)
{
    char *place = place_new();
    const char *path = place_in(place, "whole");
    struct buf buf = { 0 };

    write_file(path, slice_of("a\0b", 3));
    cr_assert_eq(file_read(&buf, path, 3), STATUS_OK);
    cr_assert(slice_equal(buf_slice(&buf), slice_of("a\0b", 3)));
    cr_assert_eq(file_read(&buf, path, 2), STATUS_LIMIT);
    cr_assert_eq(file_read(&buf, place_in(place, "missing"), 9), STATUS_NOT_FOUND);
    cr_assert_eq(file_read(&buf, place, 9), STATUS_IO, "a folder is not a file");
    buf_fini(&buf);
    place_remove(place);
}

Test(file, a_path_is_whole_or_refused)
{
    char path[PATH_MAX], dir[PATH_MAX];

    cr_assert_eq(file_path(path, "a/b", "c"), STATUS_OK);
    cr_assert_str_eq(path, "a/b/c");
    memset(dir, 'd', sizeof dir);
    dir[PATH_MAX - 3] = '\0'; /* with a slash, a letter and the end: one too many is "cc" */
    cr_assert_eq(file_path(path, dir, "c"), STATUS_OK);
    cr_assert_eq(strlen(path), PATH_MAX - 1);
    cr_assert_eq(file_path(path, dir, "cc"), STATUS_INVALID);
}

Test(file, says_when_a_file_of_lines_is_missing)
{
    struct file_lines lines;

    file_lines_start(&lines, "/nowhere/at/all", 8);
    cr_assert_not(file_lines_next(&lines));
    cr_assert_eq(lines.status, STATUS_NOT_FOUND);
    file_lines_stop(&lines);
}
