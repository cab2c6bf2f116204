/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The external sort against qsort, also where most of it must go to disk; and spools. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "store/sorter.h"
#include "store/spool.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(sorter, .fini = leaks_check);

struct item {
    unsigned char key[24];
    size_t key_size;
    uint64_t number;
};

static int by_key(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    int order = slice_compare(slice_of(left->key, left->key_size),
                              slice_of(right->key, right->key_size));

    return order ? order : (left->number > right->number) - (left->number < right->number);
}

/* Keys with few values in many bytes, so that equal ones and equal starts are common. */
static void draw(struct item *item, struct rng *rng, uint64_t number, unsigned kind)
{
    item->number = number;
    item->key_size = kind == 0 ? 8 : 1 + rng_below(rng, sizeof item->key);
    for (size_t i = 0; i < item->key_size; i++)
        item->key[i] = kind == 2 ? (unsigned char)rng_next(rng) : (unsigned char)rng_below(rng, 3);
    if (kind == 0)
        for (size_t i = 5; i < 8; i++)
            item->key[i] = (unsigned char)rng_next(rng);
}

static void compare(uint64_t seed, size_t n, unsigned kind, size_t padding, size_t memory_bytes)
{
    struct item *items = calloc(n + 1, sizeof *items);
    unsigned char *value = calloc(8 + padding, 1);
    struct rng rng = rng_new(seed);
    char *dir = place_new();
    struct sorter *sorter;
    struct slice key, got;

    OK(sorter_new(&sorter, dir, memory_bytes, false));
    for (size_t i = 0; i < n; i++) {
        draw(&items[i], &rng, i, kind);
        memcpy(value, &items[i].number, 8);
        OK(sorter_add(sorter, slice_of(items[i].key, items[i].key_size),
                      slice_of(value, 8 + padding)));
    }
    cr_assert(sorter_count(sorter) == n);
    qsort(items, n, sizeof *items, by_key);
    OK(sorter_sort(sorter));
    for (size_t i = 0; i < n; i++) {
        OK(sorter_next(&key, &got, sorter));
        cr_assert(slice_equal(key, slice_of(items[i].key, items[i].key_size)) &&
                      got.size == 8 + padding && memcmp(got.data, &items[i].number, 8) == 0,
                  "seed %llu, kind %u, record %zu of %zu", (unsigned long long)seed, kind, i, n);
    }
    cr_assert(sorter_next(&key, &got, sorter) == STATUS_END);
    sorter_free(sorter);
    place_remove(dir);
    free(items);
    free(value);
}

Test(sorter, sorts_like_qsort_in_memory)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        compare(1, 0, kind, 0, 1);
        compare(2, 1, kind, 0, 1);
        compare(3, 5000, kind, 3, 1);
        compare(4, 100000, kind, 0, (size_t)16 << 20);
    }
}

/* 4 MiB is the least a sorter takes: many runs of 20,000 records of 1.2 KB. */
Test(sorter, sorts_like_qsort_from_disk)
{
    for (unsigned kind = 0; kind < 3; kind++)
        compare(10 + kind, 20000, kind, 1200, 1);
}

Test(sorter, an_unusable_folder_is_named)
{
    struct sorter *sorter;
    unsigned char value[4096] = { 0 };
    enum status status = STATUS_OK;

    OK(sorter_new(&sorter, "/nonexistent/folder", 1, false));
    for (int i = 0; i < 20000 && !status; i++)
        status = sorter_add(sorter, SLICE("key"), slice_of(value, sizeof value));
    if (!status)
        status = sorter_sort(sorter);
    cr_assert(status == STATUS_IO || status == STATUS_NOT_FOUND, "%s", status_name(status));
    cr_assert(strstr(error_detail(), "/nonexistent/folder"), "%s", error_detail());
    sorter_free(sorter);
}

Test(spool, gives_back_what_was_written_and_leaves_no_file)
{
    char *dir = place_new();
    struct spool *spool;
    struct slice key, value;

    OK(spool_new(&spool, dir));
    for (uint64_t i = 0; i < 50000; i++)
        OK(spool_write(spool, slice_of(&i, i % 9), slice_of(&i, 8)));
    cr_assert(spool_count(spool) == 50000);
    OK(spool_rewind(spool));
    for (uint64_t i = 0; i < 50000; i++) {
        OK(spool_read(&key, &value, spool));
        cr_assert(key.size == i % 9 && value.size == 8 && memcmp(value.data, &i, 8) == 0);
    }
    cr_assert(spool_read(&key, &value, spool) == STATUS_END);
    cr_assert(remove(dir) == 0, "a file was left in the folder");
    spool_free(spool);
    free(dir);
}
