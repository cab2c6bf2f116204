/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/screen.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "detectors/engine.h"
#include "graph/backup.h"
#include "graph/catalog.h"
#include "graph/dump.h"
#include "graph/overlay.h"
#include "screening/decision.h"
#include "screening/replay.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

TestSuite(replay, .fini = leaks_check);

#define FEW_ENTERPRISES 14
#define FEW_DEVICES 4
#define FEW_PHONES 5
#define N_STEPS 60
#define DECISIONS_MAX 200

struct world {
    struct graph *graph;
    char *dir;
    struct screener *screener;
    struct rng rng;
    int64_t now_us;
    char ids[DECISIONS_MAX][40];
    size_t n_ids;
    unsigned applications;
    unsigned n_enterprises, n_devices, n_phones;
};

static void world_open(struct world *world, uint64_t seed)
{
    struct graph_options options = { .map_size = (uint64_t)256 << 20 };
    struct policy *policy;

    *world = (struct world){ .dir = place_new(), .rng = rng_new(seed),
                              .n_enterprises = FEW_ENTERPRISES, .n_devices = FEW_DEVICES,
                              .n_phones = FEW_PHONES };
    OK(time_parse(&world->now_us, SLICE("2026-11-01")));
    world->graph = fresh_graph(place_in(world->dir, "db"), schema_builtin_text(), &options);
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
             "\"enterprise\":\"E%u\",\"devices\":[\"d%u\"],\"phones\":[\"138%08u\"],"
             "\"guarantors\":[\"E%u\"],\"amount_minor\":100,\"currency\":\"CNY\"}",
             world->applications, world->applications, time_format(time, world->now_us),
             (unsigned)rng_below(&world->rng, world->n_enterprises),
             (unsigned)rng_below(&world->rng, world->n_devices),
             (unsigned)rng_below(&world->rng, world->n_phones),
             (unsigned)rng_below(&world->rng, world->n_enterprises));
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
    char key[16];
    uint32_t label = catalog_find(graph_catalog(world->graph), SLICE("Enterprise"));

    snprintf(key, sizeof key, "E%u", (unsigned)rng_below(&world->rng, world->n_enterprises));
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

/* ---- a long life --------------------------------------------------------------------------- */

/* REPLAY_DECISIONS asks for so many decisions, and ten times as many changes after them. */
static size_t long_life(void)
{
    const char *text = getenv("REPLAY_DECISIONS");

    return text ? strtoull(text, NULL, 10) : 60;
}

static struct node_id upsert(struct world *world, struct graph_txn *txn, const char *label,
                             const char *key, int64_t valid_from_us, const char *industry)
{
    struct value_pair pair = { SLICE("industry"), value_text(slice_str(industry)) };
    struct node_input input = NODE_INPUT_INIT;
    struct node_id id;

    input.key_label = catalog_find(graph_catalog(world->graph), slice_str(label));
    input.labels = &input.key_label;
    input.n_labels = 1;
    input.key = slice_str(key);
    input.valid_from_us = valid_from_us;
    input.properties = (struct value){ .type = VALUE_MAP, .count = *industry ? 1 : 0,
                                       .pairs = &pair };
    OK(node_upsert(&id, NULL, txn, &input));
    return id;
}

static void connect(struct graph_txn *txn, const char *type, struct node_id from,
                    struct node_id to, int64_t at_us)
{
    struct edge_input input = EDGE_INPUT_INIT;

    OK(catalog_intern(&input.type, txn, slice_str(type)));
    input.from = from;
    input.to = to;
    input.valid_from_us = at_us;
    OK(edge_upsert(NULL, NULL, txn, &input));
}

/* A filing that came to be known late, on identifiers that decisions rested on; or a new fact. */
static void happen(struct world *world, struct graph_txn *txn, size_t number)
{
    int64_t at_us = world->now_us - (int64_t)rng_below(&world->rng, 200) * US_PER_DAY;
    char key[24], application[24];
    struct node_id party, filed;

    snprintf(key, sizeof key, "E%u", (unsigned)rng_below(&world->rng, world->n_enterprises));
    party = upsert(world, txn, "Enterprise", key, rng_below(&world->rng, 2) ? TIME_MIN : at_us,
                   rng_below(&world->rng, 2) ? "F51" : "G59");
    if (rng_below(&world->rng, 3) == 0)
        return;
    snprintf(application, sizeof application, "L-%zu", number);
    filed = upsert(world, txn, "Application", application, TIME_MIN, "");
    connect(txn, "APPLIED", party, filed, at_us);
    snprintf(key, sizeof key, "d%u", (unsigned)rng_below(&world->rng, world->n_devices));
    connect(txn, "SUBMITTED_FROM", filed, upsert(world, txn, "Device", key, TIME_MIN, ""), at_us);
}

static void change_much(struct world *world, size_t n)
{
    for (size_t i = 0; i < n;) {
        struct graph_txn *txn;

        OK(graph_write(&txn, world->graph));
        for (size_t end = i + 100; i < end && i < n; i++)
            happen(world, txn, i);
        OK(txn_commit(txn));
        close_some(world);
    }
}

static void reopen(struct world *world, const char *dir)
{
    struct policy *policy;

    OK(graph_open(&world->graph, dir, NULL));
    OK(policy_load(&policy, "built in", policy_builtin_text()));
    OK(screener_open(&world->screener, world->graph, policy));
}

static void shut(struct world *world)
{
    screener_close(world->screener);
    graph_close(world->graph);
    world->screener = NULL;
    world->graph = NULL;
}

static enum status write_line(void *context, struct slice text)
{
    return fwrite(text.data, 1, text.size, context) == text.size
               ? STATUS_OK
               : fail(STATUS_IO, "the dump can't be written");
}

/* Compacted, then carried as text into another store. */
static void move_house(struct world *world)
{
    struct compaction compaction;
    struct dump_counts counts;
    FILE *dump;

    shut(world);
    OK(graph_compact(&compaction, place_in(world->dir, "db")));
    reopen(world, place_in(world->dir, "db"));
    dump = fopen(place_in(world->dir, "dump"), "w");
    OK(dump_write(&counts, world->graph, write_line, dump));
    cr_assert_eq(fclose(dump), 0);
    shut(world);
    OK(dump_load(&counts, place_in(world->dir, "moved"), place_in(world->dir, "dump")));
    reopen(world, place_in(world->dir, "moved"));
}

/* Decisions as they were made, and how many of them were shown again. */
struct shown {
    char (*ids)[40];
    size_t n;
};

static enum status show_identical(void *context, const struct replay *replay)
{
    struct shown *shown = context;

    cr_assert(slice_equal(replay->decision_id, slice_str(shown->ids[shown->n++])));
    cr_assert(replay->identical, "decision %zu:\n%.*s\n%.*s", shown->n,
              (int)replay->recorded.size, (const char *)replay->recorded.data,
              (int)replay->again.size, (const char *)replay->again.data);
    return STATUS_OK;
}

Test(replay, decisions_outlive_changes_retags_a_compaction_and_a_dump, .timeout = 3600)
{
    size_t n = long_life();
    char(*ids)[40] = calloc(n, sizeof *ids);
    struct replay_all_options options = REPLAY_ALL_OPTIONS_INIT;
    struct shown shown = { .ids = ids };
    struct replay_counts counts;
    struct world world;

    options.each = show_identical;
    world_open(&world, 9);
    world.n_enterprises += (unsigned)n;
    world.n_devices += (unsigned)n;
    world.n_phones += (unsigned)n / 2;
    world.now_us -= (int64_t)n * US_PER_HOUR; /* it ends before the clock does */
    for (size_t i = 0; i < n; i++) {
        world.now_us += US_PER_HOUR;
        if (i % (n / 4 + 1) == n / 8)
            tag_again(&world);
        world.n_ids = 0;
        apply(&world);
        memcpy(ids[i], world.ids[0], sizeof ids[i]);
    }
    change_much(&world, 10 * n);
    tag_again(&world);
    world.now_us += US_PER_DAY;
    tag_again(&world);
    move_house(&world);
    options.context = &shown;
    OK(screen_replay_all(&counts, world.graph, &options));
    cr_assert_eq(counts.n, n);
    cr_assert_eq(counts.n_identical, n);
    cr_assert_eq(shown.n, n);
    free(ids);
    world_close(&world);
}

/* A decision that the deadline left probes out of leaves them out again. */
Test(replay, a_partial_decision_is_partial_again)
{
    AUTO(buf_fini) struct buf answer = { 0 };
    struct screen_options options = SCREEN_OPTIONS_INIT;
    AUTO(replay_fini) struct replay replay = { 0 };
    struct world world;
    const char *json;
    char id[40];

    world_open(&world, 3);
    for (int i = 0; i < 20; i++)
        step(&world);
    options.deadline_us = 1;
    OK(screen(&answer, world.screener,
              SLICE("{\"application_id\":\"P-1\",\"time\":\"2026-12-21T08:00:00Z\","
                    "\"enterprise\":\"E1\",\"devices\":[\"d1\"]}"), &options));
    OK(buf_string(&json, &answer));
    cr_assert_not_null(strstr(json, "\"partial\":true"), "%s", json);
    cr_assert_eq(sscanf(json, "{\"decision_id\":\"%39[0-9a-f]", id), 1);
    OK(screen_replay(&replay, world.graph, slice_str(id)));
    cr_assert(replay.identical, "%.*s\n%.*s", (int)replay.recorded.size,
              (const char *)replay.recorded.data, (int)replay.again.size,
              (const char *)replay.again.data);
    world_close(&world);
}
