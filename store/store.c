/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

#define MAP_DEFAULT ((uint64_t)256 << 30)
#define MAP_STEP ((uint64_t)64 << 20)
#define READERS_MAX 1000
/* Room for READERS_MAX slots of one cache line and the header; allocated so that it can be mapped
 * on a full disk (a sparse lock file there ends the process with SIGBUS). */
#define LOCK_FILE_BYTES 65536
#define GROW_WAIT_MS 50
#define ADOPT_WAIT_MS 5000
#define FULL_BYTES ((uint64_t)1 << 20)
#define PATH_BYTES 4096
#define SEAL_BYTES 4
#define RESTART_CODE 75 /* EX_TEMPFAIL: whoever supervises the process starts it again */
#define IDLE_MAX 64

struct store {
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT_];
    char dir[PATH_BYTES];
    char real[PATH_BYTES]; /* the directory without links, as the registry knows it */
    dev_t device;
    ino_t inode;
    unsigned fork_generation;
    bool registered;
    atomic_bool map_was_full;
    struct store *next;    /* in the registry */

    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t quiet;
    uint32_t active;       /* transactions of this process under way */
    uint32_t gate;         /* above 0: new ones wait, the map is being changed */
    uint32_t n_idle;
    MDB_txn *idle[IDLE_MAX]; /* reset readers, to be renewed */
};

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    bool write;
    MDB_cursor *append[TABLE_COUNT_]; /* kept between appends */
};

struct store_cursor {
    struct store *store;
    enum store_table table;
    MDB_cursor *cursor;
};

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

static const char *const table_names[TABLE_COUNT_] = {
#define X(name, text) [TABLE_##name] = text,
    STORE_TABLES(X)
#undef X
};

static uint64_t disk_free(const char *dir)
{
    struct statvfs fs;

    return statvfs(dir, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : UINT64_MAX;
}

static enum status fail_space(const char *dir, const char *what)
{
    return fail(STATUS_FULL,
                "%s: disk full: %llu bytes free for %s; free some space, nothing stored is lost",
                what, (unsigned long long)disk_free(dir), dir);
}

static uint64_t map_bytes(const struct store *store)
{
    MDB_envinfo info = { 0 };

    mdb_env_info(store->env, &info);
    return info.me_mapsize;
}

static enum status from_lmdb(const struct store *store, int code, const char *what)
{
    switch (code) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_PANIC:
        return fail(STATUS_RESTART, "%s: an earlier write to %s failed half-way; restart", what,
                    store->dir);
    case MDB_MAP_FULL:
        return fail(STATUS_FULL, "%s: the map of %s (%llu bytes) is full; repeat the command, or "
                    "make the graph with a larger --map-size", what, store->dir,
                    (unsigned long long)map_bytes(store));
    case MDB_READERS_FULL:
        return fail(STATUS_LIMIT, "%s: more than %d readers of %s at once", what, READERS_MAX,
                    store->dir);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return fail(STATUS_CORRUPT, "%s: %s is damaged (%s); restore a backup", what, store->dir,
                    mdb_strerror(code));
    case MDB_VERSION_MISMATCH:
        return fail(STATUS_CONFLICT, "%s: %s was written by another version of LMDB", what,
                    store->dir);
    case ENOSPC:
    case EDQUOT:
        return fail_space(store->dir, what);
    case EIO:
        /* LMDB 0.9.24 turns the short write of a full disk into EIO. */
        if (disk_free(store->dir) < FULL_BYTES)
            return fail_space(store->dir, what);
        break;
    case ENOMEM:
        return fail(STATUS_NO_MEMORY, "%s: no memory (or address space) for %s", what, store->dir);
    default:
        break;
    }
    return fail(STATUS_IO, "%s: %s: %s", what, store->dir, mdb_strerror(code));
}

static enum status data_path(char path[PATH_BYTES], const char *dir, const char *name)
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", dir, name);

    if (length < 0 || length >= PATH_BYTES)
        return fail(STATUS_INVALID, "the path %.100s... is too long", dir);
    return STATUS_OK;
}

/* Locks and shared maps are not kept in step across hosts. f_type values: statfs(2). */
static enum status check_local(const char *dir)
{
    static const long remote[] = { 0x6969 /* NFS */, 0x517b /* SMB */, (long)0xff534d42 /* CIFS */,
                                   (long)0xfe534d42 /* SMB2 */, 0x01021997 /* 9P */,
                                   0x65735546 /* FUSE */, 0x00c36400 /* Ceph */,
                                   0x5346414f /* AFS */ };
    struct statfs fs;

    if (statfs(dir, &fs) != 0)
        return fail_errno(dir);
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((uint32_t)fs.f_type == (uint32_t)remote[i])
            return fail(STATUS_CONFLICT, "%s lies on a network or user-space file system, where "
                        "a store can be damaged; use a local disk, or --force", dir);
    return STATUS_OK;
}

static enum status allocate_lock(const char *dir)
{
    char path[PATH_BYTES];
    struct stat info;
    int file, error;

    TRY(data_path(path, dir, "lock.mdb"));
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
    char path[PATH_BYTES];
    struct stat info;

    TRY(data_path(path, store->dir, "data.mdb"));
    if (!options->create) {
        if (stat(path, &info) != 0)
            return errno == ENOENT || errno == ENOTDIR
                       ? fail(STATUS_NOT_FOUND, "no graph at %s: make one with `ringfence --db %s "
                              "init`, or name another with --db or RINGFENCE_DB",
                              store->dir, store->dir)
                       : fail_errno(path);
        return options->force ? STATUS_OK : check_local(store->dir);
    }
    if (stat(path, &info) == 0)
        return fail(STATUS_EXISTS, "there is a graph at %s already; choose another directory",
                    store->dir);
    if (mkdir(store->dir, 0700) != 0 && errno != EEXIST)
        return fail_errno(store->dir);
    return options->force ? STATUS_OK : check_local(store->dir);
}

static enum status check_size(struct store *store)
{
    MDB_envinfo info;
    MDB_stat stat_;
    struct stat file;
    char path[PATH_BYTES];
    uint64_t needed;

    TRY(data_path(path, store->dir, "data.mdb"));
    if (stat(path, &file) != 0)
        return fail_errno(path);
    store->device = file.st_dev;
    store->inode = file.st_ino;
    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &stat_);
    needed = (uint64_t)(info.me_last_pgno + 1) * stat_.ms_psize;
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
    for (int i = 0; i < TABLE_COUNT_ && !code; i++)
        code = mdb_dbi_open(txn, table_names[i], create ? MDB_CREATE : 0, &store->tables[i]);
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

/* Under the registry's lock. */
static enum status open_locked(struct store *store, const struct store_options *options)
{
    char real[PATH_BYTES];

    TRY(prepare_dir(store, options));
    if (!realpath(store->dir, real))
        return fail_errno(store->dir);
    for (struct store *other = registry; other; other = other->next)
        if (strcmp(other->real, real) == 0)
            return fail(STATUS_CONFLICT, "%s is open already in this process", store->dir);
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
    if (strlen(dir) >= PATH_BYTES - 16) {
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

static uint64_t used_bytes(const struct store *store)
{
    MDB_envinfo info = { 0 };
    MDB_stat stat_ = { 0 };

    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &stat_);
    return (uint64_t)(info.me_last_pgno + 1) * stat_.ms_psize;
}

/*
 * Waits until no transaction of this process is open, and holds new ones back. False after
 * `wait_ms` (this thread may hold one itself). Pair with gate_open(). Under store->lock.
 */
static bool gate_close(struct store *store, long wait_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += wait_ms % 1000 * 1000000L;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    store->gate++;
    while (store->active > 0)
        if (pthread_cond_timedwait(&store->quiet, &store->lock, &until) == ETIMEDOUT)
            return false;
    return true;
}

static void gate_open(struct store *store)
{
    store->gate--;
    pthread_cond_broadcast(&store->quiet);
}

enum status store_make_room(struct store *store, uint64_t bytes)
{
    enum status status = STATUS_OK;
    uint64_t map, wanted;

    pthread_mutex_lock(&store->lock);
    map = map_bytes(store);
    if (__builtin_add_overflow(used_bytes(store), bytes, &wanted))
        wanted = UINT64_MAX / 2;
    if (wanted > map / 10 * 8 || store->map_was_full) {
        uint64_t next = map < MAP_STEP ? map + MAP_STEP : map * 2;

        while (next / 10 * 8 < wanted && next < UINT64_MAX / 4)
            next *= 2;
        if (gate_close(store, GROW_WAIT_MS)) {
            status = from_lmdb(store, mdb_env_set_mapsize(store->env, next),
                                     "growing the map");
            store->map_was_full = false;
        }
        gate_open(store);
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* Another process has grown the map: take its size over. */
static enum status adopt_map(struct store *store)
{
    enum status status;

    pthread_mutex_lock(&store->lock);
    if (gate_close(store, ADOPT_WAIT_MS))
        status = from_lmdb(store, mdb_env_set_mapsize(store->env, 0), "adopting the map");
    else
        status = fail(STATUS_CONFLICT, "%s was enlarged by another process while long reads are "
                      "under way here; try again", store->dir);
    gate_open(store);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static enum status enter(struct store *store, MDB_txn **idle)
{
    if (store->fork_generation != atomic_load(&fork_generation))
        return fail(STATUS_CONFLICT, "%s was opened before a fork; open it in the child instead",
                    store->dir);
    pthread_mutex_lock(&store->lock);
    while (store->gate)
        pthread_cond_wait(&store->quiet, &store->lock);
    store->active++;
    if (idle && store->n_idle)
        *idle = store->idle[--store->n_idle];
    pthread_mutex_unlock(&store->lock);
    return STATUS_OK;
}

/* Keeps a reset reader for reuse where there is room; true where it was kept. */
static bool leave(struct store *store, MDB_txn *idle)
{
    bool kept = false;

    pthread_mutex_lock(&store->lock);
    if (idle && store->n_idle < IDLE_MAX) {
        store->idle[store->n_idle++] = idle;
        kept = true;
    }
    if (--store->active == 0)
        pthread_cond_broadcast(&store->quiet);
    pthread_mutex_unlock(&store->lock);
    return kept;
}

static int begin_reader(struct store *store, MDB_txn **txn, MDB_txn *idle)
{
    int code;

    if (idle) {
        code = mdb_txn_renew(idle);
        if (code)
            mdb_txn_abort(idle);
        else
            *txn = idle;
        return code;
    }
    code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, txn);
    if (code == MDB_READERS_FULL && store_clear_readers(NULL, store) == STATUS_OK)
        code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, txn);
    return code;
}

static enum status begin(struct store_txn **out, struct store *store, bool write)
{
    struct store_txn *txn = calloc(1, sizeof *txn);
    int code = 0;

    if (!txn)
        return fail_memory(sizeof *txn);
    for (int attempt = 0; attempt < 3; attempt++) {
        MDB_txn *idle = NULL;
        enum status status = enter(store, write ? NULL : &idle);

        if (status == STATUS_OK) {
            code = write ? mdb_txn_begin(store->env, NULL, 0, &txn->txn)
                         : begin_reader(store, &txn->txn, idle);
            if (code == 0) {
                txn->store = store;
                txn->write = write;
                *out = txn;
                return STATUS_OK;
            }
            leave(store, NULL);
            status = code == MDB_MAP_RESIZED ? adopt_map(store) : STATUS_OK;
        }
        if (status || code != MDB_MAP_RESIZED) {
            free(txn);
            return status ? status : from_lmdb(store, code, "starting a transaction");
        }
    }
    free(txn);
    return from_lmdb(store, code, "starting a transaction");
}

enum status store_read(struct store_txn **out, struct store *store)
{
    return begin(out, store, false);
}

/* A directory that was replaced under a running process has two data files: refuse to write. */
static enum status check_replaced(const struct store *store)
{
    char path[PATH_BYTES];
    struct stat file;

    TRY(data_path(path, store->dir, "data.mdb"));
    if (stat(path, &file) != 0 || file.st_dev != store->device || file.st_ino != store->inode)
        return fail(STATUS_RESTART, "%s was replaced while it was open; restart", store->dir);
    return STATUS_OK;
}

enum status store_write(struct store_txn **out, struct store *store)
{
    TRY(check_replaced(store));
    TRY(store_make_room(store, MAP_STEP / 8));
    return begin(out, store, true);
}

static void close_appenders(struct store_txn *txn)
{
    for (int i = 0; i < TABLE_COUNT_; i++)
        if (txn->append[i])
            mdb_cursor_close(txn->append[i]);
}

enum status store_commit(struct store_txn *txn)
{
    struct store *store = txn->store;
    int code;

    close_appenders(txn);
    code = mdb_txn_commit(txn->txn);
    if (code == MDB_MAP_FULL)
        store->map_was_full = true;
    leave(store, NULL);
    free(txn);
    return from_lmdb(store, code, "committing");
}

void store_end(struct store_txn *txn)
{
    if (!txn)
        return;
    if (txn->write) {
        close_appenders(txn);
        mdb_txn_abort(txn->txn);
        leave(txn->store, NULL);
    } else {
        mdb_txn_reset(txn->txn);
        if (!leave(txn->store, txn->txn))
            mdb_txn_abort(txn->txn);
    }
    free(txn);
}

bool store_is_write(const struct store_txn *txn)
{
    return txn->write;
}

struct store *store_of(const struct store_txn *txn)
{
    return txn->store;
}

/* The one place where const is cast away: LMDB does not write through these. */
static MDB_val to_val(struct slice slice)
{
    return (MDB_val){ slice.size, (void *)slice.data };
}

static struct slice from_val(MDB_val value)
{
    return slice_of(value.mv_data, value.mv_size);
}

static enum status check_key(struct slice key, enum store_table table)
{
    if (key.size == 0 || key.size > STORE_KEY_MAX)
        return fail(STATUS_INVALID, "a key of %zu bytes in table %s (1 to %d are stored)",
                    key.size, table_names[table], STORE_KEY_MAX);
    return STATUS_OK;
}

/*
 * LMDB has no checksums. Node rows, chunks and past records carry one in their frame, and keys are
 * compared with the nodes they lead to; every other row is sealed here, key and value together.
 */
static bool is_sealed(enum store_table table)
{
    return table != TABLE_KEY && table != TABLE_NODE && table != TABLE_CHUNK &&
           table != TABLE_PAST;
}

static uint32_t seal_of(struct slice key, struct slice value)
{
    return crc32c(key) * 0x9e3779b1u + crc32c(value);
}

static void seal_write(void *at, struct slice key, struct slice value)
{
    uint32_t seal = seal_of(key, value);

    if (value.size)
        memcpy(at, value.data, value.size);
    memcpy((char *)at + value.size, &seal, sizeof seal);
}

/* Takes the seal off the value; the place is told by number, because keys may be confidential. */
static enum status unseal(struct slice *value, enum store_table table, struct slice key)
{
    uint32_t seal;

    if (!is_sealed(table))
        return STATUS_OK;
    if (value->size >= SEAL_BYTES) {
        value->size -= SEAL_BYTES;
        memcpy(&seal, (const char *)value->data + value->size, sizeof seal);
        if (seal == seal_of(key, *value))
            return STATUS_OK;
    }
    return fail(STATUS_CORRUPT,
                "a row of table %s does not match its checksum; run check, restore a backup",
                table_names[table]);
}

enum status store_get(struct slice *value, struct store_txn *txn, enum store_table table,
                      struct slice key)
{
    MDB_val k = to_val(key), v;
    struct slice found;
    int code;

    TRY(check_key(key, table));
    code = mdb_get(txn->txn, txn->store->tables[table], &k, &v);
    if (code)
        return from_lmdb(txn->store, code, "reading");
    found = from_val(v);
    TRY(unseal(&found, table, key));
    *value = found;
    return STATUS_OK;
}

static enum status put_result(struct store_txn *txn, int code)
{
    if (code == MDB_MAP_FULL)
        txn->store->map_was_full = true;
    return from_lmdb(txn->store, code, "writing");
}

enum status store_put(struct store_txn *txn, enum store_table table, struct slice key,
                      struct slice value)
{
    bool sealed = is_sealed(table);
    MDB_val k = to_val(key), v = { value.size + SEAL_BYTES, NULL };
    int code;

    TRY(check_key(key, table));
    if (!sealed)
        v = to_val(value);
    code = mdb_put(txn->txn, txn->store->tables[table], &k, &v, sealed ? MDB_RESERVE : 0);
    if (!code && sealed)
        seal_write(v.mv_data, key, value);
    return put_result(txn, code);
}

enum status store_append(struct store_txn *txn, enum store_table table, struct slice key,
                         struct slice value)
{
    bool sealed = is_sealed(table);
    MDB_val k = to_val(key), v = { value.size + SEAL_BYTES, NULL };
    int code = 0;

    TRY(check_key(key, table));
    if (!sealed)
        v = to_val(value);
    if (!txn->append[table])
        code = mdb_cursor_open(txn->txn, txn->store->tables[table], &txn->append[table]);
    if (!code)
        code = mdb_cursor_put(txn->append[table], &k, &v,
                              sealed ? MDB_APPEND | MDB_RESERVE : MDB_APPEND);
    if (!code && sealed)
        seal_write(v.mv_data, key, value);
    return put_result(txn, code);
}

enum status store_delete(struct store_txn *txn, enum store_table table, struct slice key)
{
    MDB_val k = to_val(key);

    TRY(check_key(key, table));
    return put_result(txn, mdb_del(txn->txn, txn->store->tables[table], &k, NULL));
}

enum status store_cursor_open(struct store_cursor **out, struct store_txn *txn,
                              enum store_table table)
{
    struct store_cursor *cursor = malloc(sizeof *cursor);
    int code;

    if (!cursor)
        return fail_memory(sizeof *cursor);
    cursor->store = txn->store;
    cursor->table = table;
    code = mdb_cursor_open(txn->txn, txn->store->tables[table], &cursor->cursor);
    if (code) {
        free(cursor);
        return from_lmdb(txn->store, code, "reading");
    }
    *out = cursor;
    return STATUS_OK;
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (!cursor)
        return;
    mdb_cursor_close(cursor->cursor);
    free(cursor);
}

void store_cursor_closep(struct store_cursor **cursor)
{
    store_cursor_close(*cursor);
}

static enum status cursor_step(struct slice *key, struct slice *value, struct store_cursor *cursor,
                               struct slice at, MDB_cursor_op operation)
{
    MDB_val k = to_val(at), v;
    int code = mdb_cursor_get(cursor->cursor, &k, &v, operation);

    if (code == MDB_NOTFOUND)
        return STATUS_END;
    if (code)
        return from_lmdb(cursor->store, code, "reading");
    *key = from_val(k);
    *value = from_val(v);
    return unseal(value, cursor->table, *key);
}

enum status store_cursor_seek(struct slice *key, struct slice *value, struct store_cursor *cursor,
                              struct slice at)
{
    return cursor_step(key, value, cursor, at, at.size ? MDB_SET_RANGE : MDB_FIRST);
}

enum status store_cursor_seek_before(struct slice *key, struct slice *value,
                                     struct store_cursor *cursor, struct slice before)
{
    enum status status;

    if (before.size == 0)
        return cursor_step(key, value, cursor, before, MDB_LAST);
    status = cursor_step(key, value, cursor, before, MDB_SET_RANGE);
    if (status == STATUS_END)
        return cursor_step(key, value, cursor, before, MDB_LAST);
    TRY(status);
    return cursor_step(key, value, cursor, before, MDB_PREV);
}

enum status store_cursor_next(struct slice *key, struct slice *value, struct store_cursor *cursor)
{
    return cursor_step(key, value, cursor, (struct slice){ 0 }, MDB_NEXT);
}

enum status store_cursor_prev(struct slice *key, struct slice *value, struct store_cursor *cursor)
{
    return cursor_step(key, value, cursor, (struct slice){ 0 }, MDB_PREV);
}

enum status store_clear_readers(uint32_t *n_cleared, struct store *store)
{
    int dead = 0;
    int code = mdb_reader_check(store->env, &dead);

    if (code)
        return from_lmdb(store, code, "clearing readers");
    if (n_cleared)
        *n_cleared = (uint32_t)dead;
    return STATUS_OK;
}

/* The page numbers of one free-list record, which begins with their count. */
static bool visit_pages(MDB_val record, bool (*visit)(void *context, uint64_t page), void *context)
{
    size_t count = 0, page;

    if (record.mv_size >= sizeof count)
        memcpy(&count, record.mv_data, sizeof count);
    if (count == 0 || count > record.mv_size / sizeof page - 1)
        return false;
    for (size_t i = 1; i <= count; i++) {
        memcpy(&page, (const char *)record.mv_data + i * sizeof page, sizeof page);
        if (!visit(context, page))
            return false;
    }
    return true;
}

enum status store_free_pages(struct store_txn *txn, bool (*visit)(void *context, uint64_t page),
                             void *context)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    bool ok = true;
    int code = mdb_cursor_open(txn->txn, 0, &cursor);

    if (code)
        return from_lmdb(txn->store, code, "reading the free list");
    while (ok && (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        ok = visit_pages(value, visit, context);
    mdb_cursor_close(cursor);
    if (!ok)
        return fail(STATUS_CORRUPT, "the list of free pages of %s is damaged; restore a backup",
                    txn->store->dir);
    return code == MDB_NOTFOUND ? STATUS_OK
                                : from_lmdb(txn->store, code, "reading the free list");
}

static bool count_page(void *context, uint64_t page)
{
    (void)page;
    ++*(uint64_t *)context;
    return true;
}

/* Where a root page keeps the number of the transaction that wrote it (LMDB 0.9, 64 bits). */
#define ROOT_TXN_OFFSET 144

enum status store_roots(uint64_t roots[2], const char *dir)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    char path[PATH_BYTES];
    ssize_t n = sizeof *roots;
    int file;

    TRY(data_path(path, dir, "data.mdb"));
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_errno(path);
    for (size_t i = 0; i < 2 && n == sizeof *roots; i++)
        n = pread(file, &roots[i], sizeof *roots, (off_t)(i * page_bytes + ROOT_TXN_OFFSET));
    close(file);
    if (n < 0)
        return fail_errno(path);
    return n == sizeof *roots ? STATUS_OK : fail(STATUS_CORRUPT, "%s is cut short", path);
}

static uint64_t pages_of(const MDB_stat *stat_)
{
    return stat_->ms_branch_pages + stat_->ms_leaf_pages + stat_->ms_overflow_pages;
}

enum status store_frame(struct store_frame *out, struct store_txn *txn)
{
    MDB_envinfo info = { 0 };
    MDB_stat stat_ = { 0 }, list = { 0 };

    mdb_env_info(txn->store->env, &info);
    mdb_env_stat(txn->store->env, &stat_);
    mdb_stat(txn->txn, 0, &list);
    *out = (struct store_frame){ .own_pages = pages_of(&stat_) + pages_of(&list), .page_bytes = stat_.ms_psize, .pages = info.me_last_pgno + 1,
                                 .txn = mdb_txn_id(txn->txn) };
    return store_roots(out->roots, txn->store->dir);
}

/* LMDB tells of its readers only as text: "pid thread txnid" a line after the title. */
static int oldest_reader(const char *line, void *context)
{
    unsigned long long pid, thread, seen;
    uint64_t *oldest = context;

    if (sscanf(line, "%llu %llx %llu", &pid, &thread, &seen) == 3 && seen < *oldest)
        *oldest = seen;
    return 0;
}

static void stat_environment(struct store_stat *out, struct store_txn *txn)
{
    MDB_envinfo info;
    struct stat file = { 0 };
    char path[PATH_BYTES];
    uint64_t oldest = UINT64_MAX;

    mdb_env_info(txn->store->env, &info);
    if (data_path(path, txn->store->dir, "data.mdb") == STATUS_OK)
        (void)!stat(path, &file);
    out->map_bytes = info.me_mapsize;
    out->used_bytes = used_bytes(txn->store);
    out->file_bytes = (uint64_t)file.st_size;
    out->readers = info.me_numreaders;
    out->readers_max = info.me_maxreaders;
    mdb_reader_list(txn->store->env, oldest_reader, &oldest);
    out->oldest_reader_lag = oldest < info.me_last_txnid ? info.me_last_txnid - oldest : 0;
}

enum status store_stat(struct store_stat *out, struct store_txn *txn)
{
    uint64_t pages = 0;

    *out = (struct store_stat){ 0 };
    stat_environment(out, txn);
    for (int i = 0; i < TABLE_COUNT_; i++) {
        struct store_table_stat *table = &out->tables[i];
        MDB_stat found;
        int code = mdb_stat(txn->txn, txn->store->tables[i], &found);

        if (code)
            return from_lmdb(txn->store, code, "counting");
        table->name = table_names[i];
        table->entries = found.ms_entries;
        table->branch_pages = found.ms_branch_pages;
        table->leaf_pages = found.ms_leaf_pages;
        table->overflow_pages = found.ms_overflow_pages;
        table->bytes = (found.ms_branch_pages + found.ms_leaf_pages + found.ms_overflow_pages) *
                       found.ms_psize;
    }
    TRY(store_free_pages(txn, count_page, &pages));
    out->free_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return STATUS_OK;
}

/* LMDB gives up compacting where pages were lost track of: then the file is copied as it is. */
static int copy_into(MDB_env *env, int file)
{
    int code = mdb_env_copyfd2(env, file, MDB_CP_COMPACT);

    if (code != MDB_INCOMPATIBLE)
        return code;
    if (lseek(file, 0, SEEK_SET) != 0 || ftruncate(file, 0) != 0)
        return errno;
    return mdb_env_copyfd2(env, file, 0);
}

enum status store_copy(struct store *store, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status;

    if (file < 0)
        return fail_errno(path);
    status = from_lmdb(store, copy_into(store->env, file), "copying");
    if (status == STATUS_OK && fsync(file) != 0)
        status = fail_errno(path);
    close(file);
    return status;
}
