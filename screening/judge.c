/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/collector.h"

#include "base/sort.h"
#include "graph/catalog.h"

#define NODES_MAX 200 /* in one reason's evidence */
#define SCORE_MAX 100

/* Naming */

/* Parties that the graph does not know are numbered in the order stated, the application last. */
static struct named name_stated(const struct collector *collector, uint64_t place)
{
    const struct request *request = collector->input->request;

    for (size_t i = 0; i < request->n_parties; i++)
        if (!collector->resolved.ids[i].value && place-- == 0)
            return (struct named){ request->parties[i].label_name, request->parties[i].key };
    return (struct named){ SLICE("Application"), request->application_id };
}

enum status signals_name(struct named *out, struct collector *collector, struct node_id id)
{
    struct node node;
    enum status status;

    *out = (struct named){ SLICE(""), SLICE("") };
    if (id.value >= SIGNALS_UNKNOWN) {
        *out = name_stated(collector, id.value - SIGNALS_UNKNOWN);
        return STATUS_OK;
    }
    status = node_load(&node, collector->txn, id);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    out->label = catalog_name(collector->catalog,
                              node.key_label ? node.key_label
                                             : node.n_labels ? node.labels[0] : 0);
    out->key = node.key;
    return STATUS_OK;
}

/* Reasons */

/* The nodes of one reason's evidence. */
struct evidence {
    struct node_id ids[NODES_MAX];
    struct named *nodes;
    size_t n, capacity;
};

/* Names the node; the first of them are listed. */
static enum status take_node(struct named *out, struct evidence *evidence,
                             struct collector *collector, struct node_id id)
{
    for (size_t i = 0; i < evidence->n; i++)
        if (evidence->ids[i].value == id.value) {
            *out = evidence->nodes[i];
            return STATUS_OK;
        }
    TRY(signals_name(out, collector, id));
    if (evidence->n < evidence->capacity) {
        evidence->ids[evidence->n] = id;
        evidence->nodes[evidence->n++] = *out;
    }
    return STATUS_OK;
}

static enum status fill_evidence(struct reason *reason, struct collector *collector,
                                 const struct tag *tag)
{
    size_t n_nodes = 2 * tag->n_edges + 1;
    struct evidence evidence = { .capacity = n_nodes < NODES_MAX ? n_nodes : NODES_MAX };
    struct answer_edge *edges =
        arena_array(collector->arena, tag->n_edges + 1, sizeof *edges);
    struct named from, to;

    evidence.nodes = arena_array(collector->arena, evidence.capacity, sizeof *evidence.nodes);
    if (!edges || !evidence.nodes)
        return STATUS_NO_MEMORY;
    if (!tag->n_edges)
        TRY(take_node(&from, &evidence, collector, tag->subject));
    for (size_t i = 0; i < tag->n_edges; i++) {
        const struct tag_edge *edge = &tag->edges[i];

        TRY(take_node(&from, &evidence, collector, edge->from));
        TRY(take_node(&to, &evidence, collector, edge->to));
        edges[i] = (struct answer_edge){ catalog_name(collector->catalog, edge->type), from.key,
                                         to.key, edge->valid_from_us };
    }
    reason->nodes = evidence.nodes;
    reason->n_nodes = evidence.n;
    reason->edges = edges;
    reason->n_edges = tag->n_edges;
    return STATUS_OK;
}

static enum status default_text(struct slice *out, struct collector *collector,
                                const struct tag *tag)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct named subject;
    char *copy;

    TRY(signals_name(&subject, collector, tag->subject));
    TRY(buf_printf(&text, "%.*s %.*s is tagged %.*s", (int)subject.label.size,
                   (const char *)subject.label.data, (int)subject.key.size,
                   (const char *)subject.key.data, (int)tag->code.size,
                   (const char *)tag->code.data));
    copy = arena_copy(collector->arena, buf_slice(&text));
    if (!copy)
        return STATUS_NO_MEMORY;
    *out = slice_of(copy, text.size);
    return STATUS_OK;
}

static enum status make_reason(struct reason *out, struct collector *collector,
                               const struct candidate *candidate)
{
    struct reason reason = { .code = candidate->tag.code, .level = candidate->natural.level,
                             .points = candidate->natural.points, .source = candidate->source,
                             .text = candidate->tag.text, .note = candidate->tag.note,
                             .numbers = candidate->tag.numbers,
                             .ring = candidate->tag.ring };

    if (!reason.text.size)
        TRY(default_text(&reason.text, collector, &candidate->tag));
    TRY(fill_evidence(&reason, collector, &candidate->tag));
    *out = reason;
    return STATUS_OK;
}

static enum status make_allowed(struct allowed *out, struct collector *collector,
                                const struct candidate *candidate)
{
    *out = (struct allowed){ .code = candidate->tag.code, .points = candidate->natural.points,
                             .person = candidate->allow.person, .note = candidate->allow.note,
                             .until_us = candidate->allow.until_us };
    return signals_name(&out->subject, collector, candidate->tag.subject);
}

/* The stronger of two for one code: points, level, score; then live before tag; then first. */
static int strength(const struct candidate *a, const struct candidate *b)
{
    if (a->natural.points != b->natural.points)
        return a->natural.points > b->natural.points ? -1 : 1;
    if (a->natural.level != b->natural.level)
        return a->natural.level > b->natural.level ? -1 : 1;
    if (a->source != b->source)
        return a->source == SOURCE_LIVE ? -1 : 1;
    return a->tag.score > b->tag.score ? -1 : a->tag.score < b->tag.score;
}

/* By code; within one the strongest first; equal ones in the order met. */
static int by_code_and_strength(const void *a, const void *b)
{
    const struct candidate *const *x = a, *const *y = b;
    int order = slice_compare((*x)->tag.code, (*y)->tag.code);

    if (!order)
        order = strength(*x, *y);
    return order ? order : (*x > *y) - (*x < *y);
}

static int by_points(const void *a, const void *b)
{
    const struct reason *x = a, *y = b;

    if (x->points != y->points)
        return x->points > y->points ? -1 : 1;
    return slice_compare(x->code, y->code);
}

/* One code's candidates: what counts by nature, what counts, what an allow entry keeps out. */
static enum status judge_code(struct signals *out, struct collector *collector,
                              const struct candidate *const *group, size_t n)
{
    const struct candidate *counted = NULL;

    out->natural_score += group[0]->natural.points;
    for (size_t i = 0; i < n && !counted; i++)
        if (!group[i]->allow.number || group[i]->source == SOURCE_BLOCK)
            counted = group[i];
    for (size_t i = 0; i < n; i++)
        out->blocked |= group[i]->natural.block;
    if (group[0]->allow.number && group[0] != counted)
        TRY(make_allowed(&out->allowed[out->n_allowed++], collector, group[0]));
    if (!counted)
        return STATUS_OK;
    out->score += counted->natural.points;
    if (counted->natural.level > out->level)
        out->level = counted->natural.level;
    return make_reason(&out->reasons[out->n_reasons++], collector, counted);
}

enum status signals_judge(struct signals *out, struct collector *collector)
{
    size_t n = collector->n;
    const struct candidate **order = arena_array(collector->arena, n + 1, sizeof *order);

    out->reasons = arena_array(collector->arena, n + 1, sizeof *out->reasons);
    out->allowed = arena_array(collector->arena, n + 1, sizeof *out->allowed);
    if (!order || !out->reasons || !out->allowed)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        order[i] = &collector->items[i];
    sort_items(order, n, sizeof *order, by_code_and_strength);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && slice_equal(order[next]->tag.code, order[i]->tag.code);)
            next++;
        TRY(judge_code(out, collector, order + i, next - i));
    }
    sort_items(out->reasons, out->n_reasons, sizeof *out->reasons, by_points);
    if (out->score > SCORE_MAX)
        out->score = SCORE_MAX;
    if (out->natural_score > SCORE_MAX)
        out->natural_score = SCORE_MAX;
    return STATUS_OK;
}
