/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "service/connections.h"
#include "service/tls.h"

#define RESPONSE_HEADER_BYTES 2048
#define PEM_BYTES_MAX ((size_t)1 << 20)
#define BACKLOG 1024
#define OPTIONS_MAX 16

/* Paths stay encoded: a key may hold a slash. Arguments are plain words. */
static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void no_log(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

/* ---- TLS ------------------------------------------------------------------------------------ */

static enum status read_pem(struct buf *out, const char *path, const char *key)
{
    enum status status = file_read(out, path, PEM_BYTES_MAX);

    if (status)
        return fail_context(status == STATUS_NOT_FOUND ? STATUS_INVALID : status, "%s", key);
    return buf_append_byte(out, 0);
}

/* Its group may: that is how systems share one key among services. */
static enum status check_key_mode(const char *path)
{
    struct stat seen;

    if (stat(path, &seen) == 0 && seen.st_mode & (S_IROTH | S_IWOTH))
        return fail(STATUS_INVALID, "tls_key: %s may be read by others; chmod 640 it", path);
    return STATUS_OK;
}

static enum status read_tls(struct listener *listener, const struct config *config)
{
    if (!config->tls_certificate)
        return STATUS_OK;
    TRY(read_pem(&listener->certificate, config->tls_certificate, "tls_certificate"));
    TRY(check_key_mode(config->tls_key));
    TRY(read_pem(&listener->key, config->tls_key, "tls_key"));
    if (config->tls_client_ca)
        TRY(read_pem(&listener->client_ca, config->tls_client_ca, "tls_client_ca"));
    return STATUS_OK;
}

/* ---- a socket in the file system ------------------------------------------------------------ */

static struct sockaddr_un socket_address(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    memcpy(address.sun_path, path, strlen(path)); /* its length was checked by the settings */
    return address;
}

/* What a dead service left is removed; a living one answers. */
static enum status clear_socket(const char *path)
{
    struct sockaddr_un address = socket_address(path);
    struct stat seen;
    int fd, error;

    if (lstat(path, &seen))
        return errno == ENOENT ? STATUS_OK : fail_errno(path);
    if (!S_ISSOCK(seen.st_mode))
        return fail(STATUS_IO, "%s is there and no socket; listen elsewhere or move it away", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_errno(path);
    error = connect(fd, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    close(fd);
    if (error != ECONNREFUSED)
        return fail(STATUS_IO, "can't listen on %s: another process does", path);
    return unlink(path) ? fail_errno(path) : STATUS_OK;
}

/* Who may connect is said by socket_users; the file's mode lets its owner and group try. */
static enum status open_socket(int *out, const char *path)
{
    struct sockaddr_un address = socket_address(path);
    int fd;

    TRY(clear_socket(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail_errno(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || chmod(path, 0660) ||
        listen(fd, BACKLOG)) {
        enum status status = fail_errno(path);

        close(fd);
        return status;
    }
    *out = fd;
    return STATUS_OK;
}

/* ---- what the library is told --------------------------------------------------------------- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct listener_settings {
    union address address;
    struct MHD_OptionItem options[OPTIONS_MAX];
    size_t n; /* without the end, which zeroed memory has */
    unsigned flags;
};

static void add(struct listener_settings *settings, enum MHD_OPTION option, intptr_t number,
                const void *pointer)
{
    settings->options[settings->n++] = (struct MHD_OptionItem){ option, number, (void *)pointer };
}

static void add_tls(struct listener_settings *settings, const struct listener *listener)
{
    if (!listener->certificate.size)
        return;
    settings->flags |= MHD_USE_TLS;
    add(settings, MHD_OPTION_HTTPS_MEM_CERT, 0, listener->certificate.data);
    add(settings, MHD_OPTION_HTTPS_MEM_KEY, 0, listener->key.data);
    add(settings, MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES);
    if (listener->client_ca.size)
        add(settings, MHD_OPTION_HTTPS_MEM_TRUST, 0, listener->client_ca.data);
}

static void add_address(struct listener_settings *settings, const struct config *config)
{
    union address *address = &settings->address;

    if (inet_pton(AF_INET, config->host, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(config->port);
    } else {
        inet_pton(AF_INET6, config->host, &address->v6.sin6_addr);
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(config->port);
        settings->flags |= MHD_USE_IPv6;
    }
    add(settings, MHD_OPTION_SOCK_ADDR, 0, address);
}

static void add_limits(struct listener_settings *settings, const struct config *config)
{
    /* A pool of one is not a pool: the library refuses it. */
    if (config->http_threads > 1)
        add(settings, MHD_OPTION_THREAD_POOL_SIZE, config->http_threads, NULL);
    add(settings, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        config->max_header_bytes + RESPONSE_HEADER_BYTES, NULL);
    add(settings, MHD_OPTION_CONNECTION_LIMIT, connections_allowed(config), NULL);
    add(settings, MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->max_connections_per_address, NULL);
    add(settings, MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL);
    add(settings, MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, NULL);
    add(settings, MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)no_log, NULL);
    add(settings, MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_encoded, NULL);
}

unsigned listener_flags(const struct listener *listener)
{
    return listener->settings->flags;
}

void *listener_options(const struct listener *listener)
{
    return listener->settings->options;
}

/* ---- opening -------------------------------------------------------------------------------- */

enum status listener_open(struct listener *out, const struct config *config)
{
    struct listener_settings *settings = calloc(1, sizeof *settings);

    *out = (struct listener){ .settings = settings, .fd = -1 };
    if (!settings)
        return fail_memory(sizeof *settings);
    settings->flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    TRY(read_tls(out, config));
    add_limits(settings, config);
    add_tls(settings, out);
    if (!config->socket_path) {
        add_address(settings, config);
        return STATUS_OK;
    }
    TRY(open_socket(&out->fd, config->socket_path));
    out->socket_path = config->socket_path;
    add(settings, MHD_OPTION_LISTEN_SOCKET, out->fd, NULL);
    return STATUS_OK;
}

void listener_hide(struct listener *listener)
{
    if (listener->socket_path)
        unlink(listener->socket_path);
    listener->socket_path = NULL;
}

void listener_close(struct listener *listener)
{
    listener_hide(listener);
    if (listener->settings && listener->fd >= 0)
        close(listener->fd);
    free(listener->settings);
    buf_fini(&listener->certificate);
    buf_fini(&listener->key);
    buf_fini(&listener->client_ca);
}
