/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/log.h"
#include "graph/schema_change.h"
#include "query/cache.h"
#include "service/http.h"
#include "service/notify.h"
#include "service/server.h"
#include "service/write_lane.h"

#define TICK_MS 100
#define QUERY_CACHE_MAX 256
#define SLOW_TICK_US US_PER_SECOND

/* ---- opening ------------------------------------------------------------------------------ */

/* `name` in the graph's folder, unless the configuration names a file. */
static enum status path_of(const char **out, struct buf *made, const struct server *server,
                           const char *given, const char *name)
{
    if (given) {
        *out = given;
        return STATUS_OK;
    }
    TRY(buf_printf(made, "%s/%s", graph_dir(server->graph), name));
    return buf_string(out, made);
}

static enum status open_files(struct server *server)
{
    AUTO(buf_fini) struct buf tokens = { 0 };
    AUTO(buf_fini) struct buf access = { 0 };
    const char *path;

    TRY(path_of(&path, &tokens, server, server->config->tokens, "tokens"));
    TRY(token_store_open(&server->tokens, path));
    if (!server->tokens.list.n)
        log_warning("%s: no tokens yet, so nobody can call; ringfence token add makes one", path);
    TRY(path_of(&path, &access, server, server->config->access_log, "access.log"));
    return access_open(&server->access, path);
}

static enum status start_threads(struct server *server, void *(*run)(void *), int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int error = pthread_create(&server->threads[server->n_threads], NULL, run, server);

        if (error) {
            errno = error;
            return fail_errno("starting a thread");
        }
        server->n_threads++;
    }
    return STATUS_OK;
}

static enum status start(struct server *server)
{
    const struct config *config = server->config;
    size_t n = (size_t)(2 * config->screening_threads + config->query_threads + 1);

    server->threads = calloc(n, sizeof *server->threads);
    if (!server->threads)
        return fail_memory(n * sizeof *server->threads);
    TRY(query_cache_new(&server->query_cache, QUERY_CACHE_MAX));
    TRY(start_threads(server, screen_thread, config->screening_threads));
    TRY(start_threads(server, draft_thread, config->screening_threads));
    TRY(start_threads(server, write_thread, 1));
    TRY(start_threads(server, query_thread, config->query_threads));
    return http_open(&server->http, server);
}

static void init(struct server *server, struct graph *graph, const struct config *config)
{
    server->graph = graph;
    server->config = config;
    server->access.fd = -1;
    connections_init(&server->connections, config, &server->metrics);
    queue_init(&server->screen_queue, (size_t)config->queue_length,
               (size_t)config->screening_threads, server_wait_us(server, LANE_SCREEN));
    queue_init(&server->draft_queue, (size_t)config->write_queue_length,
               (size_t)config->screening_threads, server_wait_us(server, LANE_DRAFT));
    sem_init(&server->drafts_wanted, 0, WRITE_GROUP_MAX);
    queue_init(&server->write_queue, (size_t)config->write_queue_length, WRITE_GROUP_MAX,
               server_wait_us(server, LANE_WRITE));
    queue_init(&server->query_queue, (size_t)config->query_queue_length,
               (size_t)config->query_threads, server_wait_us(server, LANE_QUERY));
}

static void fini(struct server *server)
{
    queue_close(&server->screen_queue);
    queue_close(&server->draft_queue);
    queue_close(&server->write_queue);
    queue_close(&server->query_queue);
    for (size_t i = 0; i < server->n_threads; i++)
        pthread_join(server->threads[i], NULL);
    http_close(server->http);
    free(server->threads);
    query_cache_free(server->query_cache);
    queue_fini(&server->screen_queue);
    queue_fini(&server->draft_queue);
    sem_destroy(&server->drafts_wanted);
    queue_fini(&server->write_queue);
    queue_fini(&server->query_queue);
    connections_fini(&server->connections);
    policy_source_close(&server->policy);
    token_store_close(&server->tokens);
    access_close(&server->access);
    free(server);
}

static void finip(struct server **server)
{
    if (*server)
        fini(*server);
}

enum status service_open(struct server **out, struct graph *graph, const struct config *config)
{
    AUTO(finip) struct server *server = calloc(1, sizeof *server);

    if (!server)
        return fail_memory(sizeof *server);
    init(server, graph, config);
    TRY(policy_source_open(&server->policy, config->policy));
    TRY(open_files(server));
    freshness_look(&server->freshness, graph, config);
    TRY(start(server));
    *out = server;
    server = NULL;
    return STATUS_OK;
}

uint16_t service_port(const struct server *server)
{
    return http_port(server->http);
}

/* ---- watching ------------------------------------------------------------------------------ */

static void check_disk(struct server *server)
{
    struct statvfs disk;
    bool low;

    if (statvfs(graph_dir(server->graph), &disk))
        return;
    low = (uint64_t)disk.f_bavail * disk.f_frsize < (uint64_t)server->config->min_free_bytes;
    if (low && !atomic_load(&server->disk_low))
        log_warning("%s: %llu bytes free, less than min_free_bytes; not ready until there is room",
                    graph_dir(server->graph),
                    (unsigned long long)disk.f_bavail * disk.f_frsize);
    atomic_store(&server->disk_low, low);
}

static void reload_policy(struct server *server)
{
    if (policy_source_reload(&server->policy)) {
        metrics_add(&server->metrics, METRIC_POLICY_RELOAD_FAILURES, 1);
        log_warning("%s; the policy read before stays in force", error_detail());
        return;
    }
    metrics_add(&server->metrics, METRIC_POLICY_RELOADS, 1);
    log_note("policy read again");
}

static enum status look_at_schema(struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    return graph_check_schema(txn);
}

/* What cost the process its graph: a schema that it does not know, or a failure of the store. */
static enum status why_broken(struct server *server)
{
    if (look_at_schema(server->graph) == STATUS_RESTART)
        return STATUS_RESTART;
    return fail(STATUS_RESTART, "the store can't go on in this process; start the service again, "
                "which reopens it");
}

enum status service_tick(struct server *server)
{
    int64_t now_us = time_monotonic_us();

    connections_sweep(&server->connections, atomic_load(&server->draining));
    if (now_us >= server->next_slow_tick_us) {
        server->next_slow_tick_us = now_us + SLOW_TICK_US;
        token_store_refresh(&server->tokens);
        access_refresh(&server->access);
        if (policy_source_changed(&server->policy))
            reload_policy(server);
        freshness_look(&server->freshness, server->graph, server->config);
        check_disk(server);
        server_notice(server, look_at_schema(server->graph));
    }
    return atomic_load(&server->broken) ? why_broken(server) : STATUS_OK;
}

void service_reload(struct server *server)
{
    token_store_refresh(&server->tokens);
    access_refresh(&server->access);
    reload_policy(server);
}

/* ---- ending ------------------------------------------------------------------------------- */

static void pause_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&time, NULL);
}

static void drain(struct server *server)
{
    int64_t until_us = time_monotonic_us() + server->config->drain_timeout_ms * US_PER_MS;

    atomic_store(&server->draining, true);
    http_stop_accepting(server->http);
    while (time_monotonic_us() < until_us &&
           (http_in_flight(server->http) || connections_count(&server->connections))) {
        pause_ms(10);
        connections_sweep(&server->connections, true);
    }
}

void service_close(struct server *server)
{
    if (!server)
        return;
    drain(server);
    fini(server);
}

/* ---- running ------------------------------------------------------------------------------ */

static void on_second_signal(int signal)
{
    (void)signal;
    _exit(EXIT_FAILURE);
}

static void catch_signals(sigset_t *caught)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigemptyset(caught);
    sigaddset(caught, SIGTERM);
    sigaddset(caught, SIGINT);
    sigaddset(caught, SIGHUP);
    pthread_sigmask(SIG_BLOCK, caught, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static void end_at_next_signal(const sigset_t *caught)
{
    struct sigaction end = { .sa_handler = on_second_signal };

    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    pthread_sigmask(SIG_UNBLOCK, caught, NULL);
}

static enum status watch(struct server *server, const sigset_t *caught)
{
    const struct timespec tick = { 0, TICK_MS * 1000000L };

    for (;;) {
        int signal = sigtimedwait(caught, NULL, &tick);

        if (signal == SIGTERM || signal == SIGINT)
            return STATUS_OK;
        if (signal == SIGHUP) {
            notify("RELOADING=1");
            service_reload(server);
            notify("READY=1");
        }
        TRY(service_tick(server));
        notify("WATCHDOG=1");
    }
}

enum status service_run(struct graph *graph, const struct config *config,
                        void (*ready)(void *context, uint16_t port), void *context)
{
    struct server *server = NULL;
    char detail[256];
    sigset_t caught;
    enum status status;

    catch_signals(&caught);
    TRY(service_open(&server, graph, config));
    if (ready)
        ready(context, service_port(server));
    notify("READY=1");
    status = watch(server, &caught);
    snprintf(detail, sizeof detail, "%s", error_detail());
    notify("STOPPING=1");
    end_at_next_signal(&caught);
    service_close(server);
    /* Closing may have failed at something of its own; what ended the service is told. */
    return status ? fail(status, "%s", detail) : STATUS_OK;
}
