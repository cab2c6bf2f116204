/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/book.h"

#include "base/buf.h"
#include "base/hash.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(book, .fini = leaks_check);

static struct book_options small(uint64_t seed)
{
    struct book_options options = BOOK_OPTIONS;

    options.enterprises = 400;
    options.seed = seed;
    options.screenings = 10;
    return options;
}

static uint64_t file_digest(const char *path)
{
    static char bytes[1 << 16];
    FILE *file = fopen(path, "r");
    uint64_t digest = 0;
    size_t n;

    cr_assert(file, "%s", path);
    while ((n = fread(bytes, 1, sizeof bytes, file)))
        digest = hash64(slice_of(bytes, n), digest);
    fclose(file);
    return digest;
}

/* Of all files but the marker, and their names, in whatever order the folder lists them. */
static uint64_t folder_digest(const char *folder)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    uint64_t digest = 0;

    while ((entry = readdir(listing)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "book.json") != 0)
            digest +=
                hash64(slice_str(entry->d_name), file_digest(place_in(folder, entry->d_name)));
    closedir(listing);
    return digest;
}

static uint64_t generate_digest(const struct book_options *options)
{
    AUTO(place_removep) char *place = place_new();
    struct book_summary summary;

    cr_assert_eq(book_generate(&summary, options, place), STATUS_OK, "%s", error_detail());
    return folder_digest(place);
}

Test(book, the_same_seed_gives_the_same_bytes_and_another_others)
{
    struct book_options options = small(3), other = small(4);
    uint64_t first = generate_digest(&options);

    cr_expect_eq(first, generate_digest(&options));
    cr_expect_neq(first, generate_digest(&other));
    options.as_of_us += 86400 * (int64_t)1000000;
    cr_expect_neq(first, generate_digest(&options));
}

Test(book, a_known_book_has_not_changed)
{
    /* Of every machine. A change of what is generated changes it: then note the new value here. */
    struct book_options options = small(1);

    options.enterprises = 1000;
    cr_expect_eq(generate_digest(&options), 0x34ead314111bf609u, "digest 0x%016llxu",
                 (unsigned long long)generate_digest(&options));
}

Test(book, the_summary_counts_rows_of_all_files)
{
    AUTO(place_removep) char *place = place_new();
    struct book_options options = small(5);
    struct book_summary summary;

    cr_assert_eq(book_generate(&summary, &options, place), STATUS_OK, "%s", error_detail());
    cr_expect(summary.nodes > 6 * options.enterprises && summary.nodes < 8 * options.enterprises);
    cr_expect(summary.edges > 9 * options.enterprises && summary.edges < 13 * options.enterprises);
    cr_expect_eq(summary.screenings, 10);
    cr_expect(summary.rings > 5 && summary.traps > 5);
}

Test(book, only_an_older_book_is_written_over)
{
    AUTO(place_removep) char *place = place_new();
    struct book_options options = small(6);
    struct book_summary summary;
    FILE *file;

    cr_expect_eq(book_generate(&summary, &options, place), STATUS_OK);
    cr_expect_eq(book_generate(&summary, &options, place), STATUS_OK, "%s", error_detail());
    unlink(place_in(place, "book.json"));
    cr_expect_eq(book_generate(&summary, &options, place), STATUS_EXISTS);
    cr_expect(strstr(error_detail(), "empty folder"), "%s", error_detail());
    file = fopen(place_in(place, "a-file"), "w");
    fclose(file);
    cr_expect_eq(book_generate(&summary, &options, place_in(place, "a-file")), STATUS_IO);
    cr_expect_eq(book_generate(&summary, &options, place_in(place, "no/such")), STATUS_IO);
}

Test(book, options_out_of_range_are_refused_by_name)
{
    static const struct {
        const char *word;
        struct book_options options;
    } cases[] = {
        { "--enterprises", { .enterprises = 199 } },
        { "--enterprises", { .enterprises = (uint64_t)1 << 40 } },
        { "--screenings", { .enterprises = 300, .screenings = (uint64_t)1 << 40 } },
        { "fraud", { .enterprises = 300, .fraud_permille = 300 } },
        { "--as-of", { .enterprises = 300, .as_of_us = 5 } },
        { "--as-of", { .enterprises = 300, .as_of_us = INT64_MAX } },
    };
    struct book_summary summary;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(book_generate(&summary, &cases[i].options, "/nowhere/at/all"), STATUS_USAGE,
                     "case %zu", i);
        cr_expect(strstr(error_detail(), cases[i].word), "case %zu: %s", i, error_detail());
    }
}

Test(book, without_fraud_nothing_is_planted)
{
    AUTO(place_removep) char *place = place_new();
    struct book_options options = small(8);
    struct book_summary summary;

    options.fraud_permille = options.trap_permille = 0;
    cr_assert_eq(book_generate(&summary, &options, place), STATUS_OK, "%s", error_detail());
    cr_expect_eq(summary.rings, 0);
}

static long peak_kib(uint64_t enterprises)
{
    AUTO(place_removep) char *place = place_new();
    struct book_options options = small(9);
    struct book_summary summary;
    struct rusage usage;
    int status;
    pid_t child;

    options.enterprises = enterprises;
    child = fork();
    if (child == 0)
        _exit(book_generate(&summary, &options, place) != STATUS_OK);
    cr_assert_eq(wait4(child, &status, 0, &usage), child);
    cr_assert_eq(status, 0);
    return usage.ru_maxrss;
}

Test(book, memory_does_not_grow_with_the_book)
{
    /* The larger book is 45 MiB of text; sanitizers and buffers first filled take some. */
    long few = peak_kib(3000), many = peak_kib(40000);

    cr_expect(many < few + 8192, "%ld KiB for 3,000 enterprises, %ld KiB for 40,000", few, many);
}

static enum status generate_once(const char *folder)
{
    struct book_options options = small(10);
    struct book_summary summary;

    options.enterprises = 200;
    return book_generate(&summary, &options, folder);
}

Test(book, running_out_of_memory_is_said_and_leaves_nothing)
{
    AUTO(place_removep) char *place = place_new();

    for (unsigned long k = 1; k < 200; k += 3) {
        char folder[64];
        enum status status;
        snprintf(folder, sizeof folder, "book-%lu", k);
        sweep_fail_at(k);
        status = generate_once(place_in(place, folder));
        if (!sweep_has_failed())
            break;
        cr_expect_eq(status, STATUS_NO_MEMORY, "allocation %lu: %s", k, error_detail());
    }
    sweep_fail_at(0);
}
