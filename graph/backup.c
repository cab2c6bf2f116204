/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/emit.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "graph/check.h"
#include "graph/private.h"
#include "store/swap.h"

#define MANIFEST_FORMAT 1
#define MANIFEST_BYTES_MAX ((size_t)64 << 10)
#define COPY_BYTES ((size_t)1 << 20)

static enum status join(char path[PATH_MAX], const char *dir, const char *name)
{
    if (snprintf(path, PATH_MAX, "%s%s", dir, name) >= PATH_MAX)
        return fail(STATUS_INVALID, "the path %.100s... is too long", dir);
    return STATUS_OK;
}

/* ---- a directory being made ----------------------------------------------------------------- */

/* Removed again unless it got its name. */
struct partial {
    char dir[PATH_MAX], data[PATH_MAX], lock[PATH_MAX], manifest[PATH_MAX];
    bool kept;
};

static void partial_clear(const struct partial *partial)
{
    unlink(partial->data);
    unlink(partial->lock);
    unlink(partial->manifest);
    rmdir(partial->dir);
}

static void partial_fini(struct partial *partial)
{
    if (!partial->kept && *partial->dir)
        partial_clear(partial);
}

/* Trailing slashes of a name would lead into the directory that is not there yet. */
static enum status trimmed(char path[PATH_MAX], const char *name)
{
    size_t size = strlen(name);

    while (size > 1 && name[size - 1] == '/')
        size--;
    if (size == 0 || size >= PATH_MAX)
        return fail(STATUS_INVALID, "\"%.100s\" is no name of a directory", name);
    memcpy(path, name, size);
    path[size] = '\0';
    return STATUS_OK;
}

static enum status partial_begin(struct partial *partial, const char *name)
{
    char dir[PATH_MAX];

    TRY(join(dir, name, ".partial"));
    TRY(join(partial->data, dir, "/data.mdb"));
    TRY(join(partial->lock, dir, "/lock.mdb"));
    TRY(join(partial->manifest, dir, "/manifest.json"));
    memcpy(partial->dir, dir, sizeof dir);
    partial_clear(partial); /* of a run that was killed */
    if (mkdir(dir, 0700) == 0)
        return STATUS_OK;
    *partial->dir = '\0'; /* not ours: leave it */
    return fail_errno(dir);
}

static enum status sync_parent(const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash)
        return sync_dir(".");
    snprintf(parent, sizeof parent, "%.*s", (int)(slash == path ? 1 : slash - path), path);
    return sync_dir(parent);
}

/* Gives the directory its name: from here on it counts. */
static enum status partial_finish(struct partial *partial, const char *name)
{
    unlink(partial->lock);
    TRY(sync_dir(partial->dir));
    if (rename(partial->dir, name) != 0)
        return errno == ENOTEMPTY || errno == EEXIST
                   ? fail(STATUS_EXISTS, "%s is there already; choose another name", name)
                   : fail_errno(name);
    partial->kept = true;
    return sync_parent(name);
}

/* ---- verification --------------------------------------------------------------------------- */

static enum status first_finding(void *context, const struct check_finding *finding)
{
    char *text = context;

    snprintf(text, PATH_MAX, "%s: %s: %s", finding->rule->id, finding->place, finding->what);
    return STATUS_OK;
}

/* Opens the copy and walks all of it. */
static enum status verify(struct backup_manifest *out, const char *dir)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    char text[PATH_MAX] = "";
    struct check_options options = { .max_findings = 1, .finding = first_finding,
                                     .context = text };
    struct check_result result;
    struct graph_counts counts;

    TRY(graph_open(&graph, dir, NULL));
    TRY(check_graph(&result, graph, &options));
    if (result.n_findings)
        return fail(STATUS_CORRUPT, "the copy is damaged (%s); run check on the graph itself",
                    text);
    TRY(graph_read(&txn, graph, NULL));
    counts = txn_counts(txn);
    out->commit_seq = counts.commit_seq;
    out->nodes = counts.nodes;
    out->edges = counts.edges;
    return STATUS_OK;
}

/* ---- manifest ------------------------------------------------------------------------------- */

static enum status manifest_text(struct buf *text, const struct backup_manifest *manifest)
{
    struct emit emit = emit_start(text);

    emit_object(&emit);
    emit_key(&emit, "manifest"), emit_int(&emit, MANIFEST_FORMAT);
    emit_key(&emit, "build"), emit_string(&emit, RINGFENCE_VERSION);
    emit_key(&emit, "created"), emit_time(&emit, manifest->created_us);
    emit_key(&emit, "commit_seq"), emit_uint(&emit, manifest->commit_seq);
    emit_key(&emit, "nodes"), emit_uint(&emit, manifest->nodes);
    emit_key(&emit, "edges"), emit_uint(&emit, manifest->edges);
    emit_key(&emit, "file"), emit_string(&emit, "data.mdb");
    emit_key(&emit, "bytes"), emit_uint(&emit, manifest->bytes);
    emit_key(&emit, "sha256"), emit_string(&emit, manifest->sha256);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return buf_append_byte(text, '\n');
}

static enum status write_all(int file, struct slice bytes, const char *path)
{
    const char *at = bytes.data;

    for (size_t left = bytes.size; left;) {
        ssize_t n = write(file, at, left);

        if (n < 0 && errno != EINTR)
            return fail_errno(path);
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return STATUS_OK;
}

static enum status write_file(const char *path, struct slice bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status;

    if (file < 0)
        return fail_errno(path);
    status = write_all(file, bytes, path);
    if (status == STATUS_OK && fsync(file) != 0)
        status = fail_errno(path);
    close(file);
    return status;
}

static enum status manifest_write(const struct partial *partial,
                                  const struct backup_manifest *manifest)
{
    AUTO(buf_fini) struct buf text = { 0 };

    TRY(manifest_text(&text, manifest));
    return write_file(partial->manifest, buf_slice(&text));
}

static bool take_number(uint64_t *out, const struct value *map, const char *name)
{
    const struct value *value = value_find(map, slice_str(name));

    if (!value || value->type != VALUE_INT || value->integer < 0)
        return false;
    *out = (uint64_t)value->integer;
    return true;
}

static bool take_manifest(struct backup_manifest *out, const struct value *map)
{
    const struct value *hash = value_find(map, SLICE("sha256"));
    const struct value *created = value_find(map, SLICE("created"));
    uint64_t format = 0;

    if (!take_number(&format, map, "manifest") || format != MANIFEST_FORMAT ||
        !take_number(&out->commit_seq, map, "commit_seq") ||
        !take_number(&out->nodes, map, "nodes") || !take_number(&out->edges, map, "edges") ||
        !take_number(&out->bytes, map, "bytes") || !hash || hash->type != VALUE_STRING ||
        hash->count != BACKUP_HASH_BYTES - 1 || !created || created->type != VALUE_STRING ||
        time_parse(&out->created_us, value_slice(created)))
        return false;
    memcpy(out->sha256, hash->text, hash->count);
    out->sha256[hash->count] = '\0';
    return true;
}

static enum status manifest_read(struct backup_manifest *out, const char *source)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    char path[PATH_MAX];
    struct value map;
    enum status status;

    TRY(join(path, source, "/manifest.json"));
    status = file_read(&text, path, MANIFEST_BYTES_MAX);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_NOT_FOUND, "%s is no backup: it has no manifest.json", source);
    TRY(status);
    status = json_parse(&map, &arena, buf_slice(&text), NULL);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status || map.type != VALUE_MAP || !take_manifest(out, &map))
        return fail(STATUS_CORRUPT, "%s is no manifest of this version; nothing was restored",
                    path);
    return STATUS_OK;
}

/* ---- backup --------------------------------------------------------------------------------- */

static enum status refuse_existing(const char *path)
{
    if (access(path, F_OK) == 0)
        return fail(STATUS_EXISTS, "%s is there already; choose another name", path);
    return errno == ENOENT ? STATUS_OK : fail_errno(path);
}

enum status backup_make(struct backup_manifest *out, struct graph *graph, const char *dest)
{
    AUTO(partial_fini) struct partial partial = { .kept = false };
    struct backup_manifest manifest = { .created_us = time_now_us() };
    char name[PATH_MAX];

    TRY(trimmed(name, dest));
    TRY(refuse_existing(name));
    TRY(partial_begin(&partial, name));
    TRY(store_copy(graph->store, partial.data));
    TRY(verify(&manifest, partial.dir));
    TRY(sha256_file(manifest.sha256, &manifest.bytes, partial.data));
    TRY(manifest_write(&partial, &manifest));
    TRY(partial_finish(&partial, name));
    *out = manifest;
    return STATUS_OK;
}

/* ---- restore -------------------------------------------------------------------------------- */

static enum status copy_open(int out, int in, const char *to, const char *from)
{
    AUTO(free_ptr) char *block = malloc(COPY_BYTES);
    ssize_t n;

    if (!block)
        return fail_memory(COPY_BYTES);
    while ((n = read(in, block, COPY_BYTES)) > 0)
        TRY(write_all(out, slice_of(block, (size_t)n), to));
    if (n < 0)
        return fail_errno(from);
    return fsync(out) == 0 ? STATUS_OK : fail_errno(to);
}

static enum status copy_file(const char *to, const char *from)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    enum status status;
    int out;

    if (in < 0)
        return fail_errno(from);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    status = out < 0 ? fail_errno(to) : copy_open(out, in, to, from);
    if (out >= 0)
        close(out);
    close(in);
    return status;
}

/* What is read is hashed where it was written: then nothing can come between. */
static enum status compare_hash(const struct backup_manifest *manifest, const char *path,
                                const char *source)
{
    char hash[SHA256_HEX_BYTES];
    uint64_t bytes = 0;

    TRY(sha256_file(hash, &bytes, path));
    if (bytes != manifest->bytes || strcmp(hash, manifest->sha256) != 0)
        return fail(STATUS_CORRUPT, "%s/data.mdb is not the file its manifest describes (%llu "
                    "bytes of %llu); nothing was restored", source, (unsigned long long)bytes,
                    (unsigned long long)manifest->bytes);
    return STATUS_OK;
}

static enum status refuse_graph(const char *dir)
{
    if (access(dir, F_OK) != 0)
        return errno == ENOENT ? STATUS_OK : fail_errno(dir);
    if (rmdir(dir) == 0)
        return STATUS_OK; /* it was empty */
    return fail(STATUS_EXISTS, "%s is there already; restore does not overwrite: name another "
                "with --db, or move it away", dir);
}

enum status backup_restore(struct backup_manifest *out, const char *dir, const char *source)
{
    AUTO(partial_fini) struct partial partial = { .kept = false };
    struct backup_manifest manifest = { 0 }, found = { 0 };
    char name[PATH_MAX], from[PATH_MAX];

    TRY(trimmed(name, dir));
    TRY(manifest_read(&manifest, source));
    TRY(join(from, source, "/data.mdb"));
    TRY(refuse_graph(name));
    TRY(partial_begin(&partial, name));
    TRY(copy_file(partial.data, from));
    TRY(compare_hash(&manifest, partial.data, source));
    TRY(verify(&found, partial.dir));
    if (found.commit_seq != manifest.commit_seq)
        return fail(STATUS_CORRUPT, "%s: commit %llu was expected and %llu found", source,
                    (unsigned long long)manifest.commit_seq,
                    (unsigned long long)found.commit_seq);
    TRY(partial_finish(&partial, name));
    *out = manifest;
    return STATUS_OK;
}

/* ---- compaction ----------------------------------------------------------------------------- */

static uint64_t file_bytes(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

/* Before a working directory is made inside it. */
static enum status refuse_missing(const char *file, const char *dir)
{
    if (access(file, F_OK) == 0)
        return STATUS_OK;
    return errno == ENOENT || errno == ENOTDIR
               ? fail(STATUS_NOT_FOUND, "no graph at %s: name another with --db or RINGFENCE_DB",
                      dir)
               : fail_errno(file);
}

/* Copies while no writer can come between, and notes which roots the copy is of. */
static enum status copy_still(uint64_t roots[2], const char *dir, const char *to)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_open(&graph, dir, NULL));
    TRY(graph_write(&txn, graph));
    TRY(store_roots(roots, dir));
    return store_copy(graph->store, to);
}

enum status graph_compact(struct compaction *out, const char *dir)
{
    AUTO(partial_fini) struct partial partial = { .kept = false };
    struct backup_manifest found = { 0 };
    struct compaction sizes = { 0 };
    char name[PATH_MAX], old[PATH_MAX], copy[PATH_MAX];
    uint64_t roots[2] = { 0 };

    TRY(trimmed(name, dir));
    TRY(join(old, name, "/data.mdb"));
    TRY(join(copy, name, "/compact")); /* inside: on the same file system */
    TRY(refuse_missing(old, name));
    TRY(partial_begin(&partial, copy));
    TRY(copy_still(roots, name, partial.data));
    TRY(verify(&found, partial.dir));
    sizes.bytes_before = file_bytes(old);
    sizes.bytes_after = file_bytes(partial.data);
    TRY(store_swap(name, partial.data, roots));
    *out = sizes;
    return STATUS_OK;
}
