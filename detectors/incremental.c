/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/incremental.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detectors/facts.h"
#include "graph/changes.h"
#include "graph/snapshot.h"

/* Beyond these, looking at everything costs less. */
#define READS_MIN 100000u
#define READS_SHARE 40     /* of nodes and edges, one in so many */
#define CHANGES_MIN 10000u
#define CHANGES_SHARE 1000 /* of nodes, one in so many */

static void dirty_fini(struct dirty *dirty)
{
    node_set_fini(&dirty->nodes);
    node_set_fini(&dirty->behind);
    node_set_fini(&dirty->applicants);
    node_set_fini(&dirty->principals);
    node_set_fini(&dirty->related);
    node_set_fini(&dirty->renewed);
}

void incremental_fini(struct incremental *incremental)
{
    txn_end(incremental->then);
    node_set_fini(&incremental->tagged);
    node_set_fini(&incremental->untagged);
    dirty_fini(&incremental->dirty);
}

enum status incremental_basis(char text[BASIS_MAX], const struct params *params,
                              const struct detector *detector)
{
    char hash[PARAMS_HASH_MAX];

    TRY(params_hash(hash, params, detector));
    snprintf(text, BASIS_MAX, "%s@%" PRIu32 " %s", detector->id, detector->version, hash);
    return STATUS_OK;
}

static uint64_t max_reads(struct graph_txn *txn)
{
    struct graph_counts counts = txn_counts(txn);

    return READS_MIN + (counts.nodes + counts.edges) / READS_SHARE;
}

/* ---- what changed ------------------------------------------------------------------------- */

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
        TRY(node_set_add(&dirty->nodes, changes.nodes[i]));
        if (status == STATUS_OK && node.born > inc->since.commit_seq)
            TRY(node_set_add(&dirty->renewed, changes.nodes[i]));
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
            TRY(node_set_add(&dirty->nodes, it.edge.to));
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
        TRY(node_set_add(&dirty->nodes, changes.nodes[i]));
        TRY(add_dated_ends(dirty, inc->txn, changes.nodes[i], after_us, until_us));
        if (!days)
            TRY(node_set_add(&dirty->renewed, changes.nodes[i]));
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
            TRY(node_set_add(&dirty->nodes, a[i++]));
        else
            TRY(node_set_add(&dirty->nodes, b[k++]));
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

static bool is_person(const struct schema *schema, const struct params *params, uint32_t label)
{
    for (size_t i = 0; i < schema->n_kinds; i++)
        if (schema->kinds[i].label == label)
            return true;
    return params->n_subject_labels > 0;
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
    person = is_person(region->schema, inc->params, label);
    *out = person && inc->dirty.moved;
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

        if (node_set_has(&dirty->related, id))
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

    TRY(region_begin(&region, inc->txn, &rules, max_reads(inc->txn)));
    TRY(find_behind(dirty, &region));
    for (size_t i = 0; i < dirty->behind.n && !region.cut; i++)
        if (!node_set_has(&dirty->principals, dirty->behind.ids[i]))
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

/* Detectors mostly ran together and ask for the same: then it is known already. */
static enum status know_dirty(struct incremental *inc, const struct detector *detector,
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

/* ---- whether it can be done --------------------------------------------------------------- */

static enum status examined_before(const char **why, const struct run_examined **out,
                                   const struct incremental *inc, const struct detector *detector)
{
    const struct run_examined *first =
        run_examined_of(inc->before, slice_str(detector->codes[0]));
    char basis[BASIS_MAX];

    if (!first || !first->run) {
        *why = "it has not run before";
        return STATUS_OK;
    }
    TRY(incremental_basis(basis, inc->params, detector));
    if (!slice_equal(first->basis, slice_str(basis)))
        *why = "its version or its parameters are others than last time";
    for (size_t c = 1; c < DETECTOR_CODES_MAX && detector->codes[c]; c++) {
        const struct run_examined *other =
            run_examined_of(inc->before, slice_str(detector->codes[c]));

        if (!other || other->run != first->run)
            *why = "its codes were examined apart";
    }
    *out = first;
    return STATUS_OK;
}

static enum status can_run(const char **why, struct incremental *inc,
                           const struct detector *detector)
{
    const struct run_examined *since = NULL;
    bool complete;

    if (!detector->locality)
        *why = "it looks at the whole graph";
    else if (txn_moment(inc->txn)->known_at_us != TIME_MAX)
        *why = "what was known at another time is asked for";
    else
        TRY(examined_before(why, &since, inc, detector));
    if (*why)
        return STATUS_OK;
    TRY(changes_complete(&complete, inc->txn, since->commit_seq));
    if (!complete)
        *why = "the change log does not reach back to its last run";
    else if (since->cut)
        *why = "a search of its last run was cut";
    else if (inc->at_us < since->as_of_us)
        *why = "T moves back";
    else if (since->ages && inc->at_us > since->as_of_us)
        *why = "T moves on, and age alone may split a large component otherwise";
    if (*why)
        return STATUS_OK;
    TRY(know_dirty(inc, detector, since));
    if (inc->cut)
        *why = "too much has changed";
    return STATUS_OK;
}

/* ---- looking ------------------------------------------------------------------------------ */

/* One detector's look at what changed. */
struct look {
    struct incremental *inc;
    const struct detector *detector;
    struct region region;
    struct node_set candidates, subjects;
    struct node_set rings;   /* numbers of rings that subjects were in, as ids */
    size_t n_complete;       /* of the subjects */
    struct snapshot *snapshot;
    struct findings findings;
    struct arena arena;
};

static void look_fini(struct look *look)
{
    region_fini(&look->region);
    node_set_fini(&look->candidates);
    node_set_fini(&look->subjects);
    node_set_fini(&look->rings);
    snapshot_free(look->snapshot);
    findings_fini(&look->findings);
    arena_fini(&look->arena);
}

/* A ring is looked at with all who were in it. */
static enum status adopt_ring(struct look *look, uint64_t number)
{
    struct ring_record ring;
    enum status status;

    if (!number || node_set_has(&look->rings, (struct node_id){ number }))
        return STATUS_OK;
    TRY(node_set_add(&look->rings, (struct node_id){ number }));
    status = ring_find(&ring, &look->arena, look->inc->txn, &look->inc->view, number);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CORRUPT, "a tag names ring %" PRIu64 ", which is not there; run check",
                    number);
    TRY(status);
    for (size_t i = 0; i < ring.n_members; i++)
        TRY(node_set_add(&look->subjects, ring.members[i]));
    return STATUS_OK;
}

/* Most have no tag at all, and many detectors ask. */
static enum status has_tags(bool *out, struct incremental *inc, struct node_id subject)
{
    struct tag_view stored = { .publication = inc->view.publication, .at_us = TIME_MIN };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    *out = node_set_has(&inc->tagged, subject);
    if (*out || node_set_has(&inc->untagged, subject))
        return STATUS_OK;
    tag_iter_subject(&it, inc->txn, &stored, subject);
    *out = tag_iter_next(&it);
    TRY(it.status);
    return node_set_add(*out ? &inc->tagged : &inc->untagged, subject);
}

/* *tagged: whether the subject has a live tag of the detector's; its rings are adopted. */
static enum status look_up_tags(bool *tagged, struct look *look, struct node_id subject)
{
    bool any;

    *tagged = false;
    TRY(has_tags(&any, look->inc, subject));
    for (size_t c = 0; c < DETECTOR_CODES_MAX && look->detector->codes[c] && any; c++) {
        struct tag tag;
        enum status status =
            tag_version(&tag, &look->arena, look->inc->txn, subject,
                        slice_str(look->detector->codes[c]), TAG_DETECTOR,
                        look->inc->view.publication);

        if (status == STATUS_OK && tag.state != TAG_WITHDRAWN) {
            *tagged = true;
            TRY(adopt_ring(look, tag.ring));
        } else if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
            return status;
        }
    }
    arena_reset(&look->arena);
    return STATUS_OK;
}

static enum status choose_candidate(struct look *look, struct node_id subject)
{
    bool wanted;

    TRY(look_up_tags(&wanted, look, subject));
    return wanted || !look->detector->locality->by_finding
               ? node_set_add(&look->subjects, subject)
               : STATUS_OK;
}

/* Where findings tell days, everybody who has a tag. */
static enum status choose_tagged(struct look *look)
{
    struct tag_view stored = { .publication = look->inc->view.publication, .at_us = TIME_MIN };

    for (size_t c = 0; c < DETECTOR_CODES_MAX && look->detector->codes[c]; c++) {
        AUTO(tag_iter_stop) struct tag_iter it = { 0 };

        for (tag_iter_code(&it, look->inc->txn, &stored, slice_str(look->detector->codes[c]));
             tag_iter_next(&it);)
            if (it.tag.origin == TAG_DETECTOR && it.tag.state != TAG_WITHDRAWN)
                TRY(node_set_add(&look->subjects, it.tag.subject));
        TRY(it.status);
    }
    return STATUS_OK;
}

static enum status choose_subjects(struct look *look)
{
    const struct locality *locality = look->detector->locality;

    if (locality->ages_daily && look->inc->at_us != look->inc->since.as_of_us)
        TRY(choose_tagged(look));
    TRY(locality->candidates(&look->candidates, &look->region, &look->inc->dirty));
    for (size_t i = 0; i < look->candidates.n && !look->region.cut; i++)
        TRY(choose_candidate(look, look->candidates.ids[i]));
    return STATUS_OK;
}

/* Gathers what decides about those who came to be looked at, and about their rings of before. */
static enum status complete_subjects(struct look *look)
{
    for (; look->n_complete < look->subjects.n && !look->region.cut; look->n_complete++) {
        struct node_id subject = look->subjects.ids[look->n_complete];
        bool tagged;

        TRY(look_up_tags(&tagged, look, subject));
        TRY(look->detector->locality->complete(&look->region, subject, &look->inc->dirty));
    }
    return STATUS_OK;
}

static bool ring_concerns(const struct look *look, const struct ring *ring)
{
    for (uint32_t i = 0; i < ring->members.count; i++)
        if (node_set_has(&look->subjects, look->findings.members[ring->members.first + i]))
            return true;
    return false;
}

/* Candidates of whom something was found, and everybody in one ring with a subject. */
static enum status grow_found(struct look *look)
{
    const struct findings *findings = &look->findings;

    for (size_t i = 0; i < findings->n && look->detector->locality->by_finding; i++)
        if (node_set_has(&look->candidates, findings->items[i].subject))
            TRY(node_set_add(&look->subjects, findings->items[i].subject));
    for (size_t i = 0; i < findings->n_rings; i++) {
        const struct ring *ring = &findings->rings[i];

        if (!ring_concerns(look, ring))
            continue;
        for (uint32_t k = 0; k < ring->members.count; k++)
            TRY(node_set_add(&look->subjects, findings->members[ring->members.first + k]));
    }
    return STATUS_OK;
}

static enum status run_region(struct look *look)
{
    const struct incremental *inc = look->inc;
    AUTO(facts_fini) struct facts facts = { 0 };

    findings_fini(&look->findings);
    snapshot_free(look->snapshot);
    look->snapshot = NULL;
    TRY(region_snapshot(&look->snapshot, &look->region));
    facts = (struct facts){ .snapshot = look->snapshot, .schema = look->region.schema,
                            .params = inc->params, .at_us = inc->at_us,
                            .confirmed = inc->standings->confirmed,
                            .n_confirmed = inc->standings->n_confirmed,
                            .blocked = inc->standings->blocked,
                            .n_blocked = inc->standings->n_blocked };
    TRY(look->detector->run(&facts, &look->findings));
    TRY(grow_found(look));
    if (look->detector->locality->grow)
        TRY(look->detector->locality->grow(&look->subjects, &look->candidates, &facts));
    return STATUS_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct node_id *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Ascending, in the arena. */
static enum status sorted(const struct node_id **out, struct look *look,
                          const struct node_set *set)
{
    struct node_id *ids = arena_array(&look->arena, set->n + 1, sizeof *ids);

    if (!ids)
        return STATUS_NO_MEMORY;
    if (set->n) {
        memcpy(ids, set->ids, set->n * sizeof *ids);
        qsort(ids, set->n, sizeof *ids, by_id);
    }
    *out = ids;
    return STATUS_OK;
}

static enum status publish_part(struct look *look, struct diff *diff, struct run_code *counts)
{
    struct diff_part part = { .n_subjects = look->subjects.n, .n_rings = look->rings.n };
    const struct node_id *rings;
    uint64_t *numbers;
    enum status status;

    TRY(sorted(&part.subjects, look, &look->subjects));
    TRY(sorted(&rings, look, &look->rings));
    numbers = arena_array(&look->arena, look->rings.n + 1, sizeof *numbers);
    if (!numbers)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < look->rings.n; i++)
        numbers[i] = rings[i].value;
    part.rings = numbers;
    diff->snapshot = look->snapshot;
    diff->part = &part;
    status = diff_detector(diff, look->detector, &look->findings, counts);
    diff->snapshot = NULL;
    diff->part = NULL;
    return status;
}

static struct region_rules rules_of(const struct look *look)
{
    const struct locality *locality = look->detector->locality;
    const struct incremental *inc = look->inc;
    struct region_rules rules = { .params = inc->params, .links = locality->links,
                                  .renewed = &inc->dirty.renewed, .hubs = locality->hubs,
                                  .paired_after_us = TIME_MIN, .paired_until_us = inc->at_us,
                                  .applicants = locality->applicants };

    if (locality->pair_window)
        rules.paired_after_us =
            time_add(inc->at_us, -US_PER_DAY * locality_param(inc->params, look->detector,
                                                              locality->pair_window));
    return rules;
}

static enum status look_around(const char **why, struct look *look)
{
    struct region_rules rules = rules_of(look);
    size_t before;

    TRY(region_begin(&look->region, look->inc->txn, &rules, max_reads(look->inc->txn)));
    TRY(choose_subjects(look));
    do {
        TRY(complete_subjects(look));
        before = look->subjects.n;
        if (look->region.cut) {
            *why = "what changed reaches too far";
            return STATUS_OK;
        }
        TRY(run_region(look));
        if (look->findings.truncated) {
            *why = "a search was cut";
            return STATUS_OK;
        }
    } while (look->subjects.n > before);
    return STATUS_OK;
}

enum status incremental_run(const char **why, size_t *n_subjects, bool *ages,
                            struct incremental *incremental, struct diff *diff,
                            const struct detector *detector, struct run_code *counts)
{
    AUTO(look_fini) struct look look = { .inc = incremental, .detector = detector };

    *why = NULL;
    TRY(can_run(why, incremental, detector));
    if (*why)
        return STATUS_OK;
    TRY(look_around(why, &look));
    if (*why)
        return STATUS_OK;
    *n_subjects = look.subjects.n;
    *ages = incremental->since.ages || look.findings.ages;
    return publish_part(&look, diff, counts);
}
