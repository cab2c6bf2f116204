/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What writing and loading of dumps share. */

#include "base/emit.h"
#include "graph/dump.h"
#include "graph/private.h"

#define DUMP_FORMAT 1
/* Under this name stands what JSON can't say: msgpack in hex, with its text beside it. */
#define DUMP_TAG "$msgpack"
#define META_STATE_KEY SLICE("state")
#define META_SCHEMA_KEY SLICE("schema")

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
/* The table's name on disk, and back (TABLE_COUNT_: no such table). */
const char *dump_table_name(enum store_table table);
enum store_table dump_table_find(struct slice name);
