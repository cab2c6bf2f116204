/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Reach: which principals use which identifiers, read link by link from the store.
 *
 * What is read is taken into the neighbourhood, so that uses.c finds the same uses in it.
 */

#include "detectors/neighbourhood.h"

/* A use as far as its edges were taken. */
struct reach {
    struct node_id principal;
    bool dated;
    bool through_application;
    int64_t start, end; /* equal where dated */
};

/* Which links of a kind. */
enum reach_links {
    REACH_DATED = 1,
    REACH_INTERVALS = 2,
    REACH_ALL = REACH_DATED | REACH_INTERVALS,
    REACH_APPLICATIONS = 4, /* dated ones through an application */
};

bool reach_wants(const struct schema_link *link, uint32_t kind, enum reach_links links);

struct reaches {
    struct reach *items;
    size_t n, capacity;
};

void reaches_fini(struct reaches *reaches);

/* Adds the identifiers of the kind that the principal reaches by such links. */
MUST_CHECK enum status reach_identifiers(struct id_list *out, struct neighbourhood *around,
                                         struct node_id principal, uint32_t kind,
                                         enum reach_links links);
/* Adds those that the focus reaches. */
MUST_CHECK enum status reach_focus_identifiers(struct id_list *out, struct neighbourhood *around,
                                               uint32_t kind, enum reach_links links);
/*
 * Edges by which such links arrive at the identifier, as the store counts them: where there are
 * none, only what the application itself states leads there.
 */
MUST_CHECK enum status reach_count(uint64_t *n, struct neighbourhood *around,
                                   struct node_id identifier, uint32_t kind,
                                   enum reach_links links);
/* Reads all that leads to the identifier by such links. */
MUST_CHECK enum status reach_read(struct neighbourhood *around, struct node_id identifier,
                                  uint32_t kind, enum reach_links links);
/* Reads of it what begins in [from_us, before_us). */
MUST_CHECK enum status reach_read_between(struct neighbourhood *around,
                                          struct node_id identifier, uint32_t kind,
                                          enum reach_links links, int64_t from_us,
                                          int64_t before_us);
/* Reads of it what touches the time after `after_us`. */
MUST_CHECK enum status reach_read_since(struct neighbourhood *around, struct node_id identifier,
                                        uint32_t kind, int64_t after_us);
/* Lists the uses of the identifier by such links that were taken, in no order. */
MUST_CHECK enum status reach_list(struct reaches *out, const struct neighbourhood *around,
                                  struct node_id identifier, uint32_t kind,
                                  enum reach_links links);
/* The principals of those that touch (after, T], each once. */
MUST_CHECK enum status reach_users(struct id_list *out, const struct reaches *reaches,
                                   const struct neighbourhood *around, int64_t after_us);
/* The most principals in a window of starts that holds one of the focus's. */
MUST_CHECK enum status reach_most(size_t *most, const struct reaches *reaches,
                                  const struct neighbourhood *around, int64_t width_us);

/* Beyond so many edges an identifier is busy: it is read by windows, and counted first. */
#define REACH_BUSY 24u

/* What a rule of windows (window.h) asks of an identifier. */
struct reach_rule {
    const char *code;
    enum reach_links links;
    int64_t width_us;
    int64_t min_principals; /* for reach_gather(): that fire a window */
    bool steady;            /* ... : a busy identifier may be settled by its rhythm */
};

/*
 * Reads what windows that hold one of the focus's uses can hold: of an identifier that is not busy
 * all.
 */
MUST_CHECK enum status reach_read_near(bool *busy, struct neighbourhood *around,
                                       struct node_id identifier, uint32_t kind,
                                       const struct reach_rule *rule);
/*
 * Whether every window of up to `most` principals that holds one of the focus's uses is certainly
 * part of the rhythm of a steady hub: counts uses outside those windows, oldest first, until there
 * are enough. Then it is settled so. Cost: a seek or two per use counted.
 */
MUST_CHECK enum status reach_is_steady(bool *steady, struct neighbourhood *around,
                                       struct node_id identifier, uint32_t kind,
                                       const struct reach_rule *rule, size_t most);

/* The caps in force for the identifier. */
MUST_CHECK enum status reach_caps(struct caps *out, struct neighbourhood *around,
                                  struct node_id identifier, uint32_t kind);
/* Whether the address is no whole building. */
MUST_CHECK enum status reach_is_room(bool *room, struct neighbourhood *around,
                                     struct node_id address);
/* Settles an identifier whose class has caps 0/0, so that nobody is linked through it. */
MUST_CHECK enum status reach_is_hub(bool *hub, struct neighbourhood *around, const char *code,
                                    struct node_id identifier, uint32_t kind);
/* Whether the principal applied in (after_us, T]; reads his applications. */
MUST_CHECK enum status reach_applied(bool *out, struct neighbourhood *around,
                                     struct node_id principal, int64_t after_us);
/*
 * Reads what touches the identifier after the time, unless its class or more unrelated subjects
 * than its candidate cap make it say nothing: then that is settled.
 */
MUST_CHECK enum status reach_read_capped(bool *capped, struct neighbourhood *around,
                                         const char *code, struct node_id identifier,
                                         uint32_t kind, int64_t after_us);
/* Relates every principal of the uses, so that unrelated ones can be told apart. */
MUST_CHECK enum status reach_relate(struct neighbourhood *around, const struct reaches *reaches);
/* Reads every use of the identifier, and relates whose they are. */
MUST_CHECK enum status reach_read_related(struct neighbourhood *around, struct node_id identifier,
                                          uint32_t kind, enum reach_links links);
/* Adds the applications by which uses of the identifier go, as far as taken. */
MUST_CHECK enum status reach_applications(struct id_list *out, struct neighbourhood *around,
                                          struct node_id identifier, uint32_t kind);
/* Reads all identifiers that the application states. */
MUST_CHECK enum status reach_stated(struct neighbourhood *around, struct node_id application);
/*
 * Gathers for a rule of windows. Only windows that hold a use of the focus's can tag it; where one
 * may, all uses of the identifier are read, and whose they are.
 */
MUST_CHECK enum status reach_gather(struct neighbourhood *around, struct node_id identifier,
                                    uint32_t kind, const struct reach_rule *rule);
