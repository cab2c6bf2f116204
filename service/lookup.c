/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Look-ups in the HTTP thread: a decision, the tags of an entity. Microseconds each. */

#include "base/emit.h"
#include "graph/catalog.h"
#include "graph/ring.h"
#include "graph/schema.h"
#include "screening/decision.h"
#include "screening/keep.h"
#include "service/mask.h"
#include "service/server.h"

#define ANSWER_BYTES 512 /* of an entity with few tags */

/* Who asks for what is not there has been told so; what else is not there is a failure. */
static void finish(struct server *server, struct exchange *exchange, enum status status)
{
    if (status)
        server_fail(server, exchange, status);
    else if (!exchange->status)
        exchange->status = 200;
}

/* ---- decisions ---------------------------------------------------------------------------- */

/* The answer as it was given; of one whose input was erased, the record. */
static enum status find_decision(struct server *server, struct exchange *exchange)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice input, answer;
    struct decision_record record;
    enum status status;
    uint64_t seq;

    TRY(graph_read(&txn, server->graph, NULL));
    status = decision_by_id(&seq, txn, exchange->match.parts[0]);
    if (status == STATUS_NOT_FOUND) {
        exchange_problem(exchange, 404, "no such decision");
        return STATUS_OK;
    }
    TRY(status);
    TRY(server_note_look(server, exchange, exchange->match.parts[0]));
    status = decision_input(&input, &answer, &arena, txn, seq);
    if (status == STATUS_NOT_FOUND) {
        TRY(decision_load(&record, txn, seq));
        return buf_append_slice(&exchange->answer, record.body);
    }
    TRY(status);
    TRY(buf_append_slice(&exchange->answer, answer));
    if (exchange->caller.role == ROLE_SCREEN)
        return mask_answer(&exchange->answer, graph_schema(server->graph), input);
    return STATUS_OK;
}

void answer_decision(struct server *server, struct exchange *exchange)
{
    finish(server, exchange, find_decision(server, exchange));
}

/* ---- tags --------------------------------------------------------------------------------- */

/* What of an entity is written, and for whom. */
struct tag_answer {
    struct emit emit;
    struct server *server;
    struct graph_txn *txn;
    struct tag_view view;
    struct node subject;
    struct arena arena; /* of masks and history */
    bool masked, all;
    bool named;         /* by the subject's own key: by a second one its own is not known yet */
};

static enum status write_key(struct tag_answer *answer, struct slice label, struct slice key,
                             bool own)
{
    if (answer->masked && !own && mask_hides(graph_schema(answer->server->graph), label))
        TRY(mask_key(&key, &answer->arena, key));
    emit_slice(&answer->emit, key);
    return STATUS_OK;
}

static struct slice label_of(struct tag_answer *answer, const struct node *node)
{
    return catalog_name(graph_catalog(answer->server->graph),
                        node->key_label ? node->key_label : node->n_labels ? node->labels[0] : 0);
}

static enum status write_node(struct tag_answer *answer, const char *name,
                              const struct node *node)
{
    struct emit *emit = &answer->emit;

    emit_key(emit, name);
    emit_object(emit);
    emit_key(emit, "label");
    emit_slice(emit, label_of(answer, node));
    emit_key(emit, "key");
    TRY(write_key(answer, label_of(answer, node), node->key,
                  answer->named && node->id.value == answer->subject.id.value));
    emit_end(emit);
    return STATUS_OK;
}

static enum status write_end(struct tag_answer *answer, const char *name, struct node_id id)
{
    struct node node;
    enum status status;

    if (id.value == answer->subject.id.value)
        return write_node(answer, name, &answer->subject);
    status = node_load(&node, answer->txn, id);
    if (status == STATUS_NOT_FOUND) {
        emit_key(&answer->emit, name);
        emit_null(&answer->emit);
        return STATUS_OK;
    }
    TRY(status);
    return write_node(answer, name, &node);
}

static enum status write_evidence(struct tag_answer *answer, const struct tag *tag)
{
    struct emit *emit = &answer->emit;

    emit_key(emit, "evidence");
    emit_list(emit);
    for (size_t i = 0; i < tag->n_edges; i++) {
        emit_object(emit);
        emit_key(emit, "type");
        emit_slice(emit, catalog_name(graph_catalog(answer->server->graph), tag->edges[i].type));
        TRY(write_end(answer, "from", tag->edges[i].from));
        TRY(write_end(answer, "to", tag->edges[i].to));
        emit_key(emit, "valid_from");
        emit_time(emit, tag->edges[i].valid_from_us);
        emit_end(emit);
    }
    emit_end(emit);
    return STATUS_OK;
}

static void write_ring(struct emit *emit, uint64_t ring)
{
    char text[RING_NAME_MAX];

    emit_key(emit, "ring");
    emit_string(emit, ring ? ring_name(text, ring) : NULL);
}

/* What is made of numbers that are hidden tells them. */
static void write_score(struct tag_answer *answer, const struct tag *tag)
{
    emit_key(&answer->emit, "score");
    if (answer->masked && mask_hides_numbers(graph_schema(answer->server->graph), &tag->numbers))
        emit_null(&answer->emit);
    else
        emit_millionths(&answer->emit, tag->score);
}

/* The sentence of a tag may name others; who may not see them gets the evidence instead. */
static enum status write_tag(struct tag_answer *answer, const struct tag *tag)
{
    struct emit *emit = &answer->emit;

    emit_object(emit);
    emit_key(emit, "code");
    emit_slice(emit, tag->code);
    emit_key(emit, "level");
    emit_string(emit, tag_level_name(tag->level));
    write_score(answer, tag);
    write_ring(emit, tag->ring);
    emit_key(emit, "state");
    emit_string(emit, tag_state_name(tag->state));
    emit_key(emit, "origin");
    emit_string(emit, tag_origin_name(tag->origin));
    emit_key(emit, "allowed");
    emit_bool(emit, tag->allowed != 0);
    if (tag->text.size && !answer->masked) {
        emit_key(emit, "text");
        emit_slice(emit, tag->text);
    }
    emit_key(emit, "numbers");
    if (answer->masked)
        mask_numbers(emit, graph_schema(answer->server->graph), &tag->numbers);
    else
        emit_value(emit, &tag->numbers);
    TRY(write_evidence(answer, tag));
    emit_key(emit, "by");
    emit_slice(emit, tag->person.size ? tag->person : tag->by);
    emit_key(emit, "first_seen");
    emit_time(emit, tag->first_seen_us);
    emit_key(emit, "last_seen");
    emit_time(emit, tag->last_seen_us);
    emit_key(emit, "expires");
    emit_time(emit, tag->expires_us);
    emit_end(emit);
    return STATUS_OK;
}

static enum status write_tags(struct tag_answer *answer)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    emit_key(&answer->emit, "tags");
    emit_list(&answer->emit);
    tag_iter_subject(&it, answer->txn, &answer->view, answer->subject.id);
    while (tag_iter_next(&it))
        if (answer->all || it.tag.state == TAG_PROPOSED || it.tag.state == TAG_CONFIRMED)
            TRY(write_tag(answer, &it.tag));
    emit_end(&answer->emit);
    return it.status;
}

static enum status write_entity(struct tag_answer *answer)
{
    struct emit *emit = &answer->emit;
    struct tag_standing standing;

    TRY(tag_standing(&standing, answer->txn, &answer->view, answer->subject.id));
    emit_object(emit);
    TRY(write_node(answer, "subject", &answer->subject));
    emit_key(emit, "blocked");
    emit_bool(emit, standing.blocked != 0);
    TRY(write_tags(answer));
    emit_key(emit, "commit_seq");
    emit_uint(emit, txn_moment(answer->txn)->commit_seq);
    emit_key(emit, "publication");
    emit_uint(emit, answer->view.publication);
    emit_end(emit);
    return emit_finish(emit);
}

static enum status find_entity(struct tag_answer *answer, const struct route_match *match)
{
    AUTO(buf_fini) struct buf key = { 0 };
    const struct graph *graph = answer->server->graph;
    const struct schema *schema = graph_schema(graph);
    uint32_t label = catalog_find(graph_catalog(graph), match->parts[0]);
    struct node_id id;
    bool valid;

    if (!label)
        return STATUS_NOT_FOUND;
    TRY(schema_normalise(&key, &valid, schema, label, match->parts[1]));
    if (!key.size)
        return STATUS_NOT_FOUND;
    TRY(node_find(&id, answer->txn, label, buf_slice(&key)));
    TRY(node_load(&answer->subject, answer->txn, id));
    answer->named = slice_equal(answer->subject.key, buf_slice(&key));
    return STATUS_OK;
}

static void tag_answer_fini(struct tag_answer *answer)
{
    arena_fini(&answer->arena);
}

static enum status find_tags(struct server *server, struct exchange *exchange)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(tag_answer_fini) struct tag_answer answer = {
        .emit = emit_start(&exchange->answer), .server = server, .all = exchange->all,
        .masked = exchange->caller.role == ROLE_SCREEN,
    };
    enum status status;

    TRY(buf_reserve(&exchange->answer, ANSWER_BYTES));
    TRY(graph_read(&txn, server->graph, NULL));
    answer.txn = txn;
    status = find_entity(&answer, &exchange->match);
    if (status == STATUS_NOT_FOUND) {
        exchange_problem(exchange, 404, "no such entity; a key belongs to its label");
        return STATUS_OK;
    }
    TRY(status);
    TRY(server_note_look(server, exchange, exchange->match.parts[1]));
    TRY(tag_view_now(&answer.view, txn));
    return write_entity(&answer);
}

void answer_tags(struct server *server, struct exchange *exchange)
{
    finish(server, exchange, find_tags(server, exchange));
}
