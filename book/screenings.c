/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/screenings.h"

#include "book/noise.h"

#include <stdio.h>

struct request {
    const char *id;
    int64_t when;
    const struct party *party;
    const struct key *device, *phone, *guarantor; /* NULL: none */
    int64_t amount_minor;
    uint64_t product, lender;
};

static void put(struct emit *emit, const char *name, const char *text)
{
    emit_key(emit, name);
    emit_string(emit, text);
}

static void put_key(struct emit *emit, const char *name, const struct key *key)
{
    emit_key(emit, name);
    emit_slice(emit, key_slice(key));
}

static void put_enterprise(struct emit *emit, const struct party *party)
{
    emit_key(emit, "enterprise");
    emit_object(emit);
    put_key(emit, "key", &party->key);
    put_key(emit, "name", &party->name);
    put(emit, "industry", party->industry->code);
    put(emit, "enterprise_type", party->type);
    emit_end(emit);
}

/* A list of one object with a key and a role. */
static void put_with_role(struct emit *emit, const char *name, const struct key *key,
                          const char *role)
{
    emit_key(emit, name);
    emit_list(emit);
    emit_object(emit);
    put_key(emit, "key", key);
    put(emit, "role", role);
    emit_end(emit);
    emit_end(emit);
}

static void put_guarantor(struct emit *emit, const struct request *request)
{
    emit_key(emit, "guarantors");
    emit_list(emit);
    emit_object(emit);
    put_key(emit, "key", request->guarantor);
    emit_key(emit, "amount_minor");
    emit_int(emit, request->amount_minor);
    emit_end(emit);
    emit_end(emit);
}

static enum status write_request(struct lines *lines, const struct request *request)
{
    struct emit *emit = lines_start(lines);
    const struct party *party = request->party;

    put(emit, "application_id", request->id);
    put(emit, "idempotency_key", request->id);
    emit_key(emit, "time");
    emit_time(emit, request->when);
    put(emit, "product", product_at(request->product));
    put(emit, "lender", lender_at(request->lender));
    emit_key(emit, "amount_minor");
    emit_int(emit, request->amount_minor);
    put(emit, "currency", "CNY");
    put_enterprise(emit, party);
    put_with_role(emit, "persons", &party->legal_rep, "legal_rep");
    emit_key(emit, "devices");
    emit_list(emit);
    emit_slice(emit, key_slice(request->device ? request->device : &party->device));
    emit_end(emit);
    put_with_role(emit, "phones", request->phone ? request->phone : &party->phone, "contact");
    if (party->own_address)
        put_with_role(emit, "addresses", &party->address, "registered");
    if (request->guarantor)
        put_guarantor(emit, request);
    return lines_end(lines);
}

/*
 * An ordinary enterprise that shares nothing but perhaps a large building and never was overdue,
 * with a phone and an address of its own, so that what it states is what is recorded.
 */
static void draw_ordinary(struct party *party, const struct world *world, struct rng *rng)
{
    for (int tries = 0; tries < 1000; tries++) {
        uint64_t index = rng_below(rng, world->land.n);
        struct place place = landscape_place(&world->land, index);
        noise_party(party, world, index);
        if (party->own_phone && party->own_address && place.small == SMALL_NONE && !place.apart &&
            (place.hub == HUB_NONE || place.hub == HUB_BUILDING))
            return;
    }
}

static enum status write_clean(struct lines *lines, struct world *world, struct rng *rng)
{
    struct party party;
    struct request request = { .id = "SAMPLE-CLEAN",
                               .when = world->now_us + US_PER_HOUR,
                               .party = &party,
                               .amount_minor = 30000000 };

    draw_ordinary(&party, world, rng);
    return write_request(lines, &request);
}

static enum status write_gang(struct lines *lines, struct world *world)
{
    const struct sample *sample = &world->gang_sample;
    struct party party;
    struct request request = { .id = "SAMPLE-GANG",
                               .when = world->now_us + 2 * US_PER_HOUR,
                               .party = &party,
                               .device = &sample->device,
                               .phone = &sample->phone,
                               .amount_minor = 80000000,
                               .lender = 3 };

    party_draw(&party, world, sample->enterprise);
    party.own_address = false;
    return write_request(lines, &request);
}

static enum status write_closing(struct lines *lines, struct world *world)
{
    const struct sample *sample = &world->chain_sample;
    struct party party;
    struct key last;
    struct request request = { .id = "SAMPLE-RING",
                               .when = world->now_us + 3 * US_PER_HOUR,
                               .party = &party,
                               .guarantor = &last,
                               .lender = 5 };

    party_draw(&party, world, sample->enterprise);
    request.amount_minor = party_share(&party, 5);
    party_key(&last, world, sample->other);
    return write_request(lines, &request);
}

/* Mostly known customers as they are; some firms nobody knows; some with a guarantor. */
static enum status write_mixed(struct lines *lines, struct world *world, uint64_t number,
                               struct rng *rng)
{
    char id[32];
    struct party party;
    struct key guarantor;
    uint64_t kind = rng_below(rng, 100);
    struct request request = { .id = id,
                               .when = world->now_us + 4 * US_PER_HOUR +
                                       (int64_t)number * 10 * US_PER_SECOND,
                               .party = &party };

    request.amount_minor = rng_between(rng, 5, 300) * 1000000;
    request.product = rng_below(rng, N_PRODUCTS);
    request.lender = rng_below(rng, N_LENDERS);
    snprintf(id, sizeof id, "SAMPLE-%06llu", (unsigned long long)number + 1);
    if (kind < 80)
        noise_party(&party, world, rng_below(rng, world->land.n));
    else if (kind < 95) /* unknown to the book */
        party_draw(&party, world, world->options.enterprises + number);
    else /* planted: anyone of the schemes and traps */
        party_draw(&party, world,
                   world->land.n + rng_below(rng, world->options.enterprises - world->land.n));
    if (rng_chance(rng, 1, 10)) {
        party_key(&guarantor, world, rng_below(rng, world->land.n));
        request.guarantor = &guarantor;
    }
    return write_request(lines, &request);
}

static enum status write_all(struct lines *lines, struct world *world)
{
    struct rng rng = rng_at(world->options.seed, STREAM_SCREENING, 0);
    uint64_t wanted = world->options.screenings;

    if (wanted > 0)
        TRY(write_clean(lines, world, &rng));
    if (wanted > 1 && world->gang_sample.there)
        TRY(write_gang(lines, world));
    if (wanted > 2 && world->chain_sample.there)
        TRY(write_closing(lines, world));
    for (uint64_t number = lines->n; number < wanted; number++) {
        struct rng own = rng_at(world->options.seed, STREAM_SCREENING, number + 1);
        TRY(write_mixed(lines, world, number, &own));
    }
    return STATUS_OK;
}

enum status screenings_write(uint64_t *n, struct world *world, int folder_fd)
{
    AUTO(lines_fini) struct lines lines = { 0 };

    TRY(lines_open(&lines, folder_fd, SCREENINGS_FILE));
    TRY(write_all(&lines, world));
    *n = lines.n;
    return lines_close(&lines);
}
