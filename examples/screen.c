/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens one application with POSIX sockets only and prints pass, review or reject.
 *
 * usage: RINGFENCE_TOKEN=rf_... screen HOST PORT FILE
 *
 * One deadline covers connecting, sending and receiving. Whatever goes wrong, the decision is
 * review, or reject where the refusal says so: an engine that can't be reached must never let an
 * application through.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 500
#define BODY_MAX 65536
#define ANSWER_MAX 1048576

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether the socket is ready for `events` before the deadline. */
static int ready(int fd, short events, long deadline)
{
    struct pollfd poll_ = { .fd = fd, .events = events };
    long left = deadline - now_ms();

    return left > 0 && poll(&poll_, 1, (int)left) == 1;
}

static int open_connection(const char *host, const char *port, long deadline)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
    int fd, error = 0;
    socklen_t size = sizeof error;

    if (getaddrinfo(host, port, &hints, &found))
        return -1;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) && errno == EINPROGRESS &&
        (!ready(fd, POLLOUT, deadline) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ||
         error)) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static int send_all(int fd, const char *data, size_t size, long deadline)
{
    while (size) {
        ssize_t n = ready(fd, POLLOUT, deadline) ? send(fd, data, size, MSG_NOSIGNAL) : -1;

        if (n < 0)
            return 0;
        data += n;
        size -= (size_t)n;
    }
    return 1;
}

/* The whole answer: the service closes the connection behind it, as it was asked to. */
static int receive_all(int fd, char *answer, long deadline)
{
    size_t have = 0;

    for (;;) {
        ssize_t n = have < ANSWER_MAX && ready(fd, POLLIN, deadline)
                        ? recv(fd, answer + have, ANSWER_MAX - have, 0)
                        : -1;

        if (n < 0)
            return 0;
        if (n == 0) {
            answer[have] = 0;
            return 1;
        }
        have += (size_t)n;
    }
}

static const char *decision_of(const char *answer)
{
    static const char *const decisions[] = { "pass", "review", "reject" };
    const char *member = strstr(answer, "\"decision\":\"");
    size_t first = strncmp(answer, "HTTP/1.1 200 ", 13) == 0 ? 0 : 1; /* a refusal never passes */

    if (!member)
        return "review";
    member += strlen("\"decision\":\"");
    for (size_t i = first; i < 3; i++)
        if (strncmp(member, decisions[i], strlen(decisions[i])) == 0)
            return decisions[i];
    return "review";
}

static const char *screen(const char *host, const char *port, const char *token, const char *body,
                          size_t size, char *answer)
{
    char head[1024];
    long deadline = now_ms() + DEADLINE_MS;
    const char *decision = "review";
    int fd = open_connection(host, port, deadline);
    int n = snprintf(head, sizeof head,
                     "POST /v1/screenings HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     host, token, size);

    if (fd < 0)
        return decision;
    if (n > 0 && (size_t)n < sizeof head && send_all(fd, head, (size_t)n, deadline) &&
        send_all(fd, body, size, deadline) && receive_all(fd, answer, deadline))
        decision = decision_of(answer);
    close(fd);
    return decision;
}

int main(int argc, char **argv)
{
    static char body[BODY_MAX], answer[ANSWER_MAX + 1];
    const char *token = getenv("RINGFENCE_TOKEN");
    FILE *file = argc == 4 ? fopen(argv[3], "re") : NULL;
    size_t size;

    if (!file || !token) {
        fprintf(stderr, "usage: RINGFENCE_TOKEN=rf_... screen HOST PORT FILE\n");
        return 2;
    }
    size = fread(body, 1, sizeof body, file);
    fclose(file);
    puts(screen(argv[1], argv[2], token, body, size, answer));
    return 0;
}
