/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/schema_file.h"

static const char *const check_words[] = { "none", "uscc", "identity", NULL };
/* In the order of enum label_role. */
static const char *const label_words[] = {
    "other", "principal", "identifier", "application", "account", "loan", "group", NULL,
};
/* In the order of role_offsets. */
static const char *const role_words[] = {
    "none", "ownership", "membership", "kin", "represents", "applied", "guarantees", "owns",
    "borrowed", "transfers", "manages", "contact", "deposits", "repayments", "results", "supplies",
    NULL,
};
#define LINE_OF(type_) { .type = YAML_LINE, .offset = offsetof(type_, line) }

static const struct yaml_field replacement_fields[] = {
    { YAML_KEY(struct normaliser_replacement, pattern), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct normaliser_replacement, with), .type = YAML_TEXT, .required = true },
    LINE_OF(struct normaliser_replacement),
    { 0 },
};
static const struct yaml_shape replacement_shape = {
    replacement_fields, sizeof(struct normaliser_replacement)
};
static const struct yaml_field normaliser_fields[] = {
    { YAML_KEY(struct normaliser_text, name), .type = YAML_TEXT, .required = true },
    { YAML_LIST_KEY(struct normaliser_text, fold, n_fold), .item = YAML_TEXT },
    { YAML_KEY(struct normaliser_text, canonical), .type = YAML_TEXT },
    { YAML_LIST_KEY(struct normaliser_text, replace, n_replace), .item = YAML_MAP,
      .shape = &replacement_shape },
    { YAML_KEY(struct normaliser_text, valid), .type = YAML_TEXT },
    { YAML_KEY(struct normaliser_text, check), .type = YAML_CHOICE, .words = check_words },
    { YAML_KEY(struct normaliser_text, check_length), .type = YAML_INT },
    LINE_OF(struct normaliser_text),
    { 0 },
};
static const struct yaml_shape normaliser_shape = {
    normaliser_fields, sizeof(struct normaliser_text)
};
static const struct yaml_field label_fields[] = {
    { YAML_KEY(struct label_text, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct label_text, role), .type = YAML_CHOICE, .words = label_words },
    { YAML_KEY(struct label_text, key), .type = YAML_TEXT },
    { YAML_KEY(struct label_text, sensitive_key), .type = YAML_BOOL },
    { YAML_LIST_KEY(struct label_text, index, n_index), .item = YAML_TEXT },
    LINE_OF(struct label_text),
    { 0 },
};
static const struct yaml_shape label_shape = { label_fields, sizeof(struct label_text) };
static const struct yaml_field edge_fields[] = {
    { YAML_KEY(struct edge_text, type), .type = YAML_TEXT, .required = true },
    { YAML_LIST_KEY(struct edge_text, from, n_from), .item = YAML_TEXT },
    { YAML_LIST_KEY(struct edge_text, to, n_to), .item = YAML_TEXT },
    { YAML_LIST_KEY(struct edge_text, identity, n_identity), .item = YAML_TEXT },
    { YAML_KEY(struct edge_text, role), .type = YAML_CHOICE, .words = role_words },
    { YAML_KEY(struct edge_text, event), .type = YAML_BOOL },
    LINE_OF(struct edge_text),
    { 0 },
};
static const struct yaml_shape edge_shape = { edge_fields, sizeof(struct edge_text) };
static const struct yaml_field kind_fields[] = {
    { YAML_KEY(struct kind_text, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct kind_text, label), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct kind_text, weight), .type = YAML_FLOAT, .required = true },
    { YAML_KEY(struct kind_text, candidate_cap), .type = YAML_INT, .required = true },
    { YAML_KEY(struct kind_text, evidence_cap), .type = YAML_INT, .required = true },
    LINE_OF(struct kind_text),
    { 0 },
};
static const struct yaml_shape kind_shape = { kind_fields, sizeof(struct kind_text) };
static const struct yaml_field link_fields[] = {
    { YAML_KEY(struct link_text, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct link_text, kind), .type = YAML_TEXT, .required = true },
    { YAML_LIST_KEY(struct link_text, steps, n_steps), .item = YAML_TEXT, .required = true },
    LINE_OF(struct link_text),
    { 0 },
};
static const struct yaml_shape link_shape = { link_fields, sizeof(struct link_text) };
static const struct yaml_field class_fields[] = {
    { YAML_KEY(struct class_text, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct class_text, candidate_cap), .type = YAML_INT, .required = true },
    { YAML_KEY(struct class_text, evidence_cap), .type = YAML_INT, .required = true },
    LINE_OF(struct class_text),
    { 0 },
};
static const struct yaml_shape class_shape = { class_fields, sizeof(struct class_text) };
static const struct yaml_field schema_fields[] = {
    { YAML_KEY(struct schema_text, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct schema_text, default_country), .type = YAML_TEXT },
    { YAML_LIST_KEY(struct schema_text, normalisers, n_normalisers), .item = YAML_MAP,
      .shape = &normaliser_shape },
    { YAML_LIST_KEY(struct schema_text, labels, n_labels), .item = YAML_MAP,
      .shape = &label_shape, .required = true },
    { YAML_LIST_KEY(struct schema_text, edges, n_edges), .item = YAML_MAP, .shape = &edge_shape },
    { YAML_LIST_KEY(struct schema_text, kinds, n_kinds), .item = YAML_MAP, .shape = &kind_shape },
    { YAML_LIST_KEY(struct schema_text, links, n_links), .item = YAML_MAP, .shape = &link_shape },
    { YAML_LIST_KEY(struct schema_text, classes, n_classes), .item = YAML_MAP,
      .shape = &class_shape },
    { YAML_LIST_KEY(struct schema_text, sensitive_properties, n_sensitive_properties),
      .item = YAML_TEXT },
    { 0 },
};
const struct yaml_shape schema_file_shape = { schema_fields, sizeof(struct schema_text) };
