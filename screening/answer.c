/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/answer.h"

#include "graph/ring.h"

static const char build_mark[] = ",\"build\":\"";

static void write_named(struct emit *emit, const struct named *named)
{
    emit_object(emit);
    emit_key(emit, "label");
    emit_slice(emit, named->label);
    emit_key(emit, "key");
    emit_slice(emit, named->key);
    emit_end(emit);
}

static void write_edge(struct emit *emit, const struct answer_edge *edge)
{
    emit_object(emit);
    emit_key(emit, "type");
    emit_slice(emit, edge->type);
    emit_key(emit, "from");
    emit_slice(emit, edge->from);
    emit_key(emit, "to");
    emit_slice(emit, edge->to);
    emit_key(emit, "valid_from");
    emit_time(emit, edge->valid_from_us);
    emit_end(emit);
}

static void write_evidence(struct emit *emit, const struct reason *reason)
{
    emit_object(emit);
    emit_key(emit, "nodes");
    emit_list(emit);
    for (size_t i = 0; i < reason->n_nodes; i++)
        write_named(emit, &reason->nodes[i]);
    emit_end(emit);
    emit_key(emit, "edges");
    emit_list(emit);
    for (size_t i = 0; i < reason->n_edges; i++)
        write_edge(emit, &reason->edges[i]);
    emit_end(emit);
    emit_end(emit);
}

static void write_ring(struct emit *emit, uint64_t ring)
{
    char text[RING_NAME_MAX];

    if (ring)
        emit_string(emit, ring_name(text, ring));
    else
        emit_null(emit);
}

static void write_reason(struct emit *emit, const struct reason *reason)
{
    static const char *const sources[] = { "tag", "live", "block" };

    emit_object(emit);
    emit_key(emit, "code");
    emit_slice(emit, reason->code);
    emit_key(emit, "level");
    emit_string(emit, tag_level_name(reason->level));
    emit_key(emit, "points");
    emit_int(emit, reason->points);
    emit_key(emit, "source");
    emit_string(emit, sources[reason->source]);
    emit_key(emit, "text");
    emit_slice(emit, reason->text);
    if (reason->note.size) {
        emit_key(emit, "note");
        emit_slice(emit, reason->note);
    }
    emit_key(emit, "numbers");
    if (reason->numbers.type == VALUE_MAP)
        emit_value(emit, &reason->numbers);
    else
        emit_object(emit), emit_end(emit);
    emit_key(emit, "evidence");
    write_evidence(emit, reason);
    emit_key(emit, "ring");
    write_ring(emit, reason->ring);
    emit_end(emit);
}

static void write_allowed(struct emit *emit, const struct allowed *allowed)
{
    emit_object(emit);
    emit_key(emit, "code");
    emit_slice(emit, allowed->code);
    emit_key(emit, "subject");
    write_named(emit, &allowed->subject);
    emit_key(emit, "points");
    emit_int(emit, allowed->points);
    emit_key(emit, "by");
    emit_slice(emit, allowed->person);
    emit_key(emit, "reason");
    emit_slice(emit, allowed->note);
    emit_key(emit, "until");
    emit_time(emit, allowed->until_us);
    emit_end(emit);
}

static void write_hub(struct emit *emit, const struct answer_hub *hub)
{
    emit_object(emit);
    emit_key(emit, "label");
    emit_slice(emit, hub->node.label);
    emit_key(emit, "key");
    emit_slice(emit, hub->node.key);
    emit_key(emit, "class");
    if (hub->class_name.size)
        emit_slice(emit, hub->class_name);
    else
        emit_null(emit);
    emit_key(emit, "degree");
    emit_uint(emit, hub->degree);
    emit_end(emit);
}

void answer_write_verdict(struct emit *emit, const struct answer *answer)
{
    emit_key(emit, "decision");
    emit_string(emit, decision_name(answer->decision));
    emit_key(emit, "score");
    emit_int(emit, answer->score);
    emit_key(emit, "natural_score");
    emit_int(emit, answer->natural_score);
    emit_key(emit, "level");
    if (answer->level)
        emit_string(emit, tag_level_name(answer->level));
    else
        emit_null(emit);
}

static void write_head(struct emit *emit, const struct answer *answer)
{
    emit_key(emit, "decision_id");
    emit_string(emit, answer->decision_id);
    emit_key(emit, "application_id");
    emit_slice(emit, answer->application_id);
    answer_write_verdict(emit, answer);
}

static void write_lists(struct emit *emit, const struct answer *answer)
{
    emit_key(emit, "reasons");
    emit_list(emit);
    for (size_t i = 0; i < answer->n_reasons; i++)
        write_reason(emit, &answer->reasons[i]);
    emit_end(emit);
    emit_key(emit, "allowed");
    emit_list(emit);
    for (size_t i = 0; i < answer->n_allowed; i++)
        write_allowed(emit, &answer->allowed[i]);
    emit_end(emit);
    emit_key(emit, "suppressed_hubs");
    emit_list(emit);
    for (size_t i = 0; i < answer->n_hubs; i++)
        write_hub(emit, &answer->hubs[i]);
    emit_end(emit);
}

static void write_skipped(struct emit *emit, const struct answer *answer)
{
    if (!answer->n_skipped)
        return;
    emit_key(emit, "skipped");
    emit_list(emit);
    for (size_t i = 0; i < answer->n_skipped; i++)
        emit_string(emit, answer->skipped[i]);
    emit_end(emit);
}

static void write_ignored(struct emit *emit, const struct answer *answer)
{
    if (!answer->n_ignored)
        return;
    emit_key(emit, "ignored");
    emit_list(emit);
    for (size_t i = 0; i < answer->n_ignored; i++)
        emit_slice(emit, answer->ignored[i]);
    emit_end(emit);
}

static enum status write_policy(struct emit *emit, const struct answer *answer)
{
    AUTO(buf_fini) struct buf text = { 0 };
    const char *policy;

    TRY(buf_printf(&text, "%s@%.*s", answer->policy_name, POLICY_HASH_SHORT, answer->policy_hash));
    TRY(buf_string(&policy, &text));
    emit_key(emit, "policy");
    emit_string(emit, policy);
    if (answer->rule) {
        emit_key(emit, "override");
        emit_string(emit, answer->rule);
    }
    return STATUS_OK;
}

enum status answer_write(struct buf *out, const struct answer *answer, int64_t elapsed_us)
{
    struct emit emit = emit_start(out);

    emit_object(&emit);
    write_head(&emit, answer);
    write_lists(&emit, answer);
    emit_key(&emit, "truncated");
    emit_bool(&emit, answer->truncated);
    emit_key(&emit, "partial");
    emit_bool(&emit, answer->partial);
    write_skipped(&emit, answer);
    write_ignored(&emit, answer);
    emit_key(&emit, "commit_seq");
    emit_uint(&emit, answer->commit_seq);
    emit_key(&emit, "publication");
    emit_uint(&emit, answer->publication);
    emit_key(&emit, "as_of");
    emit_time(&emit, answer->as_of_us);
    emit_key(&emit, "known_at");
    emit_time(&emit, answer->known_at_us);
    TRY(write_policy(&emit, answer));
    emit_key(&emit, "build");
    emit_string(&emit, RINGFENCE_VERSION);
    emit_key(&emit, "elapsed_us");
    emit_int(&emit, elapsed_us);
    emit_end(&emit);
    return emit_finish(&emit);
}

/* The build is the last text in an answer: texts before it can't hold the mark unescaped. */
struct slice answer_decided(struct slice json)
{
    const char *text = json.data;
    const size_t n = sizeof build_mark - 1;

    for (size_t at = json.size >= n ? json.size - n + 1 : 0; at-- > 0;)
        if (memcmp(text + at, build_mark, n) == 0)
            return slice_of(text, at);
    return json;
}
