/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/book.h"

#include "base/progress.h"
#include "book/noise.h"
#include "book/scheme.h"
#include "book/screenings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARKER_FILE "book.json"
#define TRUTH_FILE "truth.ndjson"
#define README_FILE "README.md"
#define SCREENINGS_MAX 10000000

static const char readme[] =
    "# A synthetic loan book\n"
    "\n"
    "Made by `ringfence generate`; `book.json` has its options, its as-of time T and its files.\n"
    "Everything in it is invented; any likeness to real firms and persons is chance.\n"
    "\n"
    "- `*.csv`: nodes and edges; `ringfence import` of this folder takes them all.\n"
    "- `truth.ndjson`: what was planted. A line with `ring` and `code` names enterprises that the\n"
    "  signal of that code should tag; a line with `trap` names innocent ones that nothing should\n"
    "  tag at attention or above.\n"
    "- `screenings.ndjson`: applications for `ringfence screen`. `SAMPLE-CLEAN` is an ordinary\n"
    "  customer with what is recorded of him; `SAMPLE-GANG` is a gang member who applies once "
    "more\n"
    "  from the gang's device with its phone; `SAMPLE-RING` brings as guarantor the end of a "
    "chain\n"
    "  of guarantees that starts at the applicant, which would close a ring of four. Those with a\n"
    "  number are a mix: mostly known customers, some new firms, some planted ones.\n"
    "- `stream.ndjson`, where asked for (`--stream`): the edges of the last days as events, "
    "in order\n"
    "  of time, which the CSV files then lack; `ringfence apply` takes them after the import.\n"
    "\n"
    "Detect as of T (`retag --as-of`): recent schemes lie in the weeks before it.\n";

static enum status check_options(const struct book_options *options)
{
    if (options->enterprises < BOOK_LEAST_ENTERPRISES || options->enterprises > ENTERPRISES_MAX)
        return fail(STATUS_USAGE, "--enterprises must be %d to %llu", BOOK_LEAST_ENTERPRISES,
                    (unsigned long long)ENTERPRISES_MAX);
    if (options->screenings > SCREENINGS_MAX)
        return fail(STATUS_USAGE, "--screenings must be at most %d", SCREENINGS_MAX);
    if (options->fraud_permille > 200 || options->trap_permille > 200)
        return fail(STATUS_USAGE, "the shares of fraud and of traps must be at most 0.2 each");
    if (options->stream_days > BOOK_DAYS)
        return fail(STATUS_USAGE, "--stream must be at most %d, the days of a book", BOOK_DAYS);
    TRY(schemes_check(options));
    if (options->as_of_us % US_PER_SECOND ||
        options->as_of_us < days_from_civil(2000, 1, 1) * US_PER_DAY ||
        options->as_of_us > days_from_civil(2200, 1, 1) * US_PER_DAY)
        return fail(STATUS_USAGE, "--as-of must be a whole second of the years 2000 to 2199");
    return STATUS_OK;
}

/* Nothing but an older book may be written over. */
static enum status check_folder(int fd, const char *folder)
{
    struct dirent *entry;
    bool empty = true;
    DIR *listing;
    int copy;

    if (faccessat(fd, MARKER_FILE, F_OK, 0) == 0)
        return STATUS_OK;
    copy = dup(fd);
    listing = copy < 0 ? NULL : fdopendir(copy);
    if (!listing) {
        if (copy >= 0)
            close(copy);
        return fail_errno(folder);
    }
    while ((entry = readdir(listing)))
        empty = empty && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."));
    closedir(listing);
    return empty ? STATUS_OK
                 : fail(STATUS_EXISTS,
                        "%s holds files that are not a generated book: name a new or empty folder",
                        folder);
}

static enum status open_folder(int *out, const char *folder)
{
    enum status status;
    int fd;

    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fail_errno(folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(folder);
    status = check_folder(fd, folder);
    /* Without its marker a book half replaced is no book. */
    if (status == STATUS_OK && unlinkat(fd, MARKER_FILE, 0) != 0 && errno != ENOENT)
        status = fail_errno(MARKER_FILE);
    if (status == STATUS_OK && unlinkat(fd, TAIL_FILE, 0) != 0 && errno != ENOENT)
        status = fail_errno(TAIL_FILE);
    if (status != STATUS_OK) {
        close(fd);
        return status;
    }
    *out = fd;
    return STATUS_OK;
}

static void world_fini(struct world *world)
{
    sheets_fini(world->sheets);
    lines_fini(&world->truth);
    tail_fini(&world->tail);
    landscape_fini(&world->land);
}

static enum status world_init(struct world *world, const struct book_options *options)
{
    uint64_t planted = schemes_demand(options), first, n_companies;

    if (planted > options->enterprises / 2)
        return fail(STATUS_USAGE,
                    "the planted schemes and traps take %llu of %llu enterprises: ask for more "
                    "enterprises or a smaller share",
                    (unsigned long long)planted, (unsigned long long)options->enterprises);
    *world = (struct world){ .options = *options,
                             .keys = keys_new(options->seed),
                             .now_us = options->as_of_us,
                             .tail = { .since_us = TIME_MAX },
                             .today = options->as_of_us / US_PER_DAY };
    if (options->stream_days)
        world->tail.since_us =
            options->as_of_us - (int64_t)options->stream_days * US_PER_DAY;
    schemes_locate(&first, &n_companies, options, "guarantee_company");
    world->companies_first = options->enterprises - planted + first;
    return landscape_init(&world->land, options->enterprises - planted, n_companies, options->seed);
}

static enum status write_ordinary(struct world *world)
{
    struct progress progress = progress_start("enterprises", world->land.n);
    enum status status = STATUS_OK;

    noise_shared(world);
    for (uint64_t i = 0; i < world->land.n && status == STATUS_OK; i++) {
        noise_write(world, i);
        if (i % 1024 == 0) {
            status = sheets_check(world->sheets);
            progress_update(&progress, i);
        }
    }
    progress_finish(&progress);
    return status;
}

static void count(struct book_summary *summary, const struct world *world)
{
    *summary = (struct book_summary){ .edges = world->tail.n, .rings = world->n_rings,
                                      .traps = world->n_traps };
    for (int i = 0; i < N_SHEETS; i++) {
        if (sheets[i].is_node)
            summary->nodes += world->sheets[i].rows;
        else
            summary->edges += world->sheets[i].rows;
    }
}

static void put_count(struct emit *emit, const char *name, uint64_t number)
{
    emit_key(emit, name);
    emit_uint(emit, number);
}

static void put_options(struct emit *emit, const struct book_options *options)
{
    emit_key(emit, "options");
    emit_object(emit);
    put_count(emit, "enterprises", options->enterprises);
    put_count(emit, "seed", options->seed);
    put_count(emit, "screenings", options->screenings);
    put_count(emit, "fraud_permille", options->fraud_permille);
    put_count(emit, "trap_permille", options->trap_permille);
    emit_end(emit);
}

static void put_marker(struct emit *emit, const struct book_options *options,
                       const struct book_summary *summary, const uint64_t rows[N_SHEETS])
{
    emit_key(emit, "format");
    emit_string(emit, "ringfence-book");
    emit_key(emit, "version");
    emit_string(emit, RINGFENCE_VERSION);
    put_options(emit, options);
    emit_key(emit, "as_of");
    emit_time(emit, options->as_of_us);
    emit_key(emit, "counts");
    emit_object(emit);
    put_count(emit, "nodes", summary->nodes);
    put_count(emit, "edges", summary->edges);
    put_count(emit, "rings", summary->rings);
    put_count(emit, "traps", summary->traps);
    put_count(emit, "screenings", summary->screenings);
    emit_end(emit);
    emit_key(emit, "files");
    emit_object(emit);
    for (int i = 0; i < N_SHEETS; i++)
        put_count(emit, sheets[i].file, rows[i]);
    emit_end(emit);
}

/* Last of all: its presence says that the book is complete. */
static enum status write_marker(int folder_fd, const struct book_options *options,
                                const struct book_summary *summary, const uint64_t rows[N_SHEETS])
{
    AUTO(lines_fini) struct lines lines = { 0 };

    TRY(lines_open(&lines, folder_fd, MARKER_FILE));
    put_marker(lines_start(&lines), options, summary, rows);
    TRY(lines_end(&lines));
    return lines_close(&lines);
}

static enum status write_readme(int folder_fd)
{
    AUTO(lines_fini) struct lines lines = { 0 };

    TRY(lines_open(&lines, folder_fd, README_FILE));
    TRY(buf_append_slice(&lines.buf, SLICE(readme)));
    return lines_close(&lines);
}

static enum status write_book(struct book_summary *summary, struct world *world, int folder_fd)
{
    uint64_t rows[N_SHEETS];

    TRY(sheets_open(world->sheets, folder_fd));
    TRY(lines_open(&world->truth, folder_fd, TRUTH_FILE));
    TRY(write_ordinary(world));
    TRY(schemes_plant(world, world->land.n));
    TRY(noise_truth(world));
    TRY(lines_close(&world->truth));
    count(summary, world);
    for (int i = 0; i < N_SHEETS; i++)
        rows[i] = world->sheets[i].rows;
    TRY(sheets_close(world->sheets));
    TRY(tail_write(&world->tail, folder_fd));
    TRY(screenings_write(&summary->screenings, world, folder_fd));
    TRY(write_readme(folder_fd));
    return write_marker(folder_fd, &world->options, summary, rows);
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

enum status book_generate(struct book_summary *out, const struct book_options *options,
                          const char *folder)
{
    AUTO(world_fini) struct world world = { 0 };
    AUTO(close_fd) int folder_fd = -1;
    struct book_summary summary;

    TRY(check_options(options));
    TRY(world_init(&world, options));
    TRY(open_folder(&folder_fd, folder));
    TRY(write_book(&summary, &world, folder_fd));
    *out = summary;
    return STATUS_OK;
}
