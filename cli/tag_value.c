/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/tag_value.h"

#include "cli/moment.h"
#include "graph/catalog.h"
#include "graph/overlay.h"

#define FIELDS_MAX 32

/* Pairs of a map under way. */
struct fields {
    struct value_pair pairs[FIELDS_MAX];
    size_t n;
};

static void add(struct fields *fields, const char *name, struct value value)
{
    fields->pairs[fields->n++] = (struct value_pair){ slice_str(name), value };
}

static void add_text(struct fields *fields, const char *name, struct slice text)
{
    if (text.size)
        add(fields, name, value_text(text));
}

static enum status add_time(struct fields *fields, struct arena *arena, const char *name,
                            int64_t us)
{
    struct value value;

    TRY(moment_make(&value, arena, us));
    add(fields, name, value);
    return STATUS_OK;
}

int64_t tag_last_seen(const struct run *run, const struct tag *tag)
{
    int64_t examined_us;

    if (tag->origin != TAG_DETECTOR || tag->state == TAG_WITHDRAWN)
        return tag->last_seen_us;
    examined_us = run_examined_at(run, tag->code);
    return examined_us > tag->last_seen_us ? examined_us : tag->last_seen_us;
}

enum status tag_view_at(struct tag_view *view, struct graph_txn *txn, int64_t clock_us)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    size_t n;

    TRY(tag_view_now(view, txn));
    if (clock_us == TIME_MAX)
        return STATUS_OK;
    view->at_us = clock_us;
    TRY(publication_at(&view->publication, txn, clock_us));
    TRY(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 0 }, view->overlay));
    while (n && overlays[n - 1].at_us > clock_us)
        n--;
    view->overlay = n ? overlays[n - 1].number : 0;
    return STATUS_OK;
}

static enum status edge_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                              const struct tag_edge *edge)
{
    struct fields fields = { 0 };
    struct value from, to;

    TRY(subject_value(&from, arena, txn, edge->from));
    TRY(subject_value(&to, arena, txn, edge->to));
    add(&fields, "type", value_text(catalog_name(graph_catalog(txn_graph(txn)), edge->type)));
    add(&fields, "from", from);
    add(&fields, "to", to);
    TRY(add_time(&fields, arena, "valid_from", edge->valid_from_us));
    return make_map(out, arena, fields.pairs, fields.n);
}

static enum status evidence_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                                  const struct tag *tag)
{
    struct value *items = arena_array(arena, tag->n_edges + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < tag->n_edges; i++)
        TRY(edge_value(&items[i], arena, txn, &tag->edges[i]));
    return make_list(out, arena, items, tag->n_edges);
}

static enum status ring_value(struct value *out, struct arena *arena, uint64_t ring)
{
    char text[RING_NAME_MAX];

    *out = value_null();
    return ring ? make_text(out, arena, slice_str(ring_name(text, ring))) : STATUS_OK;
}

static enum status judgement_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                                   uint64_t number)
{
    struct fields fields = { 0 };
    struct overlay overlay;

    TRY(overlay_find(&overlay, arena, txn, number));
    add(&fields, "entry", value_int((int64_t)number));
    add(&fields, "kind", value_text(slice_str(overlay_kind_name(overlay.kind))));
    add(&fields, "by", value_text(overlay.person));
    TRY(add_time(&fields, arena, "at", overlay.at_us));
    TRY(add_time(&fields, arena, "until", overlay.until_us));
    add_text(&fields, "note", overlay.note);
    return make_map(out, arena, fields.pairs, fields.n);
}

static enum status add_clocks(struct fields *fields, struct arena *arena, struct graph_txn *txn,
                              const struct run *run, const struct tag *tag)
{
    struct value value;

    add(fields, "run", tag->run ? value_int((int64_t)tag->run) : value_null());
    TRY(add_time(fields, arena, "first_seen", tag->first_seen_us));
    TRY(add_time(fields, arena, "last_seen", tag_last_seen(run, tag)));
    if (tag->overlay || tag->overlay_past) {
        TRY(judgement_value(&value, arena, txn, tag->overlay ? tag->overlay : tag->overlay_past));
        add(fields, tag->overlay ? "judged" : "judged_before", value);
    }
    if (tag->allowed) {
        TRY(judgement_value(&value, arena, txn, tag->allowed));
        add(fields, "allowed", value);
    }
    return STATUS_OK;
}

enum status tag_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                      const struct run *run, const struct tag *tag, enum tag_detail detail)
{
    struct fields fields = { 0 };
    struct value value;

    TRY(subject_value(&value, arena, txn, tag->subject));
    add(&fields, "subject", value);
    add(&fields, "code", value_text(tag->code));
    add(&fields, "level", value_text(slice_str(tag_level_name(tag->level))));
    add(&fields, "score", value_float((double)tag->score / TAG_SCORE_ONE));
    TRY(ring_value(&value, arena, tag->ring));
    add(&fields, "ring", value);
    add(&fields, "state", value_text(slice_str(tag_state_name(tag->state))));
    add(&fields, "origin", value_text(slice_str(tag_origin_name(tag->origin))));
    TRY(evidence_value(&value, arena, txn, tag));
    add(&fields, "evidence", value);
    add(&fields, "numbers", tag->numbers);
    TRY(add_time(&fields, arena, "expires", tag->expires_us));
    add_text(&fields, "text", tag->text);
    add_text(&fields, "by", tag->by);
    add_text(&fields, "parameters", tag->parameters);
    add_text(&fields, "person", tag->person);
    add_text(&fields, "note", tag->note);
    add_text(&fields, "reason", tag->reason);
    if (detail == TAG_DETAIL_FULL)
        TRY(add_clocks(&fields, arena, txn, run, tag));
    return make_map(out, arena, fields.pairs, fields.n);
}

/* Paths */

static enum status append_node(struct buf *out, struct graph_txn *txn, struct node_id id)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value text;

    TRY(subject_text(&text, &arena, txn, id));
    return buf_append_slice(out, value_slice(&text));
}

static enum status append_arrow(struct buf *out, struct graph_txn *txn,
                                const struct tag_edge *edge, bool forward)
{
    struct slice type = catalog_name(graph_catalog(txn_graph(txn)), edge->type);
    char when[TIME_TEXT_MAX];

    time_format(when, edge->valid_from_us);
    return buf_printf(out, " %s[%.*s%s%.10s]%s ", forward ? "-" : "<-", (int)type.size,
                      (const char *)type.data, *when ? " " : "", when, forward ? "->" : "-");
}

enum status tag_paths(struct buf *out, struct graph_txn *txn, const struct tag *tag,
                      const char *indent)
{
    struct node_id end = { 0 };

    for (size_t i = 0; i < tag->n_edges; i++) {
        const struct tag_edge *edge = &tag->edges[i];
        bool forward = !end.value || edge->from.value == end.value ||
                       edge->to.value != end.value;

        if (!end.value || (edge->from.value != end.value && edge->to.value != end.value)) {
            TRY(buf_printf(out, "%s%s", i ? "\n" : "", indent));
            TRY(append_node(out, txn, edge->from));
        }
        TRY(append_arrow(out, txn, edge, forward));
        end = forward ? edge->to : edge->from;
        TRY(append_node(out, txn, end));
    }
    return tag->n_edges ? buf_append_byte(out, '\n') : STATUS_OK;
}
