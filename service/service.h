/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The service: HTTP in front of screening, tags, decisions, events and queries.
 *
 * Threads: HTTP (reading, answering, look-ups), screening, one writer that groups what is to be
 * recorded into durable commits, queries, and the caller's, which watches over them.
 */

#include "graph/graph.h"
#include "service/config.h"

struct server;

/* Starts all threads and listens; keeps `graph` and `config`. Block signals before. */
MUST_CHECK enum status service_open(struct server **out, struct graph *graph,
                                    const struct config *config);
uint16_t service_port(const struct server *server);
/*
 * To be called every 100 ms or so: deadlines, tokens, disk, schema. STATUS_RESTART: end the
 * process, which can't go on with the graph; the detail says why.
 */
MUST_CHECK enum status service_tick(struct server *server);
/*
 * Reads policy and tokens again, of which what is not valid changes nothing and is logged, and goes
 * on in a new access log where the old one was moved.
 */
void service_reload(struct server *server);
/* Stops accepting, answers what is under way (at most drain_timeout_ms), closes everything. */
void service_close(struct server *server);

/*
 * Opens, calls `ready` (may be NULL) with the port, serves until SIGTERM or SIGINT, reloads on
 * SIGHUP, drains, closes; tells the service manager. A second SIGTERM ends at once.
 */
MUST_CHECK enum status service_run(struct graph *graph, const struct config *config,
                                   void (*ready)(void *context, uint16_t port), void *context);
