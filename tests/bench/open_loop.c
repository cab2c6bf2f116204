/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An open-loop HTTP client: requests are due at fixed moments, whether or not earlier ones were
 * answered, and are timed from when they were due (no coordinated omission).
 *
 *     open_loop PORT TOKEN FILE RATE SECONDS CONNECTIONS
 *
 * Each line of FILE (from a random one on) is a path to GET, or a path, a blank and a body to POST,
 * in which @ID@ becomes a number of its own. What finds no free connection for a second is counted
 * as missed. Prints one line of figures: good answers (200), refusals (429, 503) timed from when
 * they were sent, others, and the client's own processor time. Answers a second are those that came
 * within SECONDS; what comes after is waited for, and timed. Processor time is taken from a service
 * on the same cores, so requests are made ready before, and at high rates some are sent and
 * received at a time: at moments TICK_NS apart, a part of what is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES (1 << 20) /* what is not reached is not touched */
#define PATIENCE_NS 1000000000
#define TICK_NS 200000 /* at rates from which more than TICK_MIN requests are due in it */
#define TICK_MIN 2
#define REST_NS 10000000
#define MARK "@ID@"
#define MARKS_MAX 4
#define ID_SIZE 27 /* of a run in hex, a dash, of a request in it */

/* A request as it is sent, but for the numbers in it. */
struct line {
    char *request;
    size_t size;
    size_t marks[MARKS_MAX], n_marks;
};

struct client {
    int fd;
    int64_t due_ns, sent_ns; /* due_ns 0: idle */
    size_t have;
    char answer[ANSWER_BYTES];
};

struct times {
    float *ms;
    size_t n, n_in_time;
};

struct load {
    uint16_t port;
    const char *token;
    struct line *lines;
    size_t n_lines, first_line;
    double rate;
    size_t capacity; /* requests in all */
    struct client *clients, **idle;
    size_t n_clients, n_idle;
    int epoll;
    struct times good, refused;
    uint64_t n_due, n_missed, n_other, n_broken;
    int64_t start_ns, end_ns;
};

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- connections ---------------------------------------------------------------------------- */

static void client_open(struct load *load, struct client *client)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(load->port) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    int one = 1;

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address))
        die("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event))
        die("epoll_ctl");
    client->due_ns = 0;
    client->have = 0;
    load->idle[load->n_idle++] = client;
}

static void client_break(struct load *load, struct client *client)
{
    if (client->due_ns)
        load->n_broken++;
    else
        for (size_t i = 0; i < load->n_idle; i++)
            if (load->idle[i] == client) {
                load->idle[i] = load->idle[--load->n_idle];
                break;
            }
    close(client->fd);
    client_open(load, client);
}

/* ---- requests ------------------------------------------------------------------------------- */

/* Room for a number at each mark. */
static char *make_body(size_t *size, const char *text)
{
    char *body = malloc(strlen(text) + MARKS_MAX * ID_SIZE + 1), *to = body;
    const char *mark;

    if (!body)
        die("malloc");
    for (size_t n = 0; n < MARKS_MAX && (mark = strstr(text, MARK)); n++) {
        to = mempcpy(to, text, (size_t)(mark - text));
        to = memset(to, '@', ID_SIZE);
        to += ID_SIZE;
        text = mark + sizeof MARK - 1;
    }
    *size = (size_t)(stpcpy(to, text) - body);
    return body;
}

static void find_marks(struct line *line)
{
    char *at = line->request, *end = at + line->size, mark[ID_SIZE];

    memset(mark, '@', sizeof mark);
    while (line->n_marks < MARKS_MAX &&
           (at = memmem(at, (size_t)(end - at), mark, sizeof mark))) {
        line->marks[line->n_marks++] = (size_t)(at - line->request);
        at += ID_SIZE;
    }
}

static struct line make_request(char *text, const char *token)
{
    char *blank = strchr(text, ' '), *body = NULL;
    struct line line = { 0 };
    size_t size = 0;
    int n;

    if (blank) {
        *blank = 0;
        body = make_body(&size, blank + 1);
    }
    n = asprintf(&line.request,
                 "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                 "Content-Length: %zu\r\n\r\n%s", blank ? "POST" : "GET", text, token, size,
                 body ? body : "");
    if (n < 0)
        die("malloc");
    free(body);
    line.size = (size_t)n;
    find_marks(&line);
    return line;
}

static const struct line *next_request(const struct load *load)
{
    const struct line *line = &load->lines[(load->first_line + load->n_due) % load->n_lines];
    char id[ID_SIZE + 1];

    if (line->n_marks)
        snprintf(id, sizeof id, "%016" PRIx64 "-%010" PRIu32, load->start_ns,
                 (uint32_t)load->n_due);
    for (size_t i = 0; i < line->n_marks; i++)
        memcpy(line->request + line->marks[i], id, ID_SIZE);
    return line;
}

static void send_next(struct load *load, int64_t due_ns)
{
    struct client *client = load->idle[--load->n_idle];
    const struct line *line = next_request(load);

    client->due_ns = due_ns;
    client->sent_ns = now_ns();
    client->have = 0;
    /* A request fits into the socket's buffer: the connection had nothing under way. */
    if (send(client->fd, line->request, line->size, MSG_NOSIGNAL) != (ssize_t)line->size)
        client_break(load, client);
}

/* ---- answers -------------------------------------------------------------------------------- */

/* The size of a whole answer, 0 while there is not enough of it. */
static size_t answer_size(const struct client *client)
{
    const char *end = memmem(client->answer, client->have, "\r\n\r\n", 4);
    const char *length = end ? memmem(client->answer, (size_t)(end - client->answer),
                                      "Content-Length: ", 16) : NULL;
    size_t head = end ? (size_t)(end - client->answer) + 4 : 0;

    return length ? head + strtoul(length + 16, NULL, 10) : 0;
}

static void times_add(struct times *times, const struct load *load, int64_t now, int64_t since)
{
    if (!times->ms)
        times->ms = malloc(load->capacity * sizeof *times->ms);
    if (!times->ms)
        die("malloc");
    times->ms[times->n++] = (float)(now - since) / 1e6f;
    times->n_in_time += now <= load->end_ns;
}

static void answered(struct load *load, struct client *client)
{
    unsigned long status = strtoul(client->answer + sizeof "HTTP/1.1", NULL, 10);
    int64_t now = now_ns();

    if (status == 200)
        times_add(&load->good, load, now, client->due_ns);
    else if (status == 429 || status == 503)
        times_add(&load->refused, load, now, client->sent_ns);
    else
        load->n_other++;
    client->due_ns = 0;
    load->idle[load->n_idle++] = client;
}

static void receive(struct load *load, struct client *client)
{
    ssize_t n = recv(client->fd, client->answer + client->have,
                     sizeof client->answer - client->have, 0);
    size_t size;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        client_break(load, client);
        return;
    }
    client->have += (size_t)n;
    size = answer_size(client);
    if (size && client->have >= size && client->due_ns)
        answered(load, client);
}

/* ---- the run -------------------------------------------------------------------------------- */

static int64_t due_ns(const struct load *load)
{
    return load->start_ns + (int64_t)((double)load->n_due * 1e9 / load->rate);
}

/* Sends what is due; what waited too long for a free connection is missed. */
static void send_due(struct load *load)
{
    int64_t now = now_ns();

    while (load->n_due < load->capacity) {
        int64_t due = due_ns(load);

        if (due > now)
            return;
        if (load->n_idle) {
            send_next(load, due);
        } else if (now - due > PATIENCE_NS) {
            load->n_missed++;
        } else {
            return;
        }
        load->n_due++;
    }
}

/* Until the next request is due; where none can be sent or none is left, only answers count. */
static int64_t rest_ns(const struct load *load)
{
    int64_t rest = due_ns(load) - now_ns();

    if (!load->n_idle || load->n_due == load->capacity || rest > REST_NS)
        return REST_NS;
    return rest > 0 ? rest : 0;
}

/* What comes meanwhile is not waited for one by one where much is due. */
static int wait_for_answers(struct load *load, struct epoll_event *events, int n)
{
    struct timespec wait = { 0, TICK_NS };

    if (load->n_due < load->capacity && load->rate * TICK_NS > TICK_MIN * 1e9) {
        nanosleep(&wait, NULL);
        wait.tv_nsec = 0;
    } else {
        wait.tv_nsec = rest_ns(load);
    }
    return epoll_pwait2(load->epoll, events, n, &wait, NULL);
}

static void run(struct load *load)
{
    while (now_ns() < load->end_ns + PATIENCE_NS &&
           (load->n_due < load->capacity || load->n_idle < load->n_clients)) {
        static struct epoll_event events[4096];
        int n;

        send_due(load);
        n = wait_for_answers(load, events, sizeof events / sizeof *events);
        for (int i = 0; i < n; i++)
            receive(load, events[i].data.ptr);
    }
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static float at(const struct times *times, double part)
{
    size_t place = (size_t)(part * (double)times->n);

    return times->n ? times->ms[place < times->n ? place : times->n - 1] : 0;
}

static void report(const char *name, struct times *times, double seconds)
{
    if (times->n)
        qsort(times->ms, times->n, sizeof *times->ms, by_size);
    printf("%s %.0f/s, %zu in all, p50 %.2f p99 %.2f p99.9 %.2f max %.2f ms; ", name,
           (double)times->n_in_time / seconds, times->n, at(times, 0.5), at(times, 0.99),
           at(times, 0.999), at(times, 1));
}

static double processor_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void read_lines(struct load *load, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 0, capacity = 0;
    char *text = NULL;
    ssize_t n;

    if (!file)
        die(path);
    while ((n = getline(&text, &room, file)) > 0) {
        if (load->n_lines == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            load->lines = realloc(load->lines, capacity * sizeof *load->lines);
            if (!load->lines)
                die("realloc");
        }
        text[n - 1] = 0;
        load->lines[load->n_lines++] = make_request(text, load->token);
    }
    free(text);
    fclose(file);
}

int main(int argc, char **argv)
{
    struct load load = { 0 };
    double seconds, used;

    if (argc != 7) {
        fputs("usage: open_loop PORT TOKEN FILE RATE SECONDS CONNECTIONS\n", stderr);
        return 2;
    }
    load.port = (uint16_t)atoi(argv[1]);
    load.token = argv[2];
    read_lines(&load, argv[3]);
    load.rate = atof(argv[4]);
    seconds = atof(argv[5]);
    load.capacity = (size_t)(load.rate * seconds);
    load.n_clients = (size_t)atoi(argv[6]);
    load.clients = calloc(load.n_clients, sizeof *load.clients);
    load.idle = calloc(load.n_clients, sizeof *load.idle);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!load.lines || !load.clients || !load.idle || load.epoll < 0)
        die("setting up");
    for (size_t i = 0; i < load.n_clients; i++)
        client_open(&load, &load.clients[i]);
    prctl(PR_SET_TIMERSLACK, 1000);
    used = processor_seconds();
    load.start_ns = now_ns();
    load.end_ns = load.start_ns + (int64_t)(seconds * 1e9);
    load.first_line = (size_t)load.start_ns / 1000 % load.n_lines;
    run(&load);
    used = processor_seconds() - used;
    report("good", &load.good, seconds);
    report("refused", &load.refused, seconds);
    printf("other %" PRIu64 ", missed %" PRIu64 ", broken %" PRIu64 "; client %.2f s\n",
           load.n_other, load.n_missed, load.n_broken, used);
    return EXIT_SUCCESS;
}
