/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files an import reads. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"
#include "graph/import_private.h"

bool import_ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), end = strlen(ending);

    return size > end && strcasecmp(name + size - end, ending) == 0;
}

static bool is_events(const char *name)
{
    return import_ends_in(name, ".ndjson") || import_ends_in(name, ".jsonl");
}

static enum status add_file(struct import *import, const char *path, size_t group)
{
    struct import_file *file;
    const char *slash = strrchr(path, '/');
    struct stat stat_;

    if (stat(path, &stat_) != 0)
        return fail_errno(path);
    if (!S_ISREG(stat_.st_mode))
        return fail(STATUS_INVALID, "%s: this is no file, and what comes through a pipe can be "
                                    "read only once, import needs it more often: write it to a "
                                    "file first, or send events to ringfence apply", path);
    TRY(array_reserve(&import->files, &import->files_capacity, import->n_files + 1));
    file = &import->files[import->n_files];
    *file = (struct import_file){ .bytes = (uint64_t)stat_.st_size, .group = group };
    file->path = arena_copy(&import->arena, slice_str(path));
    if (!file->path)
        return STATUS_NO_MEMORY;
    file->name = slash ? file->path + (slash + 1 - path) : file->path;
    file->kind = is_events(file->name) ? FILE_EVENTS : FILE_TABLE;
    import->n_files++;
    return STATUS_OK;
}

struct folder {
    struct dirent **entries;
    int n; /* -1: it could not be read */
};

static void folder_fini(struct folder *folder)
{
    for (int i = 0; i < folder->n; i++)
        free(folder->entries[i]);
    free(folder->entries);
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whether the folder is a generated book: its truth, screenings and events are not imported. */
static bool is_book(const struct folder *folder)
{
    for (int i = 0; i < folder->n; i++)
        if (strcmp(folder->entries[i]->d_name, "book.json") == 0)
            return true;
    return false;
}

static enum status add_entry(struct import *import, const char *folder, const char *name,
                             bool book)
{
    AUTO(buf_fini) struct buf buf = { 0 };
    struct stat stat_;
    const char *path;

    TRY(buf_printf(&buf, "%s/%s", folder, name));
    TRY(buf_string(&path, &buf));
    if (book && (strcmp(name, "truth.ndjson") == 0 || strcmp(name, "screenings.ndjson") == 0 ||
                 strcmp(name, "stream.ndjson") == 0)) {
        log_note("%s: skipped, it is not part of the book's graph", path);
        return STATUS_OK;
    }
    if (stat(path, &stat_) != 0)
        return fail_errno(path);
    if (!S_ISREG(stat_.st_mode) ||
        (!import_ends_in(name, ".csv") && !import_ends_in(name, ".ndjson"))) {
        log_note("%s: skipped, of a folder only *.csv and *.ndjson are read", path);
        return STATUS_OK;
    }
    if (import->mapping && !is_events(name) && !mapping_find(import->mapping, name)) {
        log_note("%s: skipped, the mapping has no pattern for it", path);
        return STATUS_OK;
    }
    return add_file(import, path, 0);
}

static enum status add_folder(struct import *import, const char *path)
{
    AUTO(folder_fini) struct folder folder = { 0 };
    bool book;

    folder.n = scandir(path, &folder.entries, no_dots, by_bytes);
    if (folder.n < 0)
        return fail_errno(path);
    book = is_book(&folder);
    for (int i = 0; i < folder.n; i++)
        TRY(add_entry(import, path, folder.entries[i]->d_name, book));
    return STATUS_OK;
}

/* HEADER,DATA,...: as neo4j-admin writes a header and its data files. */
static enum status add_group(struct import *import, const char *paths)
{
    size_t group = ++import->n_groups;
    char *copy = arena_copy(&import->arena, slice_str(paths));

    if (!copy)
        return STATUS_NO_MEMORY;
    for (char *path = copy; path;) {
        char *comma = strchr(path, ',');

        if (comma)
            *comma++ = 0;
        TRY(add_file(import, path, group));
        path = comma;
    }
    return STATUS_OK;
}

static enum status add_path(struct import *import, const char *path)
{
    struct stat stat_;

    if (stat(path, &stat_) != 0) {
        if (errno == ENOENT && strchr(path, ','))
            return add_group(import, path);
        return fail_context(fail_errno(path), "nothing was imported");
    }
    if (S_ISDIR(stat_.st_mode))
        return add_folder(import, path);
    return add_file(import, path, 0);
}

/* Whether the file holds nothing but what --rejects writes, by its start. */
static enum status holds_rejects(bool *yes, const char *path)
{
    static const char start[] = "{\"file\":";
    char head[sizeof start - 1];
    FILE *file = fopen(path, "re");
    size_t n;

    if (!file)
        return fail_errno(path);
    n = fread(head, 1, sizeof head, file);
    fclose(file);
    *yes = n == 0 || (n == sizeof head && memcmp(head, start, n) == 0);
    return STATUS_OK;
}

/* The reject file is written anew: in a folder that is imported it is left out, if it was one. */
static enum status keep_rejects_apart(struct import *import)
{
    const char *path = import->options->rejects;
    struct stat rejects, stat_;
    size_t kept = 0;
    bool earlier;

    if (!path || stat(path, &rejects) != 0 || !S_ISREG(rejects.st_mode))
        return STATUS_OK;
    for (size_t i = 0; i < import->n_files; i++) {
        if (stat(import->files[i].path, &stat_) != 0)
            return fail_errno(import->files[i].path);
        if (stat_.st_dev == rejects.st_dev && stat_.st_ino == rejects.st_ino) {
            TRY(holds_rejects(&earlier, path));
            if (!earlier)
                return fail(STATUS_USAGE, "--rejects: %s is one of the files to import: name "
                                          "another one", path);
            log_note("%s: skipped, it is the reject file", path);
            continue;
        }
        import->files[kept++] = import->files[i];
    }
    import->n_files = kept;
    return STATUS_OK;
}

enum status import_find_files(struct import *import)
{
    for (size_t i = 0; i < import->options->n_paths; i++)
        TRY(add_path(import, import->options->paths[i]));
    return keep_rejects_apart(import);
}
