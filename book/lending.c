/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/lending.h"

#include "book/noise.h"

static bool is_banked(const struct world *world, uint64_t index)
{
    struct rng rng = rng_at(world->options.seed, STREAM_BANKED, index);

    return rng_chance(&rng, 30, 100);
}

int64_t lending_tablet_gap(uint64_t size)
{
    int64_t gap = 22 * US_PER_DAY / 10, widest = 1000 * US_PER_DAY / (int64_t)size;

    return (gap < widest ? gap : widest) / US_PER_SECOND * US_PER_SECOND;
}

static int64_t tablet_time(const struct world *world, const struct place *place, struct rng *rng)
{
    int64_t gap = lending_tablet_gap(place->hub_size);

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

void lending_write(struct world *world, struct party *party, const struct place *place,
                   struct rng *rng)
{
    struct history history = { .place = place, .rng = rng };

    history.n = draw_count(world, party, place, rng);
    history.banked = is_banked(world, party->index);
    if (place->hub == HUB_BRANCH || place->hub == HUB_TABLET)
        noise_hub_key(&history.shared_device, world, place->hub_number);
    else if (place->small == SMALL_DEVICE || place->small == SMALL_SLOW)
        noise_cluster_key(&history.shared_device, world, place->small, place->small_cluster);
    if (place->hub == HUB_BOOKKEEPER)
        noise_hub_key(&history.shared_phone, world, place->hub_number);
    if (history.banked)
        party_open_account(world, party, world_ago(world, BOOK_DAYS - 6),
                           party->own_device ? &party->device : NULL);
    write_applications(world, party, &history);
}
