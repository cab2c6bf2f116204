/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)256 << 10)

struct spool {
    FILE *file;
    char *buffer;
    struct buf record; /* the one lent */
    uint64_t n, n_read;
};

/* A file without a name; where the file system has none such, one that is unlinked at once. */
static int nameless_file(const char *dir)
{
    char path[4096];
    int file = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    if (snprintf(path, sizeof path, "%s/spool-XXXXXX", dir) >= (int)sizeof path)
        return -1;
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

static enum status spool_open(struct spool *spool, const char *dir)
{
    int file = nameless_file(dir);

    if (file < 0)
        return fail_context(fail_errno("making a temporary file"), "%s", dir);
    spool->file = fdopen(file, "w+");
    if (!spool->file) {
        close(file);
        return fail_errno("making a temporary file");
    }
    spool->buffer = malloc(BUFFER_BYTES);
    if (!spool->buffer)
        return fail_memory(BUFFER_BYTES);
    setvbuf(spool->file, spool->buffer, _IOFBF, BUFFER_BYTES);
    return STATUS_OK;
}

enum status spool_new(struct spool **out, const char *dir)
{
    struct spool *spool = calloc(1, sizeof *spool);
    enum status status;

    if (!spool)
        return fail_memory(sizeof *spool);
    status = spool_open(spool, dir);
    if (status) {
        spool_free(spool);
        return status;
    }
    *out = spool;
    return STATUS_OK;
}

void spool_free(struct spool *spool)
{
    if (!spool)
        return;
    if (spool->file)
        fclose(spool->file);
    free(spool->buffer);
    buf_fini(&spool->record);
    free(spool);
}

static enum status check_written(struct spool *spool, bool written)
{
    if (written && !ferror_unlocked(spool->file))
        return STATUS_OK;
    if (errno == ENOSPC || errno == EDQUOT)
        return fail(STATUS_FULL, "disk full: a load needs room for temporary files beside the "
                    "graph, about as much as its input; free some space, nothing stored is lost");
    return fail_errno("writing a temporary file");
}

enum status spool_write(struct spool *spool, struct slice key, struct slice value)
{
    uint32_t sizes[2] = { (uint32_t)key.size, (uint32_t)value.size };
    bool ok;

    if (key.size > UINT32_MAX || value.size > UINT32_MAX)
        return fail(STATUS_LIMIT, "a record of %zu bytes", value.size);
    ok = (fwrite_unlocked)(sizes, sizeof sizes, 1, spool->file) == 1 &&
         (!key.size || (fwrite_unlocked)(key.data, key.size, 1, spool->file) == 1) &&
         (!value.size || (fwrite_unlocked)(value.data, value.size, 1, spool->file) == 1);
    TRY(check_written(spool, ok));
    spool->n++;
    return STATUS_OK;
}

uint64_t spool_count(const struct spool *spool)
{
    return spool->n;
}

enum status spool_rewind(struct spool *spool)
{
    TRY(check_written(spool, fflush(spool->file) == 0));
    if (fseek(spool->file, 0, SEEK_SET) != 0)
        return fail_errno("reading a temporary file");
    spool->n_read = 0;
    return STATUS_OK;
}

enum status spool_read(struct slice *key, struct slice *value, struct spool *spool)
{
    uint32_t sizes[2];
    size_t total;

    if (spool->n_read == spool->n)
        return STATUS_END;
    if ((fread_unlocked)(sizes, sizeof sizes, 1, spool->file) != 1)
        return fail_errno("reading a temporary file");
    total = (size_t)sizes[0] + sizes[1];
    buf_clear(&spool->record);
    TRY(buf_reserve(&spool->record, total + 1));
    if (total && (fread_unlocked)(spool->record.data, total, 1, spool->file) != 1)
        return fail_errno("reading a temporary file");
    *key = slice_of(spool->record.data, sizes[0]);
    *value = slice_of(spool->record.data + sizes[0], sizes[1]);
    spool->n_read++;
    return STATUS_OK;
}
