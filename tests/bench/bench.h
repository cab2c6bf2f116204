/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the reading benchmarks share: keys to ask for, times, a line of figures, answers to compare.
 *
 * Q2: all parties that share an identifier (used by at most so many parties) with the one asked
 * for, with the number shared. Q3: Q2 of the party, and Q2 of each party in its answer.
 */

#include <stddef.h>
#include <stdint.h>

#define BENCH_KEY_BYTES 64

struct bench_keys {
    char (*items)[BENCH_KEY_BYTES];
    size_t n;
};

/* One key a line. Ends the program where the file cannot be read. */
struct bench_keys bench_keys_read(const char *path);
double bench_now_us(void);
/* Reads a line a call: {"system":..,"query":..,"calls":..,"p50_us":..,...}. Sorts `times_us`. */
void bench_report(const char *system, const char *query, double *times_us, size_t n);

/* What an answer was, in few numbers: equal answers give equal ones. */
struct bench_answer {
    uint64_t parties, shared; /* met, and the sum of the identifiers shared with them */
    uint64_t digest;          /* of their keys, each with its number; 0 where keys were not read */
};

void bench_answer_add(struct bench_answer *answer, const char *key, size_t size, uint64_t shared);

/*
 * Asks for every key, twice, so that the second time is warm; then, untimed, writes the answers to
 * `path` (NULL: does not). `ask` answers Q2 (steps 1) or Q3 (steps 2), with keys only where `deep`.
 */
struct bench_system {
    const char *name;
    struct bench_answer (*ask)(void *context, const char *key, unsigned steps, int deep);
    void *context;
};

void bench_reads(const struct bench_system *system, const struct bench_keys *keys,
                 const char *path);
