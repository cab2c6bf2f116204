/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features equal their definitions, computed slowly; both forms of a row are one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/feature_work.h"
#include "detectors/features.h"
#include "tests/detectors/random_book.h"
#include "tests/detectors/slow_features.h"
#include "tests/detectors/stored.h"
#include "tests/support/leaks.h"

TestSuite(features, .fini = leaks_check);

static bool equal(enum feature_id id, int64_t a, int64_t b)
{
    return id == FEATURE_CONTAGION ? llabs(a - b) <= 5 : a == b;
}

static void check_row(const struct slow *slow, const struct feature_table *table,
                      const int64_t *row, uint32_t party, uint64_t seed)
{
    for (enum feature_id id = 0; id < FEATURE_RINGS; id++) {
        size_t windows = table->n_windows[id] ? table->n_windows[id] : 1;
        size_t end = table->first[id + 1];

        for (size_t at = table->first[id]; at < end; at++) {
            size_t kind = (at - table->first[id]) / windows;
            int64_t wanted =
                slow_feature(slow, party, id, kind, table->columns[at].window_days);

            cr_assert(equal(id, row[at], wanted), "seed %lu, party %u, %s: %ld, by definition %ld",
                      (unsigned long)seed, party, table->columns[at].name, (long)row[at],
                      (long)wanted);
        }
    }
}

/* Set low, so that hubs are met. */
static const char *const settings[] = { "SHARED.cap.Phone=3/100", NULL };

Test(features, equal_their_definitions)
{
    static struct world world;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct feature_table table;
    struct feature_tags tags = { 0 };

    cr_assert_eq(feature_table(&table, &arena, world_schema()), STATUS_OK);
    for (uint64_t seed = 1; seed <= 35; seed++) {
        struct rng rng = rng_new(seed);
        struct world_run run;
        struct slow slow;
        int64_t row[256];

        random_book(&world, &rng);
        world_begin(&run, &world, settings);
        slow_build(&slow, &world);
        struct feature_work work = { .facts = &run.facts, .table = &table, .currency = "CNY",
                                     .tags = &tags };
        cr_assert_eq(feature_work_prepare(&work), STATUS_OK);
        cr_assert_leq(table.n, 256);
        for (uint32_t party = 0; party < world.n_nodes; party++)
            if (slow.subject[party] && rng_chance(&rng, 1, 2)) {
                cr_assert_eq(feature_work_row(row, &work, party), STATUS_OK);
                check_row(&slow, &table, row, party, seed);
            }
        feature_work_fini(&work);
        slow_free(&slow);
        world_done(&run);
    }
}

/* Two forms */

struct kept {
    int64_t rows[WORLD_NODES][256];
    uint64_t ids[WORLD_NODES];
    size_t n;
    size_t n_columns;
};

static enum status keep(void *context, const struct feature_row *row)
{
    struct kept *kept = context;

    kept->ids[kept->n] = row->party.value;
    memcpy(kept->rows[kept->n++], row->values, kept->n_columns * sizeof(int64_t));
    return STATUS_OK;
}

static void compare_forms(const struct stored *stored, const struct world *world, uint64_t seed,
                          uint64_t max_reads, uint64_t *n_cut)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(params_fini) struct params params = { 0 };
    AUTO(feature_session_closep) struct feature_session *session = NULL;
    static struct kept whole, one;
    struct feature_table table;
    struct feature_options options = { .params = &params, .currency = "CNY",
                                       .as_of_us = world->at_us, .known_at_us = TIME_MAX,
                                       .max_reads = max_reads };

    whole.n = 0;
    cr_assert_eq(params_init(&params), STATUS_OK);
    cr_assert_eq(params_set(&params, slice_str(settings[0])), STATUS_OK);
    cr_assert_eq(feature_table(&table, &arena, graph_schema(stored->graph)), STATUS_OK);
    whole.n_columns = one.n_columns = table.n;
    cr_assert_eq(features_all(stored->graph, &table, &options, keep, &whole), STATUS_OK, "%s",
                 error_detail());
    cr_assert_eq(feature_session_open(&session, stored->graph, &table, &options), STATUS_OK);
    for (size_t i = 0; i < whole.n; i++) {
        one.n = 0;
        cr_assert_eq(features_of_party(session, (struct node_id){ whole.ids[i] }, keep, &one),
                     STATUS_OK, "%s", error_detail());
        if (one.rows[0][table.first[FEATURE_TRUNCATED]]) {
            (*n_cut)++;
            continue;
        }
        for (size_t c = 0; c < table.n; c++)
            cr_assert_eq(one.rows[0][c], whole.rows[i][c],
                         "seed %lu, party %lu, %s: alone %ld, among all %ld", (unsigned long)seed,
                         (unsigned long)whole.ids[i], table.columns[c].name,
                         (long)one.rows[0][c], (long)whole.rows[i][c]);
    }
}

Test(features, of_one_party_equal_those_among_all)
{
    static struct world world;
    uint64_t n_cut = 0;

    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct rng rng = rng_new(seed + 1000);
        struct stored stored;

        random_book(&world, &rng);
        stored_begin(&stored, &world, UINT32_MAX);
        compare_forms(&stored, &world, seed, 0, &n_cut);
        cr_assert_eq(n_cut, 0);
        stored_done(&stored);
    }
}

Test(features, of_a_party_that_is_cut_say_so)
{
    static struct world world;
    uint64_t n_cut = 0;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct rng rng = rng_new(seed + 2000);
        struct stored stored;

        random_book(&world, &rng);
        stored_begin(&stored, &world, UINT32_MAX);
        compare_forms(&stored, &world, seed, 25, &n_cut);
        stored_done(&stored);
    }
    cr_assert_gt(n_cut, 0);
}
