/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing edges: identity, new versions, retraction. Both ends are kept in step. */

#include "graph/edge.h"

#include "graph/pending.h"

/* What a new version is made of; key and properties are owned by the writer's buffers. */
static struct entry entry_of(const struct edge *edge, bool is_out)
{
    return (struct entry){
        .edge = edge->id,
        .other = is_out ? edge->to : edge->from,
        .valid_from_us = edge->valid_from_us,
        .valid_to_us = edge->valid_to_us,
        .observed_us = edge->observed_us,
        .born = edge->born,
        .has_key = edge->has_key,
        .key = is_out ? edge->key : (struct slice){ 0 },
        .properties = is_out ? edge->properties : (struct slice){ 0 },
    };
}

static enum status put_both(struct graph_txn *txn, const struct edge *edge, uint64_t ended)
{
    struct entry out = entry_of(edge, true), in = entry_of(edge, false);

    out.ended = in.ended = ended;
    TRY(changes_date(txn, edge->from, edge->valid_from_us));
    TRY(changes_date(txn, edge->from, edge->valid_to_us));
    TRY(adjacency_put(txn, edge->from, group_code(edge->type, ended != 0, DIRECTION_OUT), &out));
    return adjacency_put(txn, edge->to, group_code(edge->type, ended != 0, DIRECTION_IN), &in);
}

static enum status remove_both(struct graph_txn *txn, const struct edge *edge, bool past)
{
    struct entry out = entry_of(edge, true), in = entry_of(edge, false);

    TRY(adjacency_remove(txn, edge->from, group_code(edge->type, past, DIRECTION_OUT), &out));
    return adjacency_remove(txn, edge->to, group_code(edge->type, past, DIRECTION_IN), &in);
}

/* A copy of a met edge whose key and properties outlive writes. */
struct held_edge {
    struct edge edge;
    struct buf key, properties;
};

static void held_edge_fini(struct held_edge *held)
{
    buf_fini(&held->key);
    buf_fini(&held->properties);
}

static enum status hold(struct held_edge *held, struct graph_txn *txn, const struct edge *edge)
{
    held->edge = *edge;
    TRY(edge_load(&held->edge, txn));
    TRY(buf_append_slice(&held->key, held->edge.key));
    TRY(buf_append_slice(&held->properties, held->edge.properties));
    held->edge.key = buf_slice(&held->key);
    held->edge.properties = buf_slice(&held->properties);
    return STATUS_OK;
}

/* What a batch changed of the edge is taken back, and noted: others change what they see. */
static enum status restore(struct graph_txn *txn, const struct edge *edge)
{
    struct edge changed;
    enum status status;

    if (!pending_beside(txn))
        return STATUS_OK;
    status = pending_note_change(&changed, txn, edge);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    TRY(remove_both(txn, &changed, false));
    TRY(remove_both(txn, edge, true));
    return put_both(txn, edge, 0);
}

/* Takes a version out of the present and keeps it as past, unless this commit made it. */
static enum status retire(struct graph_txn *txn, const struct edge *edge)
{
    TRY(restore(txn, edge));
    TRY(remove_both(txn, edge, false));
    if (edge->born == txn->counts.commit_seq)
        return STATUS_OK;
    return put_both(txn, edge, txn->counts.commit_seq);
}

static enum status replace(struct graph_txn *txn, const struct edge *old, struct edge *new)
{
    TRY(retire(txn, old));
    new->born = txn->counts.commit_seq;
    return put_both(txn, new, 0);
}

/* ---- identity ----------------------------------------------------------------------------- */

static enum status search(struct held_edge *held, struct graph_txn *txn, const struct node *node,
                          const struct edge_scan *scan, const struct edge *like)
{
    const struct entry wanted = entry_of(like, true);
    AUTO(edge_iter_stop) struct edge_iter it;

    for (edge_iter_start(&it, txn, node, scan); edge_iter_next(&it);) {
        struct entry met;

        if (it.edge.from.value != like->from.value || it.edge.has_key != like->has_key)
            continue;
        TRY(edge_load(&it.edge, txn));
        met = entry_of(&it.edge, true);
        if (entry_is_same_edge(&met, &wanted))
            return hold(held, txn, &it.edge);
    }
    return it.status ? it.status : STATUS_NOT_FOUND;
}

/* An end that is not there must not be taken for an edge that is not. */
static enum status load_end(struct node *end, struct graph_txn *txn, struct node_id id)
{
    enum status status = node_load_whenever(end, txn, id);

    return status == STATUS_NOT_FOUND
               ? fail(STATUS_INVALID, "an edge needs both its nodes, and node %llu is not there",
                      (unsigned long long)id.value)
               : status;
}

/* Keyed edges are looked for at the end with fewer of the type, others at their very start. */
static enum status find_same(struct held_edge *held, struct graph_txn *txn,
                             const struct edge *like)
{
    struct edge_scan out = EDGE_SCAN(like->type, DIRECTION_OUT);
    struct edge_scan in = EDGE_SCAN(like->type, DIRECTION_IN);
    struct node from, to;
    uint64_t n_out, n_in;

    TRY(load_end(&from, txn, like->from));
    TRY(load_end(&to, txn, like->to));
    if (!like->has_key) {
        out.from_us = like->valid_from_us;
        out.before_us = like->valid_from_us == TIME_MAX ? TIME_MAX : like->valid_from_us + 1;
    }
    TRY(edge_count(&n_out, txn, &from, &out));
    TRY(edge_count(&n_in, txn, &to, &in));
    return n_in < n_out ? search(held, txn, &to, &in, like) : search(held, txn, &from, &out, like);
}

/* ---- upsert ------------------------------------------------------------------------------- */

static struct edge edge_of(const struct graph_txn *txn, const struct edge_input *input,
                           struct slice properties)
{
    return (struct edge){ .id = { txn->counts.next_edge }, .type = input->type,
                          .from = input->from, .to = input->to,
                          .valid_from_us = input->valid_from_us,
                          .valid_to_us = input->valid_to_us, .observed_us = input->observed_us,
                          .born = txn->counts.commit_seq, .has_key = input->has_key,
                          .key = input->has_key ? input->key : (struct slice){ 0 },
                          .properties = properties };
}

static enum status add(struct graph_txn *txn, const struct edge *edge)
{
    const struct entry entry = entry_of(edge, true);

    TRY(pending_note_same(txn, edge->from, edge->type, &entry));
    TRY(put_both(txn, edge, 0));
    txn->counts.next_edge++;
    txn->counts.edges++;
    return txn_count_add(txn, edge->type, 1);
}

/* Encoded properties of an input. */
struct given {
    struct slice bytes;
    bool has_null;
};

void edge_merge_times(int64_t *from_us, int64_t *to_us, int64_t stated_from_us,
                      int64_t stated_to_us)
{
    bool starts = stated_from_us != TIME_MIN && stated_from_us != *from_us;
    bool ends = stated_to_us != TIME_MAX;

    if (starts)
        *from_us = stated_from_us;
    if (ends)
        *to_us = stated_to_us;
    if (starts && !ends && *to_us <= *from_us)
        *to_us = TIME_MAX;
    else if (ends && stated_from_us == TIME_MIN && *to_us < *from_us)
        *from_us = TIME_MIN;
}

/* What a keyed row states replaces; what it leaves open stays. */
static enum status change_keyed(enum change *change, struct graph_txn *txn,
                                const struct edge *old, const struct edge_input *input,
                                const struct given *given)
{
    AUTO(buf_fini) struct buf merged = { 0 };
    struct edge new = *old;

    TRY(properties_merge(&merged, old->properties, given->bytes, given->has_null));
    new.properties = buf_slice(&merged);
    edge_merge_times(&new.valid_from_us, &new.valid_to_us, input->valid_from_us,
                     input->valid_to_us);
    if (new.valid_from_us == old->valid_from_us && new.valid_to_us == old->valid_to_us &&
        slice_equal(new.properties, old->properties)) {
        *change = CHANGE_NONE;
        return STATUS_OK;
    }
    new.observed_us = input->observed_us;
    *change = CHANGE_CHANGED;
    return replace(txn, old, &new);
}

enum status edge_upsert(struct edge_id *id, enum change *change, struct graph_txn *txn,
                        const struct edge_input *input)
{
    AUTO(buf_fini) struct buf encoded = { 0 };
    AUTO(buf_fini) struct buf clean = { 0 };
    AUTO(held_edge_fini) struct held_edge found = { 0 };
    struct given given = { 0 };
    enum change what = CHANGE_NONE;
    struct edge edge;
    enum status status;

    TRY(properties_encode(&encoded, &given.has_null, txn, &input->properties));
    given.bytes = buf_slice(&encoded);
    TRY(properties_merge(&clean, (struct slice){ 0 }, given.bytes, given.has_null));
    edge = edge_of(txn, input, buf_slice(&clean));
    status = find_same(&found, txn, &edge);
    if (status == STATUS_NOT_FOUND) {
        what = CHANGE_ADDED;
        TRY(add(txn, &edge));
    } else {
        TRY(status);
        edge.id = found.edge.id;
        if (input->has_key)
            TRY(change_keyed(&what, txn, &found.edge, input, &given));
    }
    if (id)
        *id = edge.id;
    if (change)
        *change = what;
    return STATUS_OK;
}

enum status edge_update(struct graph_txn *txn, const struct edge *edge,
                        const struct value *properties)
{
    AUTO(held_edge_fini) struct held_edge old = { 0 };
    AUTO(buf_fini) struct buf encoded = { 0 };
    AUTO(buf_fini) struct buf clean = { 0 };
    struct edge new;
    bool has_null;

    TRY(hold(&old, txn, edge));
    TRY(properties_encode(&encoded, &has_null, txn, properties));
    TRY(properties_merge(&clean, (struct slice){ 0 }, buf_slice(&encoded), has_null));
    if (slice_equal(buf_slice(&clean), old.edge.properties))
        return STATUS_OK;
    new = old.edge;
    new.properties = buf_slice(&clean);
    new.observed_us = TIME_MIN;
    return replace(txn, &old.edge, &new);
}

enum status edge_close(struct graph_txn *txn, const struct edge *edge, int64_t valid_to_us,
                       int64_t observed_us)
{
    AUTO(held_edge_fini) struct held_edge old = { 0 };
    struct edge new;

    TRY(hold(&old, txn, edge));
    if (old.edge.valid_to_us == valid_to_us)
        return STATUS_OK;
    new = old.edge;
    new.valid_to_us = valid_to_us;
    new.observed_us = observed_us;
    return replace(txn, &old.edge, &new);
}

enum status edge_delete(struct graph_txn *txn, const struct edge *edge)
{
    AUTO(held_edge_fini) struct held_edge old = { 0 };

    TRY(hold(&old, txn, edge));
    TRY(pending_refuse_edge(txn, &old.edge));
    TRY(retire(txn, &old.edge));
    txn->counts.edges--;
    return txn_count_add(txn, edge->type, -1);
}
