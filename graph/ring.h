/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Rings: groups of subjects with a number that stays the same from run to run.
 *
 * A run's groups are matched with those of the publication before by overlap; what happened to
 * each is a version of its ring's record, stamped with the publication that brought it.
 */

#include "graph/tag.h"

#define RING_NAME_MAX 24

enum ring_event { RING_BORN, RING_GREW, RING_SHRANK, RING_CHANGED, RING_MERGED, RING_SPLIT,
                  RING_DISSOLVED, RING_RESTORED };

const char *ring_event_name(enum ring_event event);
/* R-000001; a longer number has more digits. */
const char *ring_name(char text[RING_NAME_MAX], uint64_t number);
MUST_CHECK enum status ring_parse(uint64_t *number, struct slice text);

struct ring_record {
    uint64_t number;
    uint64_t born;         /* publication of this version */
    enum ring_event event;
    struct slice by;       /* detector's name: rings are matched within one */
    const struct node_id *members; /* sorted by id; empty once dissolved or merged */
    size_t n_members;
    const uint64_t *relatives; /* born by split: from; merged: into, or which ones it took in */
    size_t n_relatives;
    struct value numbers;  /* features of the group, or null */
};

/* The version in force in the view; STATUS_NOT_FOUND. */
MUST_CHECK enum status ring_find(struct ring_record *out, struct arena *arena,
                                 struct graph_txn *txn, const struct tag_view *view,
                                 uint64_t number);
/* All versions up to the view, oldest first; an array in `arena`. */
MUST_CHECK enum status ring_history(struct ring_record **out, size_t *n, struct arena *arena,
                                    struct graph_txn *txn, const struct tag_view *view,
                                    uint64_t number);
/* Living rings (with members) in force in the view, by number; `by` empty: of all detectors. */
MUST_CHECK enum status ring_list(struct ring_record **out, size_t *n, struct arena *arena,
                                 struct graph_txn *txn, const struct tag_view *view,
                                 struct slice by);
/* Appends the record of a version; writes one made before; removes the version `born`. */
MUST_CHECK enum status ring_record(struct buf *out, const struct ring_record *ring);
MUST_CHECK enum status ring_put_record(struct graph_txn *txn, uint64_t number, uint64_t born,
                                       struct slice record);
MUST_CHECK enum status ring_remove(struct graph_txn *txn, uint64_t number, uint64_t born);

/*
 * Gives each of a run's groups its number, and says what became of the old ones.
 *
 * `groups` come with members (sorted) in order of their smallest member as people name it; old
 * rings by number. A group takes the number of the old ring it shares most members with (ties:
 * smaller number, then first group), each number once; the rest get numbers from *next on, in
 * order. Fills number, event and relatives of groups. Old ones that went are left without members,
 * with event and relatives. `unchanged[i]`: group i has the members and numbers its ring had.
 * Cost: O(m log m) in the members.
 */
MUST_CHECK enum status ring_match(struct ring_record *groups, size_t n_groups,
                                  struct ring_record *old, size_t n_old, bool *unchanged,
                                  uint64_t *next, struct arena *arena);
