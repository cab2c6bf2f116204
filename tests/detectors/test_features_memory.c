/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of features when memory is short: every failing allocation is answered, nothing leaks. */
#include <criterion/criterion.h>

#include "detectors/feature_work.h"
#include "tests/detectors/random_book.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(features_memory, .fini = leaks_check);

static enum status make_row(struct facts *facts, struct arena *arena)
{
    AUTO(feature_work_fini) struct feature_work work = { 0 };
    struct feature_tags tags = { 0 };
    struct feature_table table;
    int64_t *row;

    TRY(feature_table(&table, arena, facts->schema));
    row = arena_array(arena, table.n, sizeof *row);
    if (!row)
        return STATUS_NO_MEMORY;
    work = (struct feature_work){ .facts = facts, .table = &table, .currency = "CNY",
                                  .tags = &tags };
    TRY(feature_work_prepare(&work));
    return feature_work_row(row, &work, 0);
}

/* The facts are made anew each time; the snapshot keeps its indexes, which are lent. */
static enum status sweep_row(void *context)
{
    const struct facts *given = context;
    AUTO(facts_fini) struct facts facts = *given;
    AUTO(arena_fini) struct arena arena = { 0 };

    return make_row(&facts, &arena);
}

Test(features_memory, every_allocation_may_fail)
{
    static struct world world;
    struct rng rng = rng_new(7);
    struct world_run run;

    random_book(&world, &rng);
    world_begin(&run, &world, NULL);
    sweep_allocations(sweep_row, &run.facts);
    world_done(&run);
}
