/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* TLS by GnuTLS underneath the HTTP library: what is spoken, and who a client is. */

#include "service/config.h"

/* TLS 1.2 and 1.3 only. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/*
 * True where no client certificates are asked for, or where this connection's (a struct
 * MHD_Connection) was signed by the configured authority and holds now. The library asks for one
 * but leaves the judging to us.
 */
bool tls_client_known(void *connection, const struct config *config);
