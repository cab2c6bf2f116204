/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of tags and overlays as it is stored. */
#include "graph/tag_row.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"

TestSuite(evidence, .fini = leaks_check);

static void same_edges(const struct tag_edge *edges, size_t n, const struct value *stored)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct tag_edge *read;
    size_t n_read;

    OK(tag_edges_decode(&read, &n_read, &arena, stored));
    cr_assert_eq(n_read, n);
    for (size_t i = 0; i < n; i++)
        cr_assert(read[i].type == edges[i].type && read[i].from.value == edges[i].from.value &&
                      read[i].to.value == edges[i].to.value &&
                      read[i].id.value == edges[i].id.value &&
                      read[i].valid_from_us == edges[i].valid_from_us,
                  "edge %zu of %zu", i, n);
}

#define EDGES 40

/* Times of every kind and the ends of every range; also as records of an older format have it. */
Test(evidence, evidence_comes_back_as_it_was_stored)
{
    static const int64_t times[] = { TIME_MIN, TIME_MIN + 1, TIME_MAX, 0, US_PER_DAY, -US_PER_DAY,
                                     1500 * US_PER_SECOND, 1, -1 };
    struct rng rng = rng_new(11);

    for (size_t n = 0; n <= EDGES; n++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        struct tag_edge edges[EDGES] = { 0 };
        struct value numbers[5 * EDGES];
        struct value stored, list = { .type = VALUE_LIST, .items = numbers,
                                      .count = (uint32_t)(5 * n) };

        for (size_t i = 0; i < n; i++) {
            uint64_t bits = rng_next(&rng) & (((uint64_t)1 << rng_below(&rng, 40)) - 1);

            edges[i] = (struct tag_edge){ .from = { bits }, .to = { rng_below(&rng, 1000) },
                                          .type = (uint32_t)rng_below(&rng, 65536),
                                          .valid_from_us = times[rng_below(&rng, 9)],
                                          .id = { bits ^ 77 } };
            numbers[5 * i] = value_int(edges[i].type);
            numbers[5 * i + 1] = value_int((int64_t)edges[i].from.value);
            numbers[5 * i + 2] = value_int((int64_t)edges[i].to.value);
            numbers[5 * i + 3] = value_int(edges[i].valid_from_us);
            numbers[5 * i + 4] = value_int((int64_t)edges[i].id.value);
        }
        OK(tag_edges_encode(&stored, &arena, edges, n));
        same_edges(edges, n, &stored);
        same_edges(edges, n, &list);
    }
}
