/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two layouts of adjacency on bare LMDB, with the same edges: packed chunks (one row holds up to
 * 1,984 bytes of entries as differences of varints, properties with them) against a row an edge
 * (MDB_DUPFIXED: time, edge, other end in 24 bytes; properties in a table of their own).
 *
 * usage: bench_layout DIR [EDGES] [HUB]      EDGES at random, HUB more that lead to node 1
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/rng.h"
#include "base/time.h"
#include "store/row.h"

#define CHUNK_BYTES 1984
#define PROPERTIES 24
#define ITEMS_MAX 1024 /* more than a chunk holds */
#define DAYS 1000
#define WINDOW_US (30 * US_PER_DAY)
#define ASKED 20000

struct item {
    uint64_t node, other, edge;
    int64_t time;
    bool in;
};

struct layout {
    const char *name;
    MDB_env *env;
    MDB_dbi rows, properties;
    MDB_txn *txn;
    MDB_cursor *cursor;
    bool packed;
};

static void must(int code, const char *what)
{
    if (!code)
        return;
    fprintf(stderr, "bench_layout: %s: %s\n", what, mdb_strerror(code));
    exit(1);
}

static double seconds_since(int64_t start)
{
    return (double)(time_monotonic_us() - start) / 1e6;
}

/* ---- the edges ------------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->in != y->in)
        return x->in ? 1 : -1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

static struct item draw(struct rng *rng, uint64_t edge, uint64_t n_nodes, bool hub)
{
    return (struct item){ .node = 2 + rng_below(rng, n_nodes),
                          .other = hub ? 1 : 2 + rng_below(rng, n_nodes), .edge = edge,
                          .time = (int64_t)rng_below(rng, DAYS * 86400) * US_PER_SECOND };
}

static struct item turned(const struct item *item)
{
    return (struct item){ item->other, item->node, item->edge, item->time, true };
}

/* Edges are numbered in the order of where they start, as a bulk load does. */
static struct item *make_items(size_t n, size_t n_hub, uint64_t n_nodes)
{
    size_t total = n + n_hub;
    struct item *items = malloc(2 * total * sizeof *items);
    struct rng rng = rng_new(1);

    if (!items)
        must(MDB_PANIC, "memory");
    for (size_t i = 0; i < total; i++)
        items[i] = draw(&rng, 0, n_nodes, i >= n);
    qsort(items, total, sizeof *items, by_place);
    for (size_t i = 0; i < total; i++) {
        items[i].edge = i + 1;
        items[total + i] = turned(&items[i]);
    }
    qsort(items, 2 * total, sizeof *items, by_place);
    return items;
}

/* ---- keys and entries ----------------------------------------------------------------------- */

static size_t put_key(unsigned char *key, const struct item *item, bool whole)
{
    key_put_u64(key, item->node);
    key[8] = item->in;
    if (!whole)
        return 9;
    key_put_u64(key + 9, key_time(item->time));
    key_put_u64(key + 17, item->edge);
    return 25;
}

static void put_fixed(unsigned char value[24], const struct item *item)
{
    key_put_u64(value, key_time(item->time));
    key_put_u64(value + 8, item->edge);
    key_put_u64(value + 16, item->other);
}

static struct entry entry_of(const struct item *item)
{
    static const char properties[PROPERTIES] = "twenty-four bytes of it";

    return (struct entry){ .edge = { item->edge }, .other = { item->other },
                           .valid_from_us = item->time, .valid_to_us = TIME_MAX,
                           .observed_us = TIME_MIN,
                           .properties = slice_of(properties, item->in ? 0 : PROPERTIES) };
}

/* As many items of one group as fill a chunk. */
static size_t fill_chunk(struct buf *run, const struct item *items, size_t n)
{
    struct entry_state state = { 0 };
    size_t fit = 0;

    buf_clear(run);
    while (fit < n && items[fit].node == items[0].node && items[fit].in == items[0].in) {
        struct entry entry = entry_of(&items[fit]);
        size_t before = run->size;

        if (entry_encode(run, &state, &entry, 0, !items[fit].in))
            exit(1);
        if (fit && run->size > CHUNK_BYTES) {
            run->size = before;
            break;
        }
        fit++;
    }
    return fit;
}

/* ---- loading and changing -------------------------------------------------------------------- */

static void load_packed(struct layout *layout, const struct item *items, size_t n)
{
    struct buf run = { 0 };

    for (size_t at = 0, fit; at < n; at += fit) {
        unsigned char bytes[25];
        MDB_val key = { put_key(bytes, &items[at], true), bytes }, value;

        fit = fill_chunk(&run, items + at, n - at);
        value = (MDB_val){ run.size, run.data };
        must(mdb_cursor_put(layout->cursor, &key, &value, MDB_APPEND), "appending a chunk");
    }
    buf_fini(&run);
}

static void put_row(struct layout *layout, const struct item *item, unsigned flags)
{
    unsigned char bytes[9], fixed[24], edge[8];
    MDB_val key = { put_key(bytes, item, false), bytes }, value = { sizeof fixed, fixed };

    put_fixed(fixed, item);
    must(mdb_cursor_put(layout->cursor, &key, &value, flags), "putting a row");
    if (item->in)
        return;
    key_put_u64(edge, item->edge);
    key = (MDB_val){ sizeof edge, edge };
    value = (MDB_val){ PROPERTIES, (void *)"twenty-four bytes of it" };
    must(mdb_put(layout->txn, layout->properties, &key, &value, flags ? MDB_APPEND : 0),
         "putting properties");
}

static void insert_packed(struct layout *layout, const struct item *item)
{
    unsigned char bytes[25];
    MDB_val key = { put_key(bytes, item, true), bytes }, value = { 0 };
    struct item items[ITEMS_MAX];
    size_t n = 0, at;
    struct buf run = { 0 };
    int code = mdb_cursor_get(layout->cursor, &key, &value, MDB_SET_RANGE);

    code = code == MDB_NOTFOUND ? mdb_cursor_get(layout->cursor, &key, &value, MDB_LAST)
                                : mdb_cursor_get(layout->cursor, &key, &value, MDB_PREV);
    if (!code && memcmp(key.mv_data, bytes, 9) == 0) { /* the chunk that it belongs to */
        struct reader reader = reader_of(slice_of(value.mv_data, value.mv_size));
        struct entry_state state = { 0 };
        struct entry entry;

        while (n < ITEMS_MAX - 1 && entry_decode(&entry, &state, &reader, 0, !item->in))
            items[n++] = (struct item){ item->node, entry.other.value, entry.edge.value,
                                        entry.valid_from_us, item->in };
        must(mdb_cursor_del(layout->cursor, 0), "taking a chunk out");
    }
    for (at = n; at && by_place(&items[at - 1], item) > 0; at--)
        items[at] = items[at - 1];
    items[at] = *item;
    n++;
    for (size_t done = 0, fit; done < n; done += fit) {
        fit = fill_chunk(&run, items + done, n - done);
        key = (MDB_val){ put_key(bytes, &items[done], true), bytes };
        value = (MDB_val){ run.size, run.data };
        must(mdb_cursor_put(layout->cursor, &key, &value, 0), "putting a chunk");
    }
    buf_fini(&run);
}

/* ---- reading -------------------------------------------------------------------------------- */

static size_t scan_packed(struct layout *layout, uint64_t node, bool in, int64_t from,
                          int64_t before)
{
    struct item place = { .node = node, .in = in, .time = from };
    unsigned char bytes[25];
    MDB_val key = { put_key(bytes, &place, true), bytes }, value = { 0 };
    int code = mdb_cursor_get(layout->cursor, &key, &value, MDB_SET_RANGE);
    size_t n = 0;

    /* The chunk before may reach into the window. */
    if (code == MDB_NOTFOUND)
        code = mdb_cursor_get(layout->cursor, &key, &value, MDB_LAST);
    else if (!mdb_cursor_get(layout->cursor, &key, &value, MDB_PREV) &&
             memcmp(key.mv_data, bytes, 9) != 0)
        code = mdb_cursor_get(layout->cursor, &key, &value, MDB_NEXT);
    for (; !code && memcmp(key.mv_data, bytes, 9) == 0;
         code = mdb_cursor_get(layout->cursor, &key, &value, MDB_NEXT)) {
        struct reader reader = reader_of(slice_of(value.mv_data, value.mv_size));
        struct entry_state state = { 0 };
        struct entry entry;

        while (entry_decode(&entry, &state, &reader, 0, !in)) {
            if (entry.valid_from_us >= before)
                return n;
            n += entry.valid_from_us >= from;
        }
    }
    return n;
}

static size_t scan_rows(struct layout *layout, uint64_t node, bool in, int64_t from, int64_t before)
{
    struct item place = { .node = node, .in = in, .time = from };
    unsigned char bytes[9], fixed[24];
    MDB_val key = { put_key(bytes, &place, false), bytes }, value = { sizeof fixed, fixed }, props;
    size_t n = 0;
    int code;

    put_fixed(fixed, &place);
    code = mdb_cursor_get(layout->cursor, &key, &value, MDB_GET_BOTH_RANGE);
    for (; !code && key_get_u64(value.mv_data) < key_time(before);
         code = mdb_cursor_get(layout->cursor, &key, &value, MDB_NEXT_DUP)) {
        MDB_val edge = { 8, (char *)value.mv_data + 8 };

        if (!in)
            must(mdb_get(layout->txn, layout->properties, &edge, &props), "reading properties");
        n++;
    }
    return n;
}

/* ---- one layout ----------------------------------------------------------------------------- */

static void begin(struct layout *layout, unsigned flags)
{
    must(mdb_txn_begin(layout->env, NULL, flags, &layout->txn), "beginning");
    must(mdb_cursor_open(layout->txn, layout->rows, &layout->cursor), "opening a cursor");
}

static void commit(struct layout *layout)
{
    mdb_cursor_close(layout->cursor);
    must(mdb_txn_commit(layout->txn), "committing");
}

static void open_layout(struct layout *layout, const char *dir)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", dir, layout->packed ? "packed" : "rows");
    mkdir(path, 0700);
    must(mdb_env_create(&layout->env), "opening");
    mdb_env_set_maxdbs(layout->env, 2);
    mdb_env_set_mapsize(layout->env, (size_t)16 << 30);
    must(mdb_env_open(layout->env, path, 0, 0600), path);
    must(mdb_txn_begin(layout->env, NULL, 0, &layout->txn), "beginning");
    must(mdb_dbi_open(layout->txn, "rows",
                      MDB_CREATE | (layout->packed ? 0 : MDB_DUPSORT | MDB_DUPFIXED),
                      &layout->rows), "making a table");
    must(mdb_dbi_open(layout->txn, "properties", MDB_CREATE, &layout->properties),
         "making a table");
    must(mdb_txn_commit(layout->txn), "committing");
}

static int by_time(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void ask(struct layout *layout, const char *what, uint64_t n_nodes, bool hub)
{
    static double took[ASKED];
    struct rng rng = rng_new(3);
    size_t met = 0, asked = ASKED;

    begin(layout, MDB_RDONLY);
    for (size_t i = 0; i < asked; i++) {
        uint64_t node = hub ? 1 : 2 + rng_below(&rng, n_nodes);
        int64_t from = hub ? (int64_t)rng_below(&rng, DAYS - 30) * US_PER_DAY : 0;
        int64_t before = hub ? from + WINDOW_US : TIME_MAX;
        struct timespec start, end;

        clock_gettime(CLOCK_MONOTONIC, &start);
        met += (layout->packed ? scan_packed : scan_rows)(layout, node, hub, from, before);
        clock_gettime(CLOCK_MONOTONIC, &end);
        took[i] = (double)(end.tv_sec - start.tv_sec) * 1e6 +
                  (double)(end.tv_nsec - start.tv_nsec) / 1e3;
        if (hub && i == 400)
            asked = i + 1;
    }
    commit(layout);
    qsort(took, asked, sizeof *took, by_time);
    printf("  %s: %.1f edges each, p50 %.1f us, p99 %.1f us\n", what, (double)met / (double)asked,
           took[asked / 2], took[asked * 99 / 100]);
}

static void change(struct layout *layout, uint64_t n_nodes, uint64_t first_edge)
{
    struct rng rng = rng_new(5);
    int64_t start = time_monotonic_us();

    begin(layout, 0);
    for (uint64_t i = 0; i < ASKED; i++) {
        struct item out = draw(&rng, first_edge + i, n_nodes, i % 100 == 0), in = turned(&out);

        if (layout->packed) {
            insert_packed(layout, &out);
            insert_packed(layout, &in);
        } else {
            put_row(layout, &out, 0);
            put_row(layout, &in, 0);
        }
    }
    printf("  adding %d edges, both ends: %.1f us each before the commit\n", ASKED,
           1e6 * seconds_since(start) / ASKED);
    commit(layout);
}

static void run(struct layout *layout, const char *dir, const struct item *items, size_t n,
                uint64_t n_nodes)
{
    MDB_envinfo info;
    int64_t start;

    printf("%s\n", layout->name);
    open_layout(layout, dir);
    start = time_monotonic_us();
    begin(layout, 0);
    if (layout->packed)
        load_packed(layout, items, n);
    else
        for (size_t i = 0; i < n; i++)
            put_row(layout, &items[i], MDB_APPENDDUP);
    commit(layout);
    printf("  sorted load: %.2f s\n", seconds_since(start));
    mdb_env_info(layout->env, &info);
    printf("  bytes an edge, both ends and properties: %.1f\n",
           (double)(info.me_last_pgno + 1) * 4096 / ((double)n / 2));
    ask(layout, "all edges of a node with properties", n_nodes, false);
    ask(layout, "30 days of the hub", n_nodes, true);
    change(layout, n_nodes, n);
    mdb_env_close(layout->env);
}

int main(int argc, char **argv)
{
    size_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000000;
    size_t n_hub = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000;
    uint64_t n_nodes = n / 4 + 1;
    struct layout packed = { .name = "packed chunks", .packed = true };
    struct layout rows = { .name = "a row an edge (dupfixed)" };
    struct item *items;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_layout DIR [EDGES] [HUB]\n");
        return 2;
    }
    items = make_items(n, n_hub, n_nodes);
    printf("%zu edges among %llu nodes and %zu to one hub\n", n, (unsigned long long)n_nodes,
           n_hub);
    run(&packed, argv[1], items, 2 * (n + n_hub), n_nodes);
    run(&rows, argv[1], items, 2 * (n + n_hub), n_nodes);
    free(items);
    return 0;
}
