/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "query/query.h"

struct query_cache {
    pthread_mutex_t lock;
    size_t capacity, n;
    struct query **queries; /* those not taken out, the one given back last at the end */
};

enum status query_cache_new(struct query_cache **out, size_t capacity)
{
    struct query_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return fail_memory(sizeof *cache);
    cache->queries = calloc(capacity + 1, sizeof(struct query *));
    if (!cache->queries) {
        free(cache);
        return fail_memory(capacity * sizeof(struct query *));
    }
    cache->capacity = capacity;
    pthread_mutex_init(&cache->lock, NULL);
    *out = cache;
    return STATUS_OK;
}

void query_cache_free(struct query_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < cache->n; i++)
        query_free(cache->queries[i]);
    free(cache->queries);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct query *remove_at(struct query_cache *cache, size_t i)
{
    struct query *query = cache->queries[i];

    cache->n--;
    memmove(cache->queries + i, cache->queries + i + 1, (cache->n - i) * sizeof(struct query *));
    return query;
}

static struct query *find(struct query_cache *cache, struct slice text)
{
    struct query *query = NULL;

    pthread_mutex_lock(&cache->lock);
    for (size_t i = cache->n; i-- > 0 && !query;)
        if (slice_equal(query_text(cache->queries[i]), text))
            query = remove_at(cache, i);
    pthread_mutex_unlock(&cache->lock);
    return query;
}

enum status query_cache_take(struct query **out, struct query_cache *cache, struct slice text,
                             const struct query_prepare_options *options)
{
    struct query *query = find(cache, text);

    if (query && !query_is_stale(query, options->txn)) {
        *out = query;
        return STATUS_OK;
    }
    query_free(query);
    return query_prepare(out, text, options);
}

void query_cache_give(struct query_cache *cache, struct query *query)
{
    struct query *oldest = NULL;

    if (!query)
        return;
    pthread_mutex_lock(&cache->lock);
    cache->queries[cache->n++] = query;
    if (cache->n > cache->capacity)
        oldest = remove_at(cache, 0);
    pthread_mutex_unlock(&cache->lock);
    query_free(oldest);
}
