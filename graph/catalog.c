/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/catalog.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/slots.h"
#include "graph/private.h"

#define NAME_MAX_BYTES 255
/* Labels take two bytes in node keys. */
#define SYMBOLS_MAX 65535

struct catalog {
    pthread_rwlock_t lock;
    struct arena arena;
    struct slice *names;   /* by symbol - 1 */
    size_t n, capacity;
    size_t n_stored;       /* the rest was interned by the writer under way */
    uint64_t version;      /* grows with each name that comes or goes */
    struct slots slots;    /* of the names; what lies there is the symbol */
};

enum status catalog_open(struct catalog **out)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);

    if (!catalog)
        return fail_memory(sizeof *catalog);
    pthread_rwlock_init(&catalog->lock, NULL);
    *out = catalog;
    return STATUS_OK;
}

void catalog_close(struct catalog *catalog)
{
    if (!catalog)
        return;
    pthread_rwlock_destroy(&catalog->lock);
    arena_fini(&catalog->arena);
    free(catalog->names);
    free(catalog->slots.at);
    free(catalog);
}

static uint64_t hash_of(const void *owner, uint32_t number)
{
    const struct catalog *catalog = owner;

    return hash64(catalog->names[number], 0);
}

/* The slot of the name, or the empty one where it belongs. */
static size_t find_slot(const struct catalog *catalog, struct slice name)
{
    const struct slots *slots = &catalog->slots;
    size_t slot = slots_first(slots, hash64(name, 0));

    while (slots->at[slot] && !slice_equal(catalog->names[slots->at[slot] - 1], name))
        slot = slots_next(slots, slot);
    return slot;
}

/* Under the lock for writing. */
static enum status add(struct catalog *catalog, struct slice name)
{
    const char *copy;

    TRY(array_reserve(&catalog->names, &catalog->capacity, catalog->n + 1));
    TRY(slots_reserve(&catalog->slots, catalog->n, hash_of, catalog));
    copy = arena_copy(&catalog->arena, name);
    if (!copy)
        return STATUS_NO_MEMORY;
    catalog->slots.at[find_slot(catalog, name)] = (uint32_t)catalog->n + 1;
    catalog->names[catalog->n++] = slice_of(copy, name.size);
    catalog->version++;
    return STATUS_OK;
}

static enum status load_rest(struct catalog *catalog, struct store_txn *txn)
{
    for (;;) {
        unsigned char key[4];
        struct slice name;
        enum status status;

        key_put_u32(key, (uint32_t)catalog->n + 1);
        status = store_get(&name, txn, TABLE_SYMBOL, slice_of(key, sizeof key));
        if (status == STATUS_NOT_FOUND)
            return STATUS_OK;
        TRY(status);
        TRY(add(catalog, name));
        catalog->n_stored = catalog->n;
    }
}

enum status catalog_refresh(struct catalog *catalog, struct store_txn *txn)
{
    enum status status;

    pthread_rwlock_wrlock(&catalog->lock);
    status = catalog->n == catalog->n_stored ? load_rest(catalog, txn) : STATUS_OK;
    pthread_rwlock_unlock(&catalog->lock);
    return status;
}

void catalog_forget(struct catalog *catalog, size_t n_stored)
{
    pthread_rwlock_wrlock(&catalog->lock);
    if (catalog->n != n_stored) {
        catalog->n = n_stored;
        catalog->version++;
        memset(catalog->slots.at, 0, catalog->slots.n * sizeof *catalog->slots.at);
        for (size_t i = 0; i < catalog->n; i++)
            catalog->slots.at[find_slot(catalog, catalog->names[i])] = (uint32_t)i + 1;
    }
    catalog->n_stored = n_stored;
    pthread_rwlock_unlock(&catalog->lock);
}

size_t catalog_keep(struct catalog *catalog)
{
    size_t before;

    pthread_rwlock_wrlock(&catalog->lock);
    before = catalog->n_stored;
    catalog->n_stored = catalog->n;
    pthread_rwlock_unlock(&catalog->lock);
    return before;
}

uint32_t catalog_find(struct catalog *catalog, struct slice name)
{
    uint32_t symbol = 0;

    pthread_rwlock_rdlock(&catalog->lock);
    if (catalog->slots.n)
        symbol = catalog->slots.at[find_slot(catalog, name)];
    pthread_rwlock_unlock(&catalog->lock);
    return symbol;
}

struct slice catalog_name(struct catalog *catalog, uint32_t symbol)
{
    struct slice name = { "", 0 };

    pthread_rwlock_rdlock(&catalog->lock);
    if (symbol && symbol <= catalog->n)
        name = catalog->names[symbol - 1];
    pthread_rwlock_unlock(&catalog->lock);
    return name;
}

uint32_t catalog_size(struct catalog *catalog)
{
    uint32_t n;

    pthread_rwlock_rdlock(&catalog->lock);
    n = (uint32_t)catalog->n;
    pthread_rwlock_unlock(&catalog->lock);
    return n;
}

uint64_t catalog_version(struct catalog *catalog)
{
    uint64_t version;

    pthread_rwlock_rdlock(&catalog->lock);
    version = catalog->version;
    pthread_rwlock_unlock(&catalog->lock);
    return version;
}

/* In a short transaction: a name that nothing bears yet is seen by nobody. */
static enum status intern_apart(uint32_t *symbol, struct graph *graph, struct slice name)
{
    struct graph_txn *txn;
    struct graph_counts counts;
    enum status status;

    TRY(graph_write(&txn, graph));
    counts = txn->counts;
    counts.commit_seq--;
    status = catalog_intern(symbol, txn, name);
    if (status) {
        txn_end(txn);
        return status;
    }
    return txn_commit_unseen(txn, &counts);
}

enum status catalog_intern(uint32_t *symbol, struct graph_txn *txn, struct slice name)
{
    struct catalog *catalog = txn->graph->catalog;
    uint32_t found = catalog_find(catalog, name);
    unsigned char key[4];
    enum status status;

    if (found) {
        *symbol = found;
        return STATUS_OK;
    }
    if (name.size == 0 || name.size > NAME_MAX_BYTES)
        return fail(STATUS_INVALID, "a label, type or property name of %zu bytes (1 to %d)",
                    name.size, NAME_MAX_BYTES);
    if (txn->apart)
        return intern_apart(symbol, txn->graph, name);
    if (!txn->write)
        return fail(STATUS_INVALID, "\"%.*s\" is not a name of this graph", (int)name.size,
                    (const char *)name.data);
    if (catalog_size(catalog) >= SYMBOLS_MAX)
        return fail(STATUS_LIMIT, "the graph has %d names of labels, types and properties; "
                    "keep variable names in values instead", SYMBOLS_MAX);
    pthread_rwlock_wrlock(&catalog->lock);
    status = add(catalog, name);
    found = (uint32_t)catalog->n;
    pthread_rwlock_unlock(&catalog->lock);
    TRY(status);
    key_put_u32(key, found);
    TRY(store_put(txn->store, TABLE_SYMBOL, slice_of(key, sizeof key), name));
    *symbol = found;
    return STATUS_OK;
}
