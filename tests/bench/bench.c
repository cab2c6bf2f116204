/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *must_resize(void *memory, size_t bytes)
{
    void *resized = realloc(memory, bytes);

    if (!resized) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes);
        exit(1);
    }
    return resized;
}

struct bench_keys bench_keys_read(const char *path)
{
    struct bench_keys keys = { 0 };
    FILE *file = fopen(path, "r");
    char line[BENCH_KEY_BYTES];

    if (!file) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if ((keys.n & (keys.n - 1)) == 0)
            keys.items = must_resize(keys.items, (keys.n ? keys.n * 2 : 1) * sizeof *keys.items);
        memcpy(keys.items[keys.n++], line, sizeof line);
    }
    fclose(file);
    if (keys.n == 0) {
        fprintf(stderr, "%s: no keys\n", path);
        exit(1);
    }
    return keys;
}

double bench_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

void bench_report(const char *system, const char *query, double *times_us, size_t n)
{
    qsort(times_us, n, sizeof *times_us, by_size);
    printf("{\"system\":\"%s\",\"query\":\"%s\",\"calls\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,"
           "\"max_us\":%.1f}\n",
           system, query, n, times_us[n / 2], times_us[n * 99 / 100], times_us[n - 1]);
    fflush(stdout);
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo): order does not matter to the sum of them. */
void bench_answer_add(struct bench_answer *answer, const char *key, size_t size, uint64_t shared)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    answer->parties++;
    answer->shared += shared;
    answer->digest += size ? hash * shared : 0;
}

static void write_answers(FILE *out, const struct bench_system *system,
                          const struct bench_keys *keys, unsigned steps)
{
    for (size_t i = 0; i < keys->n; i++) {
        struct bench_answer answer =
            system->ask(system->context, keys->items[i], steps, 1);

        fprintf(out, "Q%u %s %llu %llu %016llx\n", steps + 1, keys->items[i],
                (unsigned long long)answer.parties, (unsigned long long)answer.shared,
                (unsigned long long)answer.digest);
    }
}

void bench_reads(const struct bench_system *system, const struct bench_keys *keys,
                 const char *path)
{
    double *times = must_resize(NULL, keys->n * sizeof *times);
    FILE *out = path ? fopen(path, "w") : NULL;

    if (path && !out) {
        perror(path);
        exit(1);
    }
    for (unsigned steps = 1; steps <= 2; steps++) {
        for (int round = 0; round < 2; round++)
            for (size_t i = 0; i < keys->n; i++) {
                double start = bench_now_us();

                system->ask(system->context, keys->items[i], steps, 0);
                times[i] = bench_now_us() - start;
            }
        bench_report(system->name, steps == 1 ? "Q2" : "Q3", times, keys->n);
        if (out)
            write_answers(out, system, keys, steps);
    }
    if (out && fclose(out) != 0) {
        perror(path);
        exit(1);
    }
    free(times);
}
