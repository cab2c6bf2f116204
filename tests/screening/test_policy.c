/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/policy.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/sweep.h"

TestSuite(policy, .fini = leaks_check);

static const char own[] =
    "name: own\n"
    "thresholds: {review: 30, reject: 70}\n"
    "on_partial: reject\n"
    "default: {hint: 1, attention: 2, alert: 3}\n"
    "codes:\n"
    "  - {code: SHARED_DEVICE, attention: 40, limits: [{number: principals, at_least: 4}]}\n"
    "  - {code: COURT_LIST, alert: 50, block_at: alert}\n"
    "overrides:\n"
    "  - {name: quick, product: 'quick.*', thresholds: {review: 10, reject: 20}}\n"
    "  - name: quick-micro\n"
    "    product: 'quick.*'\n"
    "    enterprise_type: micro\n"
    "    allow_pass: yes\n"
    "    codes:\n"
    "      - {code: SHARED_DEVICE, attention: 15, level: hint, hint: 7}\n";

static struct policy *load(const char *text)
{
    struct policy *policy;

    OK(policy_load(&policy, "own.yaml", slice_str(text)));
    return policy;
}

static struct value principals(int64_t n, struct value_pair *pair)
{
    *pair = (struct value_pair){ SLICE("principals"), value_int(n) };
    return (struct value){ .type = VALUE_MAP, .count = 1, .pairs = pair };
}

Test(policy, the_built_in_policy_loads)
{
    AUTO(policy_freep) struct policy *policy = NULL;
    struct policy_view view;

    OK(policy_load(&policy, "built in", policy_builtin_text()));
    OK(policy_select(&view, policy, SLICE(""), SLICE(""), SLICE("")));
    cr_assert_null(view.rule);
    cr_assert_eq(view.on_partial, DECISION_REVIEW);
    cr_assert_eq(view.on_unavailable, DECISION_REVIEW);
    for (size_t i = 0; registry[i]; i++)
        for (size_t c = 0; c < DETECTOR_CODES_MAX && registry[i]->codes[c]; c++)
            cr_assert_gt(policy_points(&view, slice_str(registry[i]->codes[c]), TAG_ALERT, NULL)
                             .points, 0);
}

Test(policy, the_override_with_most_selectors_applies)
{
    AUTO(policy_freep) struct policy *policy = load(own);
    struct policy_view view;

    OK(policy_select(&view, policy, SLICE("slow"), SLICE("F51"), SLICE("micro")));
    cr_assert_null(view.rule);
    cr_assert_eq(view.review, 30);
    cr_assert_eq(view.on_partial, DECISION_REJECT);
    OK(policy_select(&view, policy, SLICE("quick-1"), SLICE("F51"), SLICE("small")));
    cr_assert_str_eq(view.rule, "quick");
    cr_assert_eq(view.review, 10);
    OK(policy_select(&view, policy, SLICE("quick-1"), SLICE("F51"), SLICE("micro")));
    cr_assert_str_eq(view.rule, "quick-micro");
    cr_assert_eq(view.review, 30, "overrides do not add up");
    cr_assert(view.allow_pass);
}

Test(policy, points_follow_code_level_limits_and_override)
{
    AUTO(policy_freep) struct policy *policy = load(own);
    struct policy_view base, micro;
    struct policy_points points;
    struct value_pair pair;
    struct value numbers = principals(4, &pair);

    OK(policy_select(&base, policy, SLICE(""), SLICE(""), SLICE("")));
    OK(policy_select(&micro, policy, SLICE("quick"), SLICE(""), SLICE("micro")));
    cr_assert_eq(policy_points(&base, SLICE("SHARED_DEVICE"), TAG_ATTENTION, &numbers).points, 40);
    cr_assert_eq(policy_points(&base, SLICE("SHARED_DEVICE"), TAG_ALERT, &numbers).points, 3);
    points = policy_points(&micro, SLICE("SHARED_DEVICE"), TAG_ATTENTION, &numbers);
    cr_assert_eq(points.level, TAG_HINT);
    cr_assert_eq(points.points, 7);
    numbers = principals(3, &pair);
    points = policy_points(&base, SLICE("SHARED_DEVICE"), TAG_ATTENTION, &numbers);
    cr_assert_eq(points.level, 0, "below the limit it does not count");
    cr_assert_eq(policy_points(&base, SLICE("SHARED_DEVICE"), TAG_ATTENTION, NULL).points, 0);
    points = policy_points(&base, SLICE("COURT_LIST"), TAG_ALERT, NULL);
    cr_assert(points.block);
    cr_assert_eq(points.points, 50);
    cr_assert_not(policy_points(&base, SLICE("COURT_LIST"), TAG_HINT, NULL).block);
    cr_assert_eq(policy_points(&base, SLICE("UNHEARD_OF"), TAG_HINT, NULL).points, 1);
}

Test(policy, equal_policies_do_not_differ_and_others_say_how)
{
    AUTO(policy_freep) struct policy *a = load(own);
    AUTO(policy_freep) struct policy *b = load(own);
    AUTO(policy_freep) struct policy *c = NULL;
    AUTO(buf_fini) struct buf lines = { 0 };
    char text[sizeof own];
    const char *said;

    OK(policy_diff(&lines, a, b));
    cr_assert_eq(lines.size, 0);
    memcpy(text, own, sizeof own);
    memcpy(strstr(text, "attention: 40"), "attention: 45", 13);
    c = load(text);
    OK(policy_diff(&lines, a, c));
    OK(buf_string(&said, &lines));
    cr_assert_str_eq(said, "codes SHARED_DEVICE attention: 40 -> 45\n");
    cr_assert_str_neq(policy_hash(a), policy_hash(c));
    cr_assert_str_eq(policy_hash(a), policy_hash(b));
}

/* No crash, no leak, and never anything but a plain refusal. */
Test(policy, mangled_policies_are_refused_or_read)
{
    struct rng rng = rng_new(5);

    for (int round = 0; round < 1500; round++) {
        struct policy *policy = NULL;
        char text[sizeof own];
        size_t n = sizeof own - 1;
        enum status status;

        memcpy(text, own, sizeof own);
        for (uint64_t change = 1 + rng_below(&rng, 3); change-- > 0;)
            text[rng_below(&rng, n)] = (char)(32 + rng_below(&rng, 95));
        if (rng_below(&rng, 4) == 0)
            n = rng_below(&rng, n);
        status = policy_load(&policy, "mangled.yaml", slice_of(text, n));
        cr_assert(status == STATUS_OK || status == STATUS_INVALID, "%d: %s", status,
                  error_detail());
        if (status == STATUS_OK)
            policy_free(policy);
    }
}

static enum status load_once(void *context)
{
    AUTO(policy_freep) struct policy *policy = NULL;
    AUTO(policy_freep) struct policy *other = NULL;
    AUTO(buf_fini) struct buf lines = { 0 };

    (void)context;
    TRY(policy_load(&policy, "own.yaml", slice_str(own)));
    TRY(policy_load(&other, "built in", policy_builtin_text()));
    return policy_diff(&lines, policy, other);
}

Test(policy, every_failed_allocation_is_survived)
{
    sweep_allocations(load_once, NULL);
}
