/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/access.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/emit.h"
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
    if (n != 0)
        return fail(STATUS_CORRUPT, "%s is not a key of %d bytes; move it and its log away", path,
                    HASH_BYTES);
    secret_random(key, HASH_BYTES);
    if (write(fd, key, HASH_BYTES) != HASH_BYTES || fsync(fd))
        return fail_errno(path);
    return STATUS_OK;
}

enum status access_open(struct access_log *log, const char *path)
{
    AUTO(buf_fini) struct buf name = { 0 };
    const char *key_path;

    log->fd = -1;
    TRY(buf_printf(&name, "%s.key", path));
    TRY(buf_string(&key_path, &name));
    TRY(read_key(log->key, key_path));
    log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return log->fd < 0 ? fail_errno(path) : STATUS_OK;
}

void access_close(struct access_log *log)
{
    close_fd(&log->fd);
    log->fd = -1;
    secret_wipe(log->key, sizeof log->key);
}

enum status access_note(struct access_log *log, const struct exchange *exchange,
                        struct slice what)
{
    AUTO(buf_fini) struct buf line = { 0 };
    unsigned char name[HASH_BYTES];
    char hex[HASH_HEX_MAX];
    struct emit emit = emit_start(&line);

    secret_pseudonym(name, log->key, what);
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
    /* One write of one line: lines of several threads do not mix. */
    if (write(log->fd, line.data, line.size) != (ssize_t)line.size)
        return fail_errno("the access log");
    return STATUS_OK;
}
