/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs feature files of the openCypher kit against the engine.
 *
 *     tck [--list-failures] FOLDER
 *
 * Each expanded scenario runs in a write transaction that is dropped afterwards. A wrong answer is
 * a failure; an error where an answer is expected, or the other way round, counts as errored.
 * $TCK_GRAPHS: the folder of the named graphs (default: FOLDER/../graphs).
 */
#include <ftw.h>

#include "tests/tck/tck.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "tests/support/place.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)

struct tck tck;

void why(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(tck.why, sizeof tck.why, format, args);
    va_end(args);
}

static struct {
    char **items;
    size_t n, capacity;
} files;

static int add_file(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    size_t size = strlen(path);

    (void)info, (void)walk;
    if (kind != FTW_F || size < 8 || strcmp(path + size - 8, ".feature") != 0)
        return 0;
    if (array_reserve(&files.items, &files.capacity, files.n + 1) != STATUS_OK)
        return 1;
    files.items[files.n++] = strdup(path);
    return 0;
}

static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static void print_counts(const char *name, const size_t counts[N_OUTCOMES])
{
    printf("%-60s %5zu passed, %3zu failed, %3zu errored, %2zu skipped\n", name,
           counts[OUTCOME_PASSED], counts[OUTCOME_FAILED], counts[OUTCOME_ERRORED],
           counts[OUTCOME_SKIPPED]);
}

static enum status run_file(const char *path, const char *graphs, size_t counts[N_OUTCOMES])
{
    static const char *const names[] = { "passed", "failed", "errored", "skipped" };
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct feature feature;

    TRY(file_read(&text, path, FILE_BYTES_MAX));
    TRY(gherkin_read(&feature, buf_slice(&text), &arena));
    for (size_t i = 0; i < feature.n_scenarios; i++) {
        const struct scenario *scenario = &feature.scenarios[i];
        enum outcome outcome = run_scenario(scenario, graphs);

        counts[outcome]++;
        if (tck.list && outcome != OUTCOME_PASSED)
            printf("%s:%d: %s: %.*s%s%s\n", path, scenario->line, names[outcome],
                   (int)scenario->name.size, (const char *)scenario->name.data,
                   outcome == OUTCOME_SKIPPED ? " (tagged @ignore)" : ": ",
                   outcome == OUTCOME_SKIPPED ? "" : tck.why);
    }
    return STATUS_OK;
}

static int run_all(const char *graphs)
{
    size_t folder[N_OUTCOMES] = { 0 };

    qsort(files.items, files.n, sizeof *files.items, by_line);
    for (size_t i = 0; i < files.n; i++) {
        size_t size = folder_size(files.items[i]);
        bool last = i + 1 == files.n || folder_size(files.items[i + 1]) != size ||
                    strncmp(files.items[i], files.items[i + 1], size) != 0;

        if (run_file(files.items[i], graphs, folder) != STATUS_OK) {
            fprintf(stderr, "%s: %s\n", files.items[i], error_detail());
            return 1;
        }
        if (!last)
            continue;
        files.items[i][size] = 0;
        print_counts(files.items[i], folder);
        for (int k = 0; k < N_OUTCOMES; k++) {
            tck.counts[k] += folder[k];
            folder[k] = 0;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    AUTO(place_removep) char *dir = place_new();
    const char *db = place_in(dir, "db");
    char graphs[4096];
    const struct graph_options options = { .map_size = (uint64_t)1 << 30 };
    const char *folder = argv[argc - 1], *given = getenv("TCK_GRAPHS");
    int failed;

    tck.list = argc == 3 && strcmp(argv[1], "--list-failures") == 0;
    if (argc < 2 || (argc == 3 && !tck.list)) {
        fprintf(stderr, "usage: tck [--list-failures] FOLDER\n");
        return 2;
    }
    snprintf(graphs, sizeof graphs, "%s/../graphs", folder);
    if (nftw(folder, add_file, 16, FTW_PHYS) != 0 || !files.n) {
        fprintf(stderr, "%s: no feature files\n", folder);
        return 2;
    }
    if (graph_create(db, slice_of("", 0), &options) != STATUS_OK ||
        graph_open(&tck.graph, db, &options) != STATUS_OK) {
        fprintf(stderr, "%s\n", error_detail());
        return 1;
    }
    failed = run_all(given ? given : graphs);
    graph_close(tck.graph);
    arena_fini(&tck.arena);
    for (size_t i = 0; i < files.n; i++)
        free(files.items[i]);
    free(files.items);
    printf("%zu scenarios: %zu passed, %zu failed, %zu errored, %zu skipped\n",
           tck.counts[0] + tck.counts[1] + tck.counts[2] + tck.counts[3],
           tck.counts[OUTCOME_PASSED], tck.counts[OUTCOME_FAILED], tck.counts[OUTCOME_ERRORED],
           tck.counts[OUTCOME_SKIPPED]);
    return failed || tck.counts[OUTCOME_FAILED] || tck.counts[OUTCOME_ERRORED] ? 1 : 0;
}
