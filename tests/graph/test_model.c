/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graph against a plain list of versions (model.h): random changes, then every kind of read.
 *
 * RINGFENCE_MODEL_OPERATIONS=10000000 runs as many, from RINGFENCE_MODEL_SEED (default 1) on; a
 * sequence that fails is shrunk and printed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/graph/model.h"
#include "tests/support/leaks.h"

TestSuite(model, .fini = leaks_check);

#define SMALL 300
#define LARGE 2000

static void fail_shrunk(struct model_op *ops, size_t n, const struct model_options *options,
                        const char *text)
{
    fprintf(stderr, "%s; shrinking %zu operations\n", text, n);
    n = model_shrink(ops, n, options);
    model_print(ops, n);
    cr_assert(false, "%s; %zu operations show it (seed %llu, hub_percent %u)", text, n,
              (unsigned long long)options->seed, options->hub_percent);
}

static void run(uint64_t seed, size_t n, unsigned hub_percent)
{
    struct model_options options = { .seed = seed, .hub_percent = hub_percent };
    struct model_op *ops = malloc(n * sizeof *ops);
    char text[MODEL_TEXT_MAX];

    cr_assert(ops);
    model_draw(ops, n, seed);
    if (!model_agrees(text, ops, n, &options)) {
        fprintf(stderr, "seed %llu: ", (unsigned long long)seed);
        fail_shrunk(ops, n, &options, text);
    }
    free(ops);
}

Test(model, small_groups_read_back_at_every_moment)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        run(seed, SMALL, 0);
}

Test(model, a_group_that_outgrows_its_row_reads_back_at_every_moment)
{
    for (uint64_t seed = 100; seed < 102; seed++)
        run(seed, LARGE, 90);
}

Test(model, a_divergence_is_found_and_shrunk_to_what_shows_it)
{
    struct model_options options = { .seed = 1, .forget_closings = true };
    struct model_op ops[SMALL];
    char text[MODEL_TEXT_MAX];
    size_t n;

    model_draw(ops, SMALL, 1);
    cr_assert(!model_agrees(text, ops, SMALL, &options));
    n = model_shrink(ops, SMALL, &options);
    model_print(ops, n);
    cr_assert(n >= 2 && n <= 4, "%zu operations were left", n);
    cr_assert(!model_agrees(text, ops, n, &options));
    options.forget_closings = false;
    cr_assert(model_agrees(text, ops, n, &options));
}

Test(model, as_many_operations_as_asked_for, .timeout = 100000)
{
    const char *wanted = getenv("RINGFENCE_MODEL_OPERATIONS");
    const char *first = getenv("RINGFENCE_MODEL_SEED");
    unsigned long long most = wanted ? strtoull(wanted, NULL, 10) : 0, done = 0, said = 0;
    uint64_t seed = first ? strtoull(first, NULL, 10) : 1;

    if (!most)
        cr_skip_test("RINGFENCE_MODEL_OPERATIONS says how many");
    for (; done < most; seed++) {
        bool large = seed % 20 == 0;

        run(seed, large ? LARGE : SMALL, large ? 90 : 0);
        done += large ? LARGE : SMALL;
        if (done - said >= 1000000) {
            said = done;
            fprintf(stderr, "%llu operations, next seed %llu\n", done,
                    (unsigned long long)seed + 1);
        }
    }
}
