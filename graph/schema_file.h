/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A schema file as YAML gives it, names not yet resolved: for schema_load.c only. */

#include "base/yaml.h"
#include "graph/normaliser.h"

struct label_text {
    const char *name, *key;
    int role;
    const char **index;
    size_t n_index;
    bool sensitive_key;
    uint32_t line;
};

struct edge_text {
    const char *type;
    const char **from, **to, **identity;
    size_t n_from, n_to, n_identity;
    int role; /* place in role_words */
    bool event;
    uint32_t line;
};

struct kind_text {
    const char *name, *label;
    double weight;
    int64_t candidate_cap, evidence_cap;
    uint32_t line;
};

struct link_text {
    const char *name, *kind;
    const char **steps;
    size_t n_steps;
    uint32_t line;
};

struct class_text {
    const char *name;
    int64_t candidate_cap, evidence_cap;
    uint32_t line;
};

struct schema_text {
    const char *name, *default_country;
    struct normaliser_text *normalisers;
    struct label_text *labels;
    struct edge_text *edges;
    struct kind_text *kinds;
    struct link_text *links;
    struct class_text *classes;
    const char **sensitive_properties;
    size_t n_normalisers, n_labels, n_edges, n_kinds, n_links, n_classes, n_sensitive_properties;
};

/* Of a mapping of struct schema_text. */
extern const struct yaml_shape schema_file_shape;
