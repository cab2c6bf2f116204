/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* TLS by GnuTLS underneath the HTTP library: what is spoken, and who a client is. */

#include "base/status.h"

/* TLS 1.2 and 1.3 only. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/*
 * True where this connection's certificate (of a struct MHD_Connection) was signed by the
 * configured authority, holds now and, where it says what it is for, is for clients. The library
 * asks for one but leaves the judging to us.
 */
bool tls_client_known(void *connection);
/* Whether the certificate bears this name: as a DNS name, a URI, or its subject's common name. */
bool tls_client_is(void *connection, const char *name);
