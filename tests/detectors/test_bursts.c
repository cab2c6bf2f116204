/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared phones, shared addresses and batches against their definitions, read out slowly. */
#include <criterion/criterion.h>

#include "detectors/wide.h"
#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(bursts, .fini = leaks_check);

struct rule {
    int64_t minutes;
    uint32_t least;
    uint32_t steady_principals;
    int64_t steady_span, steady_factor;
};

static void parties(struct world *world, struct rng *rng, uint32_t n)
{
    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < n; i++)
        world_node(world, rng_chance(rng, 9, 10) ? W_ENTERPRISE : W_PERSON);
    world_node(world, W_ENTERPRISE);
    for (uint32_t i = 0; i < n / 4; i++)
        world_edge(world, W_SHAREHOLDER, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ENTERPRISE), TIME_MIN, TIME_MAX)
            ->numbers[EDGE_RATIO] = 6 * RATIO_ONE / 10;
    for (int i = 0; i < 2; i++) {
        world_node(world, W_DEVICE);
        world_node(world, W_PHONE);
        world_node(world, W_ADDRESS);
    }
}

static const char *any_role(struct rng *rng)
{
    static const char *const roles[] = { "legal_rep", "contact", "finance", "agent", NULL,
                                         "registered", "operating", "legal_rep", NULL };

    return roles[rng_below(rng, 9)];
}

/* From one device; some say so twice, or that they applied, or submit again at another time. */
static void apply(struct world *world, struct rng *rng, uint32_t application, uint32_t n,
                  int64_t time)
{
    uint32_t applicant = (uint32_t)rng_below(rng, n);
    uint32_t device = world_pick(world, rng, W_DEVICE);

    for (int i = 0; i < (rng_chance(rng, 1, 4) ? 3 : 1); i++)
        world_edge(world, W_APPLIED, applicant, application, time, TIME_MAX);
    for (int i = 0; i < (rng_chance(rng, 1, 4) ? 2 : 1); i++)
        world_edge(world, W_SUBMITTED_FROM, application, device,
                   rng_chance(rng, 1, 3) ? TIME_MIN : time + i * 10 * US_PER_MINUTE, TIME_MAX);
}

static void fill(struct world *world, struct rng *rng)
{
    uint32_t n = 10 + (uint32_t)rng_below(rng, 20), most = rng_chance(rng, 1, 2) ? 40 : 400;
    int64_t step = rng_chance(rng, 1, 2) ? US_PER_DAY : 10 * US_PER_MINUTE;

    parties(world, rng, n);
    if (rng_chance(rng, 1, 3))
        world->nodes[world_pick(world, rng, W_ADDRESS)].texts[NODE_LEVEL] =
            rng_chance(rng, 1, 2) ? "building" : "room";
    if (rng_chance(rng, 1, 6))
        world->nodes[world_pick(world, rng, W_PHONE)].texts[NODE_CLASS] = "incubator";
    for (uint32_t i = 0; i < 2 * n; i++) {
        uint32_t application = world_node(world, W_APPLICATION);
        int64_t time = world_time(world, rng, step, most);

        apply(world, rng, application, n, time);
        if (rng_chance(rng, 2, 3))
            world_edge(world, W_STATES_PHONE, application, world_pick(world, rng, W_PHONE),
                       rng_chance(rng, 1, 8) ? world_time(world, rng, step, most) : time,
                       TIME_MAX);
        if (rng_chance(rng, 1, 3))
            world_edge(world, W_STATES_ADDRESS, application, world_pick(world, rng, W_ADDRESS),
                       time, TIME_MAX);
        time = world_time(world, rng, US_PER_DAY, most);
        world_edge(world, W_HAS_PHONE, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_PHONE), rng_chance(rng, 1, 5) ? TIME_MIN : time,
                   rng_chance(rng, 1, 2) ? time + rng_between(rng, 1, 20) * US_PER_DAY : TIME_MAX)
            ->texts[EDGE_ROLE] = any_role(rng);
        time = world_time(world, rng, US_PER_DAY, most);
        world_edge(world, W_LOCATED_AT, (uint32_t)rng_below(rng, n),
                   world_pick(world, rng, W_ADDRESS), rng_chance(rng, 1, 8) ? TIME_MIN : time,
                   rng_chance(rng, 1, 5) ? time + US_PER_DAY : TIME_MAX)
            ->texts[EDGE_ROLE] = any_role(rng);
    }
}

/* Uses that a test looks at, picked by a filter. */
struct picked {
    const struct slow_use *items[WORLD_EDGES];
    uint32_t n;
};

static bool in(const struct slow_use *use, uint32_t identifier, int64_t from, int64_t before)
{
    return use->identifier == identifier && use->start >= from && use->start < before;
}

static uint32_t count(const struct slow *slow, const struct picked *picked, uint32_t identifier,
                      int64_t from, int64_t before, bool outside, uint32_t *n_uses)
{
    uint32_t nodes[WORLD_EDGES], n = 0;

    for (uint32_t i = 0; i < picked->n; i++)
        if (picked->items[i]->identifier == identifier &&
            in(picked->items[i], identifier, from, before) != outside)
            nodes[n++] = picked->items[i]->principal;
    if (n_uses)
        *n_uses = n;
    return slow_groups(slow, nodes, n);
}

static bool steady(const struct slow *slow, const struct picked *picked, uint32_t identifier,
                   int64_t from, int64_t width, const struct rule *rule)
{
    int64_t first = TIME_MAX, last = TIME_MIN;
    uint32_t n_out, out = count(slow, picked, identifier, from, from + width, true, &n_out);

    for (uint32_t i = 0; i < picked->n; i++)
        if (picked->items[i]->identifier == identifier) {
            int64_t at = picked->items[i]->start;

            first = at < first ? at : first;
            last = at > last ? at : last;
        }
    return out >= rule->steady_principals && last - first >= rule->steady_span &&
           last - first > width &&
           (wide_int)count(slow, picked, identifier, from, from + width, false, NULL) *
                   (last - first - width) <
               (wide_int)rule->steady_factor * n_out * width;
}

/* Whether enough of the window's applications also reach one identifier of another kind. */
static bool lockstep(const struct slow *slow, const struct picked *picked,
                     const struct slow_use *at, int64_t width, uint32_t least)
{
    for (uint32_t other = 0; other < slow->world->n_nodes; other++) {
        uint32_t nodes[WORLD_EDGES], n = 0;

        for (uint32_t i = 0; i < picked->n; i++)
            for (uint32_t j = 0; j < picked->n; j++)
                if (in(picked->items[i], at->identifier, at->start, at->start + width) &&
                    picked->items[j]->application == picked->items[i]->application &&
                    picked->items[j]->identifier == other &&
                    picked->items[j]->kind != at->kind && n < WORLD_EDGES)
                    nodes[n++] = picked->items[i]->principal;
        if (slow_groups(slow, nodes, n) >= least)
            return true;
    }
    return false;
}

static void windows(const struct slow *slow, const struct picked *picked, const struct rule *rule,
                    uint32_t cap, bool batch, enum level *levels)
{
    int64_t width = rule->minutes * US_PER_MINUTE;

    for (uint32_t i = 0; i < picked->n; i++) {
        const struct slow_use *use = picked->items[i];
        uint32_t n = count(slow, picked, use->identifier, use->start, use->start + width, false,
                           NULL);
        enum level level = LEVEL_ATTENTION;

        if (n < rule->least || n > cap ||
            steady(slow, picked, use->identifier, use->start, width, rule))
            continue;
        if (batch && lockstep(slow, picked, use, width, rule->least))
            level = LEVEL_ALERT;
        for (uint32_t j = 0; j < picked->n; j++)
            if (in(picked->items[j], use->identifier, use->start, use->start + width) &&
                levels[picked->items[j]->principal] < level)
                levels[picked->items[j]->principal] = level;
    }
}

static void expect_address(const struct slow *slow, const struct rule *rule, enum level *levels)
{
    static struct picked picked;

    picked.n = 0;
    for (size_t i = 0; i < slow->n_uses; i++) {
        const struct slow_use *use = &slow->uses[i];
        const char *level = slow->world->nodes[use->identifier].texts[NODE_LEVEL];

        if (use->kind == 2 && !use->dated && (!use->role || !strcmp(use->role, "registered")) &&
            (!level || !strcmp(level, "room")) &&
            use->start > slow->world->at_us - 1095 * US_PER_DAY)
            picked.items[picked.n++] = use;
    }
    windows(slow, &picked, rule, 500, false, levels);
}

/* Whether this application is there for this identifier at this moment, by another edge. */
static bool is_picked(const struct picked *picked, const struct slow_use *use)
{
    for (uint32_t i = 0; i < picked->n; i++)
        if (picked->items[i]->application == use->application &&
            picked->items[i]->identifier == use->identifier &&
            picked->items[i]->principal == use->principal &&
            picked->items[i]->start == use->start)
            return true;
    return false;
}

static void expect_batch(const struct slow *slow, const struct rule *rule, enum level *levels)
{
    static struct picked picked;

    picked.n = 0;
    for (size_t i = 0; i < slow->n_uses; i++)
        if (slow->uses[i].through_application && !is_picked(&picked, &slow->uses[i]))
            picked.items[picked.n++] = &slow->uses[i];
    windows(slow, &picked, rule, UINT32_MAX, true, levels);
}

static bool counted(const struct slow_use *use, int which)
{
    if (which == 0)
        return use->role && !strcmp(use->role, "legal_rep");
    return !use->role || (strcmp(use->role, "finance") && strcmp(use->role, "agent"));
}

static void expect_phone_at(const struct slow *slow, uint32_t phone, int64_t moment, int which,
                            enum level *levels)
{
    uint32_t some[WORLD_EDGES], all[WORLD_EDGES], n = 0, n_all = 0;

    if (moment <= slow->world->at_us - 1095 * US_PER_DAY || moment > slow->world->at_us)
        return;
    for (size_t i = 0; i < slow->n_uses; i++) {
        const struct slow_use *use = &slow->uses[i];

        if (use->identifier != phone || use->dated || use->start > moment || use->end <= moment)
            continue;
        all[n_all++] = use->principal;
        if (counted(use, which))
            some[n++] = use->principal;
    }
    if (slow_groups(slow, some, n) < (which ? 5u : 3u) ||
        slow_groups(slow, all, n_all) > slow_cap(slow->world, phone, true))
        return;
    for (uint32_t i = 0; i < n; i++)
        levels[some[i]] = LEVEL_ATTENTION;
}

static void expect_phone(const struct slow *slow, const struct rule *rule, enum level *levels)
{
    (void)rule;
    for (size_t i = 0; i < slow->n_uses; i++) {
        const struct slow_use *use = &slow->uses[i];

        for (int which = 0; which < 2 && use->kind == 1 && !use->dated; which++) {
            expect_phone_at(slow, use->identifier, use->start, which, levels);
            expect_phone_at(slow, use->identifier, use->end, which, levels);
            expect_phone_at(slow, use->identifier,
                            slow->world->at_us - 1095 * US_PER_DAY + 1, which, levels);
        }
    }
}

typedef void expectation(const struct slow *slow, const struct rule *rule, enum level *levels);

static void compare(const char *code, expectation *expect, const struct rule *rules,
                    size_t n_rules, const char *const *settings, uint64_t first, uint64_t last)
{
    static struct world world;
    static struct slow slow;
    uint32_t tagged = 0;

    for (uint64_t seed = first; seed <= last; seed++) {
        enum level levels[WORLD_NODES] = { 0 };
        struct rng rng = rng_at(seed, 7, 0);
        struct world_run run;

        fill(&world, &rng);
        world_look_back(&world, &rng, seed, 10 * US_PER_MINUTE, 2000);
        slow_build(&slow, &world);
        for (size_t i = 0; i < n_rules; i++)
            expect(&slow, &rules[i], levels);
        world_begin(&run, &world, settings);
        world_detect(&run, code);
        for (uint32_t i = 0; i < world.n_nodes; i++) {
            tagged += levels[i] != LEVEL_NONE;
            cr_assert_eq(world_level(&run, i, code), levels[i],
                         "%s, seed %lu: node %u: %s, expected %s", code, (unsigned long)seed, i,
                         level_name(world_level(&run, i, code)), level_name(levels[i]));
        }
        world_done(&run);
        slow_free(&slow);
    }
    cr_assert_gt(tagged, 20, "%s: only %u tagged", code, tagged);
}

static const char *const twitchy[] = { "SHARED.steady_principals=4", "SHARED.steady_span_days=3",
                                       "SHARED.steady_factor=2", NULL };

Test(bursts, shared_phones_equal_the_definition)
{
    static const struct rule rule;

    compare("SHARED_PHONE", expect_phone, &rule, 1, NULL, 1, 250);
}

Test(bursts, shared_addresses_equal_the_definition)
{
    static const struct rule rule = { 30 * 1440, 5, 30, 90 * US_PER_DAY, 3 };
    static const struct rule nervous = { 30 * 1440, 5, 4, 3 * US_PER_DAY, 2 };

    compare("SHARED_ADDRESS", expect_address, &rule, 1, NULL, 1, 150);
    compare("SHARED_ADDRESS", expect_address, &nervous, 1, twitchy, 151, 300);
}

Test(bursts, batches_equal_the_definition)
{
    static const struct rule rules[] = { { 30, 5, 30, 90 * US_PER_DAY, 3 },
                                         { 1440, 10, 30, 90 * US_PER_DAY, 3 } };
    static const struct rule nervous[] = { { 30, 5, 4, 3 * US_PER_DAY, 2 },
                                           { 1440, 10, 4, 3 * US_PER_DAY, 2 } };
    static const struct rule few[] = { { 30, 5, 4, 3 * US_PER_DAY, 4 },
                                       { 1440, 3, 4, 3 * US_PER_DAY, 4 } };
    /* a factor at which an event more or less in some weeks decides */
    static const char *const rhythmic[] = { "SHARED.steady_principals=4",
                                            "SHARED.steady_span_days=3",
                                            "SHARED.steady_factor=4",
                                            "BATCH_APPLICATION.day_applicants=3", NULL };

    compare("BATCH_APPLICATION", expect_batch, rules, 2, NULL, 1, 60);
    compare("BATCH_APPLICATION", expect_batch, nervous, 2, twitchy, 61, 120);
    compare("BATCH_APPLICATION", expect_batch, few, 2, rhythmic, 121, 300);
}
