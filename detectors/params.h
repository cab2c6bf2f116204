/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Parameters of detectors: tables of name, meaning, unit, default and range, from which options,
 * help, hashes and checks follow.
 *
 * Every value is an int64_t in its detector's block; decimals are kept in millionths. One set of
 * values serves a whole run; it is filled once, then only read.
 */

#include "base/buf.h"
#include "graph/schema.h"

#define PARAMS_HASH_MAX 17
#define DECIMAL_ONE ((int64_t)1000000)

enum param_type {
    PARAM_WHOLE,
    PARAM_DECIMAL, /* millionths */
};

struct param {
    const char *name;     /* as after the dot of --set CODE.name=value */
    const char *meaning;
    const char *unit;     /* "days", "principals", ... */
    size_t offset;        /* of its int64_t in the block */
    enum param_type type;
    int64_t fallback, min, max;
    const char *compares; /* the finding's number held against it, for policy; NULL: none */
};

/* A shared parameter that is no number, and so has no range. */
struct param_text {
    const char *name;
    const char *meaning; /* says the default, too */
    const char *form;    /* what its value looks like */
};

/* Section 0 of the definitions: --set SHARED.name=value. */
struct shared_params {
    int64_t lookback_days;
    int64_t steady_principals;
    int64_t steady_span_days;
    int64_t steady_factor; /* millionths */
    int64_t decay_days;
};

/* Caps of a class or of an identifier's label, over what the schema says. */
struct cap_override {
    char name[64];
    uint32_t candidate, evidence;
};

#define CAP_OVERRIDES_MAX 64
#define SUBJECT_LABELS_MAX 8

struct detector;

struct params {
    struct shared_params shared;
    char subject_labels[SUBJECT_LABELS_MAX][64]; /* empty: those the schema's principals default */
    size_t n_subject_labels;
    struct cap_override caps[CAP_OVERRIDES_MAX];
    size_t n_caps;
    unsigned char **blocks; /* one per registered detector */
    size_t n_blocks;
};

/* All defaults. */
MUST_CHECK enum status params_init(struct params *params);
void params_fini(struct params *params);
/*
 * One `CODE.param=value`, as after --set: CODE is a detector's id or one of its codes, or SHARED
 * (parameters of shared_params, `subject_labels=A,B`, `cap.CLASS=C/E`; a label such as
 * Device in place of CLASS sets its kind). STATUS_USAGE names what was wrong and what there is.
 */
MUST_CHECK enum status params_set(struct params *params, struct slice assignment);
/* STATUS_USAGE names a label listed as a subject that is no principal of the schema. */
MUST_CHECK enum status params_check(const struct params *params, const struct schema *schema);
/* The detector's block, of its params_size. */
const void *params_of(const struct params *params, const struct detector *detector);
/* 16 hex digits over shared and the detector's own values, in table order. */
MUST_CHECK enum status params_hash(char text[PARAMS_HASH_MAX], const struct params *params,
                                   const struct detector *detector);
/* The value as text: whole, or with up to six decimals. */
enum status params_print(struct buf *out, const struct param *param, int64_t value) MUST_CHECK;

/* The table of shared_params, ended by a NULL name. */
const struct param *params_shared(void);
/* What else can be set as SHARED, ended by a NULL name. */
const struct param_text *params_shared_texts(void);

/* Unrelated users with whom an identifier still links, and fires. */
struct caps {
    uint32_t candidate, evidence;
    struct slice class_name; /* empty: none */
};
/* In force for an identifier: of its class where known, else of its kind; overrides win. */
struct caps params_caps(const struct params *params, const struct schema *schema,
                        const struct schema_kind *kind, struct slice class_name);
/* Whether nothing is linked or fires by way of the identifier, whoever uses it. */
static inline bool caps_closed(const struct caps *caps)
{
    return !caps->candidate && !caps->evidence;
}
