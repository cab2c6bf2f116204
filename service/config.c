/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "base/emit.h"
#include "base/file.h"
#include "base/yaml.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define DEFAULT_LISTEN "127.0.0.1:8080"
#define SOCKET_PREFIX "unix:"
#define PLACE_MAX 300

/* As the file has it: what is absent is NULL. */
struct config_file {
#define X(name, preset, least, most) const int64_t *name;
    CONFIG_NUMBERS(X)
#undef X
#define X(name) const char *name;
    CONFIG_TEXTS(X)
#undef X
};

static const struct yaml_field fields[] = {
#define X(name, preset, least, most)                                                               \
    { YAML_KEY(struct config_file, name), .type = YAML_INT, .maybe = true },
    CONFIG_NUMBERS(X)
#undef X
#define X(name) { YAML_KEY(struct config_file, name), .type = YAML_TEXT },
    CONFIG_TEXTS(X)
#undef X
    { 0 },
};

static const struct yaml_shape shape = { fields, sizeof(struct config_file) };

/* Where an error lies: the key was accepted by the YAML reader, so it starts a line. */
struct place {
    const char *file;
    struct slice text;
};

static unsigned line_of(const struct place *place, const char *key)
{
    const char *at = place->text.size ? place->text.data : "", *end = at + place->text.size;
    size_t n = strlen(key);

    for (unsigned line = 1; at < end; line++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        const char *from = at;

        while (from < end && (*from == ' ' || *from == '{' || *from == '"' || *from == '\''))
            from++;
        if ((size_t)(end - from) > n && memcmp(from, key, n) == 0 && strchr(": \t\"'", from[n]))
            return line;
        at = next ? next + 1 : end;
    }
    return 1;
}

static enum status take_number(int64_t *out, const int64_t *given, const struct place *place,
                               const char *key, const int64_t limits[3])
{
    *out = given ? *given : limits[0];
    if (*out < limits[1] || *out > limits[2])
        return fail(STATUS_INVALID, "%s:%u: %s: %lld is out of range; give %lld to %lld",
                    place->file, line_of(place, key), key, (long long)*out, (long long)limits[1],
                    (long long)limits[2]);
    return STATUS_OK;
}

/* ADDRESS:PORT with a numeric address; IPv6 in brackets. */
static bool split_listen(char host[64], unsigned long *port, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t size;
    char *end;

    if (!colon || colon == text || colon[1] < '0' || colon[1] > '9')
        return false;
    *port = strtoul(colon + 1, &end, 10);
    size = (size_t)(colon - text);
    if (*end || *port > 65535)
        return false;
    if (*text == '[' && colon[-1] == ']') {
        text++;
        size -= 2;
    }
    if (size >= 64)
        return false;
    memcpy(host, text, size);
    host[size] = 0;
    return true;
}

static bool address_known(bool *loopback, const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1) {
        *loopback = ntohl(v4.s_addr) >> 24 == 127;
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return false;
    *loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    return true;
}

/* Where a key's value stands, to begin a message with. */
static const char *place_of(char text[PLACE_MAX], const struct place *place, const char *key)
{
    *text = 0;
    if (place->file)
        snprintf(text, PLACE_MAX, "%s:%u: %s: ", place->file, line_of(place, key), key);
    return text;
}

static enum status take_socket(struct config *config, const struct place *place)
{
    const char *path = config->listen + sizeof SOCKET_PREFIX - 1;
    char at[PLACE_MAX];

    if (!*path || strlen(path) >= sizeof ((struct sockaddr_un *)0)->sun_path)
        return fail(STATUS_INVALID, "%s\"%s\": a socket's path has 1 to %zu bytes",
                    place_of(at, place, "listen"), path,
                    sizeof ((struct sockaddr_un *)0)->sun_path - 1);
    config->socket_path = path;
    config->port = 0;
    config->loopback = true;
    return STATUS_OK;
}

static enum status take_listen(struct config *config, struct arena *arena,
                               const struct place *place)
{
    char host[64], at[PLACE_MAX];
    unsigned long port;

    if (!config->listen)
        config->listen = DEFAULT_LISTEN;
    config->socket_path = config->host = NULL;
    if (strncmp(config->listen, SOCKET_PREFIX, sizeof SOCKET_PREFIX - 1) == 0)
        return take_socket(config, place);
    if (!split_listen(host, &port, config->listen) || !address_known(&config->loopback, host))
        return fail(STATUS_INVALID, "%s\"%s\" is no numeric address with a port, such as "
                    DEFAULT_LISTEN " or [::1]:8080, and no unix:PATH",
                    place_of(at, place, "listen"), config->listen);
    config->port = (uint16_t)port;
    config->host = arena_copy(arena, slice_str(host));
    return config->host ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status check_tls(const struct config *config, const struct place *place)
{
    char at[PLACE_MAX];

    if (!config->tls_certificate != !config->tls_key)
        return fail(STATUS_INVALID, "%s:%u: tls_certificate and tls_key go together; give both",
                    place->file,
                    line_of(place, config->tls_key ? "tls_key" : "tls_certificate"));
    if (config->tls_client_ca && !config->tls_certificate)
        return fail(STATUS_INVALID, "%s:%u: tls_client_ca: clients' certificates need TLS; give "
                    "tls_certificate and tls_key too", place->file,
                    line_of(place, "tls_client_ca"));
    if (!config->loopback && !config->tls_client_ca)
        return fail(STATUS_INVALID, "%s%s lies beyond this machine, which needs TLS and client "
                    "certificates: give tls_certificate, tls_key and tls_client_ca in the "
                    "settings, or listen on 127.0.0.1", place_of(at, place, "listen"),
                    config->listen);
    return STATUS_OK;
}

static enum status take_roles(struct peer_roles *out, struct arena *arena,
                              const struct place *place, const char *key, const char *text)
{
    enum status status = peer_roles_read(out, arena, text);

    return status ? fail_context(status, "%s:%u: %s", place->file, line_of(place, key), key)
                  : STATUS_OK;
}

/* Roles that nobody could ever have are a mistake that looks like a guard. */
static enum status check_roles(struct config *config, struct arena *arena,
                               const struct place *place)
{
    TRY(take_roles(&config->socket_users, arena, place, "socket_roles", config->socket_roles));
    TRY(take_roles(&config->certificates, arena, place, "certificate_roles",
                   config->certificate_roles));
    if (config->socket_users.n && !config->socket_path)
        return fail(STATUS_INVALID, "%s:%u: socket_roles: only users at a socket are known; give "
                    "listen: unix:PATH", place->file, line_of(place, "socket_roles"));
    if (config->certificates.n && !config->tls_client_ca)
        return fail(STATUS_INVALID, "%s:%u: certificate_roles: give tls_client_ca, whose "
                    "certificates they are", place->file, line_of(place, "certificate_roles"));
    return STATUS_OK;
}

enum status config_read(struct config *out, struct arena *arena, const char *file,
                        struct slice text)
{
    struct config_file empty = { 0 }, *given = &empty;
    struct place place = { file, text };
    struct config config = { 0 };

    if (text.size) {
        void *loaded;

        TRY(yaml_load(&loaded, arena, &shape, file, text));
        given = loaded;
    }
#define X(name, preset, least, most)                                                               \
    TRY(take_number(&config.name, given->name, &place, #name,                                      \
                    (const int64_t[]){ preset, least, most }));
    CONFIG_NUMBERS(X)
#undef X
#define X(name) config.name = given->name;
    CONFIG_TEXTS(X)
#undef X
    TRY(take_listen(&config, arena, &place));
    TRY(check_tls(&config, &place));
    TRY(check_roles(&config, arena, &place));
    *out = config;
    return STATUS_OK;
}

enum status config_listen(struct config *config, struct arena *arena, const char *listen)
{
    const struct place place = { 0 }; /* the caller knows where it stands */

    config->listen = listen;
    TRY(take_listen(config, arena, &place));
    return check_tls(config, &place);
}

enum status config_load(struct config *out, struct arena *arena, const char *file)
{
    AUTO(buf_fini) struct buf text = { 0 };

    if (!file)
        return config_read(out, arena, "defaults", (struct slice){ 0 });
    TRY(file_read(&text, file, FILE_BYTES_MAX));
    return config_read(out, arena, file, buf_slice(&text));
}

/* YAML's text between double quotes is JSON's. */
static enum status write_text(struct buf *out, const char *name, const char *text)
{
    struct emit emit;

    TRY(buf_printf(out, "%s: ", name));
    emit = emit_start(out);
    emit_string(&emit, text);
    TRY(emit_finish(&emit));
    return buf_append_byte(out, '\n');
}

enum status config_write(struct buf *out, const struct config *config)
{
#define X(name, preset, least, most)                                                               \
    TRY(buf_printf(out, #name ": %lld\n", (long long)config->name));
    CONFIG_NUMBERS(X)
#undef X
#define X(name)                                                                                    \
    if (config->name)                                                                              \
        TRY(write_text(out, #name, config->name));
    CONFIG_TEXTS(X)
#undef X
    return STATUS_OK;
}
