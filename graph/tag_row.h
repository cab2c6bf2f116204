/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the tag tables share: keys, records, and numbers kept in META. */

#include "graph/tag.h"

#define TAG_KEY_MAX (1 + 8 + 8 + TAG_CODE_MAX + 1 + 1 + 8)
#define META_PUBLICATION "publication"
#define META_OVERLAY "overlay"

/* Big-endian, so that byte order is number order. */
void tag_key_u64(unsigned char *at, uint64_t number);
uint64_t tag_key_read(const unsigned char *at);

/* Index keys, in `key` of TAG_KEY_MAX bytes: by code; by ring ('R') or run ('P'). */
struct slice tag_index_code(unsigned char *key, const struct tag *tag);
struct slice tag_index_number(unsigned char *key, char kind, uint64_t number,
                              const struct tag *tag);

/* A number kept in META under `name`; 0 where there is none. */
MUST_CHECK enum status tag_meta_number(uint64_t *number, struct graph_txn *txn, const char *name);
MUST_CHECK enum status tag_meta_set(struct graph_txn *txn, const char *name, uint64_t number);

/* Appends the record of a version, and writes one made before. */
MUST_CHECK enum status tag_record(struct buf *out, struct arena *arena, const struct tag *tag);
MUST_CHECK enum status tag_put_record(struct graph_txn *txn, const struct tag *tag,
                                      struct slice record);

/* Evidence as a flat list of numbers, and back (in `arena`). */
MUST_CHECK enum status tag_edges_encode(struct value *out, struct arena *arena,
                                        const struct tag_edge *edges, size_t n);
MUST_CHECK enum status tag_edges_decode(const struct tag_edge **out, size_t *n,
                                        struct arena *arena, const struct value *value);
