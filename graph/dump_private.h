/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What writing and loading of dumps share. */

#include "base/emit.h"
#include "graph/dump.h"
#include "graph/private.h"
#include "store/sorter.h"

#define DUMP_FORMAT 1
/* Under this name stands what JSON can't say: msgpack in hex, with its text beside it. */
#define DUMP_TAG "$msgpack"

/* A property value as JSON that dump_value_read() gives back exactly. */
MUST_CHECK enum status dump_value(struct emit *emit, const struct value *value);
/* The value that dump_value() wrote, from parsed JSON; what it makes lies in `arena`. */
MUST_CHECK enum status dump_value_read(struct value *out, struct arena *arena,
                                       const struct value *json);
void dump_hex(struct emit *emit, struct slice bytes);
/* STATUS_INVALID for text that is no hex. */
MUST_CHECK enum status dump_hex_read(struct slice *out, struct arena *arena, struct slice text);

/* Tables whose rows are dumped as they are; the others have lines of their own, or are computed. */
bool dump_is_raw(enum store_table table);
/* TABLE_COUNT_: no table has this name. */
enum store_table dump_table_find(struct slice name);

/* node (8), group code (4), valid_from (8), edge (8), born (8); the record has code 0 */
#define PART_KEY_BYTES 36

struct dump_load {
    struct graph *graph;
    struct graph_txn *txn;
    struct dump_counts *counts;
    struct sorter *parts; /* of node rows */
    struct sorter *keys;  /* of the key table */
    struct arena arena;   /* of one line, or one node */
    struct buf bytes, properties;
    uint64_t n_lines;
    bool begun, ended;
    struct graph_counts header;
};

/*
 * Fields of a line. `need` fails with STATUS_INVALID that names the field where it is missing;
 * `take` has an answer for that. What they give lies in the load's arena or in `map`.
 */
MUST_CHECK enum status dump_need_number(uint64_t *out, const struct value *map, const char *name);
MUST_CHECK enum status dump_take_time(int64_t *out, const struct value *map, const char *name,
                                      int64_t absent);
/* Text as dump_value() writes it; *there is false where the field is missing. */
MUST_CHECK enum status dump_take_text(struct slice *out, bool *there, struct dump_load *load,
                                      const struct value *map, const char *name);
MUST_CHECK enum status dump_need_text(struct slice *out, struct dump_load *load,
                                      const struct value *map, const char *name);
MUST_CHECK enum status dump_need_hex(struct slice *out, struct dump_load *load,
                                     const struct value *map, const char *name);
/* Symbols come before what uses them, so that their numbers stay. */
MUST_CHECK enum status dump_need_symbol(uint32_t *out, struct dump_load *load, struct slice name);
/* Encoded for a record or an entry; lent until the next call. */
MUST_CHECK enum status dump_take_properties(struct slice *out, struct dump_load *load,
                                            const struct value *map);

/* The sorted parts become node rows, the sorted keys the key table. */
MUST_CHECK enum status dump_write_nodes(struct dump_load *load);
MUST_CHECK enum status dump_write_keys(struct dump_load *load);
