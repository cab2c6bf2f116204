/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/tls.h"

#include <gnutls/x509.h>
#include <microhttpd.h>
#include <string.h>

#define NAME_MAX_BYTES 512

static void *session_of(void *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info ? info->tls_session : NULL;
}

/* A server's certificate of the same authority makes nobody a client. */
bool tls_client_known(void *connection)
{
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                      .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
    void *session = session_of(connection);
    unsigned problems = 0;

    return session &&
           gnutls_certificate_verify_peers(session, &purpose, 1, &problems) == GNUTLS_E_SUCCESS &&
           problems == 0;
}

static void certificate_free(gnutls_x509_crt_t *certificate)
{
    if (*certificate)
        gnutls_x509_crt_deinit(*certificate);
}

static bool open_certificate(gnutls_x509_crt_t *out, void *session)
{
    unsigned n = 0;
    const gnutls_datum_t *chain = session ? gnutls_certificate_get_peers(session, &n) : NULL;

    return chain && n && gnutls_x509_crt_init(out) == GNUTLS_E_SUCCESS &&
           gnutls_x509_crt_import(*out, chain, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS;
}

static bool is_text(const char *have, size_t size, const char *name)
{
    return size == strlen(name) && memcmp(have, name, size) == 0;
}

static bool is_alternative(gnutls_x509_crt_t certificate, const char *name)
{
    for (unsigned i = 0;; i++) {
        char have[NAME_MAX_BYTES];
        size_t size = sizeof have;
        int kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, have, &size, NULL);

        if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (kind < 0)
            return false;
        if ((kind == GNUTLS_SAN_DNSNAME || kind == GNUTLS_SAN_URI) && is_text(have, size, name))
            return true;
    }
}

bool tls_client_is(void *connection, const char *name)
{
    AUTO(certificate_free) gnutls_x509_crt_t certificate = NULL;
    char common[NAME_MAX_BYTES];
    size_t size = sizeof common;

    if (!open_certificate(&certificate, session_of(connection)))
        return false;
    if (is_alternative(certificate, name))
        return true;
    return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, common,
                                         &size) == GNUTLS_E_SUCCESS &&
           is_text(common, size, name);
}
