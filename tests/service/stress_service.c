/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service under mixed load from many threads, with reloads and an end in the middle of it. A
 * plain program, so that it can run under ThreadSanitizer (Criterion can't):
 *
 *     meson setup build-tsan -Db_sanitize=thread -Db_lundef=false --buildtype debugoptimized
 *     ninja -C build-tsan tests/service/stress_service && build-tsan/tests/service/stress_service
 *
 * usage: stress_service [SECONDS]
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "graph/schema.h"
#include "service/service.h"
#include "service/token.h"
#include "tests/support/place.h"

#define CLIENTS 8

/* Patient: what is refused is not worked on by the threads that are to be watched. */
static const char settings[] = "listen: 127.0.0.1:0\nqueue_wait_ms: 5000\nwrite_wait_ms: 5000\n"
                               "screening_deadline_ms: 5000\n";

static uint16_t port;
static char token[TOKEN_TEXT_MAX];
static atomic_bool over;
static atomic_ulong answered[6], refused;

static void must(enum status status, const char *what)
{
    if (!status)
        return;
    fprintf(stderr, "%s: %s\n", what, error_detail());
    abort();
}

static int open_client(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct timeval patience = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* One request on a connection of its own; the status, or 0. */
static int ask(const char *method, const char *path, const char *body)
{
    char request[2048], answer[4096];
    int status = 0, fd = open_client();
    size_t have = 0;
    ssize_t n;

    if (fd < 0)
        return 0;
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n%s", method, path, token, strlen(body), body);
    (void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
    while ((n = recv(fd, answer + have, sizeof answer - 1 - have, 0)) > 0 &&
           have + (size_t)n < sizeof answer - 1)
        have += (size_t)n;
    close(fd);
    answer[have] = 0;
    (void)(sscanf(answer, "HTTP/1.1 %d", &status) == 1);
    return status;
}

static void one(unsigned long id, unsigned long n)
{
    char body[512], path[128];
    int status;

    switch (n % 6) {
    case 0:
    case 1: /* one that is recorded, one that is not */
        snprintf(body, sizeof body, "{\"application_id\":\"A%lu-%lu\",\"idempotency_key\":\"K%lu\","
                 "\"time\":\"2026-11-21T08:00:00Z\",\"enterprise\":{\"key\":\"E%lu\"},"
                 "\"devices\":[\"d%lu\"]}", id, n, id * 1000000 + n, n % 50, n % 7);
        status = ask("POST", n % 6 ? "/v1/screenings?record=false" : "/v1/screenings", body);
        break;
    case 2:
        snprintf(path, sizeof path, "/v1/entities/Enterprise/E%lu/tags", n % 50);
        status = ask("GET", path, "");
        break;
    case 3:
        snprintf(body, sizeof body, "{\"op\":\"node\",\"label\":\"Enterprise\",\"key\":\"E%lu\","
                 "\"properties\":{\"n\":%lu}}\n", n % 50, n);
        status = ask("POST", "/v1/events", body);
        break;
    case 4:
        status = ask("POST", "/v1/query",
                     "{\"statement\":\"MATCH (e:Enterprise) RETURN e LIMIT 1000\"}");
        break;
    default:
        status = ask("GET", n % 12 > 5 ? "/metrics" : "/readyz", "");
    }
    if (status == 200)
        atomic_fetch_add(&answered[n % 6], 1);
    else
        atomic_fetch_add(&refused, 1);
}

static void *client(void *context)
{
    unsigned long id = (unsigned long)(uintptr_t)context;

    for (unsigned long n = id; !atomic_load(&over); n++)
        one(id, n);
    return NULL;
}

static void prepare(struct graph **graph, const char *place)
{
    AUTO(token_list_fini) struct token_list list = { 0 };
    struct graph_options options = { .map_size = (uint64_t)1 << 30 };
    const char *db = place_in(place, "g.db");

    must(graph_create(db, schema_builtin_text(), &options), "create");
    must(graph_open(graph, db, &options), "open");
    must(token_add(token, &list, ROLE_ADMIN, SLICE("stress"), TIME_MAX), "token");
    must(token_list_save(&list, place_in(place, "g.db/tokens")), "tokens");
}

static void run(struct server *server, int64_t seconds)
{
    int64_t end_us = time_monotonic_us() + seconds * US_PER_SECOND;

    for (unsigned n = 0; time_monotonic_us() < end_us; n++) {
        usleep(50000);
        must(service_tick(server), "tick");
        if (n % 10 == 9)
            service_reload(server);
    }
}

int main(int argc, char **argv)
{
    AUTO(place_removep) char *place = place_new();
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(graph_closep) struct graph *graph = NULL;
    pthread_t clients[CLIENTS];
    struct server *server;
    struct config config;

    signal(SIGPIPE, SIG_IGN);
    log_set_quiet(true);
    must(config_read(&config, &arena, "stress", slice_str(settings)), "config");
    prepare(&graph, place);
    must(service_open(&server, graph, &config), "service");
    port = service_port(server);
    for (uintptr_t i = 0; i < CLIENTS; i++)
        if (pthread_create(&clients[i], NULL, client, (void *)i))
            abort();
    run(server, argc > 1 ? atoi(argv[1]) : 3);
    service_close(server); /* under load: whoever is still answered is answered whole */
    atomic_store(&over, true);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    for (int i = 0; i < 6; i++) {
        printf("kind %d: %lu answered\n", i, atomic_load(&answered[i]));
        if (!atomic_load(&answered[i]))
            return EXIT_FAILURE;
    }
    printf("%lu refused or cut\n", atomic_load(&refused));
    return EXIT_SUCCESS;
}
