/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damages copies of a graph's file, one after another, and looks in a child process at what comes
 * of it: reported when opening or by check, a fault in mapped pages that ends the process with 75,
 * or no effect at all. A state that passes check and reads differently is a silent wrong answer;
 * a child that runs past its time is a hang. Both must be 0.
 *
 *     damage [--trials N] [--seed S] [--batches N] [--no-check]
 *
 * --no-check is the negative control: without check, silent wrong answers must appear.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "graph/check.h"
#include "graph/graph.h"
#include "tests/rigs/rig.h"
#include "tests/support/place.h"

#define CHILD_SECONDS 20
#define SECTOR 512
#define PAGE 4096

enum outcome { BY_OPEN, BY_CHECK, BY_FAULT, NO_EFFECT, SILENT, HANG, OTHER, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {
    "reported when opening", "reported by check", "ended with 75 on a fault in pages",
    "no effect", "SILENT WRONG ANSWER", "HANG", "OTHER END",
};

enum { EXIT_OPEN = 10, EXIT_CHECK, EXIT_NOTHING, EXIT_SILENT, EXIT_FAULT = 75 };

static void on_fault(int signal)
{
    (void)signal;
    _exit(EXIT_FAULT);
}

/* In the child: what does the damaged graph say? */
static _Noreturn void look(const char *dir, uint64_t digest, bool with_check)
{
    struct check_result result;
    struct graph *graph;
    uint64_t found = 0;
    enum status status;

    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    signal(SIGABRT, SIG_DFL);
    alarm(CHILD_SECONDS);
    if (!freopen("/dev/null", "w", stderr))
        _exit(1);
    if (graph_open(&graph, dir, NULL) != STATUS_OK)
        _exit(EXIT_OPEN);
    if (with_check) {
        status = check_graph(&result, graph, NULL);
        if (status || result.n_findings)
            _exit(EXIT_CHECK);
    }
    status = rig_digest(&found, graph);
    if (status && !with_check)
        _exit(EXIT_CHECK); /* met at reading: not silent */
    _exit(status || found != digest ? EXIT_SILENT : EXIT_NOTHING);
}

/* ---- damage --------------------------------------------------------------------------------- */

struct damage {
    int file;
    uint64_t size;
    struct rng rng;
    char what[100];
};

static void put(struct damage *damage, const void *bytes, size_t size, uint64_t at)
{
    if (pwrite(damage->file, bytes, size, (off_t)at) != (ssize_t)size)
        rig_must(fail_errno("damaging"), "damaging");
}

static void get(struct damage *damage, void *bytes, size_t size, uint64_t at)
{
    if (pread(damage->file, bytes, size, (off_t)at) != (ssize_t)size)
        rig_must(fail_errno("damaging"), "damaging");
}

static void flip_bits(struct damage *damage, unsigned n, uint64_t below)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t at = rng_below(&damage->rng, below);
        unsigned char byte;

        get(damage, &byte, 1, at);
        byte ^= (unsigned char)(1 << rng_below(&damage->rng, 8));
        put(damage, &byte, 1, at);
        snprintf(damage->what, sizeof damage->what, "%u bits flipped, the last at byte %llu", n,
                 (unsigned long long)at);
    }
}

static void lose_sector(struct damage *damage)
{
    static const char zeros[SECTOR];
    uint64_t sector = rng_below(&damage->rng, damage->size / SECTOR);

    put(damage, zeros, SECTOR, sector * SECTOR);
    snprintf(damage->what, sizeof damage->what, "sector %llu zeroed", (unsigned long long)sector);
}

static void misplace_page(struct damage *damage)
{
    char bytes[PAGE];
    uint64_t from = rng_below(&damage->rng, damage->size / PAGE);
    uint64_t to = rng_below(&damage->rng, damage->size / PAGE);

    get(damage, bytes, PAGE, from * PAGE);
    put(damage, bytes, PAGE, to * PAGE);
    snprintf(damage->what, sizeof damage->what, "page %llu written over page %llu",
             (unsigned long long)from, (unsigned long long)to);
}

static void cut(struct damage *damage)
{
    uint64_t size = rng_below(&damage->rng, damage->size);

    if (ftruncate(damage->file, (off_t)size) != 0)
        rig_must(fail_errno("truncating"), "damaging");
    snprintf(damage->what, sizeof damage->what, "cut to %llu bytes", (unsigned long long)size);
}

static void do_damage(struct damage *damage)
{
    uint64_t kind = rng_below(&damage->rng, 20);

    if (kind == 0)
        cut(damage);
    else if (kind == 1)
        lose_sector(damage);
    else if (kind == 2)
        misplace_page(damage);
    else if (kind == 3) /* the roots are small and weigh much */
        flip_bits(damage, 1, (uint64_t)2 * PAGE);
    else
        flip_bits(damage, kind < 8 ? 3 : 1, damage->size);
}

/* ---- trials --------------------------------------------------------------------------------- */

static enum outcome outcome_of(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? HANG : OTHER;
    switch (WEXITSTATUS(status)) {
    case EXIT_OPEN:
        return BY_OPEN;
    case EXIT_CHECK:
        return BY_CHECK;
    case EXIT_FAULT:
        return BY_FAULT;
    case EXIT_NOTHING:
        return NO_EFFECT;
    case EXIT_SILENT:
        return SILENT;
    default:
        return OTHER;
    }
}

static enum outcome trial(const char *base, const char *dir, struct damage *damage,
                          uint64_t digest, bool with_check)
{
    char path[512];
    struct stat info;
    pid_t child;
    int status;

    rig_copy(base, dir);
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    damage->file = open(path, O_RDWR | O_CLOEXEC);
    fstat(damage->file, &info);
    damage->size = (uint64_t)info.st_size;
    do_damage(damage);
    close(damage->file);
    child = fork();
    if (child == 0)
        look(dir, digest, with_check);
    waitpid(child, &status, 0);
    return outcome_of(status);
}

static uint64_t build(const char *dir, uint64_t n_batches)
{
    struct graph_options options = { .map_size = (uint64_t)64 << 20 };
    struct graph *graph;
    uint64_t digest;

    rig_must(graph_create(dir, (struct slice){ "", 0 }, &options), "creating");
    rig_must(graph_open(&graph, dir, NULL), "opening");
    for (uint64_t i = 1; i <= n_batches; i++)
        rig_must(rig_batch(graph, i), "writing");
    rig_must(rig_digest(&digest, graph), "reading");
    graph_close(graph);
    return digest;
}

static int judge(const uint64_t counts[OUTCOMES], uint64_t trials, bool with_check, double seconds)
{
    uint64_t effective = trials - counts[NO_EFFECT];
    uint64_t bad = counts[SILENT] + counts[HANG] + counts[OTHER];

    for (int i = 0; i < OUTCOMES; i++)
        printf("%8llu %s\n", (unsigned long long)counts[i], outcome_names[i]);
    printf("%llu of %llu damages had an effect, %llu were missed; %.1f s\n",
           (unsigned long long)effective, (unsigned long long)trials, (unsigned long long)bad,
           seconds);
    if (!with_check) {
        printf("negative control: %s\n", counts[SILENT] ? "as expected, some are missed"
                                                        : "NONE MISSED: the rig proves nothing");
        return counts[SILENT] ? 0 : 1;
    }
    return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
    uint64_t trials = rig_option(argc, argv, "--trials", 300);
    uint64_t seed = rig_option(argc, argv, "--seed", 1), counts[OUTCOMES] = { 0 };
    bool with_check = !rig_flag(argc, argv, "--no-check");
    char *place = place_new();
    char base[256], dir[256];
    double start = rig_seconds();
    uint64_t digest;

    snprintf(base, sizeof base, "%s/base", place);
    snprintf(dir, sizeof dir, "%s/damaged", place);
    digest = build(base, rig_option(argc, argv, "--batches", 120));
    for (uint64_t i = 0; i < trials; i++) {
        struct damage damage = { .rng = rng_at(seed, 1, i) };
        enum outcome outcome = trial(base, dir, &damage, digest, with_check);

        counts[outcome]++;
        if (with_check && outcome >= SILENT)
            printf("trial %llu of seed %llu: %s: %s\n", (unsigned long long)i,
                   (unsigned long long)seed, outcome_names[outcome], damage.what);
    }
    place_remove(place);
    return judge(counts, trials, with_check, rig_seconds() - start);
}
