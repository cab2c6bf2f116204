/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power loss, replayed: every write and sync of the data file is recorded while batches are
 * committed. A state after a power cut is what was synced by then, plus any part of what was not,
 * in sectors of 512 bytes. Such states are made by chance and looked at: the last acknowledged
 * batch is there, none is there in part, the graph opens and check is clean.
 *
 *     power [--states N] [--batches N] [--seed S] [--no-sync]
 *
 * --no-sync takes syncs for nothing, as weaker durability flags would: the negative control, in
 * which bad states must appear.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "graph/graph.h"
#include "tests/rigs/intercept.h"
#include "tests/rigs/rig.h"
#include "tests/support/place.h"

#define SECTOR 512
#define CHILD_SECONDS 120
#define CHILD_STATES 100

enum event_kind { EVENT_WRITE, EVENT_SYNC, EVENT_TRUNCATE, EVENT_ACK };

struct event {
    enum event_kind kind;
    uint64_t offset; /* the new size; the acknowledged batch */
    unsigned char *bytes;
    size_t size;
    bool durable;
};

/* Only appended to, by the one thread that writes. */
static struct {
    struct event *items;
    size_t n, capacity;
    dev_t device;
    ino_t inode;
} recorded;

static void record(struct event event)
{
    rig_must(array_reserve(&recorded.items, &recorded.capacity, recorded.n + 1), "recording");
    recorded.items[recorded.n++] = event;
}

static int on_call(const struct intercept *call, size_t *size)
{
    struct event event = { .offset = call->offset, .size = *size, .durable = call->durable };
    struct stat info;

    if (fstat(call->file, &info) != 0 || info.st_dev != recorded.device ||
        info.st_ino != recorded.inode)
        return 0;
    event.kind = call->call == CALL_WRITE  ? EVENT_WRITE
                 : call->call == CALL_SYNC ? EVENT_SYNC
                                           : EVENT_TRUNCATE;
    if (event.size) {
        event.bytes = malloc(event.size);
        if (!event.bytes)
            return ENOMEM;
        memcpy(event.bytes, call->bytes, event.size);
    }
    record(event);
    return 0;
}

/* ---- images --------------------------------------------------------------------------------- */

struct image {
    struct buf bytes;
};

static void image_write(struct image *image, const unsigned char *bytes, size_t size,
                        uint64_t offset)
{
    struct buf *buf = &image->bytes;

    if (buf->size < offset + size) {
        rig_must(buf_reserve(buf, offset + size - buf->size), "growing an image");
        memset(buf->data + buf->size, 0, offset + size - buf->size);
        buf->size = offset + size;
    }
    memcpy(buf->data + offset, bytes, size);
}

static void image_truncate(struct image *image, uint64_t size)
{
    if (size < image->bytes.size)
        image->bytes.size = size;
}

static void image_apply(struct image *image, const struct event *event)
{
    if (event->kind == EVENT_WRITE)
        image_write(image, event->bytes, event->size, event->offset);
    else if (event->kind == EVENT_TRUNCATE)
        image_truncate(image, event->offset);
}

/* Any sectors of the write, or all, or none. */
static void image_tear(struct image *image, const struct event *event, struct rng *rng)
{
    unsigned mood = (unsigned)rng_below(rng, 4);

    if (event->kind != EVENT_WRITE || mood == 0)
        return;
    for (size_t at = 0; at < event->size; at += SECTOR) {
        size_t size = event->size - at < SECTOR ? event->size - at : SECTOR;

        if (mood == 1 || rng_chance(rng, 1, 2))
            image_write(image, event->bytes + at, size, event->offset + at);
    }
}

/* ---- states --------------------------------------------------------------------------------- */

struct state {
    struct image durable; /* what is synced before event `at` */
    size_t at;            /* the event under way when power fails */
    size_t first_pending; /* writes from here on are not synced */
    uint64_t acked;
};

/* Steps over one event. */
static void state_step(struct state *state, bool no_sync)
{
    const struct event *event = &recorded.items[state->at++];

    if (event->kind == EVENT_ACK)
        state->acked = event->offset;
    if (event->kind == EVENT_SYNC && !no_sync) {
        for (size_t i = state->first_pending; i < state->at; i++)
            image_apply(&state->durable, &recorded.items[i]);
        state->first_pending = state->at;
    }
    /* Written through and synced: it stands, whatever becomes of what was written before. */
    if (event->kind == EVENT_WRITE && event->durable && !no_sync)
        image_apply(&state->durable, event);
}

static void state_tear(struct image *out, const struct state *state, struct rng *rng, bool no_sync)
{
    rig_must(buf_append_slice(&out->bytes, buf_slice(&state->durable.bytes)), "tearing");
    for (size_t i = state->first_pending; i <= state->at && i < recorded.n; i++)
        if (i == state->at || no_sync || !recorded.items[i].durable)
            image_tear(out, &recorded.items[i], rng);
}

static void put_file(const char *dir, const struct image *image)
{
    char path[512];
    FILE *file;

    mkdir(dir, 0700);
    snprintf(path, sizeof path, "%s/lock.mdb", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    file = fopen(path, "we");
    if (!file || fwrite(image->bytes.data, 1, image->bytes.size, file) != image->bytes.size ||
        fclose(file) != 0)
        rig_must(fail_errno(path), "writing a state");
}

static void on_fault(int signal)
{
    (void)signal;
    _exit(1);
}

static bool is_good(const char *dir, uint64_t acked)
{
    uint64_t found = 0;

    if (rig_judge(&found, dir, true)) {
        fprintf(stderr, "%s\n", error_detail());
        return false;
    }
    if (found >= acked && found <= acked + 1)
        return true;
    fprintf(stderr, "%llu acknowledged, %llu there\n", (unsigned long long)acked,
            (unsigned long long)found);
    return false;
}

/* What is asked for, and where. */
struct job {
    uint64_t n_states, seed;
    bool no_sync;
    char dir[300], torn[300];
    struct image start;
};

static bool try_state(const struct job *job, const struct state *state, uint64_t number)
{
    struct rng rng = rng_at(job->seed, 1, number);
    struct image torn = { 0 };

    state_tear(&torn, state, &rng, job->no_sync);
    put_file(job->torn, &torn);
    buf_fini(&torn.bytes);
    if (is_good(job->torn, state->acked))
        return true;
    fprintf(stderr, "state %llu, at event %zu of %zu: bad\n", (unsigned long long)number,
            state->at, recorded.n);
    return false;
}

/* States first..last-1, spread evenly over the events. */
static uint64_t try_states(const struct job *job, uint64_t first, uint64_t last)
{
    struct state state = { 0 };
    uint64_t bad = 0;

    rig_must(buf_append_slice(&state.durable.bytes, buf_slice(&job->start.bytes)), "starting");
    for (uint64_t i = 0; i < last; i++) {
        while (i * recorded.n >= job->n_states * (state.at + 1))
            state_step(&state, job->no_sync);
        if (i >= first)
            bad += !try_state(job, &state, i);
    }
    buf_fini(&state.durable.bytes);
    return bad;
}

/* In a child, because a bad state may end the process: then it counts as one. */
static uint64_t try_in_child(const struct job *job, uint64_t first, uint64_t last)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        alarm(CHILD_SECONDS);
        signal(SIGBUS, on_fault);
        signal(SIGSEGV, on_fault);
        if (job->no_sync && !freopen("/dev/null", "w", stderr))
            _exit(1);
        _exit((int)try_states(job, first, last));
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status))
        return (uint64_t)WEXITSTATUS(status);
    fprintf(stderr, "states %llu to %llu: ended by a signal\n", (unsigned long long)first,
            (unsigned long long)last - 1);
    return 1;
}

/* ---- recording ------------------------------------------------------------------------------ */

static void record_batches(const char *dir, uint64_t n, struct image *start)
{
    struct graph_options options = { .map_size = (uint64_t)32 << 20 };
    char path[512];
    struct graph *graph;
    struct stat info;

    rig_must(graph_create(dir, (struct slice){ "", 0 }, &options), "creating");
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    if (stat(path, &info) != 0)
        rig_must(fail_errno(path), "recording");
    recorded.device = info.st_dev;
    recorded.inode = info.st_ino;
    rig_must(graph_open(&graph, dir, NULL), "opening");
    {
        FILE *file = fopen(path, "re");

        rig_must(buf_reserve(&start->bytes, (size_t)info.st_size), "reading");
        start->bytes.size = fread(start->bytes.data, 1, (size_t)info.st_size, file);
        fclose(file);
    }
    intercept_hook = on_call;
    for (uint64_t i = 1; i <= n; i++) {
        rig_must(i % 5 ? rig_batch(graph, i) : rig_bulk(graph, i, 1), "writing");
        record((struct event){ .kind = EVENT_ACK, .offset = i });
    }
    intercept_hook = NULL;
    graph_close(graph);
}

static int judge(const struct job *job, uint64_t bad, double seconds)
{
    printf("%llu states after power loss, from %zu writes, syncs and acknowledgements, in %.1f s: "
           "%llu bad\n", (unsigned long long)job->n_states, recorded.n, seconds,
           (unsigned long long)bad);
    if (!job->no_sync)
        return bad ? 1 : 0;
    printf("negative control: %s\n", bad ? "as expected, some are bad"
                                         : "NONE BAD: the rig proves nothing");
    return bad ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct job job = { .n_states = rig_option(argc, argv, "--states", 200),
                       .seed = rig_option(argc, argv, "--seed", 1),
                       .no_sync = rig_flag(argc, argv, "--no-sync") };
    double start = rig_seconds();
    char *place = place_new();
    uint64_t bad = 0;

    snprintf(job.dir, sizeof job.dir, "%s/db", place);
    snprintf(job.torn, sizeof job.torn, "%s/torn", place);
    record_batches(job.dir, rig_option(argc, argv, "--batches", 60), &job.start);
    for (uint64_t first = 0; first < job.n_states; first += CHILD_STATES) {
        uint64_t last = first + CHILD_STATES;

        bad += try_in_child(&job, first, last < job.n_states ? last : job.n_states);
    }
    for (size_t i = 0; i < recorded.n; i++)
        free(recorded.items[i].bytes);
    free(recorded.items);
    buf_fini(&job.start.bytes);
    place_remove(place);
    return judge(&job, bad, rig_seconds() - start);
}
