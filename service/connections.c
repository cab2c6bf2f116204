/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/time.h"

#define DRAIN_IDLE_US (300 * US_PER_MS)
#define FILES_BESIDE 64     /* the store's, the log's, and those that are read again */
#define FILES_PER_THREAD 4
#define CONNECTIONS_MIN 8

int64_t connections_allowed(const struct config *config)
{
    rlim_t beside = FILES_BESIDE + FILES_PER_THREAD * (rlim_t)config->http_threads;
    rlim_t wanted = (rlim_t)config->max_connections + beside;
    struct rlimit limit;
    int64_t allowed;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
        return config->max_connections;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == wanted)
        return config->max_connections;
    allowed = limit.rlim_cur >= beside + CONNECTIONS_MIN ? (int64_t)(limit.rlim_cur - beside)
                                                         : CONNECTIONS_MIN;
    log_warning("max_connections is %lld, but %llu descriptors (ulimit -n) are enough for %lld",
                (long long)config->max_connections, (unsigned long long)limit.rlim_cur,
                (long long)allowed);
    return allowed;
}

void connections_init(struct connections *connections, const struct config *config,
                      struct metrics *metrics)
{
    *connections = (struct connections){ .config = config, .metrics = metrics };
    pthread_mutex_init(&connections->lock, NULL);
}

void connections_fini(struct connections *connections)
{
    pthread_mutex_destroy(&connections->lock);
}

struct connection *connections_add(struct connections *connections, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->fd = fd;
    atomic_init(&connection->state, CONNECTION_IDLE);
    atomic_init(&connection->since_us, time_monotonic_us());
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    if (connections->first)
        connections->first->previous = connection;
    connections->first = connection;
    connections->n++;
    pthread_mutex_unlock(&connections->lock);
    metrics_add(connections->metrics, METRIC_CONNECTIONS, 1);
    return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connections->n--;
    pthread_mutex_unlock(&connections->lock);
    metrics_add(connections->metrics, METRIC_CONNECTIONS, -1);
    free(connection);
}

void connection_set(struct connection *connection, enum connection_state state)
{
    if (state == CONNECTION_RECEIVING &&
        atomic_load_explicit(&connection->state, memory_order_relaxed) == CONNECTION_RECEIVING)
        return;
    atomic_store_explicit(&connection->since_us, time_monotonic_tick_us(), memory_order_relaxed);
    atomic_store_explicit(&connection->state, (int)state, memory_order_release);
}

/* Bytes the kernel has received so far; 0 where it does not say. */
static uint64_t bytes_received(int fd)
{
    struct tcp_info info = { 0 };
    socklen_t size = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) ||
        size < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
        return 0;
    return info.tcpi_bytes_received;
}

/*
 * The first byte of the next request turns an idle connection into a receiving one. What the HTTP
 * thread did meanwhile wins: only IDLE is exchanged.
 */
static void notice_first_byte(struct connection *connection, int64_t now_us)
{
    uint64_t bytes = bytes_received(connection->fd);
    int idle = CONNECTION_IDLE;

    if (connection->bytes == UINT64_MAX) {
        connection->bytes = bytes;
        return;
    }
    if (bytes <= connection->bytes)
        return;
    connection->bytes = UINT64_MAX;
    if (atomic_compare_exchange_strong(&connection->state, &idle, CONNECTION_RECEIVING))
        atomic_store_explicit(&connection->since_us, now_us, memory_order_relaxed);
}

static int64_t limit_us(const struct connections *connections, enum connection_state state,
                        bool draining)
{
    const struct config *config = connections->config;

    switch (state) {
    case CONNECTION_IDLE:
        return draining ? DRAIN_IDLE_US : config->idle_timeout_ms * US_PER_MS;
    case CONNECTION_RECEIVING:
        return config->request_timeout_ms * US_PER_MS;
    case CONNECTION_SENDING:
        /* A streamed answer is still being made while it is sent. */
        return (config->response_timeout_ms + config->query_timeout_ms) * US_PER_MS;
    case CONNECTION_WORKING:
    default:
        return INT64_MAX;
    }
}

static void check(struct connections *connections, struct connection *connection, int64_t now_us,
                  bool draining)
{
    enum connection_state state =
        (enum connection_state)atomic_load_explicit(&connection->state, memory_order_acquire);

    if (state == CONNECTION_IDLE)
        notice_first_byte(connection, now_us);
    else
        connection->bytes = UINT64_MAX;
    state = (enum connection_state)atomic_load_explicit(&connection->state, memory_order_acquire);
    if (now_us - atomic_load_explicit(&connection->since_us, memory_order_relaxed) <=
        limit_us(connections, state, draining))
        return;
    /* The HTTP thread sees the end of the stream and closes it. */
    shutdown(connection->fd, SHUT_RDWR);
    connection_set(connection, CONNECTION_IDLE);
    if (state != CONNECTION_IDLE)
        metrics_add(connections->metrics, METRIC_CLOSED_SLOW, 1);
}

void connections_sweep(struct connections *connections, bool draining)
{
    int64_t now_us = time_monotonic_us();

    pthread_mutex_lock(&connections->lock);
    for (struct connection *c = connections->first; c; c = c->next)
        check(connections, c, now_us, draining);
    pthread_mutex_unlock(&connections->lock);
}

size_t connections_count(struct connections *connections)
{
    size_t n;

    pthread_mutex_lock(&connections->lock);
    n = connections->n;
    pthread_mutex_unlock(&connections->lock);
    return n;
}
