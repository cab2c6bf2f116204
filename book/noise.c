/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/noise.h"

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

static void cluster_key(struct key *out, const struct world *world, enum small_kind kind,
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

    cluster_key(&key, world, kind, cluster);
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

static bool is_banked(const struct world *world, uint64_t index)
{
    struct rng rng = rng_at(world->options.seed, STREAM_BANKED, index);

    return rng_chance(&rng, 30, 100);
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
    cluster_key(&key, world, place->small, place->small_cluster);
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

/*
 * A tablet's uses run evenly back from T: never closer than half a day, and dense enough that one
 * without a class stays above the candidate cap and passes for a steady hub.
 */
static int64_t tablet_gap(uint64_t size)
{
    int64_t gap = 22 * US_PER_DAY / 10, widest = 1000 * US_PER_DAY / (int64_t)size;

    return (gap < widest ? gap : widest) / US_PER_SECOND * US_PER_SECOND;
}

static int64_t tablet_time(const struct world *world, const struct place *place, struct rng *rng)
{
    int64_t gap = tablet_gap(place->hub_size);

    return world->now_us - gap * (int64_t)place->hub_slot -
           gap / 100 / US_PER_SECOND * US_PER_SECOND * rng_between(rng, 20, 80);
}

/* Application `number` of `n`: each has its own stretch of time, with room to the next. */
static int64_t stretch_time(const struct world *world, const struct party *party, uint64_t number,
                            uint64_t n, struct rng *rng)
{
    int64_t start = world_ago(world, BOOK_DAYS - 5), born = party_born_us(party), stretch;

    start = born > start ? born : start;
    stretch = (world->now_us - start) / (int64_t)n;
    return (start + stretch * (int64_t)number + stretch / 1000 * rng_between(rng, 20, 900)) /
           US_PER_SECOND * US_PER_SECOND;
}

/* The young have not had the time for many: six weeks each, so that none looks hasty. */
static uint64_t draw_count(const struct world *world, const struct party *party,
                           const struct place *place, struct rng *rng)
{
    uint64_t draw = rng_below(rng, 100);
    uint64_t wanted = draw < 38 ? 0 : draw < 76 ? 1 : draw < 92 ? 2 : 3;
    uint64_t room = (uint64_t)(world->today - party->registered_day) / 45;

    if (place->hub == HUB_BRANCH || place->hub == HUB_TABLET || place->small == SMALL_SLOW)
        return 1;
    return wanted < room ? wanted : room;
}

struct history {
    const struct place *place;
    struct rng *rng;
    uint64_t n;
    bool banked;
    /* Of the small cluster or the hub: size 0 where there is none. */
    struct key shared_device, shared_phone;
};

static struct application draw_application(const struct world *world, const struct party *party,
                                           const struct history *history, uint64_t number)
{
    const struct place *place = history->place;
    struct rng *rng = history->rng;
    struct application application = application_own(party, rng, 0);
    bool tablet = place->hub == HUB_BRANCH || place->hub == HUB_TABLET;

    if (tablet)
        application.when = tablet_time(world, place, rng);
    else if (place->small == SMALL_SLOW)
        application.when = stretch_time(world, party, place->small_slot, 8, rng);
    else
        application.when = stretch_time(world, party, number, history->n, rng);
    if (history->shared_device.size)
        application.device = &history->shared_device;
    if (history->shared_phone.size && rng_chance(rng, 1, 2)) {
        application.phone = &history->shared_phone;
        application.phone_role = "agent";
    }
    if (rng_chance(rng, 1, 4))
        application.address = NULL;
    /* Missing data: who was not looked at closely has gaps. */
    application.undated = !tablet && rng_chance(rng, 2, 100);
    if (!tablet && rng_chance(rng, 2, 100))
        application.device = NULL;
    if (rng_chance(rng, 2, 100))
        application.phone = NULL;
    return application;
}

/* Ordinary lending has its overdue share; only those who touch nobody, for what it would imply. */
static void repay(struct loan *loan, const struct world *world, const struct place *place,
                  struct application *application, struct rng *rng)
{
    int64_t due = loan->paid_out + 180 * US_PER_DAY;

    loan->status = due < world->now_us ? "repaid" : "active";
    application->outcome = due < world->now_us ? "good" : "";
    if (!place->apart || due > world_ago(world, 60) || !rng_chance(rng, 12, 100))
        return;
    loan->overdue_since = due;
    loan->status = "overdue";
    application->outcome = "overdue";
    if (due < world_ago(world, 300) && rng_chance(rng, 1, 2)) {
        loan->overdue_until = due + rng_between(rng, 5, 80) * US_PER_DAY;
        loan->status = "repaid";
    }
}

static void spend(struct world *world, const struct party *party, const struct loan *loan,
                  struct rng *rng)
{
    uint64_t position = shuffle_at(&world->land.money, party->index);

    /* Money runs one way along its line, in small parts, so none comes round. */
    for (uint64_t back = 1; back <= 6 && back <= position; back++) {
        uint64_t payee = shuffle_back(&world->land.money, position - back);
        int64_t amount, when;
        struct key account;
        if (!is_banked(world, payee) || payee == party->index)
            continue;
        party_account(&account, payee);
        amount = loan->amount_minor / 100 * rng_between(rng, 5, 40);
        when = loan->paid_out + rng_between(rng, 1, 200) * US_PER_HOUR;
        row_transfer(world, &party->account, &account, amount, when);
        return;
    }
}

static void write_applications(struct world *world, struct party *party,
                               const struct history *history)
{
    for (uint64_t number = 0; number < history->n; number++) {
        struct application application = draw_application(world, party, history, number);
        bool decided = application.when < world_ago(world, 15);
        bool lent = decided && history->banked && rng_chance(history->rng, 3, 4);
        struct loan loan = { .amount_minor = application.amount_minor,
                             .paid_out = application.when + 10 * US_PER_DAY,
                             .overdue_since = TIME_MIN,
                             .overdue_until = TIME_MIN };

        if (decided)
            application.status = lent || rng_chance(history->rng, 1, 2) ? "approved" : "rejected";
        if (lent)
            repay(&loan, world, history->place, &application, history->rng);
        application_write(world, party, &application);
        if (!lent)
            continue;
        loan_write(world, party, &application, &loan);
        spend(world, party, &loan, history->rng);
    }
}

static void write_business(struct world *world, struct party *party, const struct place *place,
                           struct rng *rng)
{
    struct history history = { .place = place, .rng = rng };

    history.n = draw_count(world, party, place, rng);
    history.banked = is_banked(world, party->index);
    if (place->hub == HUB_BRANCH || place->hub == HUB_TABLET)
        noise_hub_key(&history.shared_device, world, place->hub_number);
    else if (place->small == SMALL_DEVICE || place->small == SMALL_SLOW)
        cluster_key(&history.shared_device, world, place->small, place->small_cluster);
    if (place->hub == HUB_BOOKKEEPER)
        noise_hub_key(&history.shared_phone, world, place->hub_number);
    if (history.banked)
        party_open_account(world, party, world_ago(world, BOOK_DAYS - 6),
                           party->own_device ? &party->device : NULL);
    write_applications(world, party, &history);
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
    write_business(world, &party, &place, &rng);
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
    gap = tablet_gap(land->hubs[first].size);
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
