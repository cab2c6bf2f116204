/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where requests come in: a TCP address, with TLS if configured, or a socket in the file system.
 * This prepares what the HTTP library needs to know of it; http.c starts the library.
 */

#include "base/buf.h"
#include "service/config.h"

struct listener_settings;

struct listener {
    struct buf certificate, key, client_ca;
    struct listener_settings *settings;
    int fd;                  /* of the socket, until the library has it; -1: none */
    const char *socket_path; /* kept; NULL: TCP, or taken away already */
};

/*
 * Fills `out`; keeps `config`. STATUS_IO names the socket that is taken. Pair with
 * listener_close(), also after a failure.
 */
MUST_CHECK enum status listener_open(struct listener *out, const struct config *config);
/* The library's flags, and its array of options (struct MHD_OptionItem); lent. */
unsigned listener_flags(const struct listener *listener);
void *listener_options(const struct listener *listener);
/* Takes the socket away, so that nobody new finds it. */
void listener_hide(struct listener *listener);
void listener_close(struct listener *listener);
