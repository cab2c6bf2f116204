/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The table of endpoints: what exists, who may call it, how much may be sent, who answers it. */

#include "base/buf.h"
#include "service/token.h"

#define ROUTE_PARTS_MAX 2
#define ROUTE_PART_BYTES_MAX 1024

/* Where a request is worked on. */
enum lane {
    LANE_HTTP,   /* at once, in the thread that read it: microseconds */
    LANE_SCREEN, /* screening threads */
    LANE_DRAFT,  /* drafting threads, then the writer */
    LANE_WRITE,  /* the one writer, in groups */
    LANE_QUERY,  /* investigators' threads */
};

enum endpoint {
    ENDPOINT_SCREENINGS,
    ENDPOINT_DECISION,
    ENDPOINT_TAGS,
    ENDPOINT_EVENTS,
    ENDPOINT_QUERY,
    ENDPOINT_HEALTH,
    ENDPOINT_READY,
    ENDPOINT_METRICS,
    ENDPOINT_OPENAPI,
    ENDPOINT_COUNT_,
};

struct route {
    enum endpoint endpoint;
    const char *method;
    const char *path;     /* {} stands for one part */
    unsigned roles;       /* ROLE_BIT()s; 0: open to all */
    enum lane lane;
    const char *flag;     /* the one it takes behind the path, as in ?record=false; or NULL */
};

/* In order of enum endpoint. */
extern const struct route routes[ENDPOINT_COUNT_];

/* A request's path, decoded. */
struct route_match {
    const struct route *route;   /* NULL: no such path */
    bool method_differs;         /* the path is there, but not with this method */
    size_t n_parts;
    struct slice parts[ROUTE_PARTS_MAX]; /* lent by `bytes` */
    char bytes[ROUTE_PART_BYTES_MAX];
};

/*
 * Finds a route; `path` is raw, percent-encoded. HEAD counts as GET. STATUS_INVALID: an encoding
 * that is none, a NUL byte, text that is not UTF-8, a part too long.
 */
MUST_CHECK enum status route_find(struct route_match *out, struct slice method, struct slice path);
bool route_allows(const struct route *route, enum role role);
