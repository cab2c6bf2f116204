/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/pattern.h"

#include <criterion/criterion.h>

#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(pattern, .fini = leaks_check);

static enum status matches(bool *matched, const char *pattern, unsigned flags, const char *subject)
{
    AUTO(pattern_freep) struct pattern *compiled = NULL;

    TRY(pattern_compile(&compiled, slice_str(pattern), flags));
    return pattern_match(matched, compiled, slice_str(subject));
}

Test(pattern, matches_inside_or_whole)
{
    static const struct {
        const char *pattern, *subject;
        unsigned flags;
        bool wanted;
    } cases[] = {
        { "b+", "abbc", 0, true },
        { "b+", "abbc", PATTERN_WHOLE, false },
        { "ab+c", "abbc", PATTERN_WHOLE, true },
        { "a|ab", "ab", PATTERN_WHOLE, true },
        { "", "", PATTERN_WHOLE, true },
        { "STRASSE", "strasse", PATTERN_WHOLE | PATTERN_CASELESS, true },
        { "^.{3}$", "反欺诈", 0, true },
        { "\\w+", "反欺诈", PATTERN_WHOLE, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool matched = !cases[i].wanted;

        cr_assert_eq(matches(&matched, cases[i].pattern, cases[i].flags, cases[i].subject),
                     STATUS_OK, "case %zu: %s", i, error_detail());
        cr_expect_eq(matched, cases[i].wanted, "case %zu", i);
    }
}

Test(pattern, a_costly_match_is_an_error_not_a_miss)
{
    static const char *const patterns[] = { "^(a+)+$", "^(a|aa)+$", "^(.*a){12}$", "(x+x+)+y" };
    bool matched;

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        cr_expect_eq(matches(&matched, patterns[i], 0,
                             i == 3 ? "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyy!x"
                                    : "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
                     i == 3 ? STATUS_OK : STATUS_LIMIT, "case %zu", i);
}

Test(pattern, bad_patterns_and_subjects_are_named)
{
    AUTO(pattern_freep) struct pattern *compiled = NULL;
    char longer[PATTERN_SUBJECT_MAX + 2];
    bool matched;

    cr_expect_eq(matches(&matched, "a(b", 0, ""), STATUS_INVALID);
    cr_expect(strstr(error_detail(), "\"a(b\""), "%s", error_detail());
    cr_expect(strstr(error_detail(), "offset 3"), "%s", error_detail());
    cr_expect_eq(matches(&matched, "\\C", 0, "a"), STATUS_INVALID);
    cr_expect_eq(matches(&matched, "a", 0, "\xff"), STATUS_INVALID);
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    cr_expect_eq(matches(&matched, "a", 0, longer), STATUS_LIMIT);
    longer[PATTERN_BYTES_MAX + 1] = 0;
    cr_expect_eq(pattern_compile(&compiled, slice_str(longer), 0), STATUS_INVALID);
}

Test(pattern, replaces_every_match)
{
    static const struct {
        const char *pattern, *subject, *with, *wanted;
    } cases[] = {
        { "[- ]+", "138-0000 0000", "", "13800000000" },
        { "^0([0-9]+)$", "075512345", "+86$1", "+8675512345" },
        { "x", "abc", "y", "abc" },
        { "", "ab", "-", "-a-b-" },
        { "a", "", "b", "" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(pattern_freep) struct pattern *compiled = NULL;
        AUTO(buf_fini) struct buf out = { 0 };

        cr_assert_eq(pattern_compile(&compiled, slice_str(cases[i].pattern), 0), STATUS_OK);
        cr_assert_eq(pattern_replace(&out, compiled, slice_str(cases[i].subject),
                                     slice_str(cases[i].with)),
                     STATUS_OK, "case %zu: %s", i, error_detail());
        cr_expect(slice_equal(buf_slice(&out), slice_str(cases[i].wanted)), "case %zu: %.*s", i,
                  (int)out.size, (const char *)out.data);
    }
}

Test(pattern, a_result_that_grows_gets_its_room_up_to_the_bound)
{
    AUTO(pattern_freep) struct pattern *compiled = NULL;
    AUTO(buf_fini) struct buf out = { 0 };
    char subject[1001];

    memset(subject, 'a', 1000);
    subject[1000] = 0;
    cr_assert_eq(pattern_compile(&compiled, SLICE("a"), 0), STATUS_OK);
    cr_assert_eq(pattern_replace(&out, compiled, slice_str(subject), SLICE("0123456789")),
                 STATUS_OK, "%s", error_detail());
    cr_expect_eq(out.size, 10000);
    cr_expect_eq(pattern_replace(&out, compiled, slice_str(subject), slice_of(subject, 100)),
                 STATUS_LIMIT);
}

static enum status compile_and_replace(void *context)
{
    AUTO(pattern_freep) struct pattern *compiled = NULL;
    AUTO(buf_fini) struct buf out = { 0 };

    (void)context;
    TRY(pattern_compile(&compiled, SLICE("b(c)"), 0));
    return pattern_replace(&out, compiled, SLICE("abcd"), SLICE("$1"));
}

Test(pattern, survives_failing_allocations)
{
    cr_expect_geq(sweep_allocations(compile_and_replace, NULL), 2);
}
