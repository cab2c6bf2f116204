/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Open connections and their deadlines. The HTTP library's own timer starts anew with each byte,
 * so a sender that drips holds its slot for ever; here a request must be whole within a time
 * counted from its first byte, which the kernel's counter of received bytes tells.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "service/config.h"
#include "service/exchange.h"
#include "service/metrics.h"

enum connection_state {
    CONNECTION_IDLE,      /* between requests */
    CONNECTION_RECEIVING, /* a request has begun */
    CONNECTION_WORKING,   /* it is being answered: the lanes' own deadlines hold */
    CONNECTION_SENDING,   /* the client takes the answer */
};

struct connection {
    int fd;
    atomic_int state;
    atomic_llong since_us;   /* monotonic */
    uint64_t bytes;          /* received when it fell idle; UINT64_MAX: not known yet */
    struct connection *previous, *next;
    /* Of the HTTP thread: who is behind it, once that was looked at. */
    struct caller peer;
    bool judged, accepted;
    struct exchange exchange; /* of the request at hand: there is one at a time */
};

struct connections {
    pthread_mutex_t lock;    /* of the list, and of a descriptor's being open */
    struct connection *first;
    size_t n;
    const struct config *config; /* kept */
    struct metrics *metrics;     /* kept */
};

/*
 * As many as are configured, for which the process takes the descriptors it may have; fewer, with a
 * warning, where it may not have so many: some stay free for tokens, policy and log.
 */
int64_t connections_allowed(const struct config *config);
void connections_init(struct connections *connections, const struct config *config,
                      struct metrics *metrics);
void connections_fini(struct connections *connections);
/* Gives a connection, or NULL without memory. */
struct connection *connections_add(struct connections *connections, int fd);
/* Takes it; call before the descriptor is closed. */
void connections_remove(struct connections *connections, struct connection *connection);
/* RECEIVING does not restart the clock of a request that has begun. */
void connection_set(struct connection *connection, enum connection_state state);
/* Cuts those past their deadline; with `draining` also those that do nothing. Call often. */
void connections_sweep(struct connections *connections, bool draining);
size_t connections_count(struct connections *connections);
