/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed since a detector's last run: nodes that were touched, and what T passed by. */
#include "detectors/facts.h"
#include "detectors/incremental_private.h"
#include "graph/changes.h"

/* Beyond these, looking at everything costs less. */
#define READS_MIN 100000u
#define READS_SHARE 40     /* of nodes and edges, one in so many */
#define CHANGES_MIN 10000u
#define CHANGES_SHARE 1000 /* of nodes, one in so many */

static void dirty_fini(struct dirty *dirty)
{
    id_list_fini(&dirty->nodes);
    id_list_fini(&dirty->behind);
    id_list_fini(&dirty->applicants);
    id_list_fini(&dirty->principals);
    id_list_fini(&dirty->related);
    id_list_fini(&dirty->renewed);
    id_list_fini(&dirty->begun);
}

void incremental_fini(struct incremental *incremental)
{
    txn_end(incremental->then);
    id_list_fini(&incremental->tagged);
    id_list_fini(&incremental->untagged);
    dirty_fini(&incremental->dirty);
}

uint64_t incremental_max_reads(struct graph_txn *txn)
{
    struct graph_counts counts = txn_counts(txn);

    return READS_MIN + (counts.nodes + counts.edges) / READS_SHARE;
}

static size_t max_changes(struct graph_txn *txn)
{
    return CHANGES_MIN + (size_t)(txn_counts(txn).nodes / CHANGES_SHARE);
}

static enum status add_touched(struct incremental *inc, struct dirty *dirty)
{
    AUTO(changes_fini) struct changes changes = { 0 };

    TRY(changes_since(&changes, inc->txn, inc->since.commit_seq, max_changes(inc->txn)));
    inc->cut |= changes.cut;
    changes_settle(&changes);
    for (size_t i = 0; i < changes.n && !inc->cut; i++) {
        struct node node;
        enum status status = node_load(&node, inc->txn, changes.nodes[i]);

        if (status != STATUS_NOT_FOUND)
            TRY(status);
        TRY(id_list_add(&dirty->nodes, changes.nodes[i]));
        if (status == STATUS_OK && node.born > inc->since.commit_seq)
            TRY(id_list_add(&dirty->renewed, changes.nodes[i]));
    }
    return STATUS_OK;
}

static bool within(int64_t us, int64_t after_us, int64_t until_us)
{
    return us >= time_add(after_us, -US_PER_DAY) && us <= time_add(until_us, US_PER_DAY);
}

/* The other ends of what starts or ends then; days name the nodes that edges go out from. */
static enum status add_dated_ends(struct dirty *dirty, struct graph_txn *txn, struct node_id id,
                                  int64_t after_us, int64_t until_us)
{
    static const struct edge_scan all = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    enum status status = node_load(&node, txn, id);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, txn, &node, &all); edge_iter_next(&it);)
        if (within(it.edge.valid_from_us, after_us, until_us) ||
            within(it.edge.valid_to_us, after_us, until_us))
            TRY(id_list_add(&dirty->nodes, it.edge.to));
    return it.status;
}

/* Whether the node is there by now and was not yet at the last T. */
static enum status has_begun(bool *out, struct node *node, struct incremental *inc,
                             struct node_id id)
{
    int64_t as_of_us = txn_moment(inc->txn)->as_of_us;
    enum status before;

    txn_look_at(inc->txn, inc->since.as_of_us);
    before = txn_all_begun(inc->txn) ? STATUS_OK : node_load(node, inc->txn, id);
    txn_look_at(inc->txn, as_of_us);
    *out = before == STATUS_NOT_FOUND;
    if (!*out)
        return before;
    before = node_load(node, inc->txn, id);
    *out = before == STATUS_OK;
    return before == STATUS_NOT_FOUND ? STATUS_OK : before;
}

/* Edges may be older than the node at their end: they are met from its begin on. */
static enum status add_begun(struct incremental *inc, struct dirty *dirty, struct node_id id)
{
    static const struct edge_scan all = EDGE_SCAN(0, DIRECTION_BOTH);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    bool begun;

    TRY(has_begun(&begun, &node, inc, id));
    if (!begun)
        return STATUS_OK;
    TRY(id_list_add(&dirty->begun, id));
    edge_iter_start(&it, inc->txn, &node, &all);
    while (dirty->nodes.n <= max_changes(inc->txn) && edge_iter_next(&it)) {
        TRY(id_list_add(&dirty->nodes, edge_other(&it.edge)));
        TRY(id_list_add(&dirty->begun, edge_other(&it.edge)));
    }
    return it.status;
}

/* What passed the end of a window of `days` that moved with T. */
static enum status add_aged(struct incremental *inc, struct dirty *dirty, int64_t days)
{
    AUTO(changes_fini) struct changes changes = { 0 };
    int64_t after_us = time_add(inc->since.as_of_us, -days * US_PER_DAY);
    int64_t until_us = time_add(inc->at_us, -days * US_PER_DAY);

    TRY(changes_between(&changes, inc->txn, after_us, until_us, max_changes(inc->txn)));
    inc->cut |= changes.cut;
    changes_settle(&changes);
    for (size_t i = 0; i < changes.n && !inc->cut; i++) {
        TRY(id_list_add(&dirty->nodes, changes.nodes[i]));
        TRY(add_dated_ends(dirty, inc->txn, changes.nodes[i], after_us, until_us));
        if (days)
            continue;
        TRY(id_list_add(&dirty->renewed, changes.nodes[i]));
        TRY(add_begun(inc, dirty, changes.nodes[i]));
    }
    return STATUS_OK;
}

static enum status add_differences(struct dirty *dirty, const struct node_id *a, size_t n_a,
                                   const struct node_id *b, size_t n_b)
{
    for (size_t i = 0, k = 0; i < n_a || k < n_b;) {
        if (i < n_a && k < n_b && a[i].value == b[k].value)
            i++, k++;
        else if (k == n_b || (i < n_a && a[i].value < b[k].value))
            TRY(id_list_add(&dirty->nodes, a[i++]));
        else
            TRY(id_list_add(&dirty->nodes, b[k++]));
    }
    return STATUS_OK;
}

/* Whom people confirmed or blocked since, or no longer do. */
static enum status add_judged(struct incremental *inc, struct dirty *dirty)
{
    AUTO(tag_standings_fini) struct tag_standings then = { 0 };
    const struct tag_standings *now = inc->standings;
    struct tag_view view = { .publication = inc->since.run - 1, .overlay = inc->since.overlay,
                             .at_us = inc->since.as_of_us };

    TRY(tag_standings(&then, inc->txn, &view));
    TRY(add_differences(dirty, then.confirmed, then.n_confirmed, now->confirmed,
                        now->n_confirmed));
    return add_differences(dirty, then.blocked, then.n_blocked, now->blocked, now->n_blocked);
}

/* Something of it begins or ends on the way from the last T to this one. */
static enum status turns(bool *out, const struct incremental *inc, struct node_id id,
                         const uint32_t *types, enum direction direction)
{
    struct node node;
    enum status status = node_load(&node, inc->txn, id);

    if (*out || status == STATUS_NOT_FOUND || inc->at_us == inc->since.as_of_us)
        return STATUS_OK;
    TRY(status);
    for (; types && *types; types++) {
        struct edge_scan scan = EDGE_SCAN(*types, direction);
        AUTO(edge_iter_stop) struct edge_iter it = { 0 };

        for (edge_iter_start(&it, inc->txn, &node, &scan); edge_iter_next(&it);)
            *out |= within(it.edge.valid_from_us, inc->since.as_of_us, inc->at_us) ||
                    within(it.edge.valid_to_us, inc->since.as_of_us, inc->at_us);
        TRY(it.status);
    }
    return STATUS_OK;
}

static enum status role_changed(bool *out, struct incremental *inc, struct region *region,
                                struct node_id id, const uint32_t *types)
{
    for (const uint32_t *type = types; type && *type && !*out; type++)
        TRY(region_differs(out, region, inc->then, id, *type, DIRECTION_BOTH));
    return turns(out, inc, id, types, DIRECTION_BOTH);
}

/*
 * Whether what makes a control group, or a subject of a person, changed at this principal. When a
 * person's applications age is not looked into.
 */
static enum status relations_changed(bool *out, struct incremental *inc, struct region *region,
                                     struct node_id id)
{
    const struct schema_roles *roles = &region->schema->roles;
    enum label_role role;
    uint32_t label;
    bool person;

    TRY(region_node(&role, &label, region, id));
    person = inc->params->n_subject_labels > 0 || facts_is_kind_label(region->schema, label);
    *out = (person && inc->dirty.moved) || id_list_has(&inc->dirty.begun, id);
    if (person)
        TRY(role_changed(out, inc, region, id, roles->applied));
    TRY(role_changed(out, inc, region, id, roles->ownership));
    TRY(role_changed(out, inc, region, id, roles->membership));
    return role_changed(out, inc, region, id, roles->kin);
}

/* Adds to `related` the circle of everybody whose relations changed. */
static enum status find_related(struct incremental *inc, struct dirty *dirty,
                                struct region *region)
{
    for (size_t i = 0; i < dirty->behind.n && !region->cut; i++) {
        struct node_id id = dirty->behind.ids[i];
        bool changed;

        if (id_list_has(&dirty->related, id))
            continue;
        TRY(relations_changed(&changed, inc, region, id));
        if (changed)
            TRY(region_group(&dirty->related, region, id));
    }
    return STATUS_OK;
}

/* Who stands behind the changed nodes, and apart, behind applications. */
static enum status find_behind(struct dirty *dirty, struct region *region)
{
    for (size_t i = 0; i < dirty->nodes.n && !region->cut; i++) {
        enum label_role role;
        uint32_t label;

        TRY(region_node(&role, &label, region, dirty->nodes.ids[i]));
        TRY(region_principals(&dirty->behind, region, dirty->nodes.ids[i]));
        if (role == LABEL_APPLICATION)
            TRY(region_principals(&dirty->applicants, region, dirty->nodes.ids[i]));
    }
    return STATUS_OK;
}

/* Everybody behind the nodes, and whom control connects with them. */
static enum status find_principals(struct incremental *inc, struct dirty *dirty)
{
    struct region_rules rules = { .params = inc->params, .paired_after_us = TIME_MIN,
                                  .only_looks = true };
    AUTO(region_fini) struct region region = { 0 };

    TRY(region_begin(&region, inc->txn, &rules, incremental_max_reads(inc->txn)));
    TRY(find_behind(dirty, &region));
    for (size_t i = 0; i < dirty->behind.n && !region.cut; i++)
        if (!id_list_has(&dirty->principals, dirty->behind.ids[i]))
            TRY(region_group(&dirty->principals, &region, dirty->behind.ids[i]));
    TRY(find_related(inc, dirty, &region));
    inc->cut |= region.cut;
    return STATUS_OK;
}

static enum status open_then(struct incremental *inc)
{
    struct moment moment = *txn_moment(inc->txn);

    txn_end(inc->then);
    inc->then = inc->dirty.then = NULL;
    moment.commit_seq = inc->since.commit_seq;
    TRY(graph_read(&inc->then, txn_graph(inc->txn), &moment));
    inc->dirty.then = inc->then;
    return STATUS_OK;
}

void incremental_close(struct incremental *incremental)
{
    txn_end(incremental->then);
    incremental->then = incremental->dirty.then = NULL;
    incremental->txn = NULL;
}

enum status incremental_open(struct incremental *incremental, struct graph_txn *txn)
{
    incremental->txn = txn;
    return incremental->known ? open_then(incremental) : STATUS_OK;
}

static enum status find_dirty(struct incremental *inc)
{
    struct dirty *dirty = &inc->dirty;

    dirty_fini(dirty);
    inc->known = inc->cut = false;
    TRY(open_then(inc));
    *dirty = (struct dirty){ .at_us = inc->at_us, .params = inc->params, .then = inc->then,
                             .since_us = inc->since.as_of_us,
                             .moved = inc->at_us != inc->since.as_of_us };
    TRY(add_touched(inc, dirty));
    TRY(add_judged(inc, dirty));
    for (int i = 0; i < LOCALITY_WINDOWS * 2 + 2 && inc->at_us != inc->since.as_of_us; i++)
        if (!i || inc->windows[i])
            TRY(add_aged(inc, dirty, inc->windows[i]));
    inc->cut |= dirty->nodes.n > max_changes(inc->txn);
    if (!inc->cut)
        TRY(find_principals(inc, dirty));
    inc->known = true;
    return STATUS_OK;
}

/* Windows of 0 days and of the lookback end at T for every detector. */
static void windows_of(int64_t windows[LOCALITY_WINDOWS * 2 + 2], const struct incremental *inc,
                       const struct detector *detector)
{
    const struct locality *locality = detector->locality;
    int n = 1;

    memset(windows, 0, (LOCALITY_WINDOWS * 2 + 2) * sizeof *windows);
    if (inc->at_us == inc->since.as_of_us)
        return;
    windows[n++] = inc->params->shared.lookback_days;
    for (int i = 0; i < LOCALITY_WINDOWS; i++) {
        if (locality->window_params[i])
            windows[n++] = locality_param(inc->params, detector, locality->window_params[i]);
        if (locality->window_days[i])
            windows[n++] = locality->window_days[i];
    }
}

enum status incremental_know(struct incremental *inc, const struct detector *detector,
                             const struct run_examined *since)
{
    int64_t windows[LOCALITY_WINDOWS * 2 + 2];
    bool same = inc->known && since->run == inc->since.run;

    inc->since = *since;
    windows_of(windows, inc, detector);
    same = same && memcmp(windows, inc->windows, sizeof windows) == 0;
    memcpy(inc->windows, windows, sizeof windows);
    return same ? STATUS_OK : find_dirty(inc);
}
