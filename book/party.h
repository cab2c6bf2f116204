/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * One enterprise with what is its own: legal representative, phone, address, device.
 *
 * party_draw() computes it from seed and index alone; a maker then changes what its story needs
 * and party_write() writes the rows. Applications and loans come after.
 */

#include "book/names.h"
#include "book/row.h"

struct party {
    uint64_t index;
    struct key key, name;
    struct key legal_rep, second, phone, address, device, account;
    const struct industry *industry;
    const char *type, *status, *class_;
    int64_t registered_day;
    int64_t net_assets_minor;
    int64_t holding;        /* of the main holder, ten-thousandths */
    int64_t second_holding; /* of `second`, an executive; 0: there is none */
    bool own_legal_rep;     /* write its node and LEGAL_REP edge */
    bool own_holder;        /* the legal representative holds `holding` */
    bool own_phone, own_address, own_device;
    bool verified;                                        /* own phone and address are marked so */
    int64_t legal_rep_until, holder_until, address_until; /* TIME_MAX: still so */
    bool assets_unknown;
    bool no_past;            /* nothing before what the story tells */
    bool kin;                /* `second` is married to the legal representative */
    unsigned n_applications; /* numbers used so far */
    bool has_account;
};

void party_draw(struct party *party, const struct world *world, uint64_t index);
/* The own node keys again, without the rest. */
void party_key(struct key *out, const struct world *world, uint64_t index);
void party_account(struct key *out, uint64_t index);
/* Node, own persons and identifiers, holdings. */
void party_write(struct world *world, const struct party *party);
/* The account with its owner, and a sign-in from `device` (NULL: none). */
void party_open_account(struct world *world, struct party *party, int64_t when,
                        const struct key *device);
/* The start of the day of registration. */
int64_t party_born_us(const struct party *party);

struct application {
    int64_t when;
    const struct key *device, *phone, *address; /* NULL: not stated */
    const char *phone_role, *address_role;
    uint64_t product, lender;
    int64_t amount_minor;
    const char *status, *outcome;
    const struct key *legal_rep; /* as stated */
    bool undated;                /* the events carry no time of their own */
    struct key key;              /* out: its number */
};

/* An open application with the party's own device, phone and address. */
struct application application_own(const struct party *party, struct rng *rng, int64_t when);
void application_write(struct world *world, struct party *party, struct application *application);

struct loan {
    int64_t amount_minor, paid_out;
    const char *status;
    int64_t overdue_since, overdue_until;
};

/* The loan of an application, paid into the party's account (which must be open). */
void loan_write(struct world *world, const struct party *party,
                const struct application *application, const struct loan *loan);

/* Guarantees drawn so that they stay below `percent` of the guarantor's net assets. */
int64_t party_share(const struct party *party, unsigned percent);
