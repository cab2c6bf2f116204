/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/delimited.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(delimited, .fini = leaks_check);

/* All records as text: fields as [a][b], a bad record as !, one record a line with its number. */
static enum status render(struct buf *out, struct slice text, size_t read_max)
{
    AUTO(delimited_fini) struct delimited csv = { 0 };
    enum status status;

    csv.source.fd = -1;
    TRY(delimited_open_bytes(&csv, text, read_max, ',', '"'));
    buf_clear(out);
    while ((status = delimited_next(&csv)) != STATUS_END) {
        TRY(buf_printf(out, "%llu", (unsigned long long)csv.line));
        if (status == STATUS_INVALID)
            TRY(buf_printf(out, "!"));
        else if (status != STATUS_OK)
            return status;
        for (size_t i = 0; status == STATUS_OK && i < csv.n_fields; i++) {
            TRY(buf_append_byte(out, csv.quoted[i] ? '{' : '['));
            TRY(buf_append_slice(out, csv.fields[i]));
            TRY(buf_append_byte(out, ']'));
        }
        TRY(buf_append_byte(out, '\n'));
    }
    return STATUS_OK;
}

Test(delimited, reads_what_rfc_4180_says_and_names_what_it_does_not)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "", "" },
        { "a,b\nc,d\n", "1[a][b]\n2[c][d]\n" },
        { "a,b\r\nc,d", "1[a][b]\n2[c][d]\n" },
        { "\xef\xbb\xbf" "a\n", "1[a]\n" },
        { "\n\n a \n\r\nb\n", "3[ a ]\n5[b]\n" },
        { "a,,\n,\n", "1[a][][]\n2[][]\n" },
        { "\"a,b\",\"\",\n", "1{a,b]{][]\n" },
        { "\"a\"\"b\"\"\"\n", "1{a\"b\"]\n" },
        { "\"a\nb\"\nc\n", "1{a\nb]\n3[c]\n" },
        { "\"a\"\r\nb\r\n", "1{a]\n2[b]\n" },
        { "\"a\"", "1{a]\n" },
        { "\"a\"\r", "1{a]\n" },
        { "a\"b,c\n", "1[a\"b][c]\n" },
        { "\"a\"b,c\nd\n", "1!\n2[d]\n" },
        { "x\n\"a\nb\nc\n", "1[x]\n2!\n3[b]\n4[c]\n" },
        { "反欺诈,\xff\nb\n", "1!\n2[b]\n" },
        { "\xc0\xaf\n\xed\xa0\x80\nb\n", "1!\n2!\n3[b]\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf_fini) struct buf out = { 0 };

        cr_assert_eq(render(&out, slice_str(cases[i].text), SIZE_MAX), STATUS_OK);
        cr_expect(slice_equal(buf_slice(&out), slice_str(cases[i].wanted)), "case %zu: %.*s", i,
                  (int)out.size, (const char *)out.data);
    }
}

/* The same rules, a character at a time over the whole text: here a field in quotes. */
static size_t dumb_quoted(struct buf *record, size_t *trouble, const char *text, size_t size,
                          size_t i)
{
    size_t from = i++;
    bool closed = false;

    (void)!buf_append_byte(record, '{');
    while (i < size && !closed) {
        if (text[i] != '"')
            (void)!buf_append_byte(record, (unsigned char)text[i++]);
        else if (i + 1 < size && text[i + 1] == '"')
            (void)!buf_append_byte(record, '"'), i += 2;
        else
            closed = true, i++;
    }
    if (!closed) {
        *trouble = from;
        return i;
    }
    if (i < size && text[i] == '\r' && (i + 1 == size || text[i + 1] == '\n'))
        i++;
    if (i < size && text[i] != ',' && text[i] != '\n')
        *trouble = i;
    return i;
}

static size_t dumb_plain(struct buf *record, const char *text, size_t size, size_t i)
{
    (void)!buf_append_byte(record, '[');
    for (; i < size && text[i] != ',' && text[i] != '\n'; i++)
        if (text[i] != '\r' || (i + 1 < size && text[i + 1] != '\n'))
            (void)!buf_append_byte(record, (unsigned char)text[i]);
    return i;
}

/* Gives where the record that begins at `i` ends, before the end of its line. */
static size_t dumb_record(struct buf *record, const char *text, size_t size, size_t i)
{
    size_t trouble = SIZE_MAX;

    for (;; i++) {
        i = i < size && text[i] == '"' ? dumb_quoted(record, &trouble, text, size, i)
                                       : dumb_plain(record, text, size, i);
        if (trouble != SIZE_MAX)
            break;
        (void)!buf_append_byte(record, ']');
        if (i == size || text[i] == '\n')
            return i;
    }
    buf_clear(record);
    (void)!buf_append_byte(record, '!');
    for (i = trouble; i < size && text[i] != '\n'; i++)
        ;
    return i;
}

static void dumb(struct buf *out, const char *text, size_t size)
{
    size_t at = 0, line = 1;

    buf_clear(out);
    while (at < size) {
        AUTO(buf_fini) struct buf record = { 0 };
        size_t start_line = line, end;

        if (text[at] == '\n') {
            at++, line++;
            continue;
        }
        if (text[at] == '\r' && at + 1 < size && text[at + 1] == '\n') {
            at += 2, line++;
            continue;
        }
        end = dumb_record(&record, text, size, at);
        for (end += end < size; at < end; at++)
            line += text[at] == '\n';
        (void)!buf_printf(out, "%zu", start_line);
        (void)!buf_append_slice(out, buf_slice(&record));
        (void)!buf_append_byte(out, '\n');
    }
}

Test(delimited, agrees_with_a_dumb_reader_whatever_the_block_size)
{
    static const char alphabet[] = "aab,,\"\"\n\r\xc3";

    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct rng rng = rng_new(seed);
        AUTO(buf_fini) struct buf wanted = { 0 };
        AUTO(buf_fini) struct buf got = { 0 };
        char text[64];
        size_t size = 0;

        for (size_t length = rng_below(&rng, 40); size < length;) {
            char c = alphabet[rng_below(&rng, sizeof alphabet - 1)];

            text[size++] = c;
            if (c == '\xc3')
                text[size++] = '\xa9';
        }
        dumb(&wanted, text, size);
        for (size_t read_max = 1; read_max < 8; read_max++) {
            cr_assert_eq(render(&got, slice_of(text, size), read_max), STATUS_OK);
            cr_assert(slice_equal(buf_slice(&got), buf_slice(&wanted)),
                      "seed %llu, reads of %zu: got\n%.*s\nwanted\n%.*s", (unsigned long long)seed,
                      read_max, (int)got.size, (const char *)got.data, (int)wanted.size,
                      (const char *)wanted.data);
        }
    }
}

static void expect_reason(struct slice text, const char *reason, const char *rest)
{
    AUTO(delimited_fini) struct delimited csv = { 0 };

    cr_assert_eq(delimited_open_bytes(&csv, text, 0, ',', '"'), STATUS_OK);
    cr_assert_eq(delimited_next(&csv), STATUS_INVALID);
    cr_expect(strstr(error_detail(), reason), "%s, wanted %s", error_detail(), reason);
    cr_assert_eq(delimited_next(&csv), STATUS_OK, "%s", error_detail());
    cr_expect(slice_equal(csv.fields[0], slice_str(rest)), "%.*s", (int)csv.fields[0].size,
              (const char *)csv.fields[0].data);
    cr_expect_eq(csv.line, 2);
}

static void fill(struct buf *text, char byte, size_t n)
{
    buf_clear(text);
    cr_assert_eq(buf_reserve(text, n), STATUS_OK);
    memset(text->data, byte, n);
    text->size = n;
}

Test(delimited, keeps_its_limits_and_goes_on_behind_them)
{
    AUTO(buf_fini) struct buf text = { 0 };

    fill(&text, 'x', DELIMITED_FIELD_MAX + 1);
    cr_assert_eq(buf_append_slice(&text, SLICE(",y\nnext,1\n")), STATUS_OK);
    expect_reason(buf_slice(&text), "a field is longer than 8192 bytes", "next");
    fill(&text, 'x', (size_t)1 << 20);
    cr_assert_eq(buf_append_slice(&text, SLICE(",y\nnext,1\n")), STATUS_OK);
    expect_reason(buf_slice(&text), "longer than 65536 bytes", "next");
    fill(&text, ',', 256);
    cr_assert_eq(buf_append_slice(&text, SLICE("\nnext,1\n")), STATUS_OK);
    expect_reason(buf_slice(&text), "more than 256 columns", "next");
    fill(&text, ',', 4000);
    cr_assert_eq(buf_append_slice(&text, SLICE("\nnext,1\n")), STATUS_OK);
    expect_reason(buf_slice(&text), "more than 256 columns", "next");
    expect_reason(SLICE("a\0b,c\nnext,1\n"), "NUL", "next");
    expect_reason(SLICE("ab,\xff\nnext,1\n"), "byte 3 is not UTF-8", "next");
    expect_reason(SLICE("ab,\"cd\nnext,1\n"), "line 1, byte 3 is not closed", "next");
    fill(&text, 'x', 3);
    cr_assert_eq(buf_append_slice(&text, SLICE(",\"y\nnext,1\n")), STATUS_OK);
    while (text.size < 200000)
        cr_assert_eq(buf_append_slice(&text, SLICE("more,of,it\n")), STATUS_OK);
    expect_reason(buf_slice(&text), "line 1, byte 4 is not closed within 65536", "next");
}

Test(delimited, exactly_256_columns_are_taken)
{
    AUTO(delimited_fini) struct delimited csv = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };

    fill(&text, ',', 255);
    cr_assert_eq(delimited_open_bytes(&csv, buf_slice(&text), 0, ',', '"'), STATUS_OK);
    cr_assert_eq(delimited_next(&csv), STATUS_OK);
    cr_expect_eq(csv.n_fields, 256);
}

Test(delimited, utf_16_and_missing_files_are_named)
{
    struct delimited csv = { 0 };

    cr_expect_eq(delimited_open_bytes(&csv, SLICE("\xff\xfe" "a\0"), 0, ',', '"'), STATUS_INVALID);
    cr_expect(strstr(error_detail(), "iconv"), "%s", error_detail());
    delimited_fini(&csv);
    cr_expect_eq(delimited_open(&csv, "/no/such/file.csv", ',', '"'), STATUS_IO);
    cr_expect(strstr(error_detail(), "/no/such/file.csv"), "%s", error_detail());
    delimited_fini(&csv);
}

Test(delimited, lines_come_whole_with_their_numbers)
{
    static const char text[] = "{1}\r\n\n  \n{2}\n{\0}\nlast";

    for (size_t read_max = 1; read_max < 20; read_max++) {
        struct source source;
        struct slice line;
        uint64_t number;

        cr_assert_eq(source_open_bytes(&source, SLICE(text), "t", read_max), STATUS_OK);
        cr_assert_eq(source_line(&line, &number, &source), STATUS_OK);
        cr_expect(slice_equal(line, SLICE("{1}")) && number == 1);
        cr_assert_eq(source_line(&line, &number, &source), STATUS_OK);
        cr_expect(slice_equal(line, SLICE("{2}")) && number == 4, "%llu",
                  (unsigned long long)number);
        cr_assert_eq(source_line(&line, &number, &source), STATUS_INVALID);
        cr_expect_eq(number, 5);
        cr_assert_eq(source_line(&line, &number, &source), STATUS_OK);
        cr_expect(slice_equal(line, SLICE("last")) && number == 6);
        cr_assert_eq(source_line(&line, &number, &source), STATUS_END);
        source_fini(&source);
    }
}

static enum status open_and_read(void *context)
{
    AUTO(delimited_fini) struct delimited csv = { 0 };

    (void)context;
    csv.source.fd = -1;
    TRY(delimited_open_bytes(&csv, SLICE("a,b\n"), 0, ',', '"'));
    return delimited_next(&csv);
}

Test(delimited, survives_failing_allocations)
{
    cr_expect_geq(sweep_allocations(open_and_read, NULL), 1);
}
