/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/tls.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>

bool tls_client_known(void *connection, const struct config *config)
{
    const union MHD_ConnectionInfo *info;
    unsigned problems = 0;

    if (!config->tls_client_ca)
        return true;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info || !info->tls_session)
        return false;
    return gnutls_certificate_verify_peers2(info->tls_session, &problems) == GNUTLS_E_SUCCESS &&
           problems == 0;
}
