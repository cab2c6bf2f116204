/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What schema_load.c makes and schema.c is asked for. */

#include "base/arena.h"
#include "graph/schema.h"

/* What schema_load() gives: the public part first. */
struct schema_loaded {
    struct schema schema;
    struct arena arena;
    struct normaliser **normalisers;
    size_t n_normalisers;
    uint32_t n_symbols;          /* of the tables below */
    uint32_t *label_of, *type_of; /* symbol -> place + 1, or 0 */
};
