/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Who stands behind a connection: the bearer of a client certificate, a user of this machine. */

#include "base/arena.h"
#include "service/caller.h"

/* "loan-system=screen, ops=admin": names and their roles. */
struct peer_role {
    const char *name;
    enum role role;
};

struct peer_roles {
    const struct peer_role *items;
    size_t n;
};

/* Reads such a text, NULL being an empty one, into `arena`. STATUS_INVALID says what is wrong. */
MUST_CHECK enum status peer_roles_read(struct peer_roles *out, struct arena *arena,
                                       const char *text);

struct config;

/*
 * Fills the caller that the connection (a struct MHD_Connection) itself shows, ROLE_NONE where it
 * shows none. False: it needed a certificate of the configured authority and has none that holds.
 */
bool peer_identify(struct caller *out, void *connection, const struct config *config);
