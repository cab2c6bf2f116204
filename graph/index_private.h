/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Keys of the index, shared by its writing (index.c) and reading (index_scan.c). */

#include "base/value.h"
#include "store/row.h"

#define INDEX_TEXT_MAX 40
#define INDEX_HEAD 4 /* label and property: there are fewer than 2^16 symbols */
#define INDEX_KEY_MAX (INDEX_HEAD + 1 + INDEX_TEXT_MAX + 1 + NODE_KEY_BYTES)

struct index_key {
    unsigned char bytes[INDEX_KEY_MAX];
    size_t size;
};

void index_key_start(struct index_key *key, uint32_t label, uint32_t property);
/* Class and value; `value` is one that index_holds(). */
void index_key_value(struct index_key *key, const struct value *value);
void index_key_node(struct index_key *key, struct node_id id);
