/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * YAML into structures: the door to libcyaml (and to libyaml underneath it, for positions).
 *
 * A structure is described by a table of its keys, read once, no code per key:
 *
 *     struct rule { const char *code; int64_t points; const double *limit; uint32_t line; };
 *     static const struct yaml_field rule_fields[] = {
 *         { YAML_KEY(struct rule, code), .type = YAML_TEXT, .required = true },
 *         { YAML_KEY(struct rule, points), .type = YAML_INT },
 *         { YAML_KEY(struct rule, limit), .type = YAML_FLOAT, .maybe = true },
 *         { .type = YAML_LINE, .offset = offsetof(struct rule, line) },
 *         { 0 },
 *     };
 *     static const struct yaml_shape rule_shape = { rule_fields, sizeof(struct rule) };
 *
 * Keys are fixed by the table: free names are written as lists, `- {name: .., ...}`. Unknown and
 * repeated keys, wrong types, aliases and a second document are refused. What is absent is zero.
 */

#include "base/arena.h"

enum yaml_type {
    YAML_END,    /* ends a table: { 0 } */
    YAML_TEXT,   /* const char * */
    YAML_INT,    /* int64_t */
    YAML_FLOAT,  /* double, finite */
    YAML_BOOL,   /* bool: true, false, yes or no */
    YAML_CHOICE, /* int: the place of the word in `words` */
    YAML_MAP,    /* struct of `shape` *: NULL where absent */
    YAML_LIST,   /* array of `item` behind a pointer, its length in the size_t at `count_offset` */
    YAML_LINE,   /* uint32_t: the line on which this structure starts; has no key */
};

struct yaml_shape;

struct yaml_field {
    const char *name;
    enum yaml_type type;
    size_t offset;
    size_t count_offset;            /* LIST */
    enum yaml_type item;            /* LIST: TEXT, INT, FLOAT, or MAP (structures in place) */
    const struct yaml_shape *shape; /* MAP, and LIST of MAP */
    const char *const *words;       /* CHOICE: ends with NULL */
    bool required;
    bool maybe;                     /* INT, FLOAT, BOOL: a pointer, NULL where absent */
};

struct yaml_shape {
    const struct yaml_field *fields;
    size_t size; /* of the structure in bytes */
};

#define YAML_KEY(type_, member) .name = #member, .offset = offsetof(type_, member)
#define YAML_LIST_KEY(type_, member, count)                                                        \
    YAML_KEY(type_, member), .type = YAML_LIST, .count_offset = offsetof(type_, count)

#define YAML_BYTES_MAX ((size_t)4 << 20)

/*
 * Reads one document, a mapping of `shape`, into `arena`, which lends all of `*out`.
 * STATUS_INVALID names `file`, line and column and the key. Cost: three passes over the text.
 */
MUST_CHECK enum status yaml_load(void **out, struct arena *arena, const struct yaml_shape *shape,
                                 const char *file, struct slice text);
