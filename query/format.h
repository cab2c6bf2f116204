/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Values as text and as JSON.
 *
 * As text: 'a string', [1, 2], {key: 1}, (:Label {key: 1}), [:TYPE {key: 1}],
 * <(:A)-[:T]->(:B)>. In JSON a node is {"labels":[..],"key":..,"properties":{..}}, a relationship
 * {"type":..,"from":..,"to":..,"properties":{..}}, a path a list alternating both.
 */

#include "base/buf.h"
#include "base/emit.h"
#include "query/eval.h"

struct format_options {
    bool bare_strings; /* top-level strings and times without quotes, for tables and CSV */
    bool node_keys;    /* the key of a node inside its brackets */
};

MUST_CHECK enum status value_show(struct buf *out, struct eval *eval, const struct value *value,
                                  const struct format_options *options);
/* Into an emitter; failures to read the graph are returned, others stick to the emitter. */
MUST_CHECK enum status value_emit(struct emit *emit, struct eval *eval, const struct value *value);
