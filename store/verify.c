/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOT_PAGES 2
/* A page's head, as LMDB 0.9 lays it out: its number, and a large value's number of pages. */
#define PAGE_RUN_OFFSET 12
#define ROOT_TRIES 20

struct walk {
    struct verifier *verifier;
    struct store_txn *txn;
    struct store_frame frame;
    unsigned char *used, *free; /* a bit per page */
    uint64_t n_free;
    uintptr_t base;             /* of the map, as the first page says; 0: not known yet */
};

static enum status found(struct walk *walk, enum verify_rule rule, const char *place,
                         const char *format, ...) PRINTF_LIKE(4, 5);

static enum status found(struct walk *walk, enum verify_rule rule, const char *place,
                         const char *format, ...)
{
    char what[200];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (rule != VERIFY_SEAL)
        walk->verifier->broken = true;
    return walk->verifier->found(walk->verifier->context, rule, place, what);
}

/* Sets the bit; true where it was set before. */
static bool mark(unsigned char *bits, uint64_t page)
{
    unsigned char bit = (unsigned char)(1 << (page & 7));
    bool before = bits[page >> 3] & bit;

    bits[page >> 3] |= bit;
    return before;
}

/* ---- pages ---------------------------------------------------------------------------------- */

static uintptr_t page_of(const struct walk *walk, const void *at)
{
    return (uintptr_t)at & ~(uintptr_t)(walk->frame.page_bytes - 1);
}

/* The page bears the number of its place in the map, and nobody else uses it. */
static enum status take_pages(struct walk *walk, enum store_table table, uintptr_t page,
                              uint64_t n)
{
    const char *place = store_table_name(table);
    uint64_t number;

    memcpy(&number, (const void *)page, sizeof number);
    if (!walk->base)
        walk->base = page - number * walk->frame.page_bytes;
    if (number != (page - walk->base) / walk->frame.page_bytes || number < ROOT_PAGES ||
        number >= walk->frame.pages || n > walk->frame.pages - number)
        return found(walk, VERIFY_PAGE, place, "a page of the table bears the number %llu, which "
                     "is not its own", (unsigned long long)number);
    for (uint64_t i = number; i < number + n; i++)
        if (mark(walk->used, i))
            return found(walk, VERIFY_PAGE, place, "page %llu is used twice",
                         (unsigned long long)i);
    return STATUS_OK;
}

/* A value that lies apart from its key has pages of its own. */
static enum status take_value(struct walk *walk, enum store_table table, uintptr_t leaf,
                              struct slice value)
{
    uintptr_t page = page_of(walk, value.data);
    uint32_t n;

    if (page == leaf)
        return STATUS_OK;
    memcpy(&n, (const char *)page + PAGE_RUN_OFFSET, sizeof n);
    return take_pages(walk, table, page, n);
}

static enum status look_up(struct walk *walk, enum store_table table, struct slice key,
                           struct slice value)
{
    struct slice again = { 0 };
    enum status status = store_get(&again, walk->txn, table, key);

    if (status == STATUS_OK && again.data == value.data)
        return STATUS_OK;
    if (status == STATUS_CORRUPT) /* its seal: said when the walk meets it */
        return STATUS_OK;
    return found(walk, VERIFY_LOOKUP, store_table_name(table),
                 "a row that is there is not found by its key");
}

/* ---- tables --------------------------------------------------------------------------------- */

/* The row before, whose key is lent by the map. */
struct last_row {
    struct slice key, value;
    uintptr_t page;
    uint64_t n;
};

static enum status step_page(struct walk *walk, enum store_table table, struct last_row *last,
                             struct slice key, struct slice value)
{
    uintptr_t page = page_of(walk, key.data);

    if (page == last->page)
        return STATUS_OK;
    if (last->n)
        TRY(look_up(walk, table, last->key, last->value));
    TRY(take_pages(walk, table, page, 1));
    last->page = page;
    return look_up(walk, table, key, value);
}

static enum status step_row(struct walk *walk, enum store_table table, struct last_row *last,
                            struct slice key, struct slice value)
{
    if (key.size == 0 || key.size > STORE_KEY_MAX)
        return found(walk, VERIFY_ORDER, store_table_name(table), "a key of %zu bytes", key.size);
    if (last->n && slice_compare(last->key, key) >= 0)
        return found(walk, VERIFY_ORDER, store_table_name(table),
                     "row %llu does not come after the one before", (unsigned long long)last->n);
    TRY(step_page(walk, table, last, key, value));
    TRY(take_value(walk, table, last->page, value));
    last->key = key;
    last->value = value;
    last->n++;
    return STATUS_OK;
}

/* An answer about one row: goes on, ends the table, or passes a failure up. */
static enum status check_step(bool *more, struct walk *walk, enum store_table table,
                              struct last_row *last, enum status status, struct slice key,
                              struct slice value)
{
    const char *place = store_table_name(table);

    *more = false;
    if (status == STATUS_END)
        return STATUS_OK;
    if (status == STATUS_CORRUPT && key.data) {
        TRY(found(walk, VERIFY_SEAL, place, "row %llu does not match its checksum",
                  (unsigned long long)last->n));
    } else if (status == STATUS_CORRUPT || status == STATUS_IO) {
        return found(walk, VERIFY_READ, place, "%s", error_detail());
    } else {
        TRY(status);
    }
    TRY(step_row(walk, table, last, key, value));
    *more = !walk->verifier->broken;
    return STATUS_OK;
}

static enum status walk_table(struct walk *walk, enum store_table table, uint64_t entries)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct last_row last = { 0 };
    bool more = true;

    TRY(store_cursor_open(&cursor, walk->txn, table));
    for (bool first = true; more; first = false) {
        struct slice key = { 0 }, value = { 0 };
        enum status status = first ? store_cursor_seek(&key, &value, cursor, (struct slice){ 0 })
                                   : store_cursor_next(&key, &value, cursor);

        TRY(check_step(&more, walk, table, &last, status, key, value));
        if (last.n > entries)
            more = false;
    }
    if (walk->verifier->broken)
        return STATUS_OK;
    if (last.n)
        TRY(look_up(walk, table, last.key, last.value));
    if (last.n != entries)
        return found(walk, VERIFY_COUNT, store_table_name(table), "%llu rows were met and %llu are "
                     "counted", (unsigned long long)last.n, (unsigned long long)entries);
    return STATUS_OK;
}

/* ---- the rest ------------------------------------------------------------------------------- */

static bool visit_free(void *context, uint64_t page)
{
    struct walk *walk = context;

    if (page < ROOT_PAGES || page >= walk->frame.pages || mark(walk->free, page))
        return false;
    if (walk->used[page >> 3] & 1 << (page & 7))
        return false;
    walk->n_free++;
    return true;
}

static enum status check_free(struct walk *walk)
{
    enum status status = store_free_pages(walk->txn, visit_free, walk);

    if (status == STATUS_CORRUPT)
        return found(walk, VERIFY_FREE, "free pages", "a page kept for reuse is outside the file, "
                     "listed twice, or holds rows: the next write would damage the graph");
    return status;
}

/* Another process may commit between the two reads: then they are read again. */
static enum status check_roots(struct walk *walk)
{
    struct store_frame frame = walk->frame;

    for (int i = 0; i < ROOT_TRIES; i++) {
        uint64_t older = frame.roots[0] < frame.roots[1] ? frame.roots[0] : frame.roots[1];
        uint64_t newer = frame.roots[0] ^ frame.roots[1] ^ older;

        if (newer - older <= 1 && newer >= walk->frame.txn)
            return STATUS_OK;
        TRY(store_frame(&frame, walk->txn));
    }
    return found(walk, VERIFY_ROOTS, "root pages", "they name the transactions %llu and %llu, "
                 "which do not follow one another", (unsigned long long)frame.roots[0],
                 (unsigned long long)frame.roots[1]);
}

/* Pages of tables as their roots count them, to tell what is neither used nor free. */
static void count_leaks(struct walk *walk, const struct store_stat *stat)
{
    uint64_t known = ROOT_PAGES + walk->frame.own_pages + walk->n_free;

    for (int i = 0; i < TABLE_COUNT_; i++)
        known += stat->tables[i].branch_pages + stat->tables[i].leaf_pages +
                 stat->tables[i].overflow_pages;
    walk->verifier->pages = walk->frame.pages;
    walk->verifier->leaked_pages = walk->frame.pages > known ? walk->frame.pages - known : 0;
}

static enum status verify(struct walk *walk)
{
    struct store_stat stat;
    enum status status;

    TRY(check_roots(walk));
    status = store_stat(&stat, walk->txn);
    if (status == STATUS_CORRUPT)
        return found(walk, VERIFY_FREE, "free pages", "%s", error_detail());
    TRY(status);
    for (int i = 0; i < TABLE_COUNT_ && !walk->verifier->broken; i++)
        TRY(walk_table(walk, (enum store_table)i, stat.tables[i].entries));
    if (walk->verifier->broken)
        return STATUS_OK;
    TRY(check_free(walk));
    count_leaks(walk, &stat);
    return STATUS_OK;
}

enum status store_verify(struct verifier *verifier, struct store_txn *txn)
{
    AUTO(free_ptr) unsigned char *used = NULL;
    AUTO(free_ptr) unsigned char *free_bits = NULL;
    struct walk walk = { .verifier = verifier, .txn = txn };
    uint64_t bytes;

    TRY(store_frame(&walk.frame, txn));
    bytes = walk.frame.pages / 8 + 1;
    used = calloc(bytes, 1);
    free_bits = calloc(bytes, 1);
    if (!used || !free_bits)
        return fail_memory(2 * bytes);
    walk.used = used;
    walk.free = free_bits;
    return verify(&walk);
}
