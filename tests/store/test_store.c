/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the door to LMDB promises: keys, seals, growth, readers, copies. */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "store/swap.h"
#include "store/verify.h"
#include "tests/store/rows.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"

TestSuite(store, .fini = leaks_check, .timeout = 60);

/* ---- keys and seals ------------------------------------------------------------------------- */

Test(store, keys_that_do_not_fit_are_an_error_never_a_miss)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    static const char bytes[STORE_KEY_MAX + 1];
    struct store_txn *txn;
    struct slice value;

    OK(store_write(&txn, store));
    OK(store_put(txn, TABLE_EVENT, slice_of(bytes, STORE_KEY_MAX), SLICE("")));
    cr_assert(store_put(txn, TABLE_EVENT, slice_of(bytes, STORE_KEY_MAX + 1), SLICE("v")) ==
              STATUS_INVALID);
    cr_assert(store_get(&value, txn, TABLE_EVENT, slice_of(bytes, STORE_KEY_MAX + 1)) ==
              STATUS_INVALID);
    cr_assert(store_put(txn, TABLE_EVENT, slice_of(bytes, 0), SLICE("v")) == STATUS_INVALID);
    cr_assert(store_delete(txn, TABLE_EVENT, slice_of(bytes, 0)) == STATUS_INVALID);
    OK(store_get(&value, txn, TABLE_EVENT, slice_of(bytes, STORE_KEY_MAX)));
    cr_assert(value.size == 0);
    OK(store_commit(txn));
    store_close(store);
    place_remove(dir);
}

/* Finds the only place of `text` in the file and changes a byte of it. */
static void change_in_file(const char *path, const char *text)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    struct stat info;
    char *map, *at;

    fstat(file, &info);
    map = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    at = memmem(map, (size_t)info.st_size, text, strlen(text));
    cr_assert(at);
    for (; at; at = memmem(at + 1, (size_t)(map + info.st_size - at - 1), text, strlen(text)))
        *at ^= 1;
    munmap(map, (size_t)info.st_size);
    close(file);
}

Test(store, a_changed_row_is_not_handed_out)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    struct store_cursor *cursor;
    struct store_txn *txn;
    struct slice key, value;

    OK(store_write(&txn, store));
    OK(store_put(txn, TABLE_META, SLICE("a"), SLICE("first")));
    OK(store_put(txn, TABLE_META, SLICE("b"), SLICE("to be changed")));
    OK(store_put(txn, TABLE_META, SLICE("c"), SLICE("third")));
    OK(store_commit(txn));
    store_close(store);
    change_in_file(place_in(dir, "db/data.mdb"), "to be changed");
    OK(store_open(&store, place_in(dir, "db"), &existing));
    OK(store_read(&txn, store));
    OK(store_get(&value, txn, TABLE_META, SLICE("a")));
    cr_assert(slice_equal(value, SLICE("first")));
    cr_assert(store_get(&value, txn, TABLE_META, SLICE("b")) == STATUS_CORRUPT);
    OK(store_cursor_open(&cursor, txn, TABLE_META));
    OK(store_cursor_seek(&key, &value, cursor, SLICE("")));
    cr_assert(store_cursor_next(&key, &value, cursor) == STATUS_CORRUPT);
    cr_assert(slice_equal(key, SLICE("b")));
    OK(store_cursor_next(&key, &value, cursor));
    cr_assert(slice_equal(value, SLICE("third")), "the walk goes on behind it");
    store_cursor_close(cursor);
    store_end(txn);
    OK(store_write(&txn, store));
    OK(store_append(txn, TABLE_META, SLICE("d"), SLICE("fourth")));
    OK(store_clear(txn, TABLE_META));
    cr_assert(store_get(&value, txn, TABLE_META, SLICE("b")) == STATUS_NOT_FOUND, "cleared unread");
    OK(store_append(txn, TABLE_META, SLICE("a"), SLICE("anew")));
    OK(store_commit(txn));
    OK(store_read(&txn, store));
    OK(store_get(&value, txn, TABLE_META, SLICE("a")));
    cr_assert(slice_equal(value, SLICE("anew")));
    cr_assert(store_get(&value, txn, TABLE_META, SLICE("c")) == STATUS_NOT_FOUND);
    store_end(txn);
    store_close(store);
    place_remove(dir);
}

Test(store, cursors_go_both_ways)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    struct store_cursor *cursor;
    struct store_txn *txn;
    struct slice key, value;
    unsigned char at[8];

    OK(put_rows(store, 10, 100));
    OK(store_read(&txn, store));
    OK(store_cursor_open(&cursor, txn, TABLE_EVENT));
    OK(store_cursor_seek(&key, &value, cursor, number_key(at, 50)));
    cr_assert(slice_equal(key, number_key(at, 50)) && value.size == 500);
    OK(store_cursor_seek_before(&key, &value, cursor, number_key(at, 50)));
    cr_assert(slice_equal(key, number_key(at, 49)));
    OK(store_cursor_prev(&key, &value, cursor));
    cr_assert(slice_equal(key, number_key(at, 48)));
    OK(store_cursor_seek_before(&key, &value, cursor, (struct slice){ 0 }));
    cr_assert(slice_equal(key, number_key(at, 109)));
    cr_assert(store_cursor_next(&key, &value, cursor) == STATUS_END);
    cr_assert(store_cursor_seek(&key, &value, cursor, number_key(at, 110)) == STATUS_END);
    cr_assert(store_cursor_seek_before(&key, &value, cursor, number_key(at, 10)) == STATUS_END);
    store_cursor_close(cursor);
    store_end(txn);
    store_close(store);
    place_remove(dir);
}

/* ---- transactions --------------------------------------------------------------------------- */

Test(store, what_is_not_committed_is_not_there)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    struct store_txn *txn, *reader;
    struct slice value;

    OK(store_read(&reader, store));
    OK(store_write(&txn, store));
    OK(store_put(txn, TABLE_META, SLICE("a"), SLICE("1")));
    cr_assert(store_get(&value, reader, TABLE_META, SLICE("a")) == STATUS_NOT_FOUND);
    store_end(txn);
    OK(store_write(&txn, store));
    cr_assert(store_get(&value, txn, TABLE_META, SLICE("a")) == STATUS_NOT_FOUND);
    OK(store_put(txn, TABLE_META, SLICE("a"), SLICE("2")));
    OK(store_commit(txn));
    cr_assert(store_get(&value, reader, TABLE_META, SLICE("a")) == STATUS_NOT_FOUND,
              "a reader stays where it began");
    store_end(reader);
    store_close(store);
    place_remove(dir);
}

/* Reads until it is told to stop, at most `most` times. */
static enum status read_long(struct store_txn *txn, int most)
{
    struct slice value;

    for (int i = 0; i < most; i++) {
        unsigned char key[8];
        enum status status = store_get(&value, txn, TABLE_EVENT,
                                       number_key(key, (uint64_t)i % 100));

        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

Test(store, a_reader_older_than_its_limit_is_ended)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    const struct timespec pause = { .tv_nsec = 40 * 1000000L };
    struct store_txn *old, *new;

    OK(put_rows(store, 0, 100));
    store_limit_readers(20000);
    OK(store_read(&old, store));
    nanosleep(&pause, NULL);
    cr_assert(read_long(old, 1000) == STATUS_LIMIT);
    cr_assert(strstr(error_detail(), "--reader-limit"), "%s", error_detail());
    cr_assert(read_long(old, 1000) == STATUS_LIMIT, "it is told again");
    OK(store_read(&new, store));
    OK(read_long(new, 300));
    store_end(new);
    store_end(old);
    store_limit_readers(0);
    OK(store_read(&new, store));
    nanosleep(&pause, NULL);
    OK(read_long(new, 1000));
    store_end(new);
    store_close(store);
    place_remove(dir);
}

Test(store, the_map_grows_by_itself)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), MIB);

    for (uint64_t i = 0; i < 40; i++)
        OK(put_rows(store, i * 500, 500));
    cr_assert(count_rows(store) == 20000);
    store_close(store);
    place_remove(dir);
}

/* Says so and is put right by repeating, where a batch was larger than announced. */
Test(store, a_map_that_was_full_is_larger_next_time)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), MIB);
    static const char value[100000];
    enum status status = STATUS_OK;

    for (int attempt = 0; attempt < 6; attempt++) {
        struct store_txn *txn;

        OK(store_write(&txn, store));
        status = STATUS_OK;
        for (uint64_t i = 0; i < 1200 && !status; i++) {
            unsigned char key[8];

            status = store_put(txn, TABLE_EVENT, number_key(key, i), slice_of(value, sizeof value));
        }
        if (!status) {
            OK(store_commit(txn));
            break;
        }
        cr_assert(status == STATUS_FULL && strstr(error_detail(), "--map-size"), "%s",
                  error_detail());
        store_end(txn);
    }
    OK(status);
    cr_assert(count_rows(store) == 1200);
    store_close(store);
    place_remove(dir);
}

/* Reads on and on; ends when told so. */
struct reading {
    const char *db;
    volatile int *stop, *rounds;
};

static int read_on(void *context)
{
    struct reading *reading = context;
    struct store *store;
    uint64_t last = 0;

    if (store_open(&store, reading->db, &existing))
        return 1;
    while (!*reading->stop) {
        struct store_txn *txn;
        struct store_stat stat;

        if (store_read(&txn, store) || store_stat(&stat, txn))
            return 2;
        store_end(txn);
        if (stat.tables[TABLE_EVENT].entries < last)
            return 3;
        last = stat.tables[TABLE_EVENT].entries;
        ++*reading->rounds;
    }
    store_close(store);
    return 0;
}

static void *read_on_in_thread(void *context)
{
    struct store *store = ((void **)context)[0];
    volatile int *stop = ((void **)context)[1];

    while (!*stop) {
        struct store_txn *txn;

        if (store_read(&txn, store))
            return (void *)1;
        usleep(200);
        store_end(txn);
    }
    return NULL;
}

Test(store, the_map_grows_while_others_read)
{
    char *dir = place_new();
    char db[300];
    volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                                0);
    struct reading reading = { db, shared, shared + 1 };
    struct store *store;
    void *context[2], *result = NULL;
    pthread_t thread;
    pid_t child;
    int status;

    snprintf(db, sizeof db, "%s/db", dir);
    store_close(make(db, MIB));
    child = fork(); /* before this process opens it again */
    if (child == 0)
        _exit(read_on(&reading));
    OK(store_open(&store, db, &existing));
    context[0] = store, context[1] = (void *)shared;
    pthread_create(&thread, NULL, read_on_in_thread, context);
    for (uint64_t i = 0; i < 60; i++)
        OK(put_rows(store, i * 400, 400));
    for (int i = 0; i < 1000 && !shared[1]; i++)
        usleep(1000);
    shared[0] = 1;
    pthread_join(thread, &result);
    waitpid(child, &status, 0);
    cr_assert(result == NULL, "the thread failed");
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process failed: %d", status);
    cr_assert(shared[1] > 0 && count_rows(store) == 24000);
    store_close(store);
    munmap((void *)shared, 4096);
    place_remove(dir);
}

/* Opens a reader and is killed in it. */
static int die_reading(void *context)
{
    struct store *store;
    struct store_txn *txn;

    if (store_open(&store, context, &existing) || store_read(&txn, store))
        return 1;
    raise(SIGKILL);
    return 2;
}

Test(store, slots_of_dead_readers_are_freed)
{
    char *dir = place_new();
    char db[300];
    struct store *store;
    uint32_t cleared = 0;
    pid_t holder;
    int pipes[2];

    snprintf(db, sizeof db, "%s/db", dir);
    store_close(make(db, 8 * MIB));
    cr_assert(pipe(pipes) == 0);
    holder = fork(); /* keeps the store open, so that the lock file is not begun anew */
    if (holder == 0) {
        char byte;

        close(pipes[1]);
        if (store_open(&store, db, &existing))
            _exit(1);
        _exit((int)read(pipes[0], &byte, 1));
    }
    usleep(100000);
    for (int i = 0; i < 3; i++)
        cr_assert(in_child(die_reading, db) == 1000);
    OK(store_open(&store, db, &existing)); /* frees them */
    OK(store_clear_readers(&cleared, store));
    cr_assert(cleared == 0, "opening left %u", cleared);
    {
        struct store_txn *txn;
        struct store_stat stat;

        OK(store_read(&txn, store));
        OK(store_stat(&stat, txn));
        cr_assert(stat.oldest_reader_lag == 0);
        store_end(txn);
    }
    store_close(store);
    close(pipes[1]);
    close(pipes[0]);
    waitpid(holder, NULL, 0);
    place_remove(dir);
}

Test(store, many_readers_in_one_thread)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    struct store_txn *readers[200];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++)
            OK(store_read(&readers[i], store));
        for (int i = 0; i < 200; i++)
            store_end(readers[i]);
    }
    store_close(store);
    place_remove(dir);
}

Test(store, a_copy_holds_what_was_committed)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB), *copy;
    struct stat info;

    OK(put_rows(store, 0, 3000));
    cr_assert(mkdir(place_in(dir, "copy"), 0700) == 0);
    OK(store_copy(store, place_in(dir, "copy/data.mdb")));
    cr_assert(store_copy(store, place_in(dir, "copy/data.mdb")) != STATUS_OK, "not over a file");
    cr_assert(stat(place_in(dir, "copy/data.mdb"), &info) == 0 && (info.st_mode & 0777) == 0600);
    OK(store_open(&copy, place_in(dir, "copy"), &existing));
    cr_assert(count_rows(copy) == 3000);
    store_close(copy);
    store_close(store);
    place_remove(dir);
}

/* Opens the store, says so, and closes it once it is told to. */
static int hold_open(const char *db, const int tell[2], const int wait_for[2])
{
    struct store *store;
    char byte = 'o';

    if (store_open(&store, db, &existing))
        return 1;
    (void)!write(tell[1], &byte, 1);
    (void)!read(wait_for[0], &byte, 1);
    store_close(store);
    return 0;
}

Test(store, a_file_is_swapped_only_while_nobody_has_it_open)
{
    char *dir = place_new();
    char db[300], copy[300], byte = 'x';
    struct store *store;
    uint64_t roots[2] = { 0 }, wrong[2] = { 0 };
    int tell[2], release[2];
    pid_t child;

    snprintf(db, sizeof db, "%s/db", dir);
    snprintf(copy, sizeof copy, "%s/copy", dir);
    store = make(db, 8 * MIB);
    OK(put_rows(store, 0, 2000));
    OK(store_roots(roots, db));
    OK(store_copy(store, copy));
    store_close(store);
    cr_assert(pipe(tell) == 0 && pipe(release) == 0);
    child = fork();
    if (child == 0)
        _exit(hold_open(db, tell, release));
    cr_assert(read(tell[0], &byte, 1) == 1);
    cr_assert(store_swap(db, copy, roots) == STATUS_CONFLICT);
    cr_assert(strstr(error_detail(), "another process"), "%s", error_detail());
    cr_assert(write(release[1], &byte, 1) == 1);
    waitpid(child, NULL, 0);
    cr_assert(store_swap(db, copy, wrong) == STATUS_CONFLICT, "roots that are others");
    OK(store_swap(db, copy, roots));
    OK(store_open(&store, db, &existing));
    cr_assert(count_rows(store) == 2000);
    store_close(store);
    place_remove(dir);
}

static enum status count_finding(void *context, enum verify_rule rule, const char *place,
                                 const char *what)
{
    (void)rule, (void)place, (void)what;
    ++*(int *)context;
    return STATUS_OK;
}

Test(store, pages_add_up_after_much_rewriting)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 16 * MIB);
    int findings = 0;
    struct verifier verifier = { .found = count_finding, .context = &findings };
    struct store_txn *txn;

    for (int round = 0; round < 20; round++)
        OK(put_rows(store, (uint64_t)round * 37, 400));
    OK(store_read(&txn, store));
    OK(store_verify(&verifier, txn));
    store_end(txn);
    cr_assert(findings == 0 && verifier.leaked_pages == 0 && verifier.pages > 100);
    store_close(store);
    place_remove(dir);
}
