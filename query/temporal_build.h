/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Temporal values from maps of components: what the functions that make them share. */

#include "query/function_private.h"
#include "query/temporal_parts.h"

#define POINTS                                                                                     \
    (BIT(DATE) | BIT(LOCAL_TIME) | BIT(TIME) | BIT(LOCAL_DATETIME) | BIT(DATETIME))

static inline bool temporal_has_date(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_LOCAL_DATETIME || type == VALUE_DATETIME;
}

struct temporal_build {
    struct eval *eval;
    const struct expr *expr;
    const struct value *map;
    struct parts parts;
    bool date_based, time_based; /* parts hold a date, a time to start from */
};

/* The map's components into build->parts, as a value of `type`; `truncated`: over a start. */
MUST_CHECK enum status temporal_build(struct temporal_build *build, enum value_type type,
                                      bool truncated);
/* datetime({epochSeconds ..}) or ({epochMillis ..}); *done: the map has one of them. */
MUST_CHECK enum status temporal_build_epoch(struct value *out, struct temporal_build *build,
                                            bool *done);
MUST_CHECK enum status call_duration(struct value *out, struct eval *eval,
                                     const struct expr *expr, const struct value *args);
MUST_CHECK enum status call_between(struct value *out, struct eval *eval, const struct expr *expr,
                                    const struct value *args);
/* What the map is to start from: its date, time or datetime. */
MUST_CHECK enum status temporal_build_base(struct temporal_build *build);
void temporal_attach_zone(struct parts *parts, const struct parts *zone);
enum status temporal_bad(struct eval *eval, const struct expr *expr, const char *why);

enum { BETWEEN_ALL, BETWEEN_MONTHS, BETWEEN_DAYS, BETWEEN_SECONDS };
