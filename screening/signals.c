/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/collector.h"

#include <stdlib.h>

#include "base/make.h"
#include "detectors/tagging.h"
#include "graph/ahead.h"
#include "graph/catalog.h"
#include "graph/overlay.h"

#define TOUCHED_EDGES_MAX 256 /* of one applicant, newest first */
#define RING_MEMBERS_MAX 20   /* of a live group, looked at for the ring's number */
#define BLOCK_POINTS 100

static void collector_fini(struct collector *collector)
{
    free(collector->items);
    free(collector->touched);
}

/* Weighing */

static enum tag_level weaker(enum tag_level level)
{
    return level > TAG_HINT ? (enum tag_level)(level - 1) : 0;
}

static enum status add_candidate(struct collector *collector, const struct tag *tag,
                                 enum reason_source source, enum tag_level level,
                                 const struct overlay *overlays, size_t n)
{
    const struct overlay *allow = overlay_in_force(overlays, n, OVERLAY_ALLOW, tag->code,
                                                   collector->input->view->at_us);
    struct candidate candidate = { .tag = *tag, .source = source };

    if (!level || tag->state == TAG_DISMISSED || tag->state == TAG_EXPIRED ||
        tag->state == TAG_WITHDRAWN)
        return STATUS_OK;
    candidate.natural = policy_points(collector->input->policy, tag->code, level, &tag->numbers);
    if (!candidate.natural.level)
        return STATUS_OK;
    if (allow)
        candidate.allow = *allow;
    TRY(array_reserve(&collector->items, &collector->capacity, collector->n + 1));
    collector->items[collector->n++] = candidate;
    return STATUS_OK;
}

static enum status overlays_of(struct overlay **out, size_t *n, struct collector *collector,
                               struct node_id id)
{
    *out = NULL;
    *n = 0;
    if (!collector->input->view->overlay || id.value >= SIGNALS_UNKNOWN)
        return STATUS_OK;
    return overlay_list(out, n, collector->arena, collector->txn, id,
                        collector->input->view->overlay);
}

/* Tags hold their arena-made parts only until the next step of the walk. */
static enum status own_tag(struct tag *out, struct collector *collector, const struct tag *tag)
{
    return tag_find(out, collector->arena, collector->txn, collector->input->view, tag->subject,
                    tag->code, tag->origin);
}

/* Another party's signal counts one level less, unless somebody confirmed it. */
static enum tag_level tag_weight(const struct tag *tag, bool own)
{
    return own || tag->state == TAG_CONFIRMED ? tag->level : weaker(tag->level);
}

static enum status add_tags(struct collector *collector, struct node_id id, bool own)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    struct overlay *overlays;
    size_t n;

    TRY(overlays_of(&overlays, &n, collector, id));
    tag_iter_subject(&it, collector->txn, collector->input->view, id);
    while (tag_iter_next(&it)) {
        struct tag tag;

        if (it.tag.state == TAG_WITHDRAWN || it.tag.state == TAG_DISMISSED ||
            it.tag.state == TAG_EXPIRED)
            continue;
        TRY(own_tag(&tag, collector, &it.tag));
        TRY(add_candidate(collector, &tag, SOURCE_TAG, tag_weight(&tag, own), overlays, n));
    }
    return it.status;
}

/* Blocks */

static enum status add_block(struct collector *collector, struct node_id id, struct slice text,
                             struct slice why)
{
    struct tag tag = { .subject = id, .code = SLICE("BLOCKED"), .level = TAG_ALERT,
                       .score = TAG_SCORE_ONE, .text = text, .note = why };

    collector->blocked = true;
    TRY(array_reserve(&collector->items, &collector->capacity, collector->n + 1));
    collector->items[collector->n++] =
        (struct candidate){ .tag = tag, .source = SOURCE_BLOCK,
                            .natural = { BLOCK_POINTS, TAG_ALERT, true } };
    return STATUS_OK;
}

static enum status add_overlay_block(struct collector *collector, struct node_id id,
                                     const struct overlay *block)
{
    struct value text;

    TRY(make_printf(&text, collector->arena, "blocked by %.*s", (int)block->person.size,
                    (const char *)block->person.data));
    return add_block(collector, id, value_slice(&text), block->note);
}

static enum status check_blocked(struct collector *collector, struct node_id id)
{
    const struct overlay *block;
    struct overlay *overlays;
    struct node node;
    struct value value;
    size_t n;
    enum status status;
    uint32_t property = catalog_find(collector->catalog, SLICE("blocked"));

    TRY(overlays_of(&overlays, &n, collector, id));
    block = overlay_in_force(overlays, n, OVERLAY_BLOCK, SLICE(""),
                             collector->input->view->at_us);
    if (block)
        return add_overlay_block(collector, id, block);
    if (!property)
        return STATUS_OK;
    TRY(node_load(&node, collector->txn, id));
    status = node_property(&value, collector->arena, &node, property);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (value.type == VALUE_BOOL && value.boolean)
        return add_block(collector, id, SLICE("marked as blocked in the graph"), SLICE(""));
    return STATUS_OK;
}

/* What the applicants touch */

static bool is_party(const struct collector *collector, struct node_id id)
{
    for (size_t i = 0; i < collector->input->request->n_parties; i++)
        if (collector->resolved.ids[i].value == id.value)
            return true;
    for (size_t i = 0; i < collector->n_touched; i++)
        if (collector->touched[i].value == id.value)
            return true;
    return false;
}

/* Identifiers in use, and the persons behind an applicant. */
static bool is_telling(const struct collector *collector, const struct node *node,
                       const struct edge *edge)
{
    const struct schema *schema = graph_schema(txn_graph(collector->txn));

    for (uint32_t i = 0; i < node->n_labels; i++) {
        const struct schema_label *label = schema_label_of(schema, node->labels[i]);

        if (label && label->role == LABEL_IDENTIFIER)
            return true;
    }
    for (const uint32_t *type = schema->roles.represents; type && *type; type++)
        if (*type == edge->type)
            return true;
    return false;
}

static enum status touch(struct collector *collector, const struct edge *edge)
{
    struct node_id other = edge_other(edge);
    struct node node;
    enum status status;

    if (!edge_active(edge, collector->input->at_us) || is_party(collector, other))
        return STATUS_OK;
    status = node_load(&node, collector->txn, other);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (!is_telling(collector, &node, edge))
        return STATUS_OK;
    TRY(array_reserve(&collector->touched, &collector->touched_capacity,
                      collector->n_touched + 1));
    collector->touched[collector->n_touched++] = other;
    return add_tags(collector, other, false);
}

static enum status add_touched(struct collector *collector, struct node_id applicant)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;

    scan.newest_first = true;
    TRY(node_load(&node, collector->txn, applicant));
    for (edge_iter_start(&it, collector->txn, &node, &scan); edge_iter_next(&it);) {
        TRY(touch(collector, &it.edge));
        if (it.n_read >= TOUCHED_EDGES_MAX)
            break;
    }
    return it.status;
}

/* What the applicants touch is looked at here, and again by the probes. */
static enum status look_ahead(struct collector *collector)
{
    const struct request *request = collector->input->request;
    struct ahead ahead = { .txn = collector->txn };

    for (size_t i = 0; i < request->n_parties; i++) {
        struct node node;

        if (!collector->resolved.ids[i].value || !request->parties[i].applicant)
            continue;
        TRY(node_load(&node, collector->txn, collector->resolved.ids[i]));
        TRY(ahead_ends(&ahead, &node, NULL, DIRECTION_BOTH));
    }
    return ahead_seek(&ahead);
}

static enum status add_party_signals(struct collector *collector)
{
    const struct request *request = collector->input->request;

    TRY(look_ahead(collector));
    for (size_t i = 0; i < request->n_parties; i++) {
        const struct party *party = &request->parties[i];
        struct node_id id = collector->resolved.ids[i];

        if (!id.value)
            continue;
        TRY(check_blocked(collector, id));
        TRY(add_tags(collector, id, party->kind != PARTY_GUARANTOR));
        if (party->applicant)
            TRY(add_touched(collector, id));
    }
    return STATUS_OK;
}

/* Live probes */

static bool deadline_over(void *context)
{
    const struct signals_input *input = context;

    return time_monotonic_us() >= input->deadline_us;
}

/* The ring that the group found live had at the last publication. */
static enum status live_ring(uint64_t *ring, struct collector *collector,
                             const struct findings *findings, const struct finding *finding)
{
    const struct ring *group;

    *ring = 0;
    if (finding->ring == FINDING_NO_RING)
        return STATUS_OK;
    group = &findings->rings[finding->ring];
    for (uint32_t i = 0; !*ring && i < group->members.count && i < RING_MEMBERS_MAX; i++) {
        struct node_id member = findings->members[group->members.first + i];
        struct tag tag;
        enum status status;

        if (member.value >= SIGNALS_UNKNOWN)
            continue;
        status = tag_find(&tag, collector->arena, collector->txn, collector->input->view, member,
                          slice_str(finding->code), TAG_DETECTOR);
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        *ring = tag.state == TAG_WITHDRAWN ? 0 : tag.ring;
    }
    return STATUS_OK;
}

static enum status add_finding(struct collector *collector, const struct findings *findings,
                               const struct finding *finding)
{
    struct overlay *overlays;
    struct tag tag;
    char *text;
    size_t n, before = collector->n;

    TRY(tagging_tag(&tag, collector->arena, findings, finding));
    text = arena_copy(collector->arena, tag.text);
    if (!text)
        return STATUS_NO_MEMORY;
    tag.text.data = text;
    TRY(live_ring(&tag.ring, collector, findings, finding));
    TRY(overlays_of(&overlays, &n, collector, tag.subject));
    overlay_join(&tag, overlays, n, collector->input->view->at_us);
    TRY(add_candidate(collector, &tag, SOURCE_LIVE, tag.level, overlays, n));
    if (finding->advice && collector->n > before)
        collector->items[before].natural.points = 0;
    return STATUS_OK;
}

static enum status add_hubs(struct signals *out, struct collector *collector,
                            const struct findings *findings)
{
    out->hubs = arena_array(collector->arena, findings->n_hubs + 1, sizeof *out->hubs);
    if (!out->hubs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < findings->n_hubs; i++) {
        const struct hub *hub = &findings->hubs[i];
        char *class_name = arena_copy(collector->arena, hub->class_name);
        struct answer_hub *to = &out->hubs[out->n_hubs];
        bool known = false;

        if (!class_name)
            return STATUS_NO_MEMORY;
        for (size_t j = 0; j < i && !known; j++)
            known = findings->hubs[j].node.value == hub->node.value;
        if (known)
            continue;
        TRY(signals_name(&to->node, collector, hub->node));
        to->class_name = slice_of(class_name, hub->class_name.size);
        to->degree = hub->degree;
        out->n_hubs++;
    }
    return STATUS_OK;
}

static enum status copy_skipped(struct signals *out, struct arena *arena,
                                const struct probe_result *result)
{
    out->skipped = arena_array(arena, result->n_skipped + 1, sizeof *out->skipped);
    if (!out->skipped)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < result->n_skipped; i++)
        out->skipped[out->n_skipped++] = result->skipped[i]->id;
    return STATUS_OK;
}

static void result_fini(struct probe_result *result)
{
    findings_fini(&result->findings);
}

static enum status add_live(struct signals *out, struct collector *collector)
{
    const struct signals_input *input = collector->input;
    AUTO(result_fini) struct probe_result result = { 0 };
    struct application application = collector->resolved.application;
    struct probe_options options = {
        .params = policy_params(input->policy->policy),
        .max_reads = policy_max_reads(input->policy->policy),
        .confirmed = input->standings->confirmed,
        .n_confirmed = input->standings->n_confirmed,
        .blocked = input->standings->blocked,
        .n_blocked = input->standings->n_blocked,
        .expired = input->deadline_us == TIME_MAX ? NULL : deadline_over,
        .context = (void *)input,
        .skip = input->skip,
    };

    application.time_us = input->at_us;
    TRY(probe_application(&result, collector->txn, &application, &options));
    for (size_t i = 0; i < result.findings.n; i++)
        TRY(add_finding(collector, &result.findings, &result.findings.items[i]));
    out->truncated = result.truncated || result.findings.truncated;
    out->n_reads = result.n_reads;
    TRY(copy_skipped(out, collector->arena, &result));
    return add_hubs(out, collector, &result.findings);
}

static enum status check_allowed_all(struct signals *out, struct collector *collector)
{
    struct node_id applicant = collector->resolved.ids[0];
    struct overlay *overlays;
    size_t n;

    if (!applicant.value)
        return STATUS_OK;
    TRY(overlays_of(&overlays, &n, collector, applicant));
    /* No code is empty, so only entries for every code fit. */
    out->allowed_all = overlay_in_force(overlays, n, OVERLAY_ALLOW, SLICE(""),
                                        collector->input->view->at_us) != NULL;
    return STATUS_OK;
}

enum status signals_collect(struct signals *out, struct arena *arena,
                            const struct signals_input *input)
{
    AUTO(collector_fini) struct collector collector = {
        .arena = arena, .input = input, .txn = input->txn,
        .catalog = graph_catalog(txn_graph(input->txn)),
    };
    struct signals signals = { 0 };

    TRY(txn_remember_rows(input->txn));
    TRY(resolve(&collector.resolved, arena, input->txn, input->request));
    TRY(add_party_signals(&collector));
    TRY(add_live(&signals, &collector));
    signals.blocked = collector.blocked;
    signals.parties = collector.resolved.ids;
    signals.application = collector.resolved.application.id;
    TRY(check_allowed_all(&signals, &collector));
    TRY(signals_judge(&signals, &collector));
    *out = signals;
    return STATUS_OK;
}
