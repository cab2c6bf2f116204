/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many look-ups at once.
 *
 * A look-up in a table that does not fit into the caches waits for memory some ten times, one after
 * the other: on each level for the page, for the keys that the search compares with, at last for
 * the row. Here up to a batch of keys go down side by side: while one waits, the others take their
 * step.
 *
 * For that the pages are read by what LMDB 0.9 says of their layout (mdb.c, "Page" and "Node"),
 * beside the library and only as a reader. Page numbers and offsets are tested before they are
 * used, and a row counts only under the very key that was sought; a way that meets anything else
 * ends, and who asked looks that key up through the library.
 */
#include <string.h>

#include "store/lmdb_private.h"

#define BATCH 24u
#define LINE 64u
#define FETCH_MAX 512u /* bytes of a row: more come by themselves, in order */

#define LEVELS_MAX 32  /* as the library has it: pages that contradict themselves may go in rings */

#define BRANCH_PAGE 0x01
#define LEAF_PAGE 0x02
#define VALUE_APART 0x01 /* on pages of its own */

/* A table in the library's list of tables. */
#define TABLE_BYTES 48
#define TABLE_ROOT_OFFSET 40

struct page_head {
    uint64_t number;
    uint16_t unused, flags;
    uint16_t lower, upper; /* end of the entries' offsets, begin of the entries */
};

/* Before an entry's key and value; in a branch the first three make up the child's number. */
struct entry_head {
    uint16_t low, high, flags, key_bytes;
};

#define PAGE_HEAD_BYTES ((unsigned)sizeof(struct page_head))
#define ENTRY_HEAD_BYTES ((unsigned)sizeof(struct entry_head))

_Static_assert(sizeof(struct page_head) == 16 && sizeof(struct entry_head) == 8,
               "as LMDB has them");

/* One key's way down. */
struct way {
    const struct pages *pages;
    const unsigned char *page; /* NULL: the way has ended */
    struct slice key, value;   /* value: empty unless found */
    uint64_t front;            /* the key's first eight bytes as a number, in key order */
    unsigned level;            /* pages left behind */
    unsigned low, high;        /* entries [low, high) are left to compare with */
    unsigned next;             /* of them, the one that is compared with next */
    uint64_t distance;         /* the key less the first one of the page, as numbers */
    bool entered, is_leaf;
};

static uint64_t front_of(const unsigned char *bytes, size_t size)
{
    uint64_t front = 0;

    memcpy(&front, bytes, size < sizeof front ? size : sizeof front);
    return __builtin_bswap64(front);
}

/* The same where eight bytes can be read, of which at least one is the key's. */
static uint64_t whole_front(const unsigned char *bytes, size_t size)
{
    uint64_t front;

    memcpy(&front, bytes, sizeof front);
    front = __builtin_bswap64(front);
    return size < sizeof front ? front & UINT64_MAX << (64 - 8 * size) : front;
}

static unsigned offset_of(const struct way *way, unsigned entry)
{
    uint16_t offset;

    memcpy(&offset, way->page + PAGE_HEAD_BYTES + 2 * entry, sizeof offset);
    return offset;
}

/* Fetches what the next step compares with. */
static void fetch(struct way *way, unsigned next)
{
    way->next = next;
    if (way->low < way->high)
        __builtin_prefetch(way->page + offset_of(way, next));
}

/*
 * Begins the search in a page. Ids are dense, so in a leaf of them the one sought mostly lies as
 * far from the first as they differ.
 */
static void enter(struct way *way)
{
    struct page_head head;

    memcpy(&head, way->page, sizeof head);
    if ((head.flags != LEAF_PAGE && head.flags != BRANCH_PAGE) ||
        head.lower < PAGE_HEAD_BYTES + 2 || head.lower > way->pages->bytes) {
        way->page = NULL;
        return;
    }
    way->entered = true;
    way->is_leaf = head.flags == LEAF_PAGE;
    way->low = !way->is_leaf; /* a branch's first child has no key: it comes before all */
    way->high = (head.lower - PAGE_HEAD_BYTES) / 2;
    fetch(way, way->is_leaf && way->distance < way->high ? (unsigned)way->distance
                                                         : (way->low + way->high) / 2);
}

/* The entry's head, and that head and key lie in the page. */
static bool read_entry(struct entry_head *head, unsigned *offset, const struct way *way,
                       unsigned entry)
{
    *offset = offset_of(way, entry);
    if (*offset + ENTRY_HEAD_BYTES > way->pages->bytes)
        return false;
    memcpy(head, way->page + *offset, sizeof *head);
    return *offset + ENTRY_HEAD_BYTES + head->key_bytes <= way->pages->bytes;
}

static void take_value(struct way *way, const struct entry_head *head, unsigned offset)
{
    const unsigned char *value = way->page + offset + ENTRY_HEAD_BYTES + head->key_bytes;
    size_t size = head->low | (size_t)head->high << 16;

    if (head->flags & VALUE_APART ||
        size > way->pages->bytes - (size_t)(value - way->page))
        return;
    way->value = slice_of(value, size);
    for (size_t i = 0; i < size && i < FETCH_MAX; i += LINE)
        __builtin_prefetch(value + i);
}

/* The entry's key as far as eight bytes show it. */
static uint64_t front_at(const struct way *way, const struct entry_head *head, unsigned offset)
{
    const unsigned char *key = way->page + offset + ENTRY_HEAD_BYTES;
    bool roomy = key + sizeof way->front <= way->page + way->pages->bytes;

    return roomy && head->key_bytes ? whole_front(key, head->key_bytes)
                                    : front_of(key, head->key_bytes);
}

/* The search in the page has ended at an entry: there is the row, or the child to go on with. */
static void leave(struct way *way, const struct entry_head *head, unsigned offset)
{
    uint64_t child = head->low | (uint64_t)head->high << 16 | (uint64_t)head->flags << 32;

    if (way->is_leaf)
        take_value(way, head, offset);
    else if (way->key.size && way->key.size <= sizeof way->front)
        way->distance = (way->front - front_at(way, head, offset)) >> (64 - 8 * way->key.size);
    way->entered = false;
    way->page = !way->is_leaf && child < way->pages->n && ++way->level < LEVELS_MAX
                    ? way->pages->base + child * way->pages->bytes
                    : NULL;
    if (way->page)
        __builtin_prefetch(way->page);
}

/* How the entry's key compares with the one sought. */
static int compare(const struct way *way, const struct entry_head *head, unsigned offset)
{
    uint64_t front = front_at(way, head, offset);

    if (front != way->front)
        return front < way->front ? -1 : 1;
    return slice_compare(slice_of(way->page + offset + ENTRY_HEAD_BYTES, head->key_bytes),
                         way->key);
}

static void step(struct way *way)
{
    bool ends = way->low >= way->high;
    unsigned offset;
    struct entry_head head;
    int order;

    if (!way->entered) {
        enter(way);
        return;
    }
    if ((ends && way->is_leaf) ||
        !read_entry(&head, &offset, way, ends ? way->low - 1 : way->next)) {
        way->page = NULL; /* no such row */
        return;
    }
    order = ends ? 0 : compare(way, &head, offset);
    if (order == 0) {
        leave(way, &head, offset);
        return;
    }
    if (order < 0)
        way->low = way->next + 1;
    else
        way->high = way->next;
    fetch(way, (way->low + way->high) / 2);
}

static void walk_down(struct way *ways, size_t n)
{
    for (size_t left = n; left;) {
        left = 0;
        for (size_t i = 0; i < n; i++)
            if (ways[i].page) {
                step(&ways[i]);
                left++;
            }
    }
}

/* ---- roots --------------------------------------------------------------------------------- */

/* Whether the library at run time is of the series whose pages are read here. */
static bool has_known_pages(void)
{
    int major, minor;

    mdb_version(&major, &minor, NULL);
    return major == 0 && minor == 9;
}

/* Where the map begins: a page bears its number. */
static void learn_pages(struct pages *pages, const struct store_txn *txn, const void *in_a_page)
{
    MDB_envinfo info;
    MDB_stat stat_;
    const unsigned char *page;
    uint64_t number;

    mdb_env_info(txn->store->env, &info);
    mdb_env_stat(txn->store->env, &stat_);
    pages->bytes = stat_.ms_psize;
    /* Another process may have written beyond what is mapped here. */
    pages->n = info.me_last_pgno < info.me_mapsize / pages->bytes ? info.me_last_pgno + 1
                                                                  : info.me_mapsize / pages->bytes;
    page = (const unsigned char *)((uintptr_t)in_a_page & ~(uintptr_t)(pages->bytes - 1));
    memcpy(&number, page, sizeof number);
    pages->base = page - number * pages->bytes;
}

/* The table's topmost page at this transaction; NULL where that cannot be told. */
static const unsigned char *find_root(struct store_txn *txn, enum store_table table)
{
    const char *name = store_table_name(table);
    MDB_val key = { strlen(name), (void *)name }, value;
    struct pages *pages = &txn->pages;

    if (!pages->roots[table]) {
        if (!has_known_pages() ||
            mdb_get(txn->txn, txn->store->names, &key, &value) || value.mv_size != TABLE_BYTES)
            return NULL;
        if (!pages->base)
            learn_pages(pages, txn, value.mv_data);
        memcpy(&pages->roots[table], (const char *)value.mv_data + TABLE_ROOT_OFFSET,
               sizeof pages->roots[table]);
    }
    if (pages->roots[table] >= pages->n)
        return NULL;
    return pages->base + pages->roots[table] * pages->bytes;
}

enum status store_get_together(struct slice *values, struct store_txn *txn,
                               enum store_table table, const struct slice *keys, size_t n)
{
    const unsigned char *root = NULL;
    struct way ways[BATCH];

    memset(values, 0, n * sizeof *values);
    if (!txn->write && !table_is_sealed(table))
        root = find_root(txn, table);
    for (size_t done = 0, batch; root && done < n; done += batch) {
        batch = n - done < BATCH ? n - done : BATCH;
        for (size_t i = 0; i < batch; i++) {
            struct slice key = keys[done + i];

            TRY(check_age(txn));
            ways[i] = (struct way){ .pages = &txn->pages, .page = root, .key = key,
                                    .front = front_of(key.data, key.size) };
        }
        walk_down(ways, batch);
        for (size_t i = 0; i < batch; i++)
            values[done + i] = ways[i].value;
    }
    return STATUS_OK;
}
