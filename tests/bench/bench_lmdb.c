/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limit: the same reads on bare LMDB, with nothing but who uses what: no time, no classes, no
 * checksums, no history. Two tables of packed lists, party to identifiers and back.
 *
 *     bench_lmdb DIR LINKS PARTIES KEYS CAP [ANSWERS]
 *
 * LINKS has `party,identifier` a line in ascending order, PARTIES `key,party`, both numbers of
 * against_sqlite.py's tables; KEYS one key a line. DIR must be empty.
 */
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

struct pair {
    uint32_t from, to;
};

struct pairs {
    struct pair *items;
    size_t n;
};

struct reads {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi keys, uses, users, names;
    uint32_t cap;
    uint32_t *met[2]; /* parties met by each step, as often as they were */
    size_t capacity[2];
};

static void must(int code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "bench_lmdb: %s: %s\n", what, mdb_strerror(code));
    exit(1);
}

static void *resized(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes);
    must(memory ? 0 : ENOMEM, "memory");
    return memory;
}

static MDB_val val(const void *bytes, size_t size)
{
    return (MDB_val){ size, (void *)bytes };
}

static MDB_val number(unsigned char at[4], uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(at, &value, 4);
    return val(at, 4);
}

/* ---- loading ------------------------------------------------------------------------------- */

static struct pairs read_links(const char *path)
{
    struct pairs pairs = { 0 };
    FILE *file = fopen(path, "r");
    unsigned from, to;

    must(file ? 0 : errno, path);
    while (fscanf(file, "%u,%u\n", &from, &to) == 2) {
        if ((pairs.n & (pairs.n - 1)) == 0)
            pairs.items = resized(pairs.items, (pairs.n ? pairs.n * 2 : 1) * sizeof *pairs.items);
        pairs.items[pairs.n++] = (struct pair){ from, to };
    }
    fclose(file);
    return pairs;
}

static int by_to(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;

    if (left->to != right->to)
        return left->to < right->to ? -1 : 1;
    return (left->from > right->from) - (left->from < right->from);
}

static size_t put_varint(unsigned char *at, uint32_t value)
{
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        at[n++] = (unsigned char)(value | 0x80);
    at[n++] = (unsigned char)value;
    return n;
}

static uint32_t get_varint(const unsigned char **at)
{
    uint32_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = *(*at)++;

        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

/* Each end with the differences between its other ends; `pairs` ascending by the chosen end. */
static void append_lists(MDB_txn *txn, MDB_dbi table, const struct pairs *pairs, int backwards)
{
    unsigned char key[4], *list = NULL;
    MDB_cursor *cursor;

    must(mdb_cursor_open(txn, table, &cursor), "loading");
    for (size_t i = 0, next; i < pairs->n; i = next) {
        uint32_t owner = backwards ? pairs->items[i].to : pairs->items[i].from, last = 0;
        size_t size = 0;
        MDB_val k, v;

        for (next = i; next < pairs->n; next++)
            if ((backwards ? pairs->items[next].to : pairs->items[next].from) != owner)
                break;
        list = resized(list, 5 * (next - i + 1));
        size = put_varint(list, (uint32_t)(next - i));
        for (size_t j = i; j < next; j++) {
            uint32_t other = backwards ? pairs->items[j].from : pairs->items[j].to;

            size += put_varint(list + size, other - last);
            last = other;
        }
        k = number(key, owner);
        v = val(list, size);
        must(mdb_cursor_put(cursor, &k, &v, MDB_APPEND), "loading");
    }
    mdb_cursor_close(cursor);
    free(list);
}

/* The parties with their keys, in ascending order of the keys. */
static void append_keys(struct reads *reads, MDB_txn *txn, const char *path)
{
    FILE *file = fopen(path, "r");
    char key[BENCH_KEY_BYTES];
    unsigned char id[4];
    unsigned party;

    must(file ? 0 : errno, path);
    while (fscanf(file, "%63[^,],%u\n", key, &party) == 2) {
        MDB_val k = val(key, strlen(key)), v = number(id, party);

        must(mdb_put(txn, reads->keys, &k, &v, MDB_APPEND), path);
        must(mdb_put(txn, reads->names, &v, &k, 0), path);
    }
    fclose(file);
}

static void load(struct reads *reads, struct pairs *links, const char *parties)
{
    double start = bench_now_us();
    MDB_txn *txn;

    must(mdb_txn_begin(reads->env, NULL, 0, &txn), "loading");
    must(mdb_dbi_open(txn, "keys", MDB_CREATE, &reads->keys), "loading");
    must(mdb_dbi_open(txn, "names", MDB_CREATE, &reads->names), "loading");
    must(mdb_dbi_open(txn, "uses", MDB_CREATE, &reads->uses), "loading");
    must(mdb_dbi_open(txn, "users", MDB_CREATE, &reads->users), "loading");
    append_keys(reads, txn, parties);
    append_lists(txn, reads->uses, links, 0);
    qsort(links->items, links->n, sizeof *links->items, by_to);
    append_lists(txn, reads->users, links, 1);
    must(mdb_txn_commit(txn), "loading");
    printf("{\"system\":\"lmdb\",\"links\":%zu,\"load_s\":%.2f}\n", links->n,
           (bench_now_us() - start) / 1e6);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* Decodes a list's head; false where the number has none. */
static uint32_t list_of(const unsigned char **at, struct reads *reads, MDB_dbi table, uint32_t id)
{
    unsigned char key[4];
    MDB_val k = number(key, id), v;
    int code = mdb_get(reads->txn, table, &k, &v);

    if (code == MDB_NOTFOUND)
        return 0;
    must(code, "reading");
    *at = v.mv_data;
    return get_varint(at);
}

/* The parties that share with `party`, once for each identifier, ascending. */
static size_t share(struct reads *reads, unsigned step, uint32_t party)
{
    const unsigned char *uses = NULL, *users = NULL;
    uint32_t n_uses = list_of(&uses, reads, reads->uses, party), identifier = 0;
    size_t n = 0;

    for (uint32_t i = 0; i < n_uses; i++) {
        uint32_t n_users, user = 0;

        identifier += get_varint(&uses);
        n_users = list_of(&users, reads, reads->users, identifier);
        if (n_users > reads->cap)
            continue;
        if (n + n_users > reads->capacity[step]) {
            reads->capacity[step] = 2 * (n + n_users);
            reads->met[step] = resized(reads->met[step],
                                       reads->capacity[step] * sizeof **reads->met);
        }
        for (uint32_t u = 0; u < n_users; u++) {
            user += get_varint(&users);
            if (user != party)
                reads->met[step][n++] = user;
        }
    }
    if (n)
        qsort(reads->met[step], n, sizeof **reads->met, by_number);
    return n;
}

static void add_party(struct bench_answer *answer, struct reads *reads, uint32_t party,
                      uint64_t shared, int deep)
{
    unsigned char at[4];
    MDB_val k = number(at, party), v = { 0 };

    if (deep)
        must(mdb_get(reads->txn, reads->names, &k, &v), "reading");
    bench_answer_add(answer, v.mv_data, v.mv_size, shared);
}

/* Where the parties met by a step go on after the one at `at`. */
static size_t next_party(const struct reads *reads, unsigned step, size_t at, size_t n)
{
    size_t next = at;

    while (next < n && reads->met[step][next] == reads->met[step][at])
        next++;
    return next;
}

static void add_parties(struct bench_answer *answer, struct reads *reads, unsigned step, size_t n,
                        int deep)
{
    for (size_t i = 0, next; i < n; i = next) {
        next = next_party(reads, step, i, n);
        add_party(answer, reads, reads->met[step][i], next - i, deep);
    }
}

static struct bench_answer ask(void *context, const char *key, unsigned steps, int deep)
{
    struct reads *reads = context;
    struct bench_answer answer = { 0 };
    MDB_val k = val(key, strlen(key)), v;
    uint32_t party;
    size_t n;

    must(mdb_txn_renew(reads->txn), "reading");
    must(mdb_get(reads->txn, reads->keys, &k, &v), key);
    memcpy(&party, v.mv_data, sizeof party);
    n = share(reads, 0, __builtin_bswap32(party));
    add_parties(&answer, reads, 0, n, deep);
    for (size_t i = 0; i < n && steps > 1; i = next_party(reads, 0, i, n))
        add_parties(&answer, reads, 1, share(reads, 1, reads->met[0][i]), deep);
    mdb_txn_reset(reads->txn);
    return answer;
}

int main(int argc, char **argv)
{
    struct reads reads = { 0 };
    struct bench_keys keys;
    struct pairs links;

    if (argc < 6) {
        fprintf(stderr, "usage: bench_lmdb DIR LINKS PARTIES KEYS CAP [ANSWERS]\n");
        return 2;
    }
    links = read_links(argv[2]);
    keys = bench_keys_read(argv[4]);
    reads.cap = (uint32_t)strtoul(argv[5], NULL, 10);
    must(mdb_env_create(&reads.env), "opening");
    mdb_env_set_maxdbs(reads.env, 4);
    mdb_env_set_mapsize(reads.env, (size_t)64 << 30);
    must(mdb_env_open(reads.env, argv[1], MDB_NOTLS, 0600), argv[1]);
    load(&reads, &links, argv[3]);
    free(links.items);
    must(mdb_txn_begin(reads.env, NULL, MDB_RDONLY, &reads.txn), "reading");
    mdb_txn_reset(reads.txn);
    bench_reads(&(struct bench_system){ "lmdb", ask, &reads }, &keys,
                argc > 6 ? argv[6] : NULL);
    mdb_txn_abort(reads.txn);
    mdb_env_close(reads.env);
    free(reads.met[0]);
    free(reads.met[1]);
    free(keys.items);
    return 0;
}
