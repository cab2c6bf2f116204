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

enum status screening_answered(struct server *server, struct exchange *exchange,
                               struct slice request)
{
    count(server, &exchange->answer);
    if (exchange->caller.role == ROLE_SCREEN)
        TRY(mask_answer(&exchange->answer, graph_schema(server->graph), request));
    exchange->status = 200;
    return STATUS_OK;
}
