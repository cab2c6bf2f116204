/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/screen.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/rng.h"
#include "detectors/engine.h"
#include "graph/catalog.h"
#include "graph/overlay.h"
#include "screening/decision.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

TestSuite(replay, .fini = leaks_check);

#define N_ENTERPRISES 14
#define N_DEVICES 4
#define N_STEPS 60
#define DECISIONS_MAX 200

#define OK(expression)                                                                             \
    do {                                                                                           \
        enum status ok_ = (expression);                                                            \
        cr_assert_eq(ok_, STATUS_OK, "%s: %s", #expression, error_detail());                       \
    } while (0)

struct world {
    struct graph *graph;
    char *dir;
    struct screener *screener;
    struct rng rng;
    int64_t now_us;
    char ids[DECISIONS_MAX][40];
    size_t n_ids;
    unsigned applications;
};

static void world_open(struct world *world, uint64_t seed)
{
    struct graph_options options = { .map_size = (uint64_t)256 << 20 };
    struct policy *policy;

    *world = (struct world){ .dir = place_new(), .rng = rng_new(seed) };
    OK(time_parse(&world->now_us, SLICE("2026-11-01")));
    OK(graph_create(place_in(world->dir, "db"), schema_builtin_text(), &options));
    OK(graph_open(&world->graph, place_in(world->dir, "db"), &options));
    OK(policy_load(&policy, "built in", policy_builtin_text()));
    OK(screener_open(&world->screener, world->graph, policy));
}

static void world_close(struct world *world)
{
    screener_close(world->screener);
    graph_close(world->graph);
    place_remove(world->dir);
}

static void apply(struct world *world)
{
    AUTO(buf_fini) struct buf answer = { 0 };
    struct screen_options options = SCREEN_OPTIONS_INIT;
    char text[512], time[TIME_TEXT_MAX];
    const char *json;

    snprintf(text, sizeof text,
             "{\"application_id\":\"A-%u\",\"idempotency_key\":\"K-%u\",\"time\":\"%s\","
             "\"enterprise\":\"E%u\",\"devices\":[\"d%u\"],\"phones\":[\"1380000000%u\"],"
             "\"guarantors\":[\"E%u\"],\"amount_minor\":100,\"currency\":\"CNY\"}",
             world->applications, world->applications, time_format(time, world->now_us),
             (unsigned)rng_below(&world->rng, N_ENTERPRISES),
             (unsigned)rng_below(&world->rng, N_DEVICES), (unsigned)rng_below(&world->rng, 5),
             (unsigned)rng_below(&world->rng, N_ENTERPRISES));
    world->applications++;
    OK(screen(&answer, world->screener, slice_str(text), &options));
    OK(buf_string(&json, &answer));
    cr_assert_eq(sscanf(json, "{\"decision_id\":\"%39[0-9a-f]", world->ids[world->n_ids]), 1);
    world->n_ids++;
}

static void tag_again(struct world *world)
{
    AUTO(params_fini) struct params params = { 0 };
    AUTO(retag_report_fini) struct retag_report report = { 0 };
    struct retag_options options = RETAG_OPTIONS_INIT;

    OK(params_init(&params));
    options.params = &params;
    options.as_of_us = world->now_us;
    OK(retag(&report, world->graph, &options));
}

static bool some_enterprise(struct node_id *id, struct world *world, struct graph_txn *txn)
{
    char key[8];
    uint32_t label = catalog_find(graph_catalog(world->graph), SLICE("Enterprise"));

    snprintf(key, sizeof key, "E%u", (unsigned)rng_below(&world->rng, N_ENTERPRISES));
    return node_find(id, txn, label, slice_str(key)) == STATUS_OK;
}

static void say(struct world *world)
{
    struct overlay overlay = { .kind = rng_below(&world->rng, 2) ? OVERLAY_ALLOW : OVERLAY_BLOCK,
                               .person = SLICE("Li Na"), .until_us = TIME_MAX,
                               .at_us = time_now_us() };
    struct graph_txn *txn;
    uint64_t number;

    OK(graph_write(&txn, world->graph));
    if (!some_enterprise(&overlay.subject, world, txn)) {
        txn_end(txn);
        return;
    }
    OK(overlay_add(&number, txn, &overlay));
    OK(txn_commit(txn));
}

/* Ends a guarantee or an application's link, also ones that decisions rested on. */
static void close_some(struct world *world)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    struct graph_txn *txn;
    struct edge_iter it;
    struct edge edge = { 0 };
    struct node_id id;
    struct node node;

    OK(graph_write(&txn, world->graph));
    if (!some_enterprise(&id, world, txn)) {
        txn_end(txn);
        return;
    }
    OK(node_load(&node, txn, id));
    for (edge_iter_start(&it, txn, &node, &scan); edge_iter_next(&it);)
        if (it.edge.direction == DIRECTION_OUT && rng_below(&world->rng, 3) == 0)
            edge = it.edge;
    edge_iter_stop(&it);
    if (edge.id.value && edge.valid_to_us == TIME_MAX)
        OK(edge_close(txn, &edge, world->now_us, TIME_MIN));
    OK(txn_commit(txn));
}

static void step(struct world *world)
{
    uint64_t what = rng_below(&world->rng, 10);

    world->now_us += (int64_t)rng_below(&world->rng, 12) * US_PER_HOUR;
    if (what < 6)
        apply(world);
    else if (what < 7)
        tag_again(world);
    else if (what < 8)
        say(world);
    else
        close_some(world);
}

Test(replay, decisions_are_made_again_whatever_happened_since)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world world;
        struct graph_txn *txn;
        unsigned char last[HASH_BYTES];
        uint64_t n;

        world_open(&world, seed);
        for (int i = 0; i < N_STEPS; i++)
            step(&world);
        for (size_t i = 0; i < world.n_ids; i++) {
            AUTO(replay_fini) struct replay replay = { 0 };

            OK(screen_replay(&replay, world.graph, slice_str(world.ids[i])));
            cr_assert(replay.identical, "seed %d decision %zu:\n%.*s\n%.*s", (int)seed, i,
                      (int)replay.recorded.size, (const char *)replay.recorded.data,
                      (int)replay.again.size, (const char *)replay.again.data);
        }
        OK(graph_read(&txn, world.graph, NULL));
        OK(decision_verify(&n, last, txn));
        txn_end(txn);
        cr_assert_eq(n, world.n_ids);
        world_close(&world);
    }
}

/* The third of those who come from one device must see the first two. */
Test(replay, applications_from_one_device_know_of_each_other)
{
    struct world world;

    world_open(&world, 1);
    for (unsigned i = 0; i < 5; i++) {
        AUTO(buf_fini) struct buf answer = { 0 };
        struct screen_options options = SCREEN_OPTIONS_INIT;
        const char *json;
        char text[256];

        snprintf(text, sizeof text,
                 "{\"application_id\":\"B-%u\",\"time\":\"2026-11-21T08:00:00Z\","
                 "\"enterprise\":\"F%u\",\"devices\":[\"d1\"]}", i, i);
        OK(screen(&answer, world.screener, slice_str(text), &options));
        OK(buf_string(&json, &answer));
        cr_assert_eq(strstr(json, "SHARED_DEVICE") != NULL, i >= 2, "application %u: %s", i, json);
    }
    world_close(&world);
}

static enum status screen_once(void *context)
{
    static const char text[] =
        "{\"application_id\":\"S-1\",\"time\":\"2026-11-21T08:00:00Z\",\"enterprise\":\"E1\","
        "\"devices\":[\"d1\"],\"phones\":[\"13800000001\"],\"guarantors\":[\"E2\"]}";
    struct world *world = context;
    AUTO(buf_fini) struct buf answer = { 0 };
    struct screen_options options = SCREEN_OPTIONS_INIT;

    options.record = false;
    return screen(&answer, world->screener, slice_str(text), &options);
}

Test(replay, every_failed_allocation_of_a_screening_is_survived)
{
    struct world world;

    world_open(&world, 5);
    for (int i = 0; i < 12; i++)
        step(&world);
    sweep_allocations(screen_once, &world);
    world_close(&world);
}

static enum status retag_once(void *context)
{
    struct world *world = context;
    AUTO(params_fini) struct params params = { 0 };
    AUTO(retag_report_fini) struct retag_report report = { 0 };
    struct retag_options options = RETAG_OPTIONS_INIT;

    TRY(params_init(&params));
    options.params = &params;
    options.as_of_us = world->now_us;
    options.dry_run = true;
    return retag(&report, world->graph, &options);
}

Test(replay, every_failed_allocation_of_a_retag_is_survived)
{
    struct world world;

    world_open(&world, 6);
    for (int i = 0; i < 12; i++)
        step(&world);
    sweep_allocations(retag_once, &world);
    world_close(&world);
}
