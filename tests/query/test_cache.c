/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "query/cache.h"
#include "query/query.h"
#include "tests/support/leaks.h"
#include "tests/support/sweep.h"

TestSuite(cache, .fini = leaks_check);

static struct query *take(struct query_cache *cache, const char *text)
{
    struct query_prepare_options options = { 0 };
    struct query *query = NULL;

    cr_assert(eq(int, query_cache_take(&query, cache, slice_str(text), &options), STATUS_OK));
    return query;
}

Test(cache, gives_the_same_query_again_and_never_twice_at_once)
{
    struct query_cache *cache;
    struct query *first, *second;

    cr_assert(eq(int, query_cache_new(&cache, 2), STATUS_OK));
    first = take(cache, "RETURN 1");
    second = take(cache, "RETURN 1");
    cr_assert(ne(ptr, first, second));
    query_cache_give(cache, first);
    cr_assert(eq(ptr, take(cache, "RETURN 1"), first));
    query_cache_give(cache, first);
    query_cache_give(cache, second);
    query_cache_free(cache);
}

Test(cache, drops_what_was_used_longest_ago)
{
    struct query_cache *cache;
    struct query *kept;

    cr_assert(eq(int, query_cache_new(&cache, 2), STATUS_OK));
    query_cache_give(cache, take(cache, "RETURN 1"));
    kept = take(cache, "RETURN 2");
    query_cache_give(cache, kept);
    query_cache_give(cache, take(cache, "RETURN 3"));
    cr_assert(eq(ptr, take(cache, "RETURN 2"), kept));
    query_cache_give(cache, kept);
    query_cache_free(cache);
}

Test(cache, an_error_in_the_text_is_told_each_time)
{
    struct query_prepare_options options = { 0 };
    struct query_cache *cache;
    struct query *query = NULL;

    cr_assert(eq(int, query_cache_new(&cache, 2), STATUS_OK));
    for (int i = 0; i < 2; i++)
        cr_assert(eq(int, query_cache_take(&query, cache, SLICE("RETURN"), &options),
                     STATUS_INVALID));
    query_cache_free(cache);
}

/* All that is made on the way to a plan, with joins, pushed conditions and rewrites. */
static enum status prepare_and_keep(void *context)
{
    struct query_prepare_options options = { 0 };
    struct query_cache *cache = NULL;
    struct query *query = NULL;
    enum status status;

    (void)context;
    TRY(query_cache_new(&cache, 2));
    status = query_cache_take(
        &query, cache,
        SLICE("MATCH (a), (b)-[t:T*1..3]->(c) WHERE a.x = b.x AND EXISTS { (c)-->(a) } AND "
              "all(i IN range(1, size(t) - 1) WHERE t[i - 1].w < t[i].w) "
              "WITH DISTINCT a, c MATCH (a)-->(d)<--(c) WHERE d.x IN [1, 2] + [3] "
              "RETURN d.x AS x, count(*) AS n ORDER BY n DESC LIMIT 3"),
        &options);
    query_cache_give(cache, query);
    query_cache_free(cache);
    return status;
}

Test(cache, fails_cleanly_at_every_allocation)
{
    sweep_allocations(prepare_and_keep, NULL);
}
