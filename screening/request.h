/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * An application as the loan system sends it: one JSON object, checked, with keys normalised by the
 * schema. Nothing here looks into the graph.
 */

#include "base/arena.h"
#include "base/value.h"
#include "graph/schema.h"

#define REQUEST_PARTIES_MAX 100 /* of each kind */
#define REQUEST_TEXT_MAX 4096   /* bytes of one text */
#define REQUEST_KEY_MAX 255     /* bytes of application_id and idempotency_key */
#define REQUEST_IGNORED_MAX 20

enum party_kind { PARTY_PRINCIPAL, PARTY_IDENTIFIER, PARTY_GUARANTOR };

struct party {
    enum party_kind kind;
    const char *field;       /* where it came from, such as "devices[1]" */
    uint32_t label;          /* symbol */
    struct slice label_name;
    struct slice key;        /* normalised */
    bool key_valid;
    struct slice name, role; /* empty: not stated */
    struct slice industry, enterprise_type;
    bool applicant;
    int64_t amount_minor;    /* of a guarantor; INT64_MIN: none */
    struct slice currency;
};

struct request {
    struct slice application_id, idempotency_key;
    uint32_t application_label; /* symbol */
    int64_t time_us;
    struct slice product, lender, currency;
    int64_t amount_minor;    /* INT64_MIN: not stated */
    struct party *parties;   /* principals (the enterprise first), identifiers, guarantors */
    size_t n_parties, n_principals, n_identifiers, n_guarantors;
    struct slice industry, enterprise_type; /* of the enterprise */
    struct slice legal_rep;  /* key of the person in role legal_rep */
    struct slice *ignored;   /* fields it does not know, by their path: the first of them */
    size_t n_ignored;
};

/* A list of parties in a request: what it holds, and by which edge an application states it. */
struct request_list {
    const char *field, *label;
    enum party_kind kind;
    const char *type; /* from the application to an identifier; NULL: of others */
};

/* In the order of a request's parties; ends with { 0 }. */
extern const struct request_list request_lists[];

/* Whether this member of an application is a party or a list of them. */
bool request_holds_parties(struct slice member);

/*
 * Reads and checks; everything lent lives in `arena` or `text`. STATUS_INVALID names the field,
 * what was wrong and what is expected. Fields it does not know are listed as ignored.
 */
MUST_CHECK enum status request_parse(struct request *out, struct arena *arena,
                                     const struct schema *schema, struct catalog *catalog,
                                     struct slice text);
