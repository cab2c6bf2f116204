/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many look-ups at once say what one says, and damaged pages lead nowhere. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "tests/store/rows.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"

TestSuite(together, .fini = leaks_check, .timeout = 60);

#define KEYS 6000u
#define ASKED 50u

struct known_key {
    unsigned char bytes[STORE_KEY_MAX];
    size_t size;
};

/* Keys that begin alike, of all lengths; every third is not stored. */
static struct known_key *draw_keys(struct rng *rng)
{
    struct known_key *keys = calloc(KEYS, sizeof *keys);

    cr_assert(keys);
    for (size_t i = 0; i < KEYS; i++) {
        keys[i].size = 1 + rng_below(rng, rng_below(rng, 4) ? 12 : STORE_KEY_MAX);
        for (size_t k = 0; k < keys[i].size; k++)
            keys[i].bytes[k] = (unsigned char)(rng_below(rng, 4) ? 0 : rng_below(rng, 256));
    }
    return keys;
}

/* A key's value is as long each time it is drawn: a shorter one would stay on a longer's pages. */
static size_t value_bytes(const struct known_key *key)
{
    return key->size % 50 ? key->size * 37 % 300 : 4000 + key->size;
}

static void store_keys(struct store *store, const struct known_key *keys)
{
    static const unsigned char value[6000];
    struct store_txn *txn;

    OK(store_write(&txn, store));
    for (size_t i = 0; i < KEYS; i++)
        if (i % 3)
            OK(store_put(txn, TABLE_KEY, slice_of(keys[i].bytes, keys[i].size),
                         slice_of(value, value_bytes(&keys[i]))));
    OK(store_commit(txn));
}

static void draw_asked(struct slice asked[ASKED], const struct known_key *keys, struct rng *rng)
{
    for (size_t i = 0; i < ASKED; i++) {
        const struct known_key *key = &keys[rng_below(rng, KEYS)];

        asked[i] = slice_of(key->bytes, key->size);
    }
}

Test(together, what_is_found_is_what_one_look_up_finds)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 64 * MIB);
    struct rng rng = rng_at(7, 0, 0);
    struct known_key *keys = draw_keys(&rng);
    struct slice asked[ASKED], found[ASKED], value;
    struct store_txn *txn;
    size_t n_small = 0, n_found = 0;

    OK(store_read(&txn, store));
    draw_asked(asked, keys, &rng);
    OK(store_get_together(found, txn, TABLE_KEY, asked, ASKED));
    for (size_t i = 0; i < ASKED; i++)
        cr_assert(!found[i].data, "the table is empty");
    store_end(txn);
    store_keys(store, keys);
    OK(store_read(&txn, store));
    for (int round = 0; round < 200; round++) {
        size_t n = rng_below(&rng, ASKED + 1);

        draw_asked(asked, keys, &rng);
        OK(store_get_together(found, txn, TABLE_KEY, asked, n));
        for (size_t i = 0; i < n; i++) {
            enum status status = store_get(&value, txn, TABLE_KEY, asked[i]);

            cr_assert(!found[i].data || (status == STATUS_OK && found[i].data == value.data &&
                                         found[i].size == value.size));
            n_small += status == STATUS_OK && value.size < 300;
            n_found += status == STATUS_OK && value.size < 300 && found[i].data;
        }
    }
    cr_assert(n_small > 1000 && n_found == n_small, "%zu of %zu", n_found, n_small);
    store_end(txn);
    store_close(store);
    free(keys);
    place_remove(dir);
}

Test(together, writers_and_sealed_tables_are_left_to_one_look_up)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    const struct slice key = SLICE("key");
    struct slice found = SLICE("untouched");
    struct store_txn *txn;

    OK(store_write(&txn, store));
    OK(store_put(txn, TABLE_KEY, key, SLICE("value")));
    OK(store_put(txn, TABLE_TAG, key, SLICE("value")));
    OK(store_get_together(&found, txn, TABLE_KEY, &key, 1));
    cr_assert(!found.data);
    OK(store_commit(txn));
    OK(store_read(&txn, store));
    OK(store_get_together(&found, txn, TABLE_TAG, &key, 1));
    cr_assert(!found.data);
    OK(store_get_together(&found, txn, TABLE_KEY, &key, 1));
    cr_assert(slice_equal(found, SLICE("value")));
    store_end(txn);
    store_close(store);
    place_remove(dir);
}

#define PAGE 4096u

/* Changes bytes of the pages that hold keys; the roots and the list of tables stay as they are. */
static void damage(const char *path, struct rng *rng)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    unsigned char page[PAGE];
    struct stat info;

    cr_assert(file >= 0 && fstat(file, &info) == 0);
    for (off_t at = 2 * PAGE; at + PAGE <= info.st_size; at += PAGE) {
        cr_assert(pread(file, page, PAGE, at) == PAGE);
        if (memmem(page, PAGE, "tag_index", 9) || rng_below(rng, 3))
            continue;
        for (int i = 0; i < 8; i++)
            page[rng_below(rng, 2) ? rng_below(rng, 128) : rng_below(rng, PAGE)] ^=
                (unsigned char)(1u << rng_below(rng, 8));
        cr_assert(pwrite(file, page, PAGE, at) == PAGE);
    }
    close(file);
}

Test(together, pages_that_contradict_themselves_lead_nowhere)
{
    struct rng rng = rng_at(8, 0, 0);
    struct known_key *keys = draw_keys(&rng);

    for (int round = 0; round < 10; round++) {
        char *dir = place_new();
        const char *db = place_in(dir, "db");
        struct store *store = make(db, 64 * MIB);
        struct slice asked[ASKED], found[ASKED];
        struct store_txn *txn;
        char path[512];

        snprintf(path, sizeof path, "%s/data.mdb", db);
        store_keys(store, keys);
        damage(path, &rng);
        OK(store_read(&txn, store));
        for (int i = 0; i < 50; i++) {
            unsigned sum = 0;

            draw_asked(asked, keys, &rng);
            OK(store_get_together(found, txn, TABLE_KEY, asked, ASKED));
            for (size_t k = 0; k < ASKED; k++) {
                cr_assert(found[k].size < PAGE);
                for (size_t b = 0; b < found[k].size; b++)
                    sum += ((const unsigned char *)found[k].data)[b];
            }
            cr_assert(sum < UINT32_MAX);
        }
        store_end(txn);
        store_close(store);
        place_remove(dir);
    }
    free(keys);
}
