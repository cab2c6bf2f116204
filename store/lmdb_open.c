/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a directory, once in a process, and closing it. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "store/lmdb_private.h"

/* Room for READERS_MAX slots of one cache line and the header; allocated so that it can be mapped
 * on a full disk (a sparse lock file there ends the process with SIGBUS). */
#define LOCK_FILE_BYTES 65536
#define RESTART_CODE 75 /* EX_TEMPFAIL: whoever supervises the process starts it again */

/* LMDB must not open a directory twice in one process: closing one drops the other's locks. */
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct store *registry;
/* Incremented in each forked child, where a parent's store must not be used. */
static atomic_uint fork_generation;

static void note_fork(void)
{
    atomic_fetch_add(&fork_generation, 1);
}

static __attribute__((constructor)) void watch_forks(void)
{
    pthread_atfork(NULL, NULL, note_fork);
}

unsigned fork_generation_now(void)
{
    return atomic_load(&fork_generation);
}

static atomic_bool remote_allowed;

void store_allow_remote(bool allowed)
{
    atomic_store(&remote_allowed, allowed);
}

/* Locks and shared maps are not kept in step across hosts. f_type values: statfs(2). */
static enum status check_local(const char *dir)
{
    static const long remote[] = { 0x6969 /* NFS */, 0x517b /* SMB */, (long)0xff534d42 /* CIFS */,
                                   (long)0xfe534d42 /* SMB2 */, 0x01021997 /* 9P */,
                                   0x65735546 /* FUSE */, 0x00c36400 /* Ceph */,
                                   0x5346414f /* AFS */ };
    struct statfs fs;

    if (atomic_load(&remote_allowed))
        return STATUS_OK;
    if (statfs(dir, &fs) != 0)
        return fail_errno(dir);
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((uint32_t)fs.f_type == (uint32_t)remote[i])
            return fail(STATUS_CONFLICT, "%s lies on a network or user-space file system, where "
                        "a graph can be damaged; use a local disk, or --force where no other "
                        "host will open it", dir);
    return STATUS_OK;
}

static enum status allocate_lock(const char *dir)
{
    char path[PATH_MAX];
    struct stat info;
    int file, error;

    TRY(file_path(path, dir, "lock.mdb"));
    if (stat(path, &info) == 0 && info.st_size >= LOCK_FILE_BYTES &&
        info.st_blocks * 512 >= LOCK_FILE_BYTES)
        return STATUS_OK;
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == ENOSPC ? fail_space(dir, "opening") : fail_errno(path);
    error = posix_fallocate(file, 0, LOCK_FILE_BYTES);
    close(file);
    if (error == ENOSPC || error == EDQUOT)
        return fail_space(dir, "opening");
    errno = error;
    return error ? fail_errno(path) : STATUS_OK;
}

static enum status prepare_dir(struct store *store, const struct store_options *options)
{
    char path[PATH_MAX];
    struct stat info;
    enum status status;
    bool made;

    TRY(file_path(path, store->dir, "data.mdb"));
    if (!options->create) {
        if (stat(path, &info) != 0)
            return errno == ENOENT || errno == ENOTDIR
                       ? fail(STATUS_NOT_FOUND, "no graph at %s: make one with `ringfence --db %s "
                              "init`, or name another with --db or RINGFENCE_DB",
                              store->dir, store->dir)
                       : fail_errno(path);
        return check_local(store->dir);
    }
    if (stat(path, &info) == 0)
        return fail(STATUS_EXISTS, "there is a graph at %s already; choose another directory",
                    store->dir);
    made = mkdir(store->dir, 0700) == 0;
    if (!made && errno != EEXIST)
        return fail_errno(store->dir);
    status = check_local(store->dir);
    if (status && made)
        rmdir(store->dir);
    return status;
}

static enum status check_size(struct store *store)
{
    uint64_t needed = used_bytes(store);
    struct stat file;
    char path[PATH_MAX];

    TRY(file_path(path, store->dir, "data.mdb"));
    if (stat(path, &file) != 0)
        return fail_errno(path);
    store->device = file.st_dev;
    store->inode = file.st_ino;
    if ((uint64_t)file.st_size < needed)
        return fail(STATUS_CORRUPT, "%s is cut short: %llu bytes of %llu; restore a backup", path,
                    (unsigned long long)file.st_size, (unsigned long long)needed);
    return STATUS_OK;
}

static enum status open_tables_in(struct store *store, bool create)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, create ? 0 : MDB_RDONLY, &txn);

    if (code)
        return from_lmdb(store, code, "opening");
    for (enum store_table i = 0; i < TABLE_COUNT_ && !code; i++)
        code = mdb_dbi_open(txn, store_table_name(i), create ? MDB_CREATE : 0, &store->tables[i]);
    if (!code)
        code = mdb_dbi_open(txn, NULL, 0, &store->names);
    if (code) {
        mdb_txn_abort(txn);
        return from_lmdb(store, code, "opening a table");
    }
    return from_lmdb(store, mdb_txn_commit(txn), "opening the tables");
}

static enum status open_tables(struct store *store, bool create)
{
    enum status status = open_tables_in(store, create);

    /* A store of an earlier version lacks the tables that came later. */
    return status == STATUS_NOT_FOUND ? open_tables_in(store, true) : status;
}

/* LMDB finds its pages contradict themselves: nothing can be trusted, so nothing is done. */
static void on_assert(MDB_env *env, const char *what)
{
    static const char text[] = "ringfence: the graph's pages contradict themselves; "
                               "restore a backup\n";

    (void)env, (void)what;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(RESTART_CODE);
}

static enum status open_env(struct store *store, const struct store_options *options)
{
    int code;

    for (int attempt = 0;; attempt++) {
        uint64_t map = options->map_size ? options->map_size : options->create ? MAP_DEFAULT : 0;

        code = mdb_env_create(&store->env);
        if (code)
            return from_lmdb(store, code, "opening");
        mdb_env_set_maxdbs(store->env, TABLE_COUNT_);
        mdb_env_set_maxreaders(store->env, READERS_MAX);
        mdb_env_set_assert(store->env, on_assert);
        if (map)
            mdb_env_set_mapsize(store->env, map);
        code = mdb_env_open(store->env, store->dir, MDB_NOTLS, 0600);
        /* Another process that opens or closes at this moment can make it fail: try again. */
        if (code == 0 || attempt == 3 || (code != EAGAIN && code != EBUSY && code != ENOENT))
            return from_lmdb(store, code, "opening");
        mdb_env_close(store->env);
        store->env = NULL;
        nanosleep(&(struct timespec){ 0, 5000000L << attempt }, NULL);
    }
}

/* By its path, and by its file where the directory was moved or is mounted twice. */
static enum status check_registry(const char *dir, const char *real)
{
    char path[PATH_MAX];
    struct stat file = { 0 };

    TRY(file_path(path, dir, "data.mdb"));
    if (stat(path, &file) != 0 && errno != ENOENT)
        return fail_errno(path);
    for (struct store *other = registry; other; other = other->next)
        if (strcmp(other->real, real) == 0 ||
            (other->device == file.st_dev && other->inode == file.st_ino))
            return fail(STATUS_CONFLICT, "%s is open already in this process, as %s", dir,
                        other->dir);
    return STATUS_OK;
}

/* Under the registry's lock. */
static enum status open_locked(struct store *store, const struct store_options *options)
{
    char real[PATH_MAX];

    TRY(prepare_dir(store, options));
    if (!realpath(store->dir, real))
        return fail_errno(store->dir);
    TRY(check_registry(store->dir, real));
    memcpy(store->real, real, sizeof real);
    TRY(allocate_lock(store->dir));
    TRY(open_env(store, options));
    TRY(check_size(store));
    TRY(open_tables(store, options->create));
    TRY(store_clear_readers(NULL, store));
    store->next = registry;
    registry = store;
    store->registered = true;
    return STATUS_OK;
}

enum status store_open(struct store **out, const char *dir, const struct store_options *options)
{
    struct store *store = calloc(1, sizeof *store);
    enum status status;

    if (!store)
        return fail_memory(sizeof *store);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->quiet, NULL);
    store->fork_generation = atomic_load(&fork_generation);
    if (strlen(dir) >= PATH_MAX - 16) {
        store_close(store);
        return fail(STATUS_INVALID, "the path %.100s... is too long", dir);
    }
    strcpy(store->dir, dir);
    pthread_mutex_lock(&registry_lock);
    status = open_locked(store, options);
    pthread_mutex_unlock(&registry_lock);
    if (status) {
        store_close(store);
        return status;
    }
    *out = store;
    return STATUS_OK;
}

static void unregister(struct store *store)
{
    pthread_mutex_lock(&registry_lock);
    for (struct store **at = &registry; *at; at = &(*at)->next)
        if (*at == store) {
            *at = store->next;
            break;
        }
    pthread_mutex_unlock(&registry_lock);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (uint32_t i = 0; i < store->n_idle; i++)
        mdb_txn_abort(store->idle[i]);
    if (store->env)
        mdb_env_close(store->env);
    if (store->registered)
        unregister(store);
    pthread_cond_destroy(&store->quiet);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

const char *store_dir(const struct store *store)
{
    return store->dir;
}

/* A directory that was replaced under a running process has two data files: refuse to write. */
enum status check_replaced(const struct store *store)
{
    char path[PATH_MAX];
    struct stat file;

    TRY(file_path(path, store->dir, "data.mdb"));
    if (stat(path, &file) != 0 || file.st_dev != store->device || file.st_ino != store->inode)
        return fail(STATUS_RESTART, "%s was replaced while it was open; restart", store->dir);
    return STATUS_OK;
}
