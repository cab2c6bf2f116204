/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Prepared queries kept by their text, so that asking again costs no parsing and no planning.
 *
 * A query is taken out while it runs and given back afterwards: two threads never share one. A
 * plan is right for every state of the graph; only its costs were estimated at an earlier one, so
 * one is made anew when the graph has grown or shrunk by a half since. Safe from any thread.
 */

#include "base/buf.h"
#include "base/status.h"

struct query;
struct query_cache;
struct query_prepare_options;

/* Gives a cache of at most `capacity` queries; the one used longest ago goes first. */
MUST_CHECK enum status query_cache_new(struct query_cache **out, size_t capacity);
void query_cache_free(struct query_cache *cache);
/* Gives a query, from the cache or prepared anew. Release with query_cache_give(). */
MUST_CHECK enum status query_cache_take(struct query **out, struct query_cache *cache,
                                        struct slice text,
                                        const struct query_prepare_options *options);
/* Takes the query back; NULL is fine. */
void query_cache_give(struct query_cache *cache, struct query *query);
