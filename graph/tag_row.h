/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the tag tables share: keys, records, and numbers kept in META. */

#include "graph/tag.h"
#include "store/row.h"

struct store_cursor;

#define TAG_KEY_MAX (1 + 8 + 8 + TAG_CODE_MAX + 1 + 1 + 8)
#define META_PUBLICATION "publication"
#define META_OVERLAY "overlay"

/* Index keys, in `key` of TAG_KEY_MAX bytes: by code; by ring ('R') or run ('P'); found apart. */
struct slice tag_index_code(unsigned char *key, const struct tag *tag);
struct slice tag_index_number(unsigned char *key, char kind, uint64_t number,
                              const struct tag *tag);
struct slice tag_index_apart(unsigned char *key, const struct tag *tag);
/* A code with its zero byte, and subject, code and origin: what a tag's rows begin with. */
size_t tag_put_code(unsigned char *at, struct slice code);
size_t tag_row_prefix(unsigned char *key, struct node_id subject, struct slice code,
                      enum tag_origin origin);
struct slice tag_row_key(unsigned char *key, const struct tag *tag);
/* Subject, code (lent) and origin, from such a prefix, or from an entry by code. */
MUST_CHECK enum status tag_parse_row(struct tag *tag, const unsigned char *at, size_t size);
MUST_CHECK enum status tag_parse_code_entry(struct tag *tag, struct slice key);

/* Records. What is read is lent by `bytes` and `arena`. */
MUST_CHECK enum status tag_encode(struct buf *out, struct arena *arena, const struct tag *tag);
MUST_CHECK enum status tag_decode(struct tag *tag, struct arena *arena, struct slice bytes);

/* The newest version of `identity` that is not younger than `born_max`; STATUS_NOT_FOUND. */
MUST_CHECK enum status tag_read_version(struct tag *out, struct arena *arena,
                                        struct store_cursor *rows, const struct tag *identity,
                                        uint64_t born_max);
/* Joins what people said of the tag's subject. */
MUST_CHECK enum status tag_join(struct tag *tag, struct arena *arena, struct graph_txn *txn,
                                const struct tag_view *view);
/* The number a view compares births of that origin with. */
uint64_t tag_newest(const struct tag_view *view, enum tag_origin origin);

/* A number kept in META under `name`; 0 where there is none. */
MUST_CHECK enum status tag_meta_number(uint64_t *number, struct graph_txn *txn, const char *name);
MUST_CHECK enum status tag_meta_set(struct graph_txn *txn, const char *name, uint64_t number);

/* Appends the record of a version, and writes one made before. */
MUST_CHECK enum status tag_record(struct buf *out, struct arena *arena, const struct tag *tag);
MUST_CHECK enum status tag_put_record(struct graph_txn *txn, const struct tag *tag,
                                      struct slice record);

/* Evidence as a field of a record, and back (in `arena`). */
MUST_CHECK enum status tag_edges_encode(struct value *out, struct arena *arena,
                                        const struct tag_edge *edges, size_t n);
MUST_CHECK enum status tag_edges_decode(const struct tag_edge **out, size_t *n,
                                        struct arena *arena, const struct value *value);

struct run;
/* Stores a run's record under its number. */
MUST_CHECK enum status run_put(struct graph_txn *txn, const struct run *run);
