/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(text, .fini = leaks_check);

/* Unicode 15, table 3-7: well-formed byte sequences. */
static size_t well_formed(const unsigned char *b, size_t size)
{
#define IN(i, low, high) (size > (i) && b[i] >= (low) && b[i] <= (high))
    if (size && b[0] >= 0x01 && b[0] <= 0x7f)
        return 1;
    if (IN(0, 0xc2, 0xdf) && IN(1, 0x80, 0xbf))
        return 2;
    if ((IN(0, 0xe0, 0xe0) && IN(1, 0xa0, 0xbf) && IN(2, 0x80, 0xbf)) ||
        (IN(0, 0xe1, 0xec) && IN(1, 0x80, 0xbf) && IN(2, 0x80, 0xbf)) ||
        (IN(0, 0xed, 0xed) && IN(1, 0x80, 0x9f) && IN(2, 0x80, 0xbf)) ||
        (IN(0, 0xee, 0xef) && IN(1, 0x80, 0xbf) && IN(2, 0x80, 0xbf)))
        return 3;
    if ((IN(0, 0xf0, 0xf0) && IN(1, 0x90, 0xbf) && IN(2, 0x80, 0xbf) && IN(3, 0x80, 0xbf)) ||
        (IN(0, 0xf1, 0xf3) && IN(1, 0x80, 0xbf) && IN(2, 0x80, 0xbf) && IN(3, 0x80, 0xbf)) ||
        (IN(0, 0xf4, 0xf4) && IN(1, 0x80, 0x8f) && IN(2, 0x80, 0xbf) && IN(3, 0x80, 0xbf)))
        return 4;
    return 0;
#undef IN
}

static bool valid_by_table(const unsigned char *bytes, size_t size, size_t *bad)
{
    for (size_t at = 0; at < size;) {
        size_t length = well_formed(bytes + at, size - at);

        *bad = at;
        if (!length)
            return false;
        at += length;
    }
    return true;
}

Test(text, utf8_validity_equals_the_table_of_the_standard)
{
    struct rng rng = rng_new(3);
    static const unsigned char likely[] = { 'a', 0xc2, 0x80, 0xe0, 0xa0, 0xed, 0x9f, 0xbf, 0xf0,
                                            0x90, 0xf4, 0x8f, 0xef, 0xbb, 0x00, 0xff, 0xe4, 0xb8 };

    for (int i = 0; i < 200000; i++) {
        unsigned char bytes[24];
        size_t size = rng_below(&rng, sizeof bytes), bad = 99, expected_bad = 98;
        bool expected;

        for (size_t k = 0; k < size; k++)
            bytes[k] = rng_chance(&rng, 1, 2)
                           ? 'x'
                           : likely[rng_below(&rng, sizeof likely)];
        expected = valid_by_table(bytes, size, &expected_bad);
        cr_assert_eq(text_valid_utf8(slice_of(bytes, size), &bad), expected, "case %d", i);
        if (!expected)
            cr_assert_eq(bad, expected_bad, "case %d: byte %zu instead of %zu", i, bad,
                         expected_bad);
    }
}

Test(text, utf8_accepts_every_code_point_but_nul_and_surrogates)
{
    struct buf buf = { 0 };

    for (int32_t c = 1; c <= 0x10ffff; c++) {
        const unsigned char *at;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        buf_clear(&buf);
        cr_assert_eq(text_append(&buf, c), STATUS_OK);
        cr_assert(text_valid_utf8(buf_slice(&buf), NULL), "U+%04X", (unsigned)c);
        at = buf.data;
        cr_assert_eq(text_next(&at, buf.data + buf.size), c);
        cr_assert_eq(at, buf.data + buf.size);
    }
    buf_fini(&buf);
}

static const struct {
    const char *name, *text;
    unsigned how;
    const char *folded;
} folds[] = {
    { "nothing asked", "Ab １", 0, "Ab １" },
    { "full-width digits and letters", "９１４４ＭＡ５Ｆ", TEXT_WIDTH, "9144MA5F" },
    { "half-width katakana", "ﾃｽﾄ", TEXT_WIDTH, "テスト" },
    { "upper case", "91440300ma5f", TEXT_UPPER, "91440300MA5F" },
    { "full-width to upper", "ｍａ５ｆ", TEXT_WIDTH | TEXT_UPPER, "MA5F" },
    { "lower case", "9F3C", TEXT_LOWER, "9f3c" },
    { "sharp s folds", "Straße", TEXT_CASE, "strasse" },
    { "ASCII case folding", "STRASSE", TEXT_CASE, "strasse" },
    { "composed and decomposed agree", "e\xcc\x81", TEXT_NFC, "\xc3\xa9" },
    { "ideographic space goes", "深圳市\xe3\x80\x80南山区", TEXT_STRIP_SPACE, "深圳市南山区" },
    { "zero-width space and BOM go", "a\xe2\x80\x8b\xef\xbb\xbf"
                                     "b",
      TEXT_STRIP_SPACE, "ab" },
    { "tabs and newlines go", " a\t\r\nb ", TEXT_STRIP_SPACE, "ab" },
    { "address punctuation", "南山区，科技园(3栋)-502#室", TEXT_WIDTH | TEXT_STRIP_MARKS,
      "南山区科技园3栋502室" },
    { "phone separators", "+86 138-0000-0000", TEXT_STRIP_MARKS | TEXT_STRIP_SPACE,
      "8613800000000" },
    { "trimmed, runs joined", "\xe3\x80\x80 a  \xe3\x80\x80 b ", TEXT_TRIM, "a b" },
    { "only blanks", " \t ", TEXT_TRIM, "" },
    { "empty", "", TEXT_WIDTH | TEXT_CASE | TEXT_TRIM, "" },
    { "controls are kept unless stripped", "a\x01"
                                           "b",
      TEXT_LOWER, "a\x01"
                  "b" },
};

Test(text, folds_by_table_and_folding_again_changes_nothing)
{
    struct buf once = { 0 }, twice = { 0 };

    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        cr_assert_eq(text_fold(&once, slice_str(folds[i].text), folds[i].how), STATUS_OK);
        cr_assert(slice_equal(buf_slice(&once), slice_str(folds[i].folded)), "%s: \"%.*s\"",
                  folds[i].name, (int)once.size, (char *)once.data);
        cr_assert_eq(text_fold(&twice, buf_slice(&once), folds[i].how), STATUS_OK);
        cr_assert(slice_equal(buf_slice(&once), buf_slice(&twice)), "%s: not stable",
                  folds[i].name);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

Test(text, folding_refuses_bytes_that_are_not_utf8_and_names_the_place)
{
    struct buf buf = { 0 };

    cr_assert_eq(text_fold(&buf, SLICE("ab\xff"), TEXT_LOWER), STATUS_INVALID);
    cr_assert_str_eq(error_detail(), "byte 3 of the text is not valid UTF-8");
    cr_assert_eq(text_fold(&buf, SLICE("\xe4\xb8"), TEXT_WIDTH), STATUS_INVALID);
    cr_assert_eq(text_fold(&buf, slice_of("a\0b", 3), TEXT_WIDTH), STATUS_INVALID);
    buf_fini(&buf);
}

Test(text, measures_and_cuts_by_columns)
{
    static const struct {
        const char *text;
        size_t width;
        const char *cut4;
    } cases[] = {
        { "abc", 3, "abc" },       { "abcdef", 6, "abcd" }, { "深圳市", 6, "深圳" },
        { "a深圳", 5, "a深" },     { "e\xcc\x81tude", 5, "e\xcc\x81tud" },
        { "", 0, "" },             { "ﾃｽﾄ", 3, "ﾃｽﾄ" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = slice_str(cases[i].text);

        cr_assert_eq(text_width(text), cases[i].width, "%s: %zu", cases[i].text, text_width(text));
        cr_assert(slice_equal(text_cut(text, 4), slice_str(cases[i].cut4)), "%s", cases[i].text);
    }
}

static enum status fold_work(void *context)
{
    AUTO(buf_fini) struct buf buf = { 0 };

    (void)context;
    return text_fold(&buf, SLICE("ＡＢＣ深圳市南山区ＡＢＣ深圳市南山区"), TEXT_WIDTH | TEXT_LOWER);
}

Test(text, survives_every_failing_allocation)
{
    cr_assert_gt(sweep_allocations(fold_work, NULL), 0);
}
