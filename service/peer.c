/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/peer.h"

#include <microhttpd.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

#include "service/config.h"
#include "service/tls.h"

/* ---- reading -------------------------------------------------------------------------------- */

static const char separators[] = " ,\t\n";

static enum status read_role(struct peer_role *out, struct arena *arena, struct slice pair)
{
    const char *equals = pair.size ? memchr(pair.data, '=', pair.size) : NULL;
    size_t n = equals ? (size_t)(equals - (const char *)pair.data) : 0;

    if (!n)
        return fail(STATUS_INVALID, "\"%.*s\" is not NAME=ROLE", (int)pair.size,
                    (const char *)pair.data);
    TRY(role_parse(&out->role, slice_of(equals + 1, pair.size - n - 1)));
    out->name = arena_copy(arena, slice_of(pair.data, n));
    return out->name ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status peer_roles_read(struct peer_roles *out, struct arena *arena, const char *text)
{
    const char *at = text ? text + strspn(text, separators) : "";
    struct peer_role *items = arena_array(arena, strlen(at) / 2 + 1, sizeof *items);
    size_t n = 0;

    if (!items)
        return STATUS_NO_MEMORY;
    while (*at) {
        size_t size = strcspn(at, separators);

        TRY(read_role(&items[n++], arena, slice_of(at, size)));
        at += size;
        at += strspn(at, separators);
    }
    *out = (struct peer_roles){ items, n };
    return STATUS_OK;
}

/* ---- identifying ---------------------------------------------------------------------------- */

static void identify_certificate(struct caller *out, void *connection,
                                 const struct peer_roles *roles)
{
    for (size_t i = 0; i < roles->n && out->role == ROLE_NONE; i++)
        if (tls_client_is(connection, roles->items[i].name)) {
            out->role = roles->items[i].role;
            snprintf(out->id, sizeof out->id, "certificate:%s", roles->items[i].name);
        }
}

/* A user by name or number. */
static bool is_user(const char *name, uid_t user)
{
    char text[24], buffer[1024];
    struct passwd entry, *found = NULL;

    snprintf(text, sizeof text, "%u", (unsigned)user);
    if (strcmp(text, name) == 0)
        return true;
    return getpwuid_r(user, &entry, buffer, sizeof buffer, &found) == 0 && found &&
           strcmp(found->pw_name, name) == 0;
}

static void identify_user(struct caller *out, void *connection, const struct peer_roles *roles)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
        return;
    for (size_t i = 0; i < roles->n && out->role == ROLE_NONE; i++)
        if (is_user(roles->items[i].name, peer.uid)) {
            out->role = roles->items[i].role;
            snprintf(out->id, sizeof out->id, "user:%u", (unsigned)peer.uid);
        }
}

bool peer_identify(struct caller *out, void *connection, const struct config *config)
{
    *out = (struct caller){ .role = ROLE_NONE };
    if (config->socket_path)
        identify_user(out, connection, &config->socket_users);
    if (!config->tls_client_ca)
        return true;
    if (!tls_client_known(connection))
        return false;
    identify_certificate(out, connection, &config->certificates);
    return true;
}
