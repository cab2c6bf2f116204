/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Fraud tags: who shows which signal, how strongly, on what evidence, and what became of it.
 *
 * One tag per (subject, code, origin); each has a chain of versions that only grows. A version
 * carries the publication that brought it (detector and import tags) or the overlay number (a
 * person's tag), and is over when the next one comes. A reader takes the two current numbers once
 * (struct tag_view) and sees the newest version that is not younger: the whole old set or the
 * whole new one. What people said (graph/overlay.h) is joined at reading.
 */

#include "base/arena.h"
#include "base/value.h"
#include "graph/edge.h"

#define TAG_CODE_MAX 64
#define TAG_SCORE_ONE 1000000u /* 1.0 in fixed point with six decimals */

enum tag_level { TAG_HINT = 1, TAG_ATTENTION, TAG_ALERT };
enum tag_origin { TAG_DETECTOR, TAG_PERSON, TAG_IMPORT };
enum tag_state { TAG_PROPOSED, TAG_CONFIRMED, TAG_DISMISSED, TAG_EXPIRED, TAG_WITHDRAWN };

const char *tag_level_name(enum tag_level level);
const char *tag_origin_name(enum tag_origin origin);
const char *tag_state_name(enum tag_state state);
/* STATUS_INVALID names the text and what is expected. */
MUST_CHECK enum status tag_level_parse(enum tag_level *level, struct slice text);
MUST_CHECK enum status tag_state_parse(enum tag_state *state, struct slice text);
/* 1..64 of A-Z, 0-9, '_', starting with a letter; STATUS_INVALID otherwise. */
MUST_CHECK enum status tag_code_check(struct slice code);

/* An edge as evidence keeps it: found again with edge_find(). */
struct tag_edge {
    struct node_id from, to;
    uint32_t type;
    int64_t valid_from_us;
    struct edge_id id;
};

struct tag {
    struct node_id subject;
    struct slice code;
    enum tag_origin origin;
    enum tag_level level;
    uint32_t score;          /* millionths */
    uint64_t ring;           /* number of the ring, 0: none (graph/ring.h) */
    enum tag_state state;    /* as met: overlays and expiry joined */
    const struct tag_edge *edges; /* minimal evidence, in the order in which it is told */
    size_t n_edges;
    struct value numbers;    /* a map: what was compared with the parameters; or null */
    struct slice text;       /* one sentence for people; empty: none */
    struct slice by;         /* detector@version, or the source of an import */
    struct slice parameters; /* hash of the parameters, hex */
    uint64_t run;
    struct slice person;
    struct slice note;
    struct slice reason;     /* withdrawn: which evidence went */
    int64_t first_seen_us, last_seen_us;
    int64_t expires_us;      /* TIME_MAX: never */
    uint64_t born;           /* publication, or overlay for a person's tag */
    uint64_t overlay;        /* the confirmation or dismissal in force, 0: none */
    uint64_t overlay_past;   /* one that no longer holds because the evidence changed, 0: none */
    uint64_t allowed;        /* overlay of the allow entry in force, 0: none */
};

/* Type, from, valid_from, id, to. */
int tag_edge_compare(const struct tag_edge *a, const struct tag_edge *b);

/* What a reader sees; taken once per transaction, or set for the past. */
struct tag_view {
    uint64_t publication, overlay;
    int64_t at_us; /* for end dates: expiry of tags, allow and block entries */
};

/* The current numbers, at the transaction's as_of. Cost: two reads. */
MUST_CHECK enum status tag_view_now(struct tag_view *view, struct graph_txn *txn);

/* The visible version, with overlays joined, text and evidence in `arena`; STATUS_NOT_FOUND. */
MUST_CHECK enum status tag_find(struct tag *out, struct arena *arena, struct graph_txn *txn,
                                const struct tag_view *view, struct node_id subject,
                                struct slice code, enum tag_origin origin);

/* What decides over a node beside its tags. Cost: one seek where nobody said anything of it. */
struct tag_standing {
    bool confirmed;   /* has a tag in state confirmed */
    uint64_t blocked; /* overlay of the block in force, 0: none */
};
MUST_CHECK enum status tag_standing(struct tag_standing *out, struct graph_txn *txn,
                                    const struct tag_view *view, struct node_id subject);

/* Nodes with a confirmed tag, and blocked ones, each ascending and once. Zeroed memory is empty. */
struct tag_standings {
    struct node_id *confirmed, *blocked;
    size_t n_confirmed, confirmed_capacity, n_blocked, blocked_capacity;
    int64_t since_us, until_us; /* at any moment in [since, until) they would be the same */
};
/*
 * Adds those of the view. Cost: what people said and other systems' labels, not the detectors'
 * tags.
 */
MUST_CHECK enum status tag_standings(struct tag_standings *out, struct graph_txn *txn,
                                     const struct tag_view *view);
void tag_standings_fini(struct tag_standings *standings);

enum tag_walk { TAG_WALK_ALL, TAG_WALK_SUBJECT, TAG_WALK_CODE, TAG_WALK_RING, TAG_WALK_CHANGED };

/* The visible tags of one subject, code, ring, or all (by code, subject, origin); every state. */
struct tag_iter {
    struct tag tag;     /* lent: until the next call */
    enum status status; /* after the loop: STATUS_OK means the walk was complete */
    struct graph_txn *txn;
    struct tag_view view;
    enum tag_walk walk;
    unsigned char prefix[TAG_CODE_MAX + 16];
    size_t prefix_size;
    struct store_cursor *index, *rows;
    bool started;
    struct arena arena;
};

/* Keep `txn`, which must not write before tag_iter_stop(). Pair with that. */
void tag_iter_all(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view);
void tag_iter_subject(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                      struct node_id subject);
void tag_iter_code(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                   struct slice code);
void tag_iter_ring(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                   uint64_t ring);
/* Those that publication `number` brought a version of, as visible in `view`. */
void tag_iter_changed(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                      uint64_t number);
bool tag_iter_next(struct tag_iter *it);
void tag_iter_stop(struct tag_iter *it);

/* The versions of one tag up to the view, oldest first, without overlays; an array in `arena`. */
MUST_CHECK enum status tag_history(const struct tag **out, size_t *n, struct arena *arena,
                                   struct graph_txn *txn, const struct tag_view *view,
                                   struct node_id subject, struct slice code,
                                   enum tag_origin origin);

/*
 * Writing, for graph/publishing.h and graph/overlay.h: the version `tag->born` with its index
 * entries. STATUS_INVALID for a code or level out of range.
 */
MUST_CHECK enum status tag_put(struct graph_txn *txn, const struct tag *tag);
/* Removes a version and the index entries that only it needed. */
MUST_CHECK enum status tag_remove(struct graph_txn *txn, struct node_id subject, struct slice code,
                                  enum tag_origin origin, uint64_t born);
/* The version in force at `born_max`, without overlays; STATUS_NOT_FOUND. */
MUST_CHECK enum status tag_version(struct tag *out, struct arena *arena, struct graph_txn *txn,
                                   struct node_id subject, struct slice code,
                                   enum tag_origin origin, uint64_t born_max);
