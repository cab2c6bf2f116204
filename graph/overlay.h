/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What people said: confirm, dismiss, allow, block, and the end of an allow or block.
 *
 * Committed at once, numbered across the graph, never changed; joined to tags at reading, so a
 * retag can't overwrite them. A confirmation or dismissal keeps the level and evidence it was
 * given on and holds while the tag shows that level and no other edges.
 */

#include "graph/tag.h"

enum overlay_kind {
    OVERLAY_CONFIRM,
    OVERLAY_DISMISS,
    OVERLAY_ALLOW, /* white list: never hides the natural score */
    OVERLAY_BLOCK,
    OVERLAY_END,   /* of the allow or block entry `ends` */
    OVERLAY_ADD,   /* a person's own tag; the tag itself lies with the tags */
};

const char *overlay_kind_name(enum overlay_kind kind);

struct overlay {
    uint64_t number;
    struct node_id subject;
    enum overlay_kind kind;
    struct slice code;      /* empty: all codes */
    struct slice person, note;
    int64_t at_us;          /* clock time of its commit */
    int64_t until_us;       /* allow, block: exclusive end; TIME_MAX: none */
    uint64_t ends;
    enum tag_origin origin; /* confirm, dismiss: of the tag that was judged */
    enum tag_level level;   /* ... and what it was given on; 0 otherwise */
    const struct tag_edge *edges; /* sorted by tag_edge_compare() */
    size_t n_edges;
};

/* Writes it under the next number, which it gives. STATUS_INVALID without person or subject. */
MUST_CHECK enum status overlay_add(uint64_t *number, struct graph_txn *txn,
                                   const struct overlay *overlay);
/*
 * Confirms or dismisses the visible tags with that code, whatever their origin (one entry each,
 * the last one's number is given). STATUS_NOT_FOUND where there is none.
 */
MUST_CHECK enum status overlay_judge(uint64_t *number, struct graph_txn *txn,
                                     enum overlay_kind kind, struct node_id subject,
                                     struct slice code, struct slice person, struct slice note);
/* A person's own tag, confirmed by him who sets it; committed with the transaction. */
MUST_CHECK enum status overlay_add_tag(uint64_t *number, struct graph_txn *txn,
                                       const struct tag *tag);
/* Ends the allow or block entry `ends`. STATUS_INVALID: no such entry, or over already. */
MUST_CHECK enum status overlay_end(uint64_t *number, struct graph_txn *txn, uint64_t ends,
                                   struct slice person, struct slice note);

/* Its texts in `arena`. STATUS_NOT_FOUND: no entry was given that number yet. */
MUST_CHECK enum status overlay_find(struct overlay *out, struct arena *arena,
                                    struct graph_txn *txn, uint64_t number);
/* Those of a subject (0: of all) up to `last`, in order of number; an array in `arena`. */
MUST_CHECK enum status overlay_list(struct overlay **out, size_t *n, struct arena *arena,
                                    struct graph_txn *txn, struct node_id subject, uint64_t last);
/* The entry of `kind` in force for the code at `at_us` among a subject's overlays, or NULL. */
const struct overlay *overlay_in_force(const struct overlay *overlays, size_t n,
                                       enum overlay_kind kind, struct slice code, int64_t at_us);
/* Fills state, overlay, overlay_past and allowed of a stored version. */
void overlay_join(struct tag *tag, const struct overlay *overlays, size_t n, int64_t at_us);
