/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of service/ share: the running server. Nothing outside the folder includes it. */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "graph/graph.h"
#include "service/access.h"
#include "service/connections.h"
#include "service/freshness.h"
#include "service/policy_source.h"
#include "service/queue.h"
#include "service/token_store.h"

struct http;

struct server {
    struct graph *graph;         /* kept */
    const struct config *config; /* kept */
    struct metrics metrics;
    struct connections connections;
    struct token_store tokens;
    struct policy_source policy;
    struct access_log access;
    struct callers callers;
    struct freshness freshness;
    struct queue screen_queue, draft_queue, write_queue, query_queue;
    sem_t drafts_wanted;         /* how many more the writer would have made ahead */
    struct query_cache *query_cache; /* plans of what was asked before */
    struct http *http;
    pthread_t *threads;          /* of all lanes */
    size_t n_threads;
    int64_t next_slow_tick_us;   /* of the watching thread */
    atomic_bool draining;
    atomic_bool disk_low;        /* less room than the configuration asks for */
    atomic_bool broken;          /* this process can't go on with the graph: exit code 75 */
};

/* Answers at once, in the HTTP thread. */
void server_answer(struct server *server, struct exchange *exchange);
/*
 * Whether it may be worked on at all; if not it is refused: its caller has too many under way, or
 * what a screening rests on is too old. Learns from the policy what a refusal means from here on.
 */
bool server_admit(struct server *server, struct exchange *exchange);
/* Refuses by the head alone what would find no place now. */
void server_look_ahead(struct server *server, struct exchange *exchange);
/* A place in the queue, or the exchange is refused. */
bool server_reserve(struct server *server, struct queue *queue, struct exchange *exchange);
/* Counts what is about to be sent. */
void server_count(struct server *server, const struct exchange *exchange);
/* The queue of the exchange's lane. */
struct queue *server_queue(struct server *server, const struct exchange *exchange);
/* How long an exchange may wait in its queue. */
int64_t server_wait_us(const struct server *server, enum lane lane);
/* False, and refused, where it waited too long. */
bool server_in_time(struct server *server, struct exchange *exchange);
/* A caller who sees everything is noted before he looks at `what`; one who does not, is not. */
MUST_CHECK enum status server_note_look(struct server *server, const struct exchange *exchange,
                                        struct slice what);
/* Notes what a failure means for the process. */
void server_notice(struct server *server, enum status status);
/* The same, and answers. */
void server_fail(struct server *server, struct exchange *exchange, enum status status);

/* The lanes' threads; `server` behind the pointer. They end when their queue is closed. */
void *screen_thread(void *server);
void *draft_thread(void *server);
void *write_thread(void *server);
void *query_thread(void *server);

/* Handlers of the HTTP lane. */
void answer_decision(struct server *server, struct exchange *exchange);
void answer_tags(struct server *server, struct exchange *exchange);
void answer_health(struct server *server, struct exchange *exchange);
void answer_ready(struct server *server, struct exchange *exchange);
void answer_metrics(struct server *server, struct exchange *exchange);
void answer_openapi(struct server *server, struct exchange *exchange);
