/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/emit.h"
#include "base/log.h"
#include "base/secret.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* The key is made once; a log and its key belong together. */
static enum status read_key(unsigned char key[HASH_BYTES], const char *path)
{
    AUTO(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ssize_t n;

    if (fd < 0)
        return fail_errno(path);
    n = read(fd, key, HASH_BYTES);
    if (n == HASH_BYTES)
        return STATUS_OK;
    if (n < 0)
        return fail_errno(path);
    if (n != 0)
        return fail(STATUS_CORRUPT, "%s is not a key of %d bytes; move it and its log away", path,
                    HASH_BYTES);
    secret_random(key, HASH_BYTES);
    if (write(fd, key, HASH_BYTES) != HASH_BYTES || fsync(fd))
        return fail_errno(path);
    return STATUS_OK;
}

static int open_log(const char *path)
{
    return open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* A full disk or a power cut may have left half a line. */
static bool ends_amid_line(int fd)
{
    struct stat seen;
    char last = '\n';

    return fstat(fd, &seen) == 0 && seen.st_size > 0 &&
           pread(fd, &last, 1, seen.st_size - 1) == 1 && last != '\n';
}

enum status access_open(struct access_log *log, const char *path)
{
    AUTO(buf_fini) struct buf name = { 0 };
    const char *key_path;

    log->fd = -1;
    TRY(buf_printf(&name, "%s.key", path));
    TRY(buf_string(&key_path, &name));
    TRY(read_key(log->key, key_path));
    log->path = strdup(path);
    if (!log->path)
        return fail_memory(strlen(path));
    log->fd = open_log(path);
    if (log->fd < 0)
        return fail_errno(path);
    atomic_store(&log->torn, ends_amid_line(log->fd));
    return STATUS_OK;
}

void access_close(struct access_log *log)
{
    close_fd(&log->fd);
    log->fd = -1;
    free(log->path);
    log->path = NULL;
    secret_wipe(log->key, sizeof log->key);
}

static bool is_in_place(const struct access_log *log)
{
    struct stat there, ours;

    return stat(log->path, &there) == 0 && fstat(log->fd, &ours) == 0 &&
           there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

void access_refresh(struct access_log *log)
{
    AUTO(close_fd) int fd = -1;

    if (is_in_place(log)) {
        atomic_store(&log->lost, false);
        return;
    }
    fd = open_log(log->path);
    /* Under the same number, so that those who write know nothing of it. */
    if (fd < 0 || dup3(fd, log->fd, O_CLOEXEC) < 0) {
        if (!atomic_exchange(&log->lost, true))
            log_warning("%s: %s; nobody sees personal data until it can be written", log->path,
                        strerror(errno));
        return;
    }
    atomic_store(&log->torn, ends_amid_line(log->fd));
    atomic_store(&log->lost, false);
}

/*
 * One write of one line: lines of several threads do not mix. The end of the line before stands in
 * front, for where that has none.
 */
static enum status append(struct access_log *log, struct slice line)
{
    bool torn = atomic_exchange(&log->torn, false);
    const char *start = (const char *)line.data + !torn;
    size_t size = line.size - !torn;
    ssize_t n = write(log->fd, start, size);

    if (n == (ssize_t)size)
        return STATUS_OK;
    if (n > 0 || torn)
        atomic_store(&log->torn, true);
    errno = n < 0 ? errno : ENOSPC;
    return fail_errno("the access log");
}

enum status access_note(struct access_log *log, const struct exchange *exchange,
                        struct slice what)
{
    AUTO(buf_fini) struct buf line = { 0 };
    unsigned char name[HASH_BYTES];
    char hex[HASH_HEX_MAX];
    struct emit emit;

    if (atomic_load(&log->lost))
        return fail(STATUS_IO, "the access log was taken away and can't be made again");
    TRY(buf_append_byte(&line, '\n'));
    secret_pseudonym(name, log->key, what);
    emit = emit_start(&line);
    emit_object(&emit);
    emit_key(&emit, "at");
    emit_time(&emit, time_now_us());
    emit_key(&emit, "caller");
    emit_string(&emit, exchange->caller.id);
    emit_key(&emit, "role");
    emit_string(&emit, role_name(exchange->caller.role));
    emit_key(&emit, "endpoint");
    emit_string(&emit, exchange->match.route->path);
    emit_key(&emit, "subject");
    emit_string(&emit, hash_hex(hex, name, 16));
    emit_end(&emit);
    TRY(emit_finish(&emit));
    TRY(buf_append_byte(&line, '\n'));
    return append(log, buf_slice(&line));
}
