/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks over tags, and what follows from them for a node. */

#include <stdlib.h>
#include <string.h>

#include "graph/overlay.h"
#include "graph/tag_row.h"
#include "store/store.h"

enum status tag_standing(struct tag_standing *out, struct graph_txn *txn,
                         const struct tag_view *view, struct node_id subject)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    const struct overlay *block;
    struct overlay *overlays = NULL;
    size_t n = 0;

    *out = (struct tag_standing){ 0 };
    if (view->overlay)
        TRY(overlay_list(&overlays, &n, &arena, txn, subject, view->overlay));
    block = overlay_in_force(overlays, n, OVERLAY_BLOCK, SLICE(""), view->at_us);
    out->blocked = block ? block->number : 0;
    for (tag_iter_subject(&it, txn, view, subject); tag_iter_next(&it);)
        out->confirmed |= it.tag.state == TAG_CONFIRMED;
    return it.status;
}

static enum status add_node(struct node_id **list, size_t *n, size_t *capacity,
                            struct node_id node)
{
    if (*n && (*list)[*n - 1].value == node.value)
        return STATUS_OK;
    TRY(array_reserve(list, capacity, *n + 1));
    (*list)[(*n)++] = node;
    return STATUS_OK;
}

/* An end date at which a standing may change narrows the time for which it holds. */
static void note_end(struct tag_standings *standings, int64_t end_us, int64_t at_us)
{
    if (end_us <= at_us && end_us > standings->since_us)
        standings->since_us = end_us;
    if (end_us > at_us && end_us < standings->until_us)
        standings->until_us = end_us;
}

static enum status add_overlaid(struct tag_standings *candidates, struct graph_txn *txn,
                                const struct tag_view *view)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    size_t n;

    TRY(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 0 }, view->overlay));
    for (size_t i = 0; i < n; i++) {
        if (overlays[i].kind != OVERLAY_CONFIRM && overlays[i].kind != OVERLAY_BLOCK &&
            overlays[i].kind != OVERLAY_ADD)
            continue;
        note_end(candidates, overlays[i].until_us, view->at_us);
        TRY(add_node(&candidates->confirmed, &candidates->n_confirmed,
                     &candidates->confirmed_capacity, overlays[i].subject));
    }
    return STATUS_OK;
}

/* Subjects of tags that people or other systems set. */
static enum status add_apart(struct tag_standings *candidates, struct graph_txn *txn)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_TAG_INDEX));
    status = store_cursor_seek(&key, &value, cursor, SLICE("I"));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        if (key.size < 9 || *(const char *)key.data != 'I')
            return STATUS_OK;
        TRY(add_node(&candidates->confirmed, &candidates->n_confirmed,
                     &candidates->confirmed_capacity,
                     (struct node_id){ key_get_u64((const unsigned char *)key.data + 1) }));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Like tag_standing(), noting when it may change. */
static enum status standing_until(struct tag_standing *out, struct tag_standings *standings,
                                  struct graph_txn *txn, const struct tag_view *view,
                                  struct node_id subject)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    for (tag_iter_subject(&it, txn, view, subject); tag_iter_next(&it);)
        note_end(standings, it.tag.expires_us, view->at_us);
    TRY(it.status);
    return tag_standing(out, txn, view, subject);
}

enum status tag_standings(struct tag_standings *out, struct graph_txn *txn,
                          const struct tag_view *view)
{
    AUTO(tag_standings_fini) struct tag_standings candidates = { .since_us = TIME_MIN,
                                                                 .until_us = TIME_MAX };
    struct node_id last = { 0 };

    if (view->overlay)
        TRY(add_overlaid(&candidates, txn, view));
    TRY(add_apart(&candidates, txn));
    if (candidates.n_confirmed)
        qsort(candidates.confirmed, candidates.n_confirmed, sizeof last, node_id_compare);
    for (size_t i = 0; i < candidates.n_confirmed; i++) {
        struct node_id node = candidates.confirmed[i];
        struct tag_standing standing;

        if (node.value == last.value)
            continue;
        last = node;
        TRY(standing_until(&standing, &candidates, txn, view, node));
        if (standing.confirmed)
            TRY(add_node(&out->confirmed, &out->n_confirmed, &out->confirmed_capacity, node));
        if (standing.blocked)
            TRY(add_node(&out->blocked, &out->n_blocked, &out->blocked_capacity, node));
    }
    out->since_us = candidates.since_us;
    out->until_us = candidates.until_us;
    return STATUS_OK;
}

void tag_standings_fini(struct tag_standings *standings)
{
    free(standings->confirmed);
    free(standings->blocked);
    *standings = (struct tag_standings){ 0 };
}

/* Iterators */

static void iter_start(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                       enum tag_walk walk)
{
    *it = (struct tag_iter){ .txn = txn, .view = *view, .walk = walk };
    it->status = store_cursor_open(&it->rows, txn_store(txn), TABLE_TAG);
    if (it->status == STATUS_OK)
        it->status = store_cursor_open(&it->index, txn_store(txn),
                                       walk == TAG_WALK_SUBJECT ? TABLE_TAG : TABLE_TAG_INDEX);
}

void tag_iter_all(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view)
{
    iter_start(it, txn, view, TAG_WALK_ALL);
    it->prefix[0] = 'C';
    it->prefix_size = 1;
}

void tag_iter_subject(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                      struct node_id subject)
{
    iter_start(it, txn, view, TAG_WALK_SUBJECT);
    key_put_u64(it->prefix, subject.value);
    it->prefix_size = 8;
}

void tag_iter_code(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                   struct slice code)
{
    iter_start(it, txn, view, TAG_WALK_CODE);
    if (it->status == STATUS_OK)
        it->status = tag_code_check(code);
    if (it->status != STATUS_OK)
        return;
    it->prefix[0] = 'C';
    it->prefix_size = 1 + tag_put_code(it->prefix + 1, code);
}

static void iter_number(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                        enum tag_walk walk, char kind, uint64_t number)
{
    iter_start(it, txn, view, walk);
    it->prefix[0] = (unsigned char)kind;
    key_put_u64(it->prefix + 1, number);
    it->prefix_size = 9;
}

void tag_iter_ring(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                   uint64_t ring)
{
    iter_number(it, txn, view, TAG_WALK_RING, 'R', ring);
}

void tag_iter_changed(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                      uint64_t number)
{
    iter_number(it, txn, view, TAG_WALK_CHANGED, 'P', number);
}

/* To the next index key with the walk's prefix; STATUS_END. */
static enum status iter_advance(struct slice *key, struct tag_iter *it)
{
    struct slice value;
    enum status status;

    if (!it->started)
        status = store_cursor_seek(key, &value, it->index, slice_of(it->prefix, it->prefix_size));
    else
        status = store_cursor_next(key, &value, it->index);
    it->started = true;
    TRY(status);
    if (key->size < it->prefix_size || memcmp(key->data, it->prefix, it->prefix_size) != 0)
        return STATUS_END;
    return STATUS_OK;
}

/* A subject's rows hold every version: goes to the last one of the tag at `key`. */
static enum status iter_skip_versions(struct tag_iter *it, const struct tag *identity)
{
    unsigned char key[TAG_KEY_MAX];
    size_t size = tag_row_prefix(key, identity->subject, identity->code, identity->origin);
    struct slice found, value;

    memset(key + size, 0xff, 8);
    return store_cursor_seek_before(&found, &value, it->index, slice_of(key, size + 8));
}

static enum status iter_step(struct tag_iter *it)
{
    struct tag identity = { 0 };
    struct slice key;
    enum status status;

    arena_reset(&it->arena);
    TRY(iter_advance(&key, it));
    if (it->walk == TAG_WALK_ALL || it->walk == TAG_WALK_CODE)
        TRY(tag_parse_code_entry(&identity, key));
    else if (it->walk == TAG_WALK_SUBJECT)
        TRY(tag_parse_row(&identity, key.data, key.size - 8));
    else
        TRY(tag_parse_row(&identity, (const unsigned char *)key.data + 9, key.size - 9));
    status = tag_read_version(&it->tag, &it->arena, it->rows, &identity,
                          tag_newest(&it->view, identity.origin));
    if (it->walk == TAG_WALK_SUBJECT)
        TRY(iter_skip_versions(it, &identity));
    TRY(status);
    if (it->walk == TAG_WALK_RING && it->tag.ring != key_get_u64(it->prefix + 1))
        return STATUS_NOT_FOUND;
    return tag_join(&it->tag, &it->arena, it->txn, &it->view);
}

bool tag_iter_next(struct tag_iter *it)
{
    enum status status;

    if (it->status != STATUS_OK)
        return false;
    do
        status = iter_step(it);
    while (status == STATUS_NOT_FOUND);
    if (status == STATUS_OK)
        return true;
    it->status = status == STATUS_END ? STATUS_OK : status;
    if (status == STATUS_END)
        it->prefix_size = sizeof it->prefix; /* stays over */
    return false;
}

void tag_iter_stop(struct tag_iter *it)
{
    store_cursor_close(it->index);
    store_cursor_close(it->rows);
    it->index = it->rows = NULL;
    arena_fini(&it->arena);
}
