/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions made before the lock is there.
 *
 * A draft is made on a reader's state and remembers which nodes it looked at. The writer that
 * records it asks whether any of them was touched since: if none was, the decision is what it would
 * be now, and stands as made on the older state; else it is made again inside the transaction,
 * where it sees what others recorded in between. So the lock is held for a look at some rows, and
 * the third application from one device that arrive together still knows of the first two.
 */
#include "screening/draft.h"

#include <stdlib.h>

#include "screening/decision.h"
#include "screening/ground.h"
#include "screening/keep.h"
#include "screening/record.h"

struct screen_draft {
    struct screen_options options;
    struct slice text; /* the request as it came, the caller's */
    struct arena arena;
    struct request request;
    struct answer made; /* lent from the arena */
    struct buf json;
    struct node_id *looked_at; /* in the arena */
    size_t n_looked_at;
    struct tag_view view;
    bool inside; /* made inside a transaction, and true in that one only */
};

void screen_draft_free(struct screen_draft *draft)
{
    if (!draft)
        return;
    arena_fini(&draft->arena);
    buf_fini(&draft->json);
    free(draft);
}

struct slice screen_draft_request(const struct screen_draft *draft)
{
    return draft->text;
}

void screen_draft_freep(struct screen_draft **draft)
{
    screen_draft_free(*draft);
}

enum status draft_answered_before(struct buf *answer, struct graph_txn *txn,
                                  const struct request *request, struct slice text)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice input, before;
    uint64_t seq;
    enum status status;

    if (!request->idempotency_key.size)
        return STATUS_NOT_FOUND;
    TRY(decision_by_key(&seq, txn, request->idempotency_key));
    status = decision_input(&input, &before, &arena, txn, seq);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CONFLICT,
                    "idempotency_key %.*s belongs to a decision whose input was "
                    "erased; use a new key",
                    (int)request->idempotency_key.size,
                    (const char *)request->idempotency_key.data);
    TRY(status);
    if (!slice_equal(input, text))
        return fail(STATUS_CONFLICT,
                    "idempotency_key %.*s was used for another request; use a new "
                    "key for a new attempt",
                    (int)request->idempotency_key.size,
                    (const char *)request->idempotency_key.data);
    return buf_append_slice(answer, before);
}

static enum status own_text(const char **text, struct screen_draft *draft)
{
    if (*text && !(*text = arena_copy(&draft->arena, slice_str(*text))))
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

/* Lent by the transaction and the screener's policy; the record names it later. */
static enum status own_lent(struct screen_draft *draft)
{
    TRY(own_text(&draft->made.policy_name, draft));
    TRY(own_text(&draft->made.policy_hash, draft));
    TRY(own_text(&draft->made.rule, draft));
    for (size_t i = 0; i < draft->made.n_reasons; i++) {
        struct slice *code = &draft->made.reasons[i].code;

        code->data = arena_copy(&draft->arena, *code);
        if (!code->data)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status own_looked_at(struct screen_draft *draft, const struct graph_txn *txn)
{
    const struct node_id *ids;

    txn_rows_sought(&ids, &draft->n_looked_at, txn);
    draft->looked_at = arena_array(&draft->arena, draft->n_looked_at + 1, sizeof *ids);
    if (!draft->looked_at)
        return STATUS_NO_MEMORY;
    if (draft->n_looked_at)
        memcpy(draft->looked_at, ids, draft->n_looked_at * sizeof *ids);
    return STATUS_OK;
}

static enum status make(struct screen_draft *draft, struct screener *screener,
                        struct graph_txn *txn, uint64_t commit_seq)
{
    struct ground ground = { .txn = txn, .commit_seq = commit_seq };
    int64_t start_us = time_monotonic_us();

    TRY(ground_fill(&ground, &draft->request, &draft->options));
    draft->view = ground.view;
    TRY(ground_decide(&draft->made, screener, &draft->arena, &draft->request, draft->text,
                      &ground));
    buf_clear(&draft->json);
    return answer_write(&draft->json, &draft->made, time_monotonic_us() - start_us);
}

static enum status make_before(struct screen_draft *draft, struct screener *screener)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct moment moment = { .known_at_us = TIME_MAX };

    TRY(ground_request(&draft->request, &draft->arena, screener, draft->text));
    moment.as_of_us = ground_time(&draft->request, &draft->options);
    TRY(graph_read(&txn, screener->graph, &moment));
    TRY(txn_remember_rows(txn));
    TRY(make(draft, screener, txn, txn_moment(txn)->commit_seq));
    TRY(own_lent(draft));
    return own_looked_at(draft, txn);
}

static enum status draft_new(struct screen_draft **out, struct slice text,
                             const struct screen_options *options)
{
    struct screen_draft *draft = calloc(1, sizeof *draft);

    if (!draft)
        return fail_memory(sizeof *draft);
    draft->options = *options;
    draft->text = text;
    *out = draft;
    return STATUS_OK;
}

enum status screen_draft(struct screen_draft **out, struct screener *screener, struct slice text,
                         const struct screen_options *options)
{
    AUTO(screen_draft_freep) struct screen_draft *draft = NULL;

    TRY(draft_new(&draft, text, options));
    TRY(make_before(draft, screener));
    *out = draft;
    draft = NULL;
    return STATUS_OK;
}

/* Whether every key of the request leads where it led, or still nowhere. */
static enum status leads_alike(bool *alike, const struct screen_draft *draft, struct graph_txn *txn)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct resolved resolved;

    TRY(resolve(&resolved, &arena, txn, &draft->request));
    *alike = resolved.application.id.value == draft->made.application.value;
    for (size_t i = 0; i < draft->request.n_parties; i++)
        *alike &= resolved.ids[i].value == draft->made.parties[i].value;
    return STATUS_OK;
}

/* Whether the decision is what it would be here, on the state that the writer sees. */
static enum status holds(bool *out, const struct screen_draft *draft,
                         const struct screener *screener, struct graph_txn *txn)
{
    uint64_t since = draft->made.commit_seq;
    struct tag_view view;

    *out = false;
    if (strcmp(draft->made.policy_hash, policy_hash(screener->policy)) != 0)
        return STATUS_OK;
    *out = !draft->inside && txn_moment(txn)->commit_seq == since + 1;
    if (*out || draft->inside)
        return STATUS_OK; /* nothing was committed in between */
    TRY(tag_view_now(&view, txn));
    if (view.publication != draft->view.publication || view.overlay != draft->view.overlay)
        return STATUS_OK;
    TRY(txn_untouched_since(out, txn, draft->looked_at, draft->n_looked_at, since));
    return *out ? leads_alike(out, draft, txn) : STATUS_OK;
}

/* Inside the transaction, on the state before its own commit: what a replay will look at. */
static enum status make_within(struct screen_draft *draft, struct screener *screener,
                               struct graph_txn *txn)
{
    struct moment now = *txn_moment(txn);
    enum status status;

    draft->inside = true;
    TRY(ground_request(&draft->request, &draft->arena, screener, draft->text));
    txn_look_at(txn, ground_time(&draft->request, &draft->options));
    status = make(draft, screener, txn, now.commit_seq - 1);
    txn_look_at(txn, now.as_of_us);
    return status;
}

static enum status write_down(struct buf *answer, bool *wrote, struct screener *screener,
                              struct graph_txn *txn, const struct screen_draft *draft)
{
    *wrote = true;
    TRY(keep_decision(txn, &draft->made, &draft->request, draft->text, buf_slice(&draft->json),
                      screener->policy));
    TRY(record_application(txn, &draft->request));
    return buf_append_slice(answer, buf_slice(&draft->json));
}

enum status screen_record(struct buf *answer, bool *wrote, struct screener *screener,
                          struct graph_txn *txn, struct screen_draft *draft)
{
    enum status status = draft_answered_before(answer, txn, &draft->request, draft->text);
    bool stands;

    *wrote = false;
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(holds(&stands, draft, screener, txn));
    if (!stands)
        TRY(make_within(draft, screener, txn));
    return write_down(answer, wrote, screener, txn, draft);
}
