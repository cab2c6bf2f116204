/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/elsewhere.h"
#include "detectors/tagging.h"
#include "graph/catalog.h"
#include "graph/publishing.h"
#include "graph/snapshot.h"

void diff_begin(struct diff *diff, struct graph_txn *txn, const struct params *params,
                const struct run *before, int64_t at_us)
{
    diff->txn = txn;
    diff->params = params;
    diff->before = before;
    diff->at_us = at_us;
    diff->next_ring = before->next_ring;
}

void diff_fini(struct diff *diff)
{
    free(diff->ring_numbers);
    arena_fini(&diff->arena);
    arena_fini(&diff->scratch);
}

/* What changes */

static bool edges_equal(const struct tag *a, const struct tag *b)
{
    if (a->n_edges != b->n_edges)
        return false;
    for (size_t i = 0; i < a->n_edges; i++)
        if (tag_edge_compare(&a->edges[i], &b->edges[i]) != 0)
            return false;
    return true;
}

/* Whether the published version already says all of it. */
static bool tag_says_same(const struct tag *a, const struct tag *b)
{
    return a->level == b->level && a->score == b->score && a->ring == b->ring &&
           slice_equal(a->text, b->text) && slice_equal(a->by, b->by) &&
           slice_equal(a->parameters, b->parameters) && edges_equal(a, b) &&
           value_same(&a->numbers, &b->numbers);
}

static enum status put(struct diff *diff, struct tag *tag)
{
    if (!diff->publishing)
        return STATUS_OK;
    tag->run = publishing_number(diff->publishing);
    return publishing_tag(diff->publishing, tag);
}

/* Why a tag went, for a credit officer */

static enum status name_node(struct buf *out, struct graph_txn *txn, struct node_id id)
{
    struct node node;
    enum status status = node_load(&node, txn, id);

    if (status == STATUS_NOT_FOUND)
        return buf_printf(out, "(gone)");
    TRY(status);
    return buf_append_slice(out, node.key);
}

static enum status name_gone_edge(struct buf *out, struct diff *diff, const struct tag_edge *edge,
                                  int64_t ended_us)
{
    struct slice type = catalog_name(graph_catalog(txn_graph(diff->txn)), edge->type);
    char when[TIME_TEXT_MAX];

    TRY(buf_append_slice(out, type));
    TRY(buf_append_byte(out, ' '));
    TRY(name_node(out, diff->txn, edge->from));
    TRY(buf_append_slice(out, SLICE(" -> ")));
    TRY(name_node(out, diff->txn, edge->to));
    if (ended_us == TIME_MAX)
        return buf_append_slice(out, SLICE(" was changed or taken back"));
    return buf_printf(out, " ended on %.10s", time_format(when, ended_us));
}

/*
 * *ended_us: when; TIME_MAX with *gone: that version is no longer current. At this run's commit,
 * that is: others may have changed the edge since.
 */
static enum status edge_gone(bool *gone, int64_t *ended_us, struct diff *diff,
                             const struct tag_edge *edge)
{
    struct edge_scan scan = EDGE_SCAN(edge->type, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    enum status status = node_load(&node, diff->txn, edge->from);

    *ended_us = TIME_MAX;
    *gone = true;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    scan.from_us = edge->valid_from_us;
    scan.before_us = time_add(edge->valid_from_us, 1);
    for (edge_iter_start(&it, diff->txn, &node, &scan); edge_iter_next(&it);) {
        if (it.edge.id.value != edge->id.value)
            continue;
        *gone = it.edge.valid_to_us <= diff->at_us;
        *ended_us = *gone ? it.edge.valid_to_us : TIME_MAX;
    }
    return it.status;
}

static enum status why_withdrawn(struct buf *out, struct diff *diff, const struct tag *tag,
                                 struct slice parameters)
{
    AUTO(buf_fini) struct buf first = { 0 };
    size_t n_gone = 0;
    char when[TIME_TEXT_MAX];

    for (size_t i = 0; i < tag->n_edges; i++) {
        int64_t ended_us;
        bool gone;

        TRY(edge_gone(&gone, &ended_us, diff, &tag->edges[i]));
        if (gone && !n_gone++)
            TRY(name_gone_edge(&first, diff, &tag->edges[i], ended_us));
    }
    if (n_gone) {
        TRY(tag->n_edges == 1
                ? buf_printf(out, "the one relation that supported it went: ")
                : buf_printf(out, "%zu of the %zu relations that supported it went: ", n_gone,
                             tag->n_edges));
        TRY(buf_append_slice(out, buf_slice(&first)));
        return n_gone > 1 ? buf_printf(out, ", and %zu more", n_gone - 1) : STATUS_OK;
    }
    if (!slice_equal(parameters, tag->parameters))
        return buf_printf(out, "the parameters of the detection were changed; the relations that "
                          "supported it still stand");
    return buf_printf(out, "the relations that supported it no longer reach the limits at %.10s: "
                      "they are too old for the window, or others around them changed",
                      time_format(when, diff->at_us));
}

static enum status withdraw(struct diff *diff, const struct tag *old, struct slice parameters)
{
    AUTO(buf_fini) struct buf reason = { 0 };
    struct tag tag = *old;

    if (!diff->publishing)
        return STATUS_OK;
    TRY(why_withdrawn(&reason, diff, old, parameters));
    tag.state = TAG_WITHDRAWN;
    tag.reason = buf_slice(&reason);
    tag.last_seen_us = run_examined_at(diff->before, old->code);
    return put(diff, &tag);
}

/* One code: published tags and findings, both by subject */

static enum status meet(struct diff *diff, struct run_code *count, struct tag *now,
                        const struct tag *old)
{
    bool live = old && old->state != TAG_WITHDRAWN;

    count->found++;
    if (!live)
        count->added++;
    else if (old->level != now->level)
        count->changed++;
    else
        count->kept++;
    if (live)
        now->first_seen_us = old->first_seen_us;
    return live && tag_says_same(now, old) ? STATUS_OK : put(diff, now);
}

static enum status lose(struct diff *diff, struct run_code *count, const struct tag *old,
                        struct slice parameters)
{
    if (old->state == TAG_WITHDRAWN)
        return STATUS_OK;
    count->withdrawn++;
    return withdraw(diff, old, parameters);
}

/* Positions of the findings of one code, by subject. */
struct order {
    const struct finding **items;
    size_t n;
};

static int by_subject(const void *a, const void *b)
{
    const struct finding *const *x = a, *const *y = b;
    uint64_t left = (*x)->subject.value, right = (*y)->subject.value;

    return (left > right) - (left < right);
}

static enum status order_findings(struct order *order, struct arena *arena,
                                  const struct findings *findings, struct slice code)
{
    order->items = arena_array(arena, findings->n + 1, sizeof *order->items);
    if (!order->items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < findings->n; i++)
        if (slice_equal(slice_str(findings->items[i].code), code))
            order->items[order->n++] = &findings->items[i];
    if (order->n)
        qsort(order->items, order->n, sizeof *order->items, by_subject);
    return STATUS_OK;
}

static enum status compare_finding(struct diff *diff, const struct findings *findings,
                                   struct run_code *count, const struct finding *finding,
                                   const struct tag *old, const struct tag *provenance)
{
    struct tag now;

    TRY(tagging_tag(&now, &diff->scratch, findings, finding));
    now.ring = finding->ring == FINDING_NO_RING ? 0 : diff->ring_numbers[finding->ring];
    now.by = provenance->by;
    now.parameters = provenance->parameters;
    now.first_seen_us = now.last_seen_us = diff->at_us;
    return meet(diff, count, &now, old);
}

bool diff_part_has(const struct diff_part *part, struct node_id subject)
{
    size_t low = 0, high = part ? part->n_subjects : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (part->subjects[middle].value < subject.value)
            low = middle + 1;
        else
            high = middle;
    }
    return !part || (low < part->n_subjects && part->subjects[low].value == subject.value);
}

/* The subjects of a part one by one; all others have what they had. */
static enum status diff_part(struct diff *diff, const struct findings *findings,
                             struct run_code *count, const struct order *order,
                             const struct tag *provenance)
{
    const struct run_examined *examined = run_examined_of(diff->before, count->code);
    size_t at = 0;

    diff->n_before += examined->found;
    for (size_t i = 0; i < diff->part->n_subjects; i++) {
        struct node_id subject = diff->part->subjects[i];
        enum status status;
        struct tag old;

        arena_reset(&diff->scratch);
        status = tag_version(&old, &diff->scratch, diff->txn, subject, count->code, TAG_DETECTOR,
                             diff->view.publication);
        if (status != STATUS_NOT_FOUND)
            TRY(status);
        while (at < order->n && order->items[at]->subject.value < subject.value)
            at++;
        if (at < order->n && order->items[at]->subject.value == subject.value)
            TRY(compare_finding(diff, findings, count, order->items[at],
                                status == STATUS_OK ? &old : NULL, provenance));
        else if (status == STATUS_OK)
            TRY(lose(diff, count, &old, provenance->parameters));
    }
    count->found = examined->found + count->added - count->withdrawn;
    count->kept = count->found - count->added - count->changed;
    return STATUS_OK;
}

static enum status diff_code(struct diff *diff, const struct findings *findings,
                             struct run_code *count, const struct tag *provenance)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    struct tag_view stored = { .publication = diff->view.publication, .at_us = TIME_MIN };
    struct order order = { 0 };
    size_t at = 0;
    bool more;

    TRY(order_findings(&order, &diff->arena, findings, count->code));
    if (diff->part)
        return diff_part(diff, findings, count, &order, provenance);
    tag_iter_code(&it, diff->txn, &stored, count->code);
    more = tag_iter_next(&it);
    while (more || at < order.n) {
        const struct finding *finding = at < order.n ? order.items[at] : NULL;
        bool old_first = more && (!finding || it.tag.subject.value < finding->subject.value);
        bool both = more && finding && it.tag.subject.value == finding->subject.value;

        arena_reset(&diff->scratch);
        if (more && it.tag.origin != TAG_DETECTOR) {
            more = tag_iter_next(&it);
            continue;
        }
        if (more && (old_first || both))
            diff->n_before += it.tag.state != TAG_WITHDRAWN;
        if (old_first) {
            TRY(lose(diff, count, &it.tag, provenance->parameters));
        } else {
            TRY(compare_finding(diff, findings, count, finding, both ? &it.tag : NULL,
                                provenance));
            at++;
        }
        if (old_first || both)
            more = tag_iter_next(&it);
    }
    return it.status;
}

/* Rings */

/* A group with its place in the findings, and its smallest member for ordering. */
struct place {
    size_t index;
    uint32_t smallest;
    const struct snapshot *snapshot;
};

static int by_smallest(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = snapshot_key_compare(x->snapshot, x->smallest, y->smallest);

    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static enum status sorted_members(struct ring_record *record, struct arena *arena,
                                  const struct findings *findings, struct span span)
{
    struct node_id *members = arena_array(arena, (size_t)span.count + 1, sizeof *members);

    if (!members)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < span.count; i++)
        members[i] = findings->members[span.first + i];
    qsort(members, span.count, sizeof *members, node_id_compare);
    record->members = members;
    record->n_members = span.count;
    return STATUS_OK;
}

static enum status place_groups(struct place *places, size_t *n, struct diff *diff,
                                const struct findings *findings, struct slice code)
{
    *n = 0;
    for (size_t i = 0; i < findings->n_rings; i++) {
        const struct ring *ring = &findings->rings[i];

        if (!ring->members.count || !slice_equal(slice_str(ring->code), code) ||
            !diff_part_has(diff->part, findings->members[ring->members.first]))
            continue;
        places[*n] = (struct place){
            i, snapshot_find(diff->snapshot, findings->members[ring->members.first]),
            diff->snapshot
        };
        (*n)++;
    }
    if (*n)
        qsort(places, *n, sizeof *places, by_smallest);
    return STATUS_OK;
}

static enum status put_ring(struct diff *diff, const struct ring_record *ring)
{
    return diff->publishing ? publishing_ring(diff->publishing, ring) : STATUS_OK;
}

static enum status put_rings(struct diff *diff, struct ring_record *groups, size_t n_groups,
                             struct ring_record *old, size_t n_old, const bool *unchanged)
{
    for (size_t i = 0; i < n_groups; i++) {
        diff->rings_born += groups[i].event == RING_BORN || groups[i].event == RING_SPLIT;
        if (!unchanged[i])
            TRY(put_ring(diff, &groups[i]));
    }
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].n_members)
            continue;
        diff->rings_gone++;
        TRY(put_ring(diff, &old[i]));
    }
    return STATUS_OK;
}

/* The rings of one code there were, among those looked at. */
static enum status old_rings(struct ring_record **out, size_t *n, struct diff *diff,
                             struct slice code)
{
    const struct diff_part *part = diff->part;
    struct ring_record *rings;

    if (!part)
        return ring_list(out, n, &diff->arena, diff->txn, &diff->view, code);
    rings = arena_array(&diff->arena, part->n_rings + 1, sizeof *rings);
    if (!rings)
        return STATUS_NO_MEMORY;
    *n = 0;
    for (size_t i = 0; i < part->n_rings; i++) {
        TRY(ring_find(&rings[*n], &diff->arena, diff->txn, &diff->view, part->rings[i]));
        *n += rings[*n].n_members && slice_equal(rings[*n].by, code);
    }
    *out = rings;
    return STATUS_OK;
}

/* Numbers the groups of one code, and writes what became of its rings. */
static enum status diff_rings(struct diff *diff, const struct findings *findings,
                              struct slice code)
{
    struct place *places = arena_array(&diff->arena, findings->n_rings + 1, sizeof *places);
    struct ring_record *groups =
        arena_array(&diff->arena, findings->n_rings + 1, sizeof *groups);
    bool *unchanged = arena_array(&diff->arena, findings->n_rings + 1, sizeof *unchanged);
    struct ring_record *old;
    size_t n_groups, n_old;

    if (!places || !groups || !unchanged)
        return STATUS_NO_MEMORY;
    TRY(place_groups(places, &n_groups, diff, findings, code));
    for (size_t i = 0; i < n_groups; i++) {
        const struct ring *ring = &findings->rings[places[i].index];

        groups[i].by = code;
        TRY(sorted_members(&groups[i], &diff->arena, findings, ring->members));
        TRY(tagging_numbers(&groups[i].numbers, &diff->arena, findings, ring->numbers, NULL));
    }
    TRY(old_rings(&old, &n_old, diff, code));
    TRY(ring_match(groups, n_groups, old, n_old, unchanged, &diff->next_ring, &diff->arena));
    for (size_t i = 0; i < n_groups; i++)
        diff->ring_numbers[places[i].index] = groups[i].number;
    return put_rings(diff, groups, n_groups, old, n_old, unchanged);
}

enum status diff_detector(struct diff *diff, const struct detector *detector,
                          const struct findings *findings, struct run_code *counts)
{
    char hash[PARAMS_HASH_MAX], by[64];
    struct tag provenance = { 0 };

    arena_reset(&diff->arena);
    TRY(params_hash(hash, diff->params, detector));
    snprintf(by, sizeof by, "%s@%" PRIu32, detector->id, detector->version);
    provenance.by = slice_str(by);
    provenance.parameters = slice_str(hash);
    TRY(array_reserve(&diff->ring_numbers, &diff->ring_numbers_capacity, findings->n_rings + 1));
    for (size_t i = 0; i < findings->n_rings; i++)
        diff->ring_numbers[i] = 0;
    for (size_t c = 0; c < detector_n_codes(detector); c++)
        TRY(diff_rings(diff, findings, slice_str(detector->codes[c])));
    for (size_t c = 0; c < detector_n_codes(detector); c++)
        TRY(diff_code(diff, findings, &counts[c], &provenance));
    return diff->elsewhere ? elsewhere_diffed(diff->elsewhere, diff, detector, findings)
                           : STATUS_OK;
}
