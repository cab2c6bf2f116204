/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/scheme.h"

#include "book/noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each at the end of its own file. */
extern const struct scheme scheme_shared_device, scheme_gang, scheme_guarantee_ring,
    scheme_mutual_guarantee, scheme_declared_group, scheme_family, scheme_one_owner,
    scheme_franchise, scheme_core_suppliers, scheme_open_chain, scheme_ended_ring,
    scheme_guarantee_company, scheme_recycled_phone, scheme_slow_device, scheme_partners,
    scheme_repaid_overdue, scheme_phone_farm, scheme_batch_registration, scheme_lockstep,
    scheme_guarantee_chain, scheme_over_guarantor, scheme_guarantee_circle, scheme_hidden_owner,
    scheme_common_rep, scheme_ownership_ring, scheme_shell, scheme_multi_lender, scheme_retry,
    scheme_contradiction, scheme_overdue_circle, scheme_round_trip, scheme_syndicate,
    scheme_device_pool, scheme_agent;

const struct scheme *const schemes[] = {
    &scheme_shared_device,
    &scheme_gang,
    &scheme_guarantee_ring,
    &scheme_mutual_guarantee,
    &scheme_phone_farm,
    &scheme_batch_registration,
    &scheme_lockstep,
    &scheme_guarantee_chain,
    &scheme_over_guarantor,
    &scheme_guarantee_circle,
    &scheme_hidden_owner,
    &scheme_common_rep,
    &scheme_ownership_ring,
    &scheme_shell,
    &scheme_multi_lender,
    &scheme_retry,
    &scheme_contradiction,
    &scheme_overdue_circle,
    &scheme_round_trip,
    &scheme_syndicate,
    &scheme_declared_group,
    &scheme_family,
    &scheme_one_owner,
    &scheme_franchise,
    &scheme_core_suppliers,
    &scheme_open_chain,
    &scheme_ended_ring,
    &scheme_guarantee_company,
    &scheme_recycled_phone,
    &scheme_slow_device,
    &scheme_partners,
    &scheme_repaid_overdue,
    &scheme_device_pool,
    &scheme_agent,
    NULL,
};

static struct rng ring_rng(uint64_t seed, size_t scheme, uint64_t number)
{
    return rng_at(seed, STREAM_SCHEME + scheme, number);
}

/* The mix's next "NAME=WEIGHT"; false at its end. *weight -1: it is not of that form. */
static bool next_share(struct slice *name, int64_t *weight, const char **rest)
{
    size_t size = strcspn(*rest, ",");
    const char *equals = memchr(*rest, '=', size);
    char *end;

    if (!size)
        return false;
    *name = slice_of(*rest, equals ? (size_t)(equals - *rest) : size);
    *weight = equals ? strtoll(equals + 1, &end, 10) : -1;
    if (equals && (end != *rest + size || end == equals + 1 || *weight > 1000000))
        *weight = -1;
    *rest += size + ((*rest)[size] == ',');
    return true;
}

static uint64_t weight_of(const struct book_options *options, const struct scheme *scheme)
{
    const char *rest = options->mix ? options->mix : "";
    int64_t weight, chosen = scheme->weight;
    struct slice name;

    while (next_share(&name, &weight, &rest))
        if (slice_equal(name, slice_str(scheme->name)))
            chosen = weight;
    return (uint64_t)chosen;
}

static bool is_scheme(struct slice name)
{
    size_t i = 0;

    while (schemes[i] && !slice_equal(name, slice_str(schemes[i]->name)))
        i++;
    return schemes[i];
}

enum status schemes_check(const struct book_options *options)
{
    AUTO(buf_fini) struct buf known = { 0 };
    const char *rest = options->mix ? options->mix : "", *list;
    struct slice name;
    int64_t weight;

    for (size_t i = 0; schemes[i]; i++)
        TRY(buf_printf(&known, "%s%s", i ? ", " : "", schemes[i]->name));
    TRY(buf_string(&list, &known));
    while (next_share(&name, &weight, &rest))
        if (weight < 0 || !is_scheme(name))
            return fail(STATUS_USAGE, "--mix: '%.*s' is not NAME=WEIGHT with a weight of 0 to "
                        "1000000 and one of these names: %s", (int)name.size,
                        (const char *)name.data, list);
    return STATUS_OK;
}

/* The weights of all schemes, or all traps, that a book of this size has. */
static uint64_t total_weight(const struct book_options *options, bool trap)
{
    uint64_t total = 0;

    for (size_t i = 0; schemes[i]; i++)
        if (schemes[i]->trap == trap && options->enterprises >= schemes[i]->least_book)
            total += weight_of(options, schemes[i]);
    return total;
}

/* What one scheme may take; every scheme has at least one ring in a book large enough for it. */
static uint64_t budget(const struct book_options *options, const struct scheme *scheme)
{
    unsigned permille = scheme->trap ? options->trap_permille : options->fraud_permille;
    uint64_t all = options->enterprises * permille / 1000, weight = weight_of(options, scheme);

    return permille && weight && options->enterprises >= scheme->least_book
               ? 1 + all * weight / total_weight(options, scheme->trap)
               : 0;
}

/* What the rings of one scheme take, and how many they are. */
static uint64_t demand(uint64_t *n_rings, const struct book_options *options, size_t scheme)
{
    uint64_t wanted = budget(options, schemes[scheme]), total = 0;

    for (*n_rings = 0; total < wanted; ++*n_rings) {
        struct rng rng = ring_rng(options->seed, scheme, *n_rings);
        unsigned variant = 0;
        total += schemes[scheme]->size(&rng, *n_rings, &variant);
    }
    return total;
}

uint64_t schemes_demand(const struct book_options *options)
{
    uint64_t total = 0, n_rings;

    for (size_t i = 0; schemes[i]; i++)
        total += demand(&n_rings, options, i);
    return total;
}

void schemes_locate(uint64_t *first, uint64_t *n_rings, const struct book_options *options,
                    const char *name)
{
    *first = *n_rings = 0;
    for (size_t i = 0; schemes[i]; i++) {
        uint64_t taken = demand(n_rings, options, i);
        if (strcmp(schemes[i]->name, name) == 0)
            return;
        *first += taken;
    }
    *n_rings = 0;
}

static enum status plant_ring(struct plot *plot, size_t scheme, uint64_t number, uint64_t first)
{
    plot->rng = ring_rng(plot->world->options.seed, scheme, number);
    plot->scheme = schemes[scheme];
    plot->number = number;
    plot->variant = 0;
    plot->n = schemes[scheme]->size(&plot->rng, number, &plot->variant);
    snprintf(plot->ring, sizeof plot->ring, "%s-%06llu", schemes[scheme]->name,
             (unsigned long long)number + 1);
    for (size_t i = 0; i < plot->n; i++) {
        plot->indices[i] = first + i;
        party_draw(&plot->parties[i], plot->world, first + i);
    }
    TRY(schemes[scheme]->plant(plot));
    return sheets_check(plot->world->sheets);
}

enum status schemes_plant(struct world *world, uint64_t first)
{
    AUTO(free_ptr) struct plot *plot = malloc(sizeof *plot);

    if (!plot)
        return fail_memory(sizeof *plot);
    plot->world = world;
    for (size_t i = 0; schemes[i]; i++) {
        uint64_t n_rings;
        demand(&n_rings, &world->options, i);
        for (uint64_t number = 0; number < n_rings; number++, first += plot->n)
            TRY(plant_ring(plot, i, number, first));
    }
    return STATUS_OK;
}

int64_t plot_moment(struct plot *plot, int64_t low, int64_t high)
{
    return rng_between(&plot->rng, low / US_PER_SECOND, high / US_PER_SECOND) * US_PER_SECOND;
}

void plot_write_party(struct plot *plot, size_t who)
{
    struct party *party = &plot->parties[who];
    struct world *world = plot->world;
    struct key building;

    party_write(world, party);
    if (rng_chance(&plot->rng, 1, 3) && noise_hiding_place(&building, world, &plot->rng))
        row_held(world, SHEET_LOCATED_AT, &party->key, &building,
                 held_as("operating", false, since(party_born_us(party))));
    if (!party->no_past && rng_chance(&plot->rng, 1, 3)) {
        /* Long before what the scheme is about, from his own device, each on another day. */
        int64_t day = world_ago(world, 1010 + (int64_t)who % 30);
        int64_t when = plot_moment(plot, day, day + 20 * US_PER_HOUR);
        struct application application = application_own(party, &plot->rng, when);
        application.status = "rejected";
        application_write(world, party, &application);
    }
}

void plot_go_overdue(struct plot *plot, size_t who, unsigned from_days, unsigned to_days)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[who];
    int64_t when = plot_moment(plot, world_ago(world, from_days), world_ago(world, to_days));
    struct application application = application_own(party, &plot->rng, when);
    struct loan loan = { .amount_minor = application.amount_minor,
                         .paid_out = application.when + 10 * US_PER_DAY,
                         .status = "overdue",
                         .overdue_since = application.when + 200 * US_PER_DAY,
                         .overdue_until = TIME_MIN };

    application.status = "approved";
    application.outcome = "overdue";
    party_open_account(world, party, application.when, NULL);
    application_write(world, party, &application);
    loan_write(world, party, &application, &loan);
}

void plot_write(struct plot *plot)
{
    for (size_t i = 0; i < plot->n; i++)
        plot_write_party(plot, i);
}

void plot_device(struct plot *plot, struct key *out)
{
    key_device(out, &plot->world->keys, world_serial(plot->world, KEY_DEVICE));
    row_device(plot->world, out, "");
}

void plot_phone(struct plot *plot, struct key *out)
{
    key_phone(out, &plot->world->keys, world_serial(plot->world, KEY_PHONE));
    row_phone(plot->world, out, "");
}

void plot_room(struct plot *plot, struct key *out)
{
    key_address(out, &plot->world->keys, world_serial(plot->world, KEY_ADDRESS));
    row_address(plot->world, out, "room", "");
}

void plot_person(struct plot *plot, struct key *out)
{
    key_person(out, &plot->world->keys, world_serial(plot->world, KEY_PERSON));
    row_person(plot->world, out);
}

enum status plot_ring(struct plot *plot, const char *code, const bool *flags)
{
    return truth_flagged(plot->world, plot->ring, code, plot->indices, flags, plot->n);
}

enum status plot_trap(struct plot *plot)
{
    truth_trap(plot->world, plot->scheme->name);
    for (size_t i = 0; i < plot->n; i++)
        truth_member(plot->world, plot->indices[i]);
    return truth_end(plot->world);
}
