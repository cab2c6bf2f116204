/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/features.h"

#include <stdlib.h>

#include "detectors/feature_gather.h"
#include "detectors/feature_view.h"

struct feature_session {
    struct graph *graph;
    const struct feature_table *table;
    const struct feature_options *options;
    struct feature_log log;
    struct tag_standings standings; /* of `view` */
    struct tag_view view;
    int64_t *row;
};

/* Tags, blocks and confirmations as they were in the view. */
static struct facts facts_of(const struct graph *graph, const struct feature_options *options,
                             const struct tag_standings *standings, int64_t at_us)
{
    return (struct facts){ .schema = graph_schema(graph), .params = options->params,
                           .at_us = at_us, .confirmed = standings->confirmed,
                           .n_confirmed = standings->n_confirmed,
                           .blocked = standings->blocked, .n_blocked = standings->n_blocked };
}

static int compare_keys(const void *a, const void *b, void *snapshot)
{
    return snapshot_key_compare(snapshot, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* Subjects of the label by key. */
static enum status list_parties(uint32_t **out, size_t *n, const struct facts *facts,
                                uint32_t label)
{
    const struct snapshot *snapshot = facts->snapshot;
    AUTO(free_ptr) uint32_t *list = NULL;
    size_t capacity = 0;

    *n = 0;
    for (uint32_t node = 0; node < snapshot->n_nodes; node++)
        if (facts_is(facts, node, FACT_SUBJECT) && (!label || snapshot->labels[node] == label)) {
            TRY(array_reserve(&list, &capacity, *n + 1));
            list[(*n)++] = node;
        }
    if (*n)
        qsort_r(list, *n, sizeof *list, compare_keys, (void *)snapshot);
    *out = list;
    list = NULL;
    return STATUS_OK;
}

static enum status tell(struct feature_row *row, int64_t *values, struct feature_work *work,
                        uint32_t node, feature_told *told, void *context)
{
    TRY(feature_work_row(values, work, node));
    row->party = facts_id(work->facts, node);
    row->label = work->facts->snapshot->labels[node];
    row->key = snapshot_key(work->facts->snapshot, node);
    row->values = values;
    return told(context, row);
}

static enum status tell_all(struct feature_work *work, const struct feature_options *options,
                            feature_told *told, void *context)
{
    AUTO(free_ptr) uint32_t *parties = NULL;
    AUTO(free_ptr) int64_t *values = malloc(work->table->n * sizeof *values);
    struct feature_row row = { .as_of_us = options->as_of_us,
                               .known_at_us = options->known_at_us };
    size_t n;

    if (!values)
        return fail_memory(work->table->n * sizeof *values);
    TRY(feature_work_prepare(work));
    TRY(list_parties(&parties, &n, work->facts, options->label));
    for (size_t i = 0; i < n; i++)
        TRY(tell(&row, values, work, parties[i], told, context));
    return STATUS_OK;
}

/* All that is read of the store, in one short transaction. */
static enum status read_all(struct snapshot **snapshot, struct tag_standings *standings,
                            struct feature_tags *tags, struct graph *graph,
                            const struct feature_table *table,
                            const struct feature_options *options)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(feature_log_fini) struct feature_log log = { 0 };
    struct moment moment = { options->as_of_us, options->known_at_us, 0 };
    struct tag_view view;

    TRY(graph_read(&txn, graph, &moment));
    TRY(feature_log_read(&log, txn));
    view = feature_log_view(&log, options->as_of_us, options->known_at_us);
    TRY(tag_standings(standings, txn, &view));
    TRY(snapshot_read(snapshot, txn));
    return feature_tags_read(tags, txn, &view, table, *snapshot, (struct node_id){ 0 });
}

enum status features_all(struct graph *graph, const struct feature_table *table,
                         const struct feature_options *options, feature_told *told, void *context)
{
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    AUTO(tag_standings_fini) struct tag_standings standings = { 0 };
    AUTO(feature_tags_fini) struct feature_tags tags = { 0 };
    AUTO(facts_fini) struct facts facts = { 0 };
    AUTO(feature_work_fini) struct feature_work work = { 0 };

    TRY(read_all(&snapshot, &standings, &tags, graph, table, options));
    facts = facts_of(graph, options, &standings, options->as_of_us);
    facts.snapshot = snapshot;
    work = (struct feature_work){ .facts = &facts, .table = table,
                                  .currency = options->currency, .tags = &tags };
    return tell_all(&work, options, told, context);
}

/* One row at a time */

enum status feature_session_open(struct feature_session **out, struct graph *graph,
                                 const struct feature_table *table,
                                 const struct feature_options *options)
{
    AUTO(feature_session_closep) struct feature_session *session = calloc(1, sizeof *session);
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    if (!session)
        return fail_memory(sizeof *session);
    session->graph = graph;
    session->table = table;
    session->options = options;
    session->row = malloc(table->n * sizeof *session->row);
    if (!session->row)
        return fail_memory(table->n * sizeof *session->row);
    TRY(graph_read(&txn, graph, NULL));
    TRY(feature_log_read(&session->log, txn));
    *out = session;
    session = NULL;
    return STATUS_OK;
}

void feature_session_close(struct feature_session *session)
{
    if (!session)
        return;
    feature_log_fini(&session->log);
    tag_standings_fini(&session->standings);
    free(session->row);
    free(session);
}

void feature_session_closep(struct feature_session **session)
{
    feature_session_close(*session);
}

/* Blocks and confirmations change seldom: one row's mostly serve the next. */
static enum status take_standings(struct feature_session *session, struct graph_txn *txn,
                                  const struct tag_view *view)
{
    const struct tag_standings *had = &session->standings;

    if (had->since_us < had->until_us && view->publication == session->view.publication &&
        view->overlay == session->view.overlay && had->since_us <= view->at_us &&
        view->at_us < had->until_us)
        return STATUS_OK;
    tag_standings_fini(&session->standings);
    session->view = *view;
    return tag_standings(&session->standings, txn, view);
}

/* The party's row out of what was gathered around it. */
static enum status tell_gathered(struct feature_session *session, struct graph_txn *txn,
                                 const struct neighbourhood *around, struct facts *facts,
                                 struct feature_row *row, feature_told *told, void *context)
{
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    AUTO(facts_fini) struct facts own = *facts;
    AUTO(feature_tags_fini) struct feature_tags tags = { 0 };
    AUTO(feature_work_fini) struct feature_work work = { 0 };
    uint32_t node;

    TRY(snapshot_finish_copy(&snapshot, around->builder));
    own.snapshot = snapshot;
    node = snapshot_find(snapshot, around->focus[0]);
    TRY(feature_tags_read(&tags, txn, &session->view, session->table, snapshot, row->party));
    work = (struct feature_work){ .facts = &own, .table = session->table,
                                  .currency = session->options->currency, .tags = &tags };
    TRY(feature_work_prepare(&work));
    TRY(feature_work_row(session->row, &work, node));
    if (around->truncated)
        feature_set(session->row, &work, FEATURE_TRUNCATED, 1);
    row->label = snapshot->labels[node];
    row->key = snapshot_key(snapshot, node);
    row->values = session->row;
    return told(context, row);
}

static enum status tell_party(struct feature_session *session, struct feature_row *row,
                              struct node_id application, feature_told *told, void *context)
{
    const struct feature_options *options = session->options;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(around_fini) struct neighbourhood around = { 0 };
    struct moment moment = { row->as_of_us, row->known_at_us, 0 };
    struct stated_node party = { .id = row->party, .applicant = true,
                                 .amount_minor = CELL_ABSENT };
    struct application about = { .id = application, .key = row->application, .recorded = true,
                                 .time_us = row->as_of_us, .amount_minor = CELL_ABSENT,
                                 .principals = &party, .n_principals = 1 };
    const struct probe_options reading = {
        .params = options->params,
        .max_reads = options->max_reads ? options->max_reads : FEATURE_READS,
    };
    struct facts facts;
    struct tag_view view = feature_log_view(&session->log, row->as_of_us, row->known_at_us);

    TRY(graph_read(&txn, session->graph, &moment));
    TRY(take_standings(session, txn, &view));
    facts = facts_of(session->graph, options, &session->standings, row->as_of_us);
    TRY(around_begin(&around, txn, &about, &reading));
    TRY(feature_gather(&around, &facts));
    return tell_gathered(session, txn, &around, &facts, row, told, context);
}

enum status features_of_party(struct feature_session *session, struct node_id party,
                              feature_told *told, void *context)
{
    struct feature_row row = { .party = party, .as_of_us = session->options->as_of_us,
                               .known_at_us = session->options->known_at_us };
    enum status status = tell_party(session, &row, (struct node_id){ 0 }, told, context);

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "the party was not in the graph at that moment; --known-at "
                    "asks what was known later");
    return status;
}

/* When the graph learnt of an edge. */
static enum status learnt(int64_t *us, struct graph_txn *txn, const struct edge *edge)
{
    if (edge->observed_us != TIME_MIN) {
        *us = edge->observed_us;
        return STATUS_OK;
    }
    return txn_commit_time(us, txn, edge->born);
}

/* A firm before the person who files for it; else the first. */
static enum status prefer(struct feature_row *row, struct graph_txn *txn, const struct edge *edge,
                          bool *firm)
{
    enum status status;
    struct node node;
    int64_t known_us;
    bool is_firm;

    status = node_load(&node, txn, edge->from);
    if (status == STATUS_NOT_FOUND) /* he is yet to begin */
        return STATUS_OK;
    TRY(status);
    is_firm = !facts_is_kind_label(graph_schema(txn_graph(txn)), node.key_label);
    if (row->party.value && (*firm || !is_firm))
        return STATUS_OK;
    TRY(learnt(&known_us, txn, edge));
    *firm = is_firm;
    row->party = edge->from;
    row->as_of_us = edge->valid_from_us;
    row->known_at_us = known_us > edge->valid_from_us ? known_us : edge->valid_from_us;
    return STATUS_OK;
}

static enum status find_applicant(struct feature_row *row, struct graph_txn *txn,
                                  struct node_id application)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    struct node node;
    bool firm = false;
    enum status status = node_load(&node, txn, application);

    if (status == STATUS_NOT_FOUND) /* it is yet to begin, or deleted */
        return STATUS_OK;
    TRY(status);
    for (const uint32_t *type = schema->roles.applied; type && *type; type++) {
        AUTO(edge_iter_stop) struct edge_iter it;
        struct edge_scan scan = EDGE_SCAN(*type, DIRECTION_IN);

        for (edge_iter_start(&it, txn, &node, &scan); edge_iter_next(&it);)
            TRY(prefer(row, txn, &it.edge, &firm));
        TRY(it.status);
    }
    return STATUS_OK;
}

static enum status find_application(struct node_id *out, struct graph_txn *txn, struct slice key)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    AUTO(buf_fini) struct buf normal = { 0 };
    bool valid;

    for (size_t i = 0; i < schema->n_labels; i++) {
        enum status status;

        if (schema->labels[i].role != LABEL_APPLICATION)
            continue;
        TRY(schema_normalise(&normal, &valid, schema, schema->labels[i].symbol, key));
        status = node_find(out, txn, schema->labels[i].symbol, buf_slice(&normal));
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return fail(STATUS_INVALID, "there is no application \"%.*s\"", (int)key.size,
                (const char *)key.data);
}

enum status features_of_application(struct feature_session *session, struct slice key,
                                    feature_told *told, void *context)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct feature_row row = { .application = key };
    struct node_id application;
    enum status status;

    TRY(graph_read(&txn, session->graph, NULL));
    TRY(find_application(&application, txn, key));
    TRY(find_applicant(&row, txn, application));
    if (!row.party.value || row.as_of_us == TIME_MIN)
        return fail(STATUS_INVALID, "application \"%.*s\" has no applicant with a date",
                    (int)key.size, (const char *)key.data);
    txn_end(txn);
    txn = NULL;
    if (session->options->known_at_us != TIME_MAX)
        row.known_at_us = session->options->known_at_us;
    status = tell_party(session, &row, application, told, context);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "application \"%.*s\" was not in the graph at the moment of "
                    "--known-at", (int)key.size, (const char *)key.data);
    return status;
}
