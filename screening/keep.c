/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/keep.h"

#include "base/json.h"
#include "detectors/registry.h"
#include "screening/decision.h"
#include "store/store.h"

static void write_hash(struct emit *emit, const char *key, struct slice text)
{
    unsigned char digest[HASH_BYTES];
    char hex[HASH_HEX_MAX];

    hash256(digest, text);
    emit_key(emit, key);
    emit_string(emit, hash_hex(hex, digest, HASH_BYTES));
}

static void write_codes(struct emit *emit, const struct answer *answer)
{
    emit_key(emit, "codes");
    emit_list(emit);
    for (size_t i = 0; i < answer->n_reasons; i++)
        emit_slice(emit, answer->reasons[i].code);
    emit_end(emit);
}

/* Probes that ran: all that have a live form, but those skipped. */
static void write_probes(struct emit *emit, const struct answer *answer)
{
    emit_key(emit, "probes");
    emit_list(emit);
    for (size_t i = 0; registry[i]; i++) {
        bool skipped = !registry[i]->gather;

        for (size_t s = 0; s < answer->n_skipped; s++)
            skipped |= strcmp(answer->skipped[s], registry[i]->id) == 0;
        if (!skipped)
            emit_string(emit, registry[i]->id);
    }
    emit_end(emit);
}

static void write_outcome(struct emit *emit, const struct answer *answer)
{
    answer_write_verdict(emit, answer);
    write_codes(emit, answer);
    emit_key(emit, "truncated");
    emit_bool(emit, answer->truncated);
    emit_key(emit, "partial");
    emit_bool(emit, answer->partial);
}

static void write_ground(struct emit *emit, const struct answer *answer)
{
    emit_key(emit, "as_of");
    emit_time(emit, answer->as_of_us);
    emit_key(emit, "commit_seq");
    emit_uint(emit, answer->commit_seq);
    emit_key(emit, "publication");
    emit_uint(emit, answer->publication);
    emit_key(emit, "overlay");
    emit_uint(emit, answer->overlay);
    emit_key(emit, "policy");
    emit_string(emit, answer->policy_name);
    emit_key(emit, "policy_hash");
    emit_string(emit, answer->policy_hash);
    write_probes(emit, answer);
    emit_key(emit, "reads");
    emit_uint(emit, answer->n_reads);
    emit_key(emit, "build");
    emit_string(emit, RINGFENCE_VERSION);
}

static enum status write_record(struct buf *out, const struct answer *answer, struct slice input,
                                struct slice json)
{
    struct emit emit = emit_start(out);

    emit_object(&emit);
    emit_key(&emit, "kind");
    emit_string(&emit, "decision");
    emit_key(&emit, "decision_id");
    emit_string(&emit, answer->decision_id);
    emit_key(&emit, "application_id");
    emit_slice(&emit, answer->application_id);
    emit_key(&emit, "at");
    emit_time(&emit, time_now_us());
    write_outcome(&emit, answer);
    write_ground(&emit, answer);
    write_hash(&emit, "input_hash", input);
    write_hash(&emit, "answer_hash", json);
    emit_end(&emit);
    return emit_finish(&emit);
}

static enum status keep_policy(struct graph_txn *txn, const struct policy *policy)
{
    struct slice hash = slice_str(policy_hash(policy)), there;
    enum status status = store_get(&there, txn_store(txn), TABLE_POLICY, hash);

    if (status != STATUS_NOT_FOUND)
        return status;
    return store_put(txn_store(txn), TABLE_POLICY, hash, policy_text(policy));
}

enum status keep_decision(struct graph_txn *txn, const struct answer *answer,
                          const struct request *request, struct slice input, struct slice json,
                          const struct policy *policy)
{
    AUTO(buf_fini) struct buf body = { 0 };
    struct decision_entry entry = { .decision_id = slice_str(answer->decision_id),
                                    .idempotency_key = request->idempotency_key,
                                    .application_id = request->application_id,
                                    .input = input, .answer = json };
    uint64_t seq;

    TRY(write_record(&body, answer, input, json));
    entry.body = buf_slice(&body);
    TRY(keep_policy(txn, policy));
    return decision_append(&seq, txn, &entry);
}

enum status keep_find_policy(struct slice *text, struct graph_txn *txn, const char *hash)
{
    enum status status = store_get(text, txn_store(txn), TABLE_POLICY, slice_str(hash));

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CORRUPT, "policy %s, which a decision names, is missing", hash);
    return status;
}

/* What a person did about a decision; the object is left open for what he decided. */
static void begin_by_hand(struct emit *emit, const char *kind, const struct kept *kept)
{
    emit_object(emit);
    emit_key(emit, "kind");
    emit_string(emit, kind);
    emit_key(emit, "decision_id");
    emit_slice(emit, kept->decision_id);
    emit_key(emit, "application_id");
    emit_slice(emit, kept->application_id);
    emit_key(emit, "at");
    emit_time(emit, time_now_us());
}

static enum status end_by_hand(struct emit *emit, struct slice person, struct slice reason)
{
    emit_key(emit, "person");
    emit_slice(emit, person);
    emit_key(emit, "reason");
    emit_slice(emit, reason);
    emit_end(emit);
    return emit_finish(emit);
}

static enum status write_override(struct buf *out, const struct kept *kept,
                                  enum decision decision, struct slice person, struct slice reason)
{
    struct emit emit = emit_start(out);

    begin_by_hand(&emit, "override", kept);
    emit_key(&emit, "decision");
    emit_string(&emit, decision_name(decision));
    emit_key(&emit, "instead_of");
    emit_string(&emit, decision_name(kept->decision));
    return end_by_hand(&emit, person, reason);
}

static enum status write_erasure(struct buf *out, const struct kept *kept, struct slice person,
                                 struct slice reason)
{
    struct emit emit = emit_start(out);

    begin_by_hand(&emit, "erasure", kept);
    emit_key(&emit, "decision");
    emit_string(&emit, decision_name(kept->decision));
    return end_by_hand(&emit, person, reason);
}

/* The engine's decision of that name. */
static enum status load_decision(struct kept *kept, uint64_t *seq, struct arena *arena,
                                 struct graph_txn *txn, struct slice decision_id)
{
    struct decision_record record;
    enum status status = decision_by_id(seq, txn, decision_id);

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_NOT_FOUND, "no decision %.*s; `decision list` shows their names",
                    (int)decision_id.size, (const char *)decision_id.data);
    TRY(status);
    TRY(decision_load(&record, txn, *seq));
    return kept_parse(kept, arena, record.body);
}

static enum status append_by_hand(struct graph_txn *txn, const struct kept *kept,
                                  const struct buf *body)
{
    struct decision_entry entry = { .body = buf_slice(body),
                                    .application_id = kept->application_id };
    uint64_t seq;

    return decision_append(&seq, txn, &entry);
}

enum status keep_override(struct graph_txn *txn, struct slice decision_id, enum decision decision,
                          struct slice person, struct slice reason)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf body = { 0 };
    struct kept kept;
    uint64_t seq;

    TRY(load_decision(&kept, &seq, &arena, txn, decision_id));
    TRY(write_override(&body, &kept, decision, person, reason));
    return append_by_hand(txn, &kept, &body);
}

enum status keep_erasure(struct graph_txn *txn, struct slice decision_id, struct slice person,
                         struct slice reason)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf body = { 0 };
    struct kept kept;
    uint64_t seq;
    enum status status;

    TRY(load_decision(&kept, &seq, &arena, txn, decision_id));
    status = decision_erase(txn, seq);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "decision %.*s: its input was erased before",
                    (int)decision_id.size, (const char *)decision_id.data);
    TRY(status);
    TRY(write_erasure(&body, &kept, person, reason));
    return append_by_hand(txn, &kept, &body);
}

static struct slice text_of(const struct value *record, const char *name)
{
    const struct value *value = value_find(record, slice_str(name));

    return value && value->type == VALUE_STRING ? value_slice(value) : SLICE("");
}

static uint64_t number_of(const struct value *record, const char *name)
{
    const struct value *value = value_find(record, slice_str(name));

    return value && value->type == VALUE_INT ? (uint64_t)value->integer : 0;
}

static enum status time_of(int64_t *us, const struct value *record, const char *name)
{
    struct slice text = text_of(record, name);

    *us = TIME_MIN;
    return text.size ? time_parse(us, text) : STATUS_OK;
}

static bool names(const struct value *list, const char *id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].type == VALUE_STRING &&
            slice_equal(value_slice(&list->items[i]), slice_str(id)))
            return true;
    return false;
}

/* Of a partial decision, those of today's probes that did not run. */
static enum status list_skipped(const char *const **out, struct arena *arena,
                                const struct value *record)
{
    const struct value *partial = value_find(record, SLICE("partial"));
    const struct value *probes = value_find(record, SLICE("probes"));
    const char **ids = arena_array(arena, registry_size() + 1, sizeof *ids);
    size_t n = 0;

    if (!ids)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; registry[i] && probes && probes->type == VALUE_LIST && partial &&
                       partial->type == VALUE_BOOL && partial->boolean; i++)
        if (registry[i]->gather && !names(probes, registry[i]->id))
            ids[n++] = registry[i]->id;
    *out = ids;
    return STATUS_OK;
}

enum status kept_parse(struct kept *out, struct arena *arena, struct slice body)
{
    struct value record;
    struct kept kept = { 0 };

    TRY(json_parse(&record, arena, body, NULL));
    kept.kind = slice_equal(text_of(&record, "kind"), SLICE("override"))  ? KEPT_OVERRIDE
                : slice_equal(text_of(&record, "kind"), SLICE("erasure")) ? KEPT_ERASURE
                                                                          : KEPT_DECISION;
    kept.decision_id = text_of(&record, "decision_id");
    kept.application_id = text_of(&record, "application_id");
    TRY(decision_parse(&kept.decision, text_of(&record, "decision")));
    kept.score = (int64_t)number_of(&record, "score");
    kept.level = text_of(&record, "level");
    TRY(time_of(&kept.at_us, &record, "at"));
    TRY(time_of(&kept.as_of_us, &record, "as_of"));
    kept.commit_seq = number_of(&record, "commit_seq");
    kept.publication = number_of(&record, "publication");
    kept.overlay = number_of(&record, "overlay");
    kept.policy_name = arena_copy(arena, text_of(&record, "policy"));
    kept.policy_hash = arena_copy(arena, text_of(&record, "policy_hash"));
    TRY(list_skipped(&kept.skipped, arena, &record));
    kept.person = text_of(&record, "person");
    kept.reason = text_of(&record, "reason");
    if (!kept.policy_name || !kept.policy_hash)
        return STATUS_NO_MEMORY;
    *out = kept;
    return STATUS_OK;
}
