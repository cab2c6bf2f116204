/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Symbols: the names of labels, edge types and properties, interned per graph.
 *
 * A symbol is a small dense uint32_t; 0 is no symbol. Lookups are O(1) in memory and safe from
 * any thread; names never change or go.
 */

#include "graph/graph.h"

/* The symbol of `name`, or 0 where the graph has none. */
uint32_t catalog_find(struct catalog *catalog, struct slice name);
/* Lends the name; the empty slice for 0 or an unknown symbol. */
struct slice catalog_name(struct catalog *catalog, uint32_t symbol);
/* Symbols are 1..catalog_size(). */
uint32_t catalog_size(struct catalog *catalog);
/* While it stays the same, so do all names and their symbols. */
uint64_t catalog_version(struct catalog *catalog);

/* The symbol of `name`, added by this write transaction where new (1..255 bytes of UTF-8). */
MUST_CHECK enum status catalog_intern(uint32_t *symbol, struct graph_txn *txn, struct slice name);
