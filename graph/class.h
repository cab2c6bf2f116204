/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Classes of identifiers and enterprises: incubator, bank_branch, guarantee_company, ... A class
 * has its own caps (graph/schema.h), or its kind's where the schema gives it none.
 */

#include "graph/node.h"

#define CLASS_PROPERTY "class"

/* Sets the class, or takes it away (`class_name` empty). *changed is optional. */
MUST_CHECK enum status class_set(bool *changed, struct graph_txn *txn, struct node_id id,
                                  struct slice class_name);
