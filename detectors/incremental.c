/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/facts.h"
#include "detectors/incremental_private.h"
#include "graph/changes.h"
#include "graph/snapshot.h"

enum status incremental_basis(char text[BASIS_MAX], const struct params *params,
                              const struct detector *detector)
{
    char hash[PARAMS_HASH_MAX];

    TRY(params_hash(hash, params, detector));
    snprintf(text, BASIS_MAX, "%s@%" PRIu32 " %s", detector->id, detector->version, hash);
    return STATUS_OK;
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
    for (size_t c = 1; c < detector_n_codes(detector); c++) {
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
    TRY(incremental_know(inc, detector, since));
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
    struct id_list candidates, subjects;
    struct id_list rings;   /* numbers of rings that subjects were in, as ids */
    size_t n_complete;       /* of the subjects */
    struct snapshot *snapshot;
    struct findings findings;
    struct arena arena;
};

static void look_fini(struct look *look)
{
    region_fini(&look->region);
    id_list_fini(&look->candidates);
    id_list_fini(&look->subjects);
    id_list_fini(&look->rings);
    snapshot_free(look->snapshot);
    findings_fini(&look->findings);
    arena_fini(&look->arena);
}

/* A ring is looked at with all who were in it. */
static enum status adopt_ring(struct look *look, uint64_t number)
{
    struct ring_record ring;
    enum status status;

    if (!number || id_list_has(&look->rings, (struct node_id){ number }))
        return STATUS_OK;
    TRY(id_list_add(&look->rings, (struct node_id){ number }));
    status = ring_find(&ring, &look->arena, look->inc->txn, &look->inc->view, number);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CORRUPT, "a tag names ring %" PRIu64 ", which is not there; run check",
                    number);
    TRY(status);
    for (size_t i = 0; i < ring.n_members; i++)
        TRY(id_list_add(&look->subjects, ring.members[i]));
    return STATUS_OK;
}

/* Most have no tag at all, and many detectors ask. */
static enum status has_tags(bool *out, struct incremental *inc, struct node_id subject)
{
    struct tag_view stored = { .publication = inc->view.publication, .at_us = TIME_MIN };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    *out = id_list_has(&inc->tagged, subject);
    if (*out || id_list_has(&inc->untagged, subject))
        return STATUS_OK;
    tag_iter_subject(&it, inc->txn, &stored, subject);
    *out = tag_iter_next(&it);
    TRY(it.status);
    return id_list_add(*out ? &inc->tagged : &inc->untagged, subject);
}

/* *tagged: whether the subject has a live tag of the detector's; its rings are adopted. */
static enum status look_up_tags(bool *tagged, struct look *look, struct node_id subject)
{
    bool any;

    *tagged = false;
    TRY(has_tags(&any, look->inc, subject));
    for (size_t c = 0; c < detector_n_codes(look->detector) && any; c++) {
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
               ? id_list_add(&look->subjects, subject)
               : STATUS_OK;
}

/* Where findings tell days, everybody who has a tag. */
static enum status choose_tagged(struct look *look)
{
    struct tag_view stored = { .publication = look->inc->view.publication, .at_us = TIME_MIN };

    for (size_t c = 0; c < detector_n_codes(look->detector); c++) {
        AUTO(tag_iter_stop) struct tag_iter it = { 0 };

        for (tag_iter_code(&it, look->inc->txn, &stored, slice_str(look->detector->codes[c]));
             tag_iter_next(&it);)
            if (it.tag.origin == TAG_DETECTOR && it.tag.state != TAG_WITHDRAWN)
                TRY(id_list_add(&look->subjects, it.tag.subject));
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
        if (id_list_has(&look->subjects, look->findings.members[ring->members.first + i]))
            return true;
    return false;
}

/* Candidates of whom something was found, and everybody in one ring with a subject. */
static enum status grow_found(struct look *look)
{
    const struct findings *findings = &look->findings;

    for (size_t i = 0; i < findings->n && look->detector->locality->by_finding; i++)
        if (id_list_has(&look->candidates, findings->items[i].subject))
            TRY(id_list_add(&look->subjects, findings->items[i].subject));
    for (size_t i = 0; i < findings->n_rings; i++) {
        const struct ring *ring = &findings->rings[i];

        if (!ring_concerns(look, ring))
            continue;
        for (uint32_t k = 0; k < ring->members.count; k++)
            TRY(id_list_add(&look->subjects, findings->members[ring->members.first + k]));
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

/* Ascending, in the arena. */
static enum status sorted(const struct node_id **out, struct look *look,
                          const struct id_list *set)
{
    struct node_id *ids = arena_array(&look->arena, set->n + 1, sizeof *ids);

    if (!ids)
        return STATUS_NO_MEMORY;
    if (set->n) {
        memcpy(ids, set->ids, set->n * sizeof *ids);
        qsort(ids, set->n, sizeof *ids, node_id_compare);
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

    TRY(region_begin(&look->region, look->inc->txn, &rules, incremental_max_reads(look->inc->txn)));
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
