/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of what parties do: applications, loans, and the sums of their control groups. */
#include <stdlib.h>

#include "detectors/feature_work.h"

/* The first row of the node's that starts after the moment; rows are by start. */
static uint32_t rows_after(const struct edge_table *table, const struct adjacency *rows,
                           uint32_t node, int64_t us)
{
    uint32_t low = rows->offset[node], high = rows->offset[node + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (table->start[middle] <= us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* An application, and when the party filed it last. */
struct filed {
    uint32_t application;
    int64_t time_us;
};

struct filed_list {
    struct filed *items;
    size_t n, capacity;
};

static void filed_fini(struct filed_list *list)
{
    free(list->items);
}

static int by_application_newest_first(const void *a, const void *b)
{
    const struct filed *x = a, *y = b;

    if (x->application != y->application)
        return x->application < y->application ? -1 : 1;
    return (x->time_us < y->time_us) - (x->time_us > y->time_us);
}

static void keep_newest_of_each(struct filed_list *list)
{
    size_t kept = 0;

    if (list->n > 1)
        qsort(list->items, list->n, sizeof *list->items, by_application_newest_first);
    for (size_t i = 0; i < list->n; i++)
        if (!i || list->items[i].application != list->items[i - 1].application)
            list->items[kept++] = list->items[i];
    list->n = kept;
}

/* What the party filed in the days before T, each application once however often it is said. */
static enum status list_filed(struct filed_list *out, const struct feature_work *work,
                              uint32_t node, int64_t days)
{
    const struct facts *facts = work->facts;

    for (const uint32_t *type = facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);
        struct adjacency rows;
        uint32_t end;

        TRY(snapshot_index(&rows, facts->snapshot, table, DIRECTION_OUT));
        end = rows_after(table, &rows, node, facts->at_us);
        for (uint32_t at = rows_after(table, &rows, node, facts_ago(facts, days)); at < end; at++) {
            TRY(array_reserve(&out->items, &out->capacity, out->n + 1));
            out->items[out->n++] = (struct filed){ table->to[at], table->start[at] };
        }
    }
    keep_newest_of_each(out);
    return STATUS_OK;
}

enum status feature_applications(uint32_t *n, const struct feature_work *work, uint32_t node,
                                 int64_t days)
{
    AUTO(filed_fini) struct filed_list filed = { 0 };

    TRY(list_filed(&filed, work, node, days));
    *n = (uint32_t)filed.n;
    return STATUS_OK;
}

/* What a party owes. */
struct debts {
    int64_t loans, overdue, exposure;
    int64_t longest_us; /* overdue for; -1: not */
};

static void add_loan(struct debts *debts, const struct feature_work *work, uint32_t loan)
{
    const struct snapshot *snapshot = work->facts->snapshot;
    int64_t at_us = work->facts->at_us;
    int64_t since = snapshot_cell(snapshot, loan, NODE_OVERDUE_SINCE);
    int64_t until = snapshot_cell(snapshot, loan, NODE_OVERDUE_UNTIL);
    int64_t amount = snapshot_cell(snapshot, loan, NODE_AMOUNT);

    debts->loans++;
    if (since != CELL_ABSENT && since <= at_us && (until == CELL_ABSENT || at_us < until)) {
        debts->overdue++;
        if (at_us - since > debts->longest_us)
            debts->longest_us = at_us - since;
    }
    if (amount != CELL_ABSENT && !facts_loan_is_over(work->facts, loan) &&
        feature_in_currency(work, snapshot_cell(snapshot, loan, NODE_CURRENCY)) &&
        __builtin_add_overflow(debts->exposure, amount, &debts->exposure))
        debts->exposure = INT64_MAX;
}

static enum status add_debts(struct debts *debts, const struct feature_work *work, uint32_t node)
{
    const struct facts *facts = work->facts;

    *debts = (struct debts){ .longest_us = -1 };
    for (const uint32_t *type = facts->schema->roles.borrowed; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[node]; at < rows.offset[node + 1]; at++)
            if (table->start[at] <= facts->at_us)
                add_loan(debts, work, table->to[at]);
    }
    return STATUS_OK;
}

enum status feature_overdue(bool *out, const struct feature_work *work, uint32_t node)
{
    struct debts debts;

    TRY(add_debts(&debts, work, node));
    *out = debts.overdue > 0;
    return STATUS_OK;
}

static enum status add_member(struct feature_work *work, uint32_t node)
{
    struct group_sum *sum = &work->groups[facts_group(work->facts, node)];
    enum feature_id id = FEATURE_GROUP_APPLICATIONS;
    struct debts debts;

    sum->size++;
    TRY(add_debts(&debts, work, node));
    sum->overdue += debts.overdue > 0;
    if (__builtin_add_overflow(sum->exposure, debts.exposure, &sum->exposure))
        sum->exposure = INT64_MAX;
    for (uint32_t w = 0; w < work->table->n_windows[id]; w++) {
        uint32_t n;

        TRY(feature_applications(&n, work, node, work->table->windows[id][w]));
        sum->applications[w] += n;
    }
    return STATUS_OK;
}

enum status feature_behaviour_prepare(struct feature_work *work)
{
    uint32_t n = work->facts->snapshot->n_nodes;

    work->groups = calloc(n + (size_t)1, sizeof *work->groups);
    if (!work->groups)
        return fail_memory(n * sizeof *work->groups);
    for (uint32_t node = 0; node < n; node++)
        if (facts_is(work->facts, node, FACT_SUBJECT))
            TRY(add_member(work, node));
    return STATUS_OK;
}

static enum status tell_debts(int64_t *row, const struct feature_work *work, uint32_t node)
{
    const struct group_sum *sum = &work->groups[facts_group(work->facts, node)];
    enum feature_id id = FEATURE_GROUP_APPLICATIONS;
    struct debts debts;

    TRY(add_debts(&debts, work, node));
    feature_set(row, work, FEATURE_LOANS, debts.loans);
    feature_set(row, work, FEATURE_LOANS_OVERDUE, debts.overdue);
    if (debts.longest_us >= 0)
        feature_set(row, work, FEATURE_OVERDUE_DAYS, debts.longest_us / US_PER_DAY);
    feature_set(row, work, FEATURE_EXPOSURE, debts.exposure);
    feature_set(row, work, FEATURE_GROUP_SIZE, sum->size);
    feature_set(row, work, FEATURE_GROUP_OVERDUE, sum->overdue);
    feature_set(row, work, FEATURE_GROUP_EXPOSURE, sum->exposure);
    for (uint32_t w = 0; w < work->table->n_windows[id]; w++)
        row[feature_column(work->table, id, 0, w)] = sum->applications[w];
    return STATUS_OK;
}

/* A pair of lender and product, as cells. */
struct shop {
    int64_t lender, product;
};

static int compare_shops(const void *a, const void *b)
{
    const struct shop *x = a, *y = b;

    if (x->lender != y->lender)
        return x->lender < y->lender ? -1 : 1;
    return (x->product > y->product) - (x->product < y->product);
}

static uint32_t count_shops(struct shop *shops, uint32_t n)
{
    uint32_t different = 0;

    if (n > 1)
        qsort(shops, n, sizeof *shops, compare_shops);
    for (uint32_t i = 0; i < n; i++)
        different += !i || compare_shops(&shops[i - 1], &shops[i]) != 0;
    return different;
}

/* Amount and shops of the applications in the window of FEATURE_LENDER_PRODUCTS. */
static enum status tell_recent(int64_t *row, const struct feature_work *work, uint32_t node)
{
    const struct snapshot *snapshot = work->facts->snapshot;
    int64_t days = work->table->windows[FEATURE_LENDER_PRODUCTS][0], amount = 0;
    AUTO(filed_fini) struct filed_list filed = { 0 };
    AUTO(free_ptr) struct shop *shops = NULL;
    uint32_t n_shops = 0;

    TRY(list_filed(&filed, work, node, days));
    shops = malloc((filed.n + 1) * sizeof *shops);
    if (!shops)
        return fail_memory(filed.n * sizeof *shops);
    for (size_t i = 0; i < filed.n; i++) {
        uint32_t application = filed.items[i].application;
        int64_t sum = snapshot_cell(snapshot, application, NODE_AMOUNT);
        struct shop shop = { snapshot_cell(snapshot, application, NODE_LENDER),
                             snapshot_cell(snapshot, application, NODE_PRODUCT) };

        if (shop.lender != CELL_ABSENT || shop.product != CELL_ABSENT)
            shops[n_shops++] = shop;
        if (sum != CELL_ABSENT &&
            feature_in_currency(work, snapshot_cell(snapshot, application, NODE_CURRENCY)) &&
            __builtin_add_overflow(amount, sum, &amount))
            amount = INT64_MAX;
    }
    feature_set(row, work, FEATURE_APPLIED_AMOUNT, amount);
    feature_set(row, work, FEATURE_LENDER_PRODUCTS, count_shops(shops, n_shops));
    return STATUS_OK;
}

/* Days between the two newest applications. */
static enum status tell_gap(int64_t *row, const struct feature_work *work, uint32_t node)
{
    AUTO(filed_fini) struct filed_list filed = { 0 };
    int64_t newest = TIME_MIN, second = TIME_MIN;

    TRY(list_filed(&filed, work, node, work->facts->params->shared.lookback_days));
    for (size_t i = 0; i < filed.n; i++) {
        int64_t at = filed.items[i].time_us;

        second = at >= newest ? newest : at > second ? at : second;
        newest = at > newest ? at : newest;
    }
    if (second != TIME_MIN)
        feature_set(row, work, FEATURE_APPLICATION_GAP, (newest - second) / US_PER_DAY);
    return STATUS_OK;
}

static void tell_record(int64_t *row, const struct feature_work *work, uint32_t node)
{
    const struct snapshot *snapshot = work->facts->snapshot;
    int64_t registered = snapshot_cell(snapshot, node, NODE_REGISTERED_ON);

    if (registered != CELL_ABSENT)
        feature_set(row, work, FEATURE_AGE, (work->facts->at_us - registered) / US_PER_DAY);
    feature_set(row, work, FEATURE_NET_ASSETS, snapshot_cell(snapshot, node, NODE_NET_ASSETS));
}

enum status feature_behaviour_row(int64_t *row, struct feature_work *work, uint32_t node)
{
    enum feature_id id = FEATURE_APPLICATIONS;

    for (uint32_t w = 0; w < work->table->n_windows[id]; w++) {
        uint32_t n;

        TRY(feature_applications(&n, work, node, work->table->windows[id][w]));
        row[feature_column(work->table, id, 0, w)] = n;
    }
    TRY(tell_recent(row, work, node));
    TRY(tell_gap(row, work, node));
    tell_record(row, work, node);
    return tell_debts(row, work, node);
}
