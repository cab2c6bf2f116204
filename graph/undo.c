/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/undo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/publishing.h"
#include "graph/tag_row.h"
#include "store/store.h"

void undo_report_fini(struct undo_report *report)
{
    arena_fini(&report->arena);
    *report = (struct undo_report){ 0 };
}

/* A tag or ring that a run touched. */
struct touched {
    uint64_t subject, ring;
    struct slice code;
    enum tag_origin origin;
};

struct undo {
    struct graph_txn *txn;
    struct publishing *publishing;
    uint64_t target, current;
    struct touched *items;
    size_t n, capacity;
    struct arena arena;     /* of the list */
    struct arena scratch;   /* of one tag */
    struct undo_report *report;
    size_t codes_capacity;
};

static void undo_fini(struct undo *undo)
{
    free(undo->items);
    arena_fini(&undo->arena);
    arena_fini(&undo->scratch);
}

static enum status add_item(struct undo *undo, const struct touched *item)
{
    TRY(array_reserve(&undo->items, &undo->capacity, undo->n + 1));
    undo->items[undo->n++] = *item;
    return STATUS_OK;
}

static enum status add_tags(struct undo *undo, uint64_t run)
{
    struct tag_view view = { .publication = undo->current };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    for (tag_iter_changed(&it, undo->txn, &view, run); tag_iter_next(&it);) {
        struct touched item = { .subject = it.tag.subject.value, .origin = it.tag.origin };
        char *code = arena_copy(&undo->arena, it.tag.code);

        if (!code)
            return STATUS_NO_MEMORY;
        item.code = slice_of(code, it.tag.code.size);
        TRY(add_item(undo, &item));
    }
    return it.status;
}

static enum status add_rings(struct undo *undo, uint64_t run)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char prefix[9] = { 'Q' };
    struct slice key, value;
    enum status status;

    key_put_u64(prefix + 1, run);
    TRY(store_cursor_open(&cursor, txn_store(undo->txn), TABLE_TAG_INDEX));
    status = store_cursor_seek(&key, &value, cursor, slice_of(prefix, sizeof prefix));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct touched item = { 0 };

        if (key.size != 17 || memcmp(key.data, prefix, sizeof prefix) != 0)
            return STATUS_OK;
        item.ring = key_get_u64((const unsigned char *)key.data + 9);
        TRY(add_item(undo, &item));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static int by_identity(const void *a, const void *b)
{
    const struct touched *x = a, *y = b;
    int order = slice_compare(x->code, y->code);

    if (order)
        return order;
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    if (x->ring != y->ring)
        return x->ring < y->ring ? -1 : 1;
    return (x->origin > y->origin) - (x->origin < y->origin);
}

/* *found false where there was no version yet. */
static enum status version_at(struct tag *tag, bool *found, struct undo *undo,
                              const struct touched *item, uint64_t publication)
{
    enum status status = tag_version(tag, &undo->scratch, undo->txn,
                                     (struct node_id){ item->subject }, item->code, item->origin,
                                     publication);

    *found = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status code_line(struct run_code **out, struct undo *undo, struct slice code)
{
    struct undo_report *report = undo->report;
    struct run_code *codes;
    char *copy;

    /* Items come by code, so a new one is last. */
    if (report->n_codes && slice_equal(report->codes[report->n_codes - 1].code, code)) {
        *out = &report->codes[report->n_codes - 1];
        return STATUS_OK;
    }
    codes = arena_array(&report->arena, report->n_codes + 1, sizeof *codes);
    copy = arena_copy(&report->arena, code);
    if (!codes || !copy)
        return STATUS_NO_MEMORY;
    if (report->n_codes)
        memcpy(codes, report->codes, report->n_codes * sizeof *codes);
    codes[report->n_codes] = (struct run_code){ .code = slice_of(copy, code.size) };
    report->codes = codes;
    *out = &codes[report->n_codes++];
    return STATUS_OK;
}

static void count(struct run_code *line, bool was, bool is, bool same_level)
{
    line->found += is;
    line->added += is && !was;
    line->withdrawn += was && !is;
    line->changed += was && is && !same_level;
    line->kept += was && is && same_level;
}

static enum status put_back_tag(struct undo *undo, const struct touched *item)
{
    struct tag now, then;
    bool has_now, has_then, was, is;
    struct run_code *line;
    char reason[64];

    arena_reset(&undo->scratch);
    TRY(version_at(&now, &has_now, undo, item, undo->current));
    TRY(version_at(&then, &has_then, undo, item, undo->target));
    was = has_now && now.state != TAG_WITHDRAWN;
    is = has_then && then.state != TAG_WITHDRAWN;
    if (!was && !is)
        return STATUS_OK;
    TRY(code_line(&line, undo, item->code));
    count(line, was, is, was && is && now.level == then.level);
    if (is)
        return publishing_tag(undo->publishing, &then);
    snprintf(reason, sizeof reason, "run %" PRIu64 ", which had found it, was taken back",
             undo->target + 1);
    now.state = TAG_WITHDRAWN;
    now.reason = slice_str(reason);
    return publishing_tag(undo->publishing, &now);
}

static enum status put_back_ring(struct undo *undo, const struct touched *item)
{
    struct tag_view then = { .publication = undo->target }, now = { .publication = undo->current };
    struct ring_record ring;
    enum status status;

    arena_reset(&undo->scratch);
    status = ring_find(&ring, &undo->scratch, undo->txn, &then, item->ring);
    if (status == STATUS_OK) {
        ring.event = RING_RESTORED;
        return publishing_ring(undo->publishing, &ring);
    }
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(ring_find(&ring, &undo->scratch, undo->txn, &now, item->ring));
    ring.event = RING_DISSOLVED;
    ring.members = NULL;
    ring.n_members = ring.n_relatives = 0;
    return publishing_ring(undo->publishing, &ring);
}

static enum status put_back_all(struct undo *undo)
{
    for (uint64_t run = undo->target + 1; run <= undo->current; run++) {
        TRY(add_tags(undo, run));
        TRY(add_rings(undo, run));
    }
    if (undo->n)
        qsort(undo->items, undo->n, sizeof *undo->items, by_identity);
    for (size_t i = 0; i < undo->n; i++) {
        const struct touched *item = &undo->items[i];

        if (i && by_identity(item - 1, item) == 0)
            continue;
        TRY(item->subject ? put_back_tag(undo, item) : put_back_ring(undo, item));
    }
    return STATUS_OK;
}

static enum status check_run(uint64_t number, uint64_t current, bool force)
{
    if (!number || number > current)
        return fail(STATUS_NOT_FOUND, "there is no run %" PRIu64 "; `retag runs` lists them",
                    number);
    if (number < current && !force)
        return fail(STATUS_CONFLICT, "run %" PRIu64 " was followed by others up to %" PRIu64
                    "; --force takes them all back", number, current);
    return STATUS_OK;
}

static enum status compare(struct undo *undo, struct run *run, struct graph *graph,
                           uint64_t number, bool force)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct run target, current;

    TRY(graph_read(&txn, graph, NULL));
    undo->txn = txn;
    TRY(publication_now(&undo->current, txn));
    TRY(check_run(number, undo->current, force));
    undo->target = number - 1;
    TRY(run_find(&target, &undo->arena, txn, undo->target));
    TRY(run_find(&current, &undo->arena, txn, undo->current));
    run->commit_seq = txn_moment(txn)->commit_seq;
    run->next_ring = current.next_ring;
    run->as_of_us = target.as_of_us;
    TRY(run_examined_copy(NULL, run, &target, 0, &undo->report->arena));
    return put_back_all(undo);
}

enum status undo_run(struct undo_report *report, struct graph *graph, uint64_t number,
                     struct slice person, bool force)
{
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    AUTO(undo_fini) struct undo undo = { .report = report };
    struct run run = { .kind = RUN_UNDO, .undoes = number, .person = person,
                       .started_us = time_now_us() };

    TRY(publishing_open(&publishing, graph));
    undo.publishing = publishing;
    TRY(compare(&undo, &run, graph, number, force));
    run.codes = report->codes;
    run.n_codes = report->n_codes;
    report->run = publishing_number(publishing);
    return publishing_flip(publishing, &run);
}
