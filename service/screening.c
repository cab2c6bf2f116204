/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/screening.h"

#include "service/mask.h"

/* In JSON text of our own making: a quote inside a text is escaped, so this can't be one. */
static bool has(const struct buf *answer, const char *member)
{
    return memmem(answer->data, answer->size, member, strlen(member)) != NULL;
}

static void count(struct server *server, const struct buf *answer)
{
    enum metric metric = has(answer, "\"decision\":\"pass\"")     ? METRIC_DECISIONS_PASS
                         : has(answer, "\"decision\":\"reject\"") ? METRIC_DECISIONS_REJECT
                                                                  : METRIC_DECISIONS_REVIEW;

    metrics_add(&server->metrics, metric, 1);
    if (has(answer, "\"partial\":true"))
        metrics_add(&server->metrics, METRIC_PARTIAL, 1);
}

/* As decisions are looked up, so that a log of looks names them alike. */
static struct slice decision_of(const struct buf *answer)
{
    static const char member[] = "\"decision_id\":\"";
    const char *at = memmem(answer->data, answer->size, member, sizeof member - 1);
    const char *start = at ? at + sizeof member - 1 : NULL;
    const char *end = (const char *)answer->data + answer->size;
    const char *quote = start ? memchr(start, '"', (size_t)(end - start)) : NULL;

    return quote ? slice_of(start, (size_t)(quote - start)) : SLICE("");
}

enum status screening_answered(struct server *server, struct exchange *exchange,
                               struct slice request)
{
    count(server, &exchange->answer);
    if (exchange->caller.role == ROLE_SCREEN)
        TRY(mask_answer(&exchange->answer, graph_schema(server->graph), request));
    TRY(server_note_look(server, exchange, decision_of(&exchange->answer)));
    exchange->status = 200;
    return STATUS_OK;
}
