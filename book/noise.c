/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/noise.h"

#include "book/lending.h"
#include "book/truth.h"

static const struct hub_rule {
    enum key_kind key;
    bool building;
    const char *class_, *trap;
} hub_rules[N_HUB] = {
    [HUB_BUILDING] = { KEY_ADDRESS, true, "", "large_building" },
    [HUB_INCUBATOR] = { KEY_ADDRESS, false, "incubator", "incubator" },
    [HUB_AGENT] = { KEY_ADDRESS, false, "registration_agent", "registration_agent" },
    [HUB_ACCOUNTANT] = { KEY_PHONE, false, "accounting_firm", "accountant" },
    [HUB_BOOKKEEPER] = { KEY_PHONE, false, "", "accountant_no_class" },
    [HUB_BRANCH] = { KEY_DEVICE, false, "bank_branch", "branch_tablet" },
    [HUB_TABLET] = { KEY_DEVICE, false, "", "branch_tablet_no_class" },
};

/* Hubs and small clusters share the landscape's numbers: clusters come after all hubs. */
static uint64_t cluster_serial(const struct world *world, enum key_kind kind, uint64_t cluster)
{
    return key_serial(kind, OWNER_LANDSCAPE, world->land.n_hubs + cluster);
}

void noise_cluster_key(struct key *out, const struct world *world, enum small_kind kind,
                       uint64_t cluster)
{
    const struct keys *keys = &world->keys;

    switch (kind) {
    case SMALL_PHONE:
        key_phone(out, keys, cluster_serial(world, KEY_PHONE, cluster));
        break;
    case SMALL_CONTACT:
        key_person(out, keys, cluster_serial(world, KEY_PERSON, cluster));
        break;
    case SMALL_DEVICE:
    case SMALL_SLOW:
        key_device(out, keys, cluster_serial(world, KEY_DEVICE, cluster));
        break;
    case SMALL_BUILDING:
        key_building(out, keys, cluster_serial(world, KEY_ADDRESS, cluster));
        break;
    default:
        key_address(out, keys, cluster_serial(world, KEY_ADDRESS, cluster));
        break;
    }
}

void noise_hub_key(struct key *out, const struct world *world, uint64_t hub_number)
{
    const struct hub_rule *rule = &hub_rules[world->land.hubs[hub_number].kind];
    uint64_t serial = key_serial(rule->key, OWNER_LANDSCAPE, hub_number);

    if (rule->building)
        key_building(out, &world->keys, serial);
    else if (rule->key == KEY_ADDRESS)
        key_address(out, &world->keys, serial);
    else if (rule->key == KEY_PHONE)
        key_phone(out, &world->keys, serial);
    else
        key_device(out, &world->keys, serial);
}

static void shared_hubs(struct world *world)
{
    for (size_t i = 0; i < world->land.n_hubs; i++) {
        const struct hub_rule *rule = &hub_rules[world->land.hubs[i].kind];
        struct key key;
        noise_hub_key(&key, world, i);
        if (rule->key == KEY_ADDRESS)
            row_address(world, &key, rule->building ? "building" : "room", rule->class_);
        else if (rule->key == KEY_PHONE)
            row_phone(world, &key, rule->class_);
        else
            row_device(world, &key, rule->class_);
    }
}

static void shared_cluster(struct world *world, enum small_kind kind, uint64_t cluster)
{
    struct key key;

    noise_cluster_key(&key, world, kind, cluster);
    if (kind == SMALL_PHONE)
        row_phone(world, &key, "");
    else if (kind == SMALL_CONTACT)
        row_person(world, &key);
    else if (kind == SMALL_DEVICE || kind == SMALL_SLOW)
        row_device(world, &key, "");
    else
        row_address(world, &key, kind == SMALL_BUILDING ? "building" : "room", "");
}

void noise_shared(struct world *world)
{
    uint64_t end = world->land.small_start[N_SMALL];

    shared_hubs(world);
    for (uint64_t position = 0; position < end; position++) {
        struct place place = landscape_small(&world->land, position);
        if (place.small_slot == 0)
            shared_cluster(world, place.small, place.small_cluster);
    }
}

/* Who is registered at a hub or with a neighbour has no address of his own. */
static bool registered_elsewhere(const struct place *place)
{
    return place->hub == HUB_INCUBATOR || place->hub == HUB_AGENT || place->small == SMALL_ROOM;
}

static void settle(struct party *party, const struct place *place, struct rng *rng)
{
    bool untouched = place->apart || place->hub == HUB_INCUBATOR || place->hub == HUB_BUILDING;

    party->own_address = !registered_elsewhere(place) && rng_chance(rng, 9, 10);
    party->own_phone = place->small != SMALL_PHONE || rng_chance(rng, 1, 2);
    party->verified = place->hub != HUB_ACCOUNTANT && place->hub != HUB_BOOKKEEPER &&
                      place->small != SMALL_PHONE && rng_chance(rng, 1, 2);
    party->assets_unknown = rng_chance(rng, 1, 20);
    /* Some are younger: nothing else about them may look like a shell. */
    if (untouched && place->small != SMALL_SLOW && rng_chance(rng, 1, 5))
        party->registered_day += (BOOK_DAYS + 120) * (int64_t)rng_below(rng, 100) / 100;
}

static void settled(struct party *party, struct place *place, struct rng *rng,
                    const struct world *world, uint64_t index)
{
    *rng = rng_at(world->options.seed, STREAM_NOISE, index);
    *place = landscape_place(&world->land, index);
    party_draw(party, world, index);
    settle(party, place, rng);
}

void noise_party(struct party *party, const struct world *world, uint64_t index)
{
    struct place place;
    struct rng rng;

    settled(party, &place, &rng, world, index);
}

/* Interval of a relation that began some time after registration. */
static struct interval some_time_after(const struct party *party, struct rng *rng,
                                       const struct world *world)
{
    int64_t born = party_born_us(party), latest = world_ago(world, 20);

    if (born >= latest)
        return since(born);
    return since(born +
                 (latest - born) / 400 * rng_between(rng, 0, 300) / US_PER_SECOND * US_PER_SECOND);
}

static void write_small(struct world *world, const struct party *party, const struct place *place,
                        struct rng *rng)
{
    struct key key;

    if (place->small == SMALL_NONE)
        return;
    noise_cluster_key(&key, world, place->small, place->small_cluster);
    if (place->small == SMALL_PHONE)
        row_held(world, SHEET_HAS_PHONE, &party->key, &key,
                 held_as("contact", false, some_time_after(party, rng, world)));
    else if (place->small == SMALL_CONTACT)
        row_role(world, SHEET_CONTACT, &key, &party->key, "finance",
                 some_time_after(party, rng, world));
    else if (place->small == SMALL_ROOM)
        row_held(world, SHEET_LOCATED_AT, &party->key, &key,
                 held_as("registered", false, since(party_born_us(party))));
    else if (place->small == SMALL_BUILDING)
        row_held(world, SHEET_LOCATED_AT, &party->key, &key,
                 held_as("operating", false, some_time_after(party, rng, world)));
}

static void write_hub(struct world *world, const struct party *party, const struct place *place,
                      struct rng *rng)
{
    struct key key;

    if (place->hub == HUB_NONE || place->hub == HUB_BRANCH || place->hub == HUB_TABLET)
        return;
    noise_hub_key(&key, world, place->hub_number);
    if (place->hub == HUB_BUILDING)
        row_held(world, SHEET_LOCATED_AT, &party->key, &key,
                 held_as("operating", false, some_time_after(party, rng, world)));
    else if (place->hub == HUB_INCUBATOR || place->hub == HUB_AGENT)
        row_held(world, SHEET_LOCATED_AT, &party->key, &key,
                 held_as("registered", false, since(party_born_us(party))));
    else
        row_held(world, SHEET_HAS_PHONE, &party->key, &key,
                 held_as(place->hub == HUB_ACCOUNTANT ? "finance" : "agent", false,
                         some_time_after(party, rng, world)));
}

/* To the thousand yuan, downwards. */
static int64_t round_amount(int64_t minor)
{
    return minor / 100000 * 100000;
}

static void write_guarantor(struct world *world, const struct party *party,
                            const struct place *place, struct rng *rng)
{
    static const char *const statuses[] = { "", "active", "active", "released" };
    struct guarantee guarantee = { .kind = "joint", .status = statuses[rng_below(rng, 4)] };
    struct party guarantor;

    guarantee.when.from = world_ago(world, rng_between(rng, 30, 900));
    guarantee.when.to = rng_chance(rng, 1, 4)   ? world_ago(world, rng_between(rng, 1, 25))
                        : rng_chance(rng, 1, 2) ? world_ago(world, -rng_between(rng, 200, 900))
                                                : TIME_MAX;
    if (place->guaranteed) {
        party_draw(&guarantor, world, place->guarantor);
        guarantee.amount_minor =
            round_amount(party_share(&guarantor, 40) / (int64_t)place->fellows);
        row_guarantee(world, SHEET_GUARANTEES, &guarantor.key, &party->key, &guarantee);
    }
    if (place->client) {
        party_draw(&guarantor, world, world->companies_first + place->company);
        guarantee.amount_minor = rng_between(rng, 20, 500) * 1000000;
        row_guarantee(world, SHEET_GUARANTEES, &guarantor.key, &party->key, &guarantee);
    }
    if (rng_chance(rng, 5, 100)) {
        guarantee.amount_minor = rng_between(rng, 10, 200) * 1000000;
        guarantee.kind = "personal";
        row_guarantee(world, SHEET_GUARANTEES_PERSON, &party->legal_rep, &party->key, &guarantee);
    }
}

/* Trade and minority investments go one way along the money line, the first to heads of eight. */
static void write_trade(struct world *world, const struct party *party, struct rng *rng)
{
    uint64_t position = shuffle_at(&world->land.money, party->index);
    struct key partner;
    int64_t amount, ratio;

    if (position % 8 && rng_chance(rng, 20, 100)) {
        party_key(&partner, world, shuffle_back(&world->land.money, position - position % 8));
        amount = rng_between(rng, 1, 900) * 1000000;
        row_event_amount(world, SHEET_SUPPLIES, &party->key, &partner, amount,
                         world_ago(world, rng_between(rng, 2, 1000)));
    }
    if (position && rng_chance(rng, 4, 100)) {
        party_key(&partner, world, shuffle_back(&world->land.money, position - 1));
        ratio = rng_between(rng, 1, 12) * 100;
        row_share(world, SHEET_INVESTS, &party->key, &partner, ratio,
                  since(world_ago(world, rng_between(rng, 2, 1000))));
    }
}

void noise_write(struct world *world, uint64_t index)
{
    struct party party;
    struct place place;
    struct rng rng;

    settled(&party, &place, &rng, world, index);
    party_write(world, &party);
    write_small(world, &party, &place, &rng);
    write_hub(world, &party, &place, &rng);
    lending_write(world, &party, &place, &rng);
    write_guarantor(world, &party, &place, &rng);
    write_trade(world, &party, &rng);
}

static enum status hub_truth(struct world *world, const struct hub *hub)
{
    truth_trap(world, hub_rules[hub->kind].trap);
    for (uint64_t slot = 0; slot < hub->size; slot++)
        truth_member(world, landscape_hub_member(&world->land, hub, slot));
    return truth_end(world);
}

enum status noise_truth(struct world *world)
{
    const struct landscape *land = &world->land;

    for (size_t i = 0; i < land->n_hubs; i++)
        TRY(hub_truth(world, &land->hubs[i]));
    for (uint64_t company = 0; company < land->n_companies; company++) {
        truth_trap(world, "guarantee_company");
        truth_member(world, world->companies_first + company);
        for (uint64_t slot = 0; slot < landscape_clients(land, company); slot++)
            truth_member(world, landscape_client(land, company, slot));
        TRY(truth_end(world));
    }
    return STATUS_OK;
}

bool noise_idle_tablet(struct key *out, int64_t *when, const struct world *world, uint64_t number,
                       int64_t days_ago)
{
    const struct landscape *land = &world->land;
    size_t first = 0, n = 0;
    int64_t gap, turn;

    for (size_t i = 0; i < land->n_hubs; i++) {
        first = land->hubs[i].kind == HUB_BRANCH && n == 0 ? i : first;
        n += land->hubs[i].kind == HUB_BRANCH;
    }
    if (n == 0)
        return false;
    first += number % n;
    gap = lending_tablet_gap(land->hubs[first].size);
    /* Between the 80th hundredth of one stretch and the 20th of the next; days between turns. */
    turn = days_ago * US_PER_DAY / gap + 1 + (int64_t)(number / n) * 4;
    if (gap < 10 * US_PER_HOUR || turn >= (int64_t)land->hubs[first].size)
        return false;
    *when = world->now_us - gap * turn;
    noise_hub_key(out, world, first);
    return true;
}

bool noise_hiding_place(struct key *out, const struct world *world, struct rng *rng)
{
    size_t n = 0;

    while (n < world->land.n_hubs && world->land.hubs[n].kind == HUB_BUILDING)
        n++;
    if (n == 0)
        return false;
    noise_hub_key(out, world, rng_below(rng, n));
    return true;
}

uint64_t noise_bystander(const struct world *world, struct rng *rng)
{
    uint64_t index = 0;

    /* Two in five will do; the bound only keeps the smallest books from searching for ever. */
    for (int tries = 0; tries < 10000; tries++) {
        struct place place;
        index = rng_below(rng, world->land.n);
        place = landscape_place(&world->land, index);
        if (!place.in_tree && !place.client && !place.apart)
            break;
    }
    return index;
}
