/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Investigators' queries: threads of their own, so that they never starve screening. */

#include "service/http.h"
#include "service/server.h"

void *query_thread(void *context)
{
    struct server *server = context;
    struct exchange *exchange;

    while ((exchange = queue_pop(&server->query_queue))) {
        exchange_refuse(exchange, 503, "this build serves no queries");
        http_answer(exchange);
    }
    return NULL;
}
