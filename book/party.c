/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/party.h"

#include <string.h>

enum own_slot { SLOT_FIRST, SLOT_SECOND };

static void own_key(struct key *out, const struct world *world, enum key_kind kind, uint64_t index,
                    enum own_slot slot)
{
    uint64_t serial = key_serial(kind, OWNER_SELF, index * OWN_SLOTS + slot);

    switch (kind) {
    case KEY_PERSON:
        key_person(out, &world->keys, serial);
        break;
    case KEY_DEVICE:
        key_device(out, &world->keys, serial);
        break;
    case KEY_PHONE:
        key_phone(out, &world->keys, serial);
        break;
    default:
        key_address(out, &world->keys, serial);
        break;
    }
}

void party_key(struct key *out, const struct world *world, uint64_t index)
{
    key_enterprise(out, &world->keys, index);
}

void party_account(struct key *out, uint64_t index)
{
    key_number(out, 'K', index);
}

/* Net assets from 0.2 to 200 million yuan, mostly small: an even draw of the magnitude. */
static int64_t draw_assets(struct rng *rng)
{
    int64_t yuan = 200000;

    for (uint64_t doublings = rng_below(rng, 10) * rng_below(rng, 10) / 9; doublings; doublings--)
        yuan *= 2;
    return (yuan + rng_between(rng, 0, yuan)) / 10000 * 1000000;
}

void party_draw(struct party *party, const struct world *world, uint64_t index)
{
    static const char *const types[] = { "micro", "micro", "micro", "small", "small", "medium" };
    struct rng rng = rng_at(world->options.seed, STREAM_PARTY, index);

    *party = (struct party){ .index = index, .status = "active", .class_ = "" };
    party_key(&party->key, world, index);
    own_key(&party->legal_rep, world, KEY_PERSON, index, SLOT_FIRST);
    own_key(&party->second, world, KEY_PERSON, index, SLOT_SECOND);
    own_key(&party->phone, world, KEY_PHONE, index, SLOT_FIRST);
    own_key(&party->address, world, KEY_ADDRESS, index, SLOT_FIRST);
    own_key(&party->device, world, KEY_DEVICE, index, SLOT_FIRST);
    party_account(&party->account, index);
    party->industry = industry_at(rng_below(&rng, 22));
    name_enterprise(&party->name, &rng, key_city(&world->keys, index), party->industry);
    party->type = types[rng_below(&rng, 6)];
    /* Old enough to apply at any time the book covers. */
    party->registered_day = world->today - BOOK_DAYS - rng_between(&rng, 120, 7300);
    party->net_assets_minor = draw_assets(&rng);
    party->holding = rng_between(&rng, 52, 88) * 100;
    /* What is left takes an investor of up to 12 %. */
    party->second_holding = party->holding < 6200 ? rng_between(&rng, 5, 15) * 100 : 0;
    party->kin = party->second_holding && rng_chance(&rng, 1, 4);
    party->own_legal_rep = party->own_holder = true;
    party->legal_rep_until = party->holder_until = party->address_until = TIME_MAX;
    party->own_phone = party->own_address = party->own_device = true;
}

int64_t party_born_us(const struct party *party)
{
    return party->registered_day * US_PER_DAY;
}

int64_t party_share(const struct party *party, unsigned percent)
{
    return party->net_assets_minor / 100 * percent;
}

static void write_node(struct world *world, const struct party *party)
{
    struct csv *csv = &world->sheets[SHEET_ENTERPRISE];

    csv_word(csv, key_slice(&party->key));
    csv_text(csv, key_slice(&party->name));
    csv_word(csv, slice_str(party->industry->code));
    csv_word(csv, slice_str(party->type));
    csv_date(csv, party->registered_day);
    if (party->assets_unknown)
        csv_none(csv);
    else
        csv_int(csv, party->net_assets_minor);
    csv_word(csv, slice_str(party->status));
    csv_word(csv, slice_str(party->class_));
    csv_word(csv, SLICE("Enterprise"));
    csv_end(csv);
}

static void write_people(struct world *world, const struct party *party)
{
    struct interval when = since(party_born_us(party));

    if (party->own_legal_rep) {
        row_person(world, &party->legal_rep);
        row_link(world, SHEET_LEGAL_REP, &party->legal_rep, &party->key,
                 (struct interval){ when.from, party->legal_rep_until });
    }
    if (party->own_holder)
        row_share(world, SHEET_SHAREHOLDER, &party->legal_rep, &party->key, party->holding,
                  (struct interval){ when.from, party->holder_until });
    if (!party->second_holding)
        return;
    row_person(world, &party->second);
    row_role(world, SHEET_EXECUTIVE, &party->second, &party->key, "supervisor", when);
    row_share(world, SHEET_SHAREHOLDER, &party->second, &party->key, party->second_holding, when);
    if (party->kin)
        row_kin(world, &party->second, &party->legal_rep, "spouse");
}

void party_write(struct world *world, const struct party *party)
{
    struct interval when = since(party_born_us(party));

    write_node(world, party);
    write_people(world, party);
    if (party->own_phone) {
        row_phone(world, &party->phone, "");
        row_held(world, SHEET_HAS_PHONE, &party->key, &party->phone,
                 held_as("legal_rep", party->verified, when));
    }
    if (party->own_address) {
        row_address(world, &party->address, "room", "");
        row_held(world, SHEET_LOCATED_AT, &party->key, &party->address,
                 held_as("registered", party->verified,
                         (struct interval){ when.from, party->address_until }));
    }
    if (party->own_device)
        row_device(world, &party->device, "");
}

void party_open_account(struct world *world, struct party *party, int64_t when,
                        const struct key *device)
{
    if (!party->has_account) {
        row_account(world, &party->account);
        row_link(world, SHEET_OWNS, &party->key, &party->account, since(when));
        party->has_account = true;
    }
    if (device)
        row_event_text(world, SHEET_SIGNED_IN, device, &party->account, "app", when);
}

struct application application_own(const struct party *party, struct rng *rng, int64_t when)
{
    struct application application = {
        .when = when,
        .device = party->own_device ? &party->device : NULL,
        .phone = party->own_phone ? &party->phone : NULL,
        .address = party->own_address ? &party->address : NULL,
        .phone_role = "contact",
        .address_role = "registered",
        .legal_rep = &party->legal_rep,
        .status = "open",
        .outcome = "",
    };

    /* One draw a statement, here and everywhere: C does not order those of one expression. */
    application.product = rng_below(rng, N_PRODUCTS);
    application.lender = rng_below(rng, N_LENDERS);
    application.amount_minor = rng_between(rng, 5, 300) * 1000000;
    return application;
}

static void write_application_node(struct world *world, const struct party *party,
                                   const struct application *application)
{
    struct csv *csv = &world->sheets[SHEET_APPLICATION];

    csv_word(csv, key_slice(&application->key));
    csv_word(csv, slice_str(product_at(application->product)));
    csv_word(csv, slice_str(lender_at(application->lender)));
    csv_word(csv, key_slice(application->legal_rep));
    csv_word(csv, slice_str(party->industry->code));
    csv_int(csv, application->amount_minor);
    csv_word(csv, SLICE("CNY"));
    csv_time(csv, application->when);
    csv_word(csv, slice_str(application->status));
    csv_word(csv, slice_str(application->outcome));
    csv_word(csv, SLICE("Application"));
    csv_end(csv);
}

/* A documentation address (RFC 5737), as the log of a channel would have the real one. */
static void ip_of(struct key *ip, int64_t when)
{
    ip->size = 0;
    key_add(ip, "203.0.113.");
    key_add_number(ip, (uint64_t)(when / US_PER_SECOND) * 2654435761u / 65536 % 256, 1);
    ip->text[ip->size] = 0;
}

void application_write(struct world *world, struct party *party, struct application *application)
{
    static const char *const channels[] = { "app", "app", "web", "branch" };
    int64_t when = application->undated ? TIME_MIN : application->when;
    struct key ip;

    key_number(&application->key, 'A', party->index * OWN_SLOTS + party->n_applications++);
    write_application_node(world, party, application);
    row_event_text(world, SHEET_APPLIED, &party->key, &application->key, channels[party->index % 4],
                   application->when);
    ip_of(&ip, application->when);
    if (application->device)
        row_event_text(world, SHEET_SUBMITTED_FROM, &application->key, application->device, ip.text,
                       when);
    if (application->phone)
        row_event_text(world, SHEET_STATES_PHONE, &application->key, application->phone,
                       application->phone_role, when);
    if (application->address)
        row_event_text(world, SHEET_STATES_ADDRESS, &application->key, application->address,
                       application->address_role, when);
}

static void write_loan_node(struct world *world, const struct key *key, const struct loan *loan)
{
    struct csv *csv = &world->sheets[SHEET_LOAN];

    csv_word(csv, key_slice(key));
    csv_int(csv, loan->amount_minor);
    csv_word(csv, SLICE("CNY"));
    csv_word(csv, slice_str(loan->status));
    csv_time(csv, loan->overdue_since);
    csv_time(csv, loan->overdue_until);
    csv_word(csv, SLICE("Loan"));
    csv_end(csv);
}

void loan_write(struct world *world, const struct party *party,
                const struct application *application, const struct loan *loan)
{
    struct key key = application->key;
    int64_t due = loan->paid_out + 180 * US_PER_DAY;

    key.text[0] = 'L'; /* the number of its application */
    write_loan_node(world, &key, loan);
    row_event(world, SHEET_BORROWED, &party->key, &key, loan->paid_out);
    row_event(world, SHEET_RESULTED_IN, &application->key, &key, loan->paid_out);
    row_event_amount(world, SHEET_DEPOSITED, &key, &party->account, loan->amount_minor,
                     loan->paid_out);
    if (loan->overdue_since == TIME_MIN && due < world->now_us)
        row_event_amount(world, SHEET_REPAID, &party->account, &key, loan->amount_minor, due);
}
