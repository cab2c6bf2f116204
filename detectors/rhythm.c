/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of steady hubs (DETECTORS, section 0) for a busy identifier, without taking its history
 * into the neighbourhood: windows are suppressed by enough uses outside them, so counting stops as
 * soon as there are enough. Where that is never so, the answer is that it is not certain.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "detectors/reach.h"
#include "detectors/wide.h"
#include "graph/ahead.h"

/* An edge by which a link arrives at the identifier. */
struct arrival {
    int64_t time_us;
    struct node_id other;
    const struct schema_link *link;
};

struct history {
    struct neighbourhood *around;
    struct arrival *items;        /* by time */
    size_t n, capacity;
    int64_t after_us;             /* start of the lookback, exclusive */
    struct id_list users;
    uint64_t n_uses;
};

static void history_fini(struct history *h)
{
    free(h->items);
    id_list_fini(&h->users);
}

static int by_time(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->other.value > y->other.value) - (x->other.value < y->other.value);
}

/* The dated arrivals in the lookback; the undated are left out, which only makes them fewer. */
static enum status list_arrivals(struct history *h, struct node_id identifier, uint32_t kind,
                                 enum reach_links links)
{
    for (size_t i = 0; i < h->around->schema->n_links; i++) {
        const struct schema_link *link = &h->around->schema->links[i];
        const struct schema_step *last = &link->steps[link->n_steps - 1];
        struct edge *edges;
        size_t n;

        if (!reach_wants(link, kind, links))
            continue;
        TRY(around_peek(&edges, &n, h->around, identifier, last->type,
                        last->reversed ? DIRECTION_OUT : DIRECTION_IN));
        TRY(array_reserve(&h->items, &h->capacity, h->n + n + 1));
        for (size_t k = 0; k < n; k++)
            if (edges[k].valid_from_us > h->after_us &&
                edges[k].valid_from_us <= h->around->at_us)
                h->items[h->n++] = (struct arrival){ edges[k].valid_from_us,
                                                     edge_other(&edges[k]), link };
    }
    sort_items(h->items, h->n, sizeof *h->items, by_time);
    return STATUS_OK;
}

/* Whether the principal counts: he applied in the lookback, or is of a label that always does. */
static enum status is_subject(bool *out, struct history *h, const struct edge *edge,
                              struct node_id principal)
{
    struct neighbourhood *around = h->around;
    enum status status;
    struct node node;

    *out = around_has_type(around->schema->roles.applied, edge->type) &&
           edge->valid_from_us > h->after_us && edge->valid_from_us <= around->at_us;
    if (*out)
        return STATUS_OK;
    status = node_load(&node, around->txn, principal);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* not known yet at the transaction's moment */
    TRY(status);
    for (uint32_t i = 0; i < node.n_labels; i++)
        *out |= facts_is_subject_label(around->schema, around->params,
                                       schema_label_of(around->schema, node.labels[i]));
    return STATUS_OK;
}

/* Counts the uses whose path arrives by way of the node, which `left` steps lead to. */
static enum status count_uses(struct history *h, struct node_id id,
                              const struct schema_link *link, uint32_t left)
{
    const struct schema_step *step = &link->steps[left - 1];
    struct edge_scan scan = EDGE_SCAN(step->type, step->reversed ? DIRECTION_OUT : DIRECTION_IN);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    enum status status = node_load(&node, h->around->txn, id);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, h->around->txn, &node, &scan); edge_iter_next(&it);) {
        bool subject;

        if (h->around->n_reads >= h->around->max_reads)
            h->around->truncated = true;
        if (h->around->truncated)
            return STATUS_OK;
        h->around->n_reads++;
        if (left > 1) {
            TRY(count_uses(h, edge_other(&it.edge), link, left - 1));
            continue;
        }
        TRY(is_subject(&subject, h, &it.edge, edge_other(&it.edge)));
        if (!subject)
            continue;
        h->n_uses++;
        TRY(id_list_add(&h->users, edge_other(&it.edge)));
    }
    return it.status;
}

/* Keeps of the uses listed the focus's own. */
static void keep_own(struct reaches *uses, const struct neighbourhood *around)
{
    size_t kept = 0;

    for (size_t i = 0; i < uses->n; i++)
        if (around_is_focus(around, uses->items[i].principal))
            uses->items[kept++] = uses->items[i];
    uses->n = kept;
}

/* Whether a window of that width could hold both the moment and one of the own uses. */
static bool is_near(int64_t time_us, const struct reaches *own, int64_t width_us)
{
    for (size_t i = 0; i < own->n; i++)
        if (time_us > time_add(own->items[i].start, -width_us) &&
            time_us < time_add(own->items[i].start, width_us))
            return true;
    return false;
}

static int64_t newest_of(const struct reaches *uses)
{
    int64_t newest = TIME_MIN;

    for (size_t i = 0; i < uses->n; i++)
        newest = uses->items[i].start > newest ? uses->items[i].start : newest;
    return newest;
}

/* Uses outside that make `most` principals inside less than the rule asks for, at that span. */
static uint64_t uses_needed(const struct shared_params *shared, int64_t width_us, size_t most,
                            int64_t span_us)
{
    wide_int inside = (wide_int)most * DECIMAL_ONE * (span_us - width_us);
    wide_int share = (wide_int)shared->steady_factor * width_us;
    wide_int needed = share > 0 ? inside / share + 1 : UINT64_MAX;

    return needed > UINT64_MAX ? UINT64_MAX : (uint64_t)needed;
}

#define AT_ONCE 8u /* arrivals whose rows are sought together: most counts end early */

static enum status look_ahead(const struct history *h, size_t at)
{
    struct ahead ahead = { .txn = h->around->txn };

    for (size_t i = at; i < h->n && i < at + AT_ONCE && at % AT_ONCE == 0; i++)
        TRY(ahead_node(&ahead, h->items[i].other));
    return ahead_seek(&ahead);
}

/* Counts from the oldest arrival on until there is enough; gives the first that counted. */
static enum status count_outside(int64_t *first_us, struct history *h,
                                 const struct reaches *own, int64_t width_us, uint64_t needed)
{
    uint64_t principals = (uint64_t)h->around->params->shared.steady_principals;

    for (size_t i = 0; i < h->n && (h->n_uses < needed || h->users.n < principals); i++) {
        const struct arrival *at = &h->items[i];
        uint64_t before = h->n_uses;

        TRY(look_ahead(h, i));
        if (is_near(at->time_us, own, width_us))
            continue;
        if (at->link->n_steps < 2)
            return STATUS_OK; /* direct uses are few: nothing here is worth counting */
        TRY(count_uses(h, at->other, at->link, at->link->n_steps - 1));
        if (!before && h->n_uses)
            *first_us = at->time_us;
    }
    return STATUS_OK;
}

static enum status judge(bool *steady, struct history *h, const struct reaches *own,
                         int64_t width_us, size_t most)
{
    const struct shared_params *shared = &h->around->params->shared;
    int64_t newest = newest_of(own), first_us = TIME_MAX, span;
    uint64_t needed;
    size_t n_sets;

    if (!h->n || newest == TIME_MIN)
        return STATUS_OK;
    /* the rule is hardest to meet over the longest span that there can be */
    span = (newest > h->items[h->n - 1].time_us ? newest : h->items[h->n - 1].time_us) -
           h->items[0].time_us;
    needed = uses_needed(shared, width_us, most, span);
    TRY(count_outside(&first_us, h, own, width_us, needed));
    if (h->n_uses < needed || h->users.n < (size_t)shared->steady_principals ||
        newest - first_us < shared->steady_span_days * US_PER_DAY ||
        newest - first_us <= width_us)
        return STATUS_OK;
    TRY(around_relate_until(&n_sets, h->around, &h->users,
                            (size_t)shared->steady_principals - 1));
    *steady = n_sets >= (size_t)shared->steady_principals;
    return STATUS_OK;
}

enum status reach_is_steady(bool *steady, struct neighbourhood *around,
                            struct node_id identifier, uint32_t kind,
                            const struct reach_rule *rule, size_t most)
{
    AUTO(reaches_fini) struct reaches own = { 0 };
    AUTO(history_fini) struct history h = { .around = around };
    struct settled settled = { .code = rule->code, .identifier = identifier,
                               .reason = "steady", .degree = most };
    struct caps caps;

    *steady = false;
    h.after_us = time_add(around->at_us, -around->params->shared.lookback_days * US_PER_DAY);
    TRY(reach_list(&own, around, identifier, kind, rule->links));
    keep_own(&own, around);
    TRY(list_arrivals(&h, identifier, kind, rule->links));
    TRY(judge(steady, &h, &own, rule->width_us, most));
    if (!*steady)
        return STATUS_OK;
    TRY(reach_caps(&caps, around, identifier, kind));
    settled.class_name = caps.class_name;
    return around_settle(around, &settled);
}
