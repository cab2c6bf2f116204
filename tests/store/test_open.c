/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening: one store a process, of its owner, whole, and the one that was opened. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "tests/store/rows.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"

TestSuite(open, .fini = leaks_check, .timeout = 60);

Test(open, a_second_opening_in_the_process_is_refused)
{
    char *dir = place_new();
    const char *db = place_in(dir, "db");
    struct store *store = make(db, 8 * MIB), *second = NULL;
    char other[600];

    cr_assert(store_open(&second, db, &existing) == STATUS_CONFLICT);
    snprintf(other, sizeof other, "%s/../db/.", db);
    cr_assert(store_open(&second, other, &existing) == STATUS_CONFLICT, "by another path");
    cr_assert(symlink(db, place_in(dir, "link")) == 0);
    cr_assert(store_open(&second, place_in(dir, "link"), &existing) == STATUS_CONFLICT,
              "by a link");
    cr_assert(second == NULL);
    store_close(store);
    OK(store_open(&second, db, &existing));
    store_close(second);
    place_remove(dir);
}

static long pretended_type; /* of the file system; 0: the true one */

/* The store is built with large files, so this is the name it links. */
int __real_statfs64(const char *path, struct statfs *out);
int __wrap_statfs64(const char *path, struct statfs *out);

int __wrap_statfs64(const char *path, struct statfs *out)
{
    int result = __real_statfs64(path, out);

    if (pretended_type)
        out->f_type = (__typeof__(out->f_type))pretended_type;
    return result;
}

Test(open, a_network_file_system_is_refused_unless_allowed)
{
    static const long types[] = { 0x6969, 0x517b, (long)0xff534d42, 0x65735546 };
    char *dir = place_new();
    struct store_options create = { .create = true };
    struct store *store;

    store_close(make(place_in(dir, "db"), 8 * MIB));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        pretended_type = types[i];
        cr_assert(store_open(&store, place_in(dir, "db"), &existing) == STATUS_CONFLICT);
        cr_assert(strstr(error_detail(), "network") && strstr(error_detail(), "--force"), "%s",
                  error_detail());
        cr_assert(store_open(&store, place_in(dir, "new"), &create) == STATUS_CONFLICT);
        cr_assert(access(place_in(dir, "new"), F_OK) != 0);
        store_allow_remote(true);
        OK(store_open(&store, place_in(dir, "db"), &existing));
        store_close(store);
        store_allow_remote(false);
    }
    pretended_type = 0;
    place_remove(dir);
}

Test(open, what_is_there_is_not_made_again_and_what_is_not_is_said)
{
    char *dir = place_new();
    struct store_options create = { .create = true };
    struct store *store = NULL;

    cr_assert(store_open(&store, place_in(dir, "db"), &existing) == STATUS_NOT_FOUND);
    cr_assert(strstr(error_detail(), "init"), "%s", error_detail());
    store_close(make(place_in(dir, "db"), 8 * MIB));
    cr_assert(store_open(&store, place_in(dir, "db"), &create) == STATUS_EXISTS);
    place_remove(dir);
}

Test(open, files_are_for_their_owner_and_the_lock_file_is_allocated)
{
    char *dir = place_new();
    struct stat info;
    struct store *store;
    mode_t before = umask(0);

    store = make(place_in(dir, "db"), 8 * MIB);
    umask(before);
    cr_assert(stat(place_in(dir, "db"), &info) == 0 && (info.st_mode & 0777) == 0700);
    cr_assert(stat(place_in(dir, "db/data.mdb"), &info) == 0 && (info.st_mode & 0777) == 0600);
    cr_assert(stat(place_in(dir, "db/lock.mdb"), &info) == 0 && (info.st_mode & 0777) == 0600);
    cr_assert(info.st_blocks * 512 >= info.st_size && info.st_size >= 65536, "sparse: %lld of %lld",
              (long long)info.st_blocks * 512, (long long)info.st_size);
    store_close(store);
    place_remove(dir);
}

Test(open, a_file_cut_short_is_refused)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    struct stat info;

    OK(put_rows(store, 0, 1000));
    store_close(store);
    stat(place_in(dir, "db/data.mdb"), &info);
    cr_assert(truncate(place_in(dir, "db/data.mdb"), info.st_size - 4096) == 0);
    cr_assert(store_open(&store, place_in(dir, "db"), &existing) == STATUS_CORRUPT);
    place_remove(dir);
}

Test(open, a_replaced_directory_is_noticed_by_the_writer)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    struct store_txn *txn;

    cr_assert(rename(place_in(dir, "db"), place_in(dir, "old")) == 0);
    cr_assert(store_write(&txn, store) == STATUS_RESTART);
    cr_assert(mkdir(place_in(dir, "db"), 0700) == 0);
    cr_assert(store_write(&txn, store) == STATUS_RESTART);
    store_close(store);
    place_remove(dir);
}

/* The file is the same, and closing it once would drop the locks of both. */
Test(open, a_moved_directory_is_not_opened_a_second_time)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB), *second = NULL;

    cr_assert(rename(place_in(dir, "db"), place_in(dir, "moved")) == 0);
    cr_assert(store_open(&second, place_in(dir, "moved"), &existing) == STATUS_CONFLICT);
    store_close(store);
    OK(store_open(&second, place_in(dir, "moved"), &existing));
    store_close(second);
    place_remove(dir);
}

Test(open, readers_notice_a_replaced_directory_within_two_seconds)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);
    const struct timespec pause = { .tv_nsec = 100 * 1000000L };
    enum status status = STATUS_OK;
    struct store_txn *txn;

    OK(store_read(&txn, store));
    store_end(txn);
    cr_assert(rename(place_in(dir, "db"), place_in(dir, "old")) == 0);
    for (int i = 0; i < 20 && status == STATUS_OK; i++) {
        nanosleep(&pause, NULL);
        status = store_read(&txn, store);
        if (status == STATUS_OK)
            store_end(txn);
    }
    cr_assert(status == STATUS_RESTART, "%s", status_name(status));
    store_close(store);
    place_remove(dir);
}

static int use_after_fork(void *context)
{
    struct store_txn *txn;

    if (store_read(&txn, context) != STATUS_CONFLICT)
        return 1;
    return store_write(&txn, context) == STATUS_CONFLICT ? 0 : 2;
}

Test(open, use_after_a_fork_is_refused)
{
    char *dir = place_new();
    struct store *store = make(place_in(dir, "db"), 8 * MIB);

    cr_assert(in_child(use_after_fork, store) == 0);
    OK(put_rows(store, 0, 1)); /* the parent goes on */
    store_close(store);
    place_remove(dir);
}
