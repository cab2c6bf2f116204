/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/landscape.h"

#include "base/buf.h"
#include "base/rng.h"

#include <stdlib.h>

#define TREE_SIZE 15

/* Share of the line in permille, and how many positions one cluster takes. */
static const struct small_rule {
    unsigned permille, width;
} small_rules[N_SMALL] = {
    [SMALL_PHONE] = { 40, 6 }, [SMALL_CONTACT] = { 50, 6 }, [SMALL_DEVICE] = { 60, 2 },
    [SMALL_SLOW] = { 40, 8 },  [SMALL_ROOM] = { 50, 6 },    [SMALL_BUILDING] = { 130, 45 },
};

/*
 * Hubs are cut by Zipf's law with exponent 1: the k-th has max / (k + 1), never below `floor`.
 * Floors keep them out of every cap's reach also when some members have left a window.
 */
static const struct hub_rule {
    unsigned permille;
    uint64_t max_per_million, floor, most;
} hub_rules[N_HUB] = {
    [HUB_BUILDING] = { 180, 3000, 60, 100000 }, [HUB_INCUBATOR] = { 60, 1000, 60, 100000 },
    [HUB_AGENT] = { 20, 400, 50, 100000 },      [HUB_ACCOUNTANT] = { 40, 780, 40, 800 },
    [HUB_BOOKKEEPER] = { 35, 720, 40, 800 },    [HUB_BRANCH] = { 45, 40000, 60, 1200 },
    [HUB_TABLET] = { 30, 40000, 48, 1200 },
};

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The inverse of `a` modulo `n`, by Euclid's extended algorithm. */
static uint64_t inverse(uint64_t a, uint64_t n)
{
    int64_t old_s = 1, s = 0;
    uint64_t old_r = a % n, r = n;

    while (r) {
        uint64_t quotient = old_r / r, next_r = old_r % r;
        int64_t next_s = old_s - (int64_t)quotient * s;
        old_r = r;
        r = next_r;
        old_s = s;
        s = next_s;
    }
    return old_s < 0 ? (uint64_t)(old_s + (int64_t)n) : (uint64_t)old_s;
}

struct shuffle shuffle_new(uint64_t n, uint64_t seed, uint64_t stream)
{
    struct rng rng = rng_at(seed, 2, stream);
    struct shuffle shuffle = { .n = n ? n : 1 };

    shuffle.shift = rng_below(&rng, shuffle.n);
    do
        shuffle.step = 1 + rng_below(&rng, shuffle.n);
    while (greatest_common_divisor(shuffle.step, shuffle.n) != 1);
    shuffle.back_step = inverse(shuffle.step, shuffle.n);
    return shuffle;
}

uint64_t shuffle_at(const struct shuffle *shuffle, uint64_t index)
{
    return (index * shuffle->step + shuffle->shift) % shuffle->n;
}

uint64_t shuffle_back(const struct shuffle *shuffle, uint64_t position)
{
    return (position + shuffle->n - shuffle->shift) % shuffle->n * shuffle->back_step % shuffle->n;
}

static void lay_small(struct landscape *land)
{
    uint64_t at = 0;

    for (int kind = SMALL_NONE + 1; kind < N_SMALL; kind++) {
        uint64_t width = small_rules[kind].width;
        land->small_start[kind] = at;
        at += land->n * small_rules[kind].permille / 1000 / width * width;
    }
    land->small_start[N_SMALL] = at;
}

static enum status lay_hubs(struct landscape *land, enum hub_kind kind)
{
    const struct hub_rule *rule = &hub_rules[kind];
    uint64_t left = land->n * rule->permille / 1000;
    uint64_t largest = land->n * rule->max_per_million / 1000000;

    largest = largest < rule->most ? largest : rule->most;
    for (uint64_t k = 1; left >= rule->floor; k++) {
        uint64_t size = largest / k > rule->floor ? largest / k : rule->floor;
        size = size < left ? size : left;
        TRY(array_reserve(&land->hubs, &land->capacity, land->n_hubs + 1));
        land->hubs[land->n_hubs++] = (struct hub){ land->hub_end, size, kind };
        land->hub_end += size;
        left -= size;
    }
    return STATUS_OK;
}

enum status landscape_init(struct landscape *land, uint64_t n, uint64_t n_companies, uint64_t seed)
{
    *land = (struct landscape){ .n = n, .n_companies = n_companies };
    land->small = shuffle_new(n, seed, 0);
    land->hub = shuffle_new(n, seed, 1);
    land->guarantee = shuffle_new(n, seed, 2);
    land->money = shuffle_new(n, seed, 3);
    lay_small(land);
    for (int kind = HUB_NONE + 1; kind < N_HUB; kind++)
        TRY(lay_hubs(land, (enum hub_kind)kind));
    land->tree_end = n * 320 / 1000 / TREE_SIZE * TREE_SIZE;
    land->client_start = land->client_end = land->tree_end;
    if (n_companies)
        land->client_end += n * 40 / 1000 / n_companies * n_companies;
    return STATUS_OK;
}

void landscape_fini(struct landscape *land)
{
    free(land->hubs);
    land->hubs = NULL;
}

/* Widths hold one cluster, or as many of 2 and of 3 as fill them: 6 is 2 + 2 + 2 or 3 + 3. */
static void place_small(struct place *place, const struct landscape *land, uint64_t position)
{
    int kind = SMALL_NONE + 1;
    uint64_t offset, block, width, size;

    if (position >= land->small_start[N_SMALL])
        return;
    while (position >= land->small_start[kind + 1])
        kind++;
    width = small_rules[kind].width;
    offset = position - land->small_start[kind];
    block = offset / width;
    size = width == 6 ? 2 + block % 2 : width == 45 ? 5 + block % 9 * 5 : width;
    place->small = (enum small_kind)kind;
    place->small_size = size;
    place->small_slot = offset % width % size;
    /* The first position of the cluster numbers it. */
    place->small_cluster = position - place->small_slot;
}

static void place_hub(struct place *place, const struct landscape *land, uint64_t position)
{
    size_t low = 0, high = land->n_hubs;

    if (position >= land->hub_end)
        return;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (land->hubs[middle].start <= position)
            low = middle;
        else
            high = middle;
    }
    place->hub = land->hubs[low].kind;
    place->hub_number = low;
    place->hub_slot = position - land->hubs[low].start;
    place->hub_size = land->hubs[low].size;
}

/*
 * A tree of 15 in which each guarantees up to `fan` others. fan >= 3 keeps it within three levels
 * of edges, so no chain of guarantees gets long, and a tree has no ring.
 */
static void place_guarantee(struct place *place, const struct landscape *land, uint64_t position)
{
    uint64_t slot = position % TREE_SIZE, root = position - slot;
    uint64_t fan = 3 + root / TREE_SIZE % 12, parent, last;

    if (position >= land->client_start && position < land->client_end) {
        place->client = true;
        place->company = (position - land->client_start) % land->n_companies;
    }
    if (position >= land->tree_end)
        return;
    place->in_tree = true;
    if (slot == 0)
        return;
    parent = (slot - 1) / fan;
    last = parent * fan + fan;
    place->guaranteed = true;
    place->guarantor = shuffle_back(&land->guarantee, root + parent);
    place->fellows = (last < TREE_SIZE ? last : TREE_SIZE - 1) - parent * fan;
}

struct place landscape_place(const struct landscape *land, uint64_t index)
{
    struct place place = { .hub = HUB_NONE };

    place_hub(&place, land, shuffle_at(&land->hub, index));
    /* Who applied at a branch did so once and shares nothing else. */
    if (place.hub != HUB_BRANCH && place.hub != HUB_TABLET)
        place_small(&place, land, shuffle_at(&land->small, index));
    /* One address of registration is enough. */
    if (place.small == SMALL_ROOM && (place.hub == HUB_INCUBATOR || place.hub == HUB_AGENT))
        place.small = SMALL_NONE;
    place_guarantee(&place, land, shuffle_at(&land->guarantee, index));
    place.apart =
        place.small == SMALL_NONE && place.hub == HUB_NONE && !place.in_tree && !place.client;
    return place;
}

uint64_t landscape_hub_member(const struct landscape *land, const struct hub *hub, uint64_t slot)
{
    return shuffle_back(&land->hub, hub->start + slot);
}

uint64_t landscape_clients(const struct landscape *land, uint64_t company)
{
    uint64_t all = land->client_end - land->client_start;

    return land->n_companies && company < land->n_companies ? all / land->n_companies : 0;
}

uint64_t landscape_client(const struct landscape *land, uint64_t company, uint64_t slot)
{
    return shuffle_back(&land->guarantee, land->client_start + slot * land->n_companies + company);
}

struct place landscape_small(const struct landscape *land, uint64_t position)
{
    struct place place = { .hub = HUB_NONE };

    place_small(&place, land, position);
    return place;
}
