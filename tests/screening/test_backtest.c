/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backtest against the slow and obvious way: for each application a graph of its own that holds
 * only what had happened before it, screened as it would have been on the day.
 */
#include "screening/backtest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "detectors/engine.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "graph/overlay.h"
#include "screening/screen.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

TestSuite(backtest, .fini = leaks_check);

#define N_FACTS 60
#define N_ENTERPRISES 8
#define N_DEVICES 2
#define DAY_US (86400 * US_PER_SECOND)

enum fact_kind { FACT_APPLY, FACT_OUTCOME, FACT_GUARANTEE, FACT_CLOSE, FACT_BLOCK, FACT_KINDS_ };

/* Something that happened, and was learnt, at a moment. */
struct fact {
    enum fact_kind kind;
    int64_t at_us;
    unsigned enterprise, other, device, application;
};

struct story {
    struct fact facts[N_FACTS];
    int64_t retag_us; /* a retag for this T is published at once, by the clock */
};

static const char *const outcomes[] = { "good", "overdue", "fraud" };

/* Half of it lies before the clock's today and half after, when the retag's tags are known. */
static struct story story_make(uint64_t seed)
{
    struct rng rng = rng_new(seed);
    struct story story;

    OK(time_parse(&story.retag_us, SLICE("2090-01-01")));
    for (unsigned i = 0; i < N_FACTS; i++) {
        bool late = i >= N_FACTS / 2;
        struct fact *fact = &story.facts[i];
        /* Close enough for windows of a week. */
        int64_t start_us = late ? story.retag_us + DAY_US : (int64_t)50 * 365 * DAY_US;

        *fact = (struct fact){ .kind = i % 2 ? FACT_APPLY
                                             : (enum fact_kind)rng_below(&rng, FACT_KINDS_),
                               .at_us = start_us + (int64_t)(i % (N_FACTS / 2)) * DAY_US / 4,
                               .enterprise = (unsigned)rng_below(&rng, N_ENTERPRISES),
                               .other = (unsigned)rng_below(&rng, N_ENTERPRISES),
                               .device = (unsigned)rng_below(&rng, N_DEVICES),
                               .application = (unsigned)rng_below(&rng, i + 1) };
    }
    return story;
}

/* ---- telling it to a graph ------------------------------------------------------------------- */

struct world {
    struct graph *graph;
    char *dir;
    struct graph_txn *txn;
};

static uint32_t symbol(struct world *world, const char *name)
{
    uint32_t found;

    OK(catalog_intern(&found, world->txn, slice_str(name)));
    return found;
}

static struct node_id put_node(struct world *world, const char *label, const char *key,
                               int64_t at_us, struct value properties)
{
    struct node_input input = NODE_INPUT_INIT;
    uint32_t labels[] = { symbol(world, label) };
    struct node_id id;

    input.labels = labels;
    input.n_labels = 1;
    input.key_label = labels[0];
    input.key = slice_str(key);
    input.properties = properties;
    input.valid_from_us = input.observed_us = at_us;
    OK(node_upsert(&id, NULL, world->txn, &input));
    return id;
}

static void put_edge(struct world *world, const char *type, struct node_id from, struct node_id to,
                     const char *key, int64_t from_us, int64_t learnt_us)
{
    struct edge_input input = EDGE_INPUT_INIT;

    input.type = symbol(world, type);
    input.from = from;
    input.to = to;
    input.has_key = true;
    input.key = slice_str(key);
    input.valid_from_us = from_us;
    input.observed_us = learnt_us;
    OK(edge_upsert(NULL, NULL, world->txn, &input));
}

static struct node_id put_enterprise(struct world *world, unsigned number, int64_t at_us)
{
    char key[16];

    snprintf(key, sizeof key, "E%u", number);
    return put_node(world, "Enterprise", key, at_us, value_null());
}

static void apply(struct world *world, const struct fact *fact, unsigned number)
{
    const struct value_pair pairs[] = { { SLICE("applied_at"), value_datetime_us(fact->at_us) },
                                        { SLICE("product"), value_text(SLICE("quick")) } };
    const struct value properties = { .type = VALUE_MAP, .count = 2, .pairs = pairs };
    struct node_id enterprise = put_enterprise(world, fact->enterprise, fact->at_us);
    struct node_id application, device;
    char key[16], name[16];

    snprintf(key, sizeof key, "A-%u", number);
    snprintf(name, sizeof name, "d%u", fact->device);
    application = put_node(world, "Application", key, fact->at_us, properties);
    device = put_node(world, "Device", name, fact->at_us, value_null());
    put_edge(world, "APPLIED", enterprise, application, key, fact->at_us, fact->at_us);
    put_edge(world, "SUBMITTED_FROM", application, device, key, fact->at_us, fact->at_us);
    if (fact->other != fact->enterprise)
        put_edge(world, "GUARANTEES", put_enterprise(world, fact->other, fact->at_us), enterprise,
                 key, fact->at_us, fact->at_us);
}

static void end_application(struct world *world, const struct story *story, const struct fact *fact)
{
    const struct value_pair pairs[] = { { SLICE("outcome"),
                                          value_text(slice_str(outcomes[fact->other % 3])) } };
    const struct value properties = { .type = VALUE_MAP, .count = 1, .pairs = pairs };
    char key[16];

    if (story->facts[fact->application].kind != FACT_APPLY)
        return;
    snprintf(key, sizeof key, "A-%u", fact->application);
    put_node(world, "Application", key, fact->at_us, properties);
}

static void close_guarantee(struct world *world, const struct fact *fact)
{
    struct edge_scan scan = EDGE_SCAN(symbol(world, "GUARANTEES"), DIRECTION_OUT);
    struct edge_iter it = { 0 };
    struct edge edge;
    struct node node;
    bool found = false;

    OK(node_load(&node, world->txn, put_enterprise(world, fact->enterprise, fact->at_us)));
    for (edge_iter_start(&it, world->txn, &node, &scan); !found && edge_iter_next(&it);) {
        found = edge_active(&it.edge, fact->at_us);
        edge = it.edge;
    }
    OK(it.status);
    if (found)
        OK(edge_close(world->txn, &edge, fact->at_us, fact->at_us));
    edge_iter_stop(&it);
}

static void block(struct world *world, const struct fact *fact)
{
    struct overlay overlay = { .subject = put_enterprise(world, fact->enterprise, fact->at_us),
                               .kind = OVERLAY_BLOCK, .person = SLICE("Li Na"),
                               .at_us = fact->at_us, .until_us = TIME_MAX };
    uint64_t number;

    OK(overlay_add(&number, world->txn, &overlay));
}

static void tell(struct world *world, const struct story *story, unsigned number)
{
    const struct fact *fact = &story->facts[number];
    char key[16];

    switch (fact->kind) {
    case FACT_APPLY:
        apply(world, fact, number);
        return;
    case FACT_OUTCOME:
        end_application(world, story, fact);
        return;
    case FACT_GUARANTEE:
        snprintf(key, sizeof key, "G-%u", number);
        if (fact->enterprise != fact->other)
            put_edge(world, "GUARANTEES", put_enterprise(world, fact->enterprise, fact->at_us),
                     put_enterprise(world, fact->other, fact->at_us), key,
                     fact->at_us - DAY_US / 2, fact->at_us); /* learnt of half a day later */
        return;
    case FACT_CLOSE:
        close_guarantee(world, fact);
        return;
    default:
        block(world, fact);
    }
}

/* The first `n` facts, and the retag once the later half begins. */
static struct world world_open(const struct story *story, unsigned n)
{
    struct graph_options options = { .map_size = (uint64_t)64 << 20 };
    AUTO(params_fini) struct params params = { 0 };
    AUTO(retag_report_fini) struct retag_report report = { 0 };
    struct retag_options run = RETAG_OPTIONS_INIT;
    struct world world = { .dir = place_new() };

    world.graph = fresh_graph(place_in(world.dir, "db"), schema_builtin_text(), &options);
    OK(graph_write(&world.txn, world.graph));
    /* Each in a commit of its own, or a closing would leave nothing of what it closed. */
    for (unsigned i = 0; i < n; i++) {
        tell(&world, story, i);
        OK(txn_next_commit(world.txn));
    }
    OK(txn_commit(world.txn));
    OK(params_init(&params));
    run.params = &params;
    run.as_of_us = story->retag_us;
    if (n >= N_FACTS / 2)
        OK(retag(&report, world.graph, &run));
    return world;
}

static void world_close(struct world *world)
{
    graph_close(world->graph);
    place_remove(world->dir);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static const char strict[] = "name: strict\nversion: 1\nthresholds: {review: 5, reject: 60}\n"
                             "default: {hint: 10, attention: 30, alert: 60}\ncodes: []\n";

static struct policy *policy_of(size_t side)
{
    struct policy *policy;

    OK(policy_load(&policy, "test", side ? slice_str(strict) : policy_builtin_text()));
    return policy;
}

struct seen {
    const struct story *story;
    struct backtest naive; /* counted here once more */
    unsigned n_codes_seen;
    int64_t last_us;
};

/* What the answer on the day begins with, to compare: decision, score, and its codes' places. */
static void check_side(struct world *world, const struct backtest_side *side, size_t number,
                       const struct fact *fact, const char *name)
{
    AUTO(buf_fini) struct buf answer = { 0 };
    AUTO(screener_closep) struct screener *screener = NULL;
    struct screen_options options = SCREEN_OPTIONS_INIT;
    char text[512], time[TIME_TEXT_MAX], wanted[128], guarantor[64] = "";
    const char *json, *at;

    options.record = false;
    if (fact->other != fact->enterprise)
        snprintf(guarantor, sizeof guarantor, ",\"guarantors\":[\"E%u\"]", fact->other);
    snprintf(text, sizeof text,
             "{\"application_id\":\"%s\",\"time\":\"%s\",\"product\":\"quick\","
             "\"enterprise\":{\"key\":\"E%u\"},\"devices\":[\"d%u\"]%s}",
             name, time_format(time, fact->at_us), fact->enterprise, fact->device, guarantor);
    OK(screener_open(&screener, world->graph, policy_of(number)));
    OK(screen(&answer, screener, slice_str(text), &options));
    OK(buf_string(&json, &answer));
    snprintf(wanted, sizeof wanted, "\"decision\":\"%s\",\"score\":%lld,",
             decision_name(side->decision), (long long)side->score);
    cr_assert(strstr(json, wanted), "%s: wanted %s in %s", name, wanted, json);
    at = json;
    for (size_t i = 0; i < side->n_codes; i++) {
        snprintf(wanted, sizeof wanted, "{\"code\":\"%.*s\",\"level\"", (int)side->codes[i].size,
                 (const char *)side->codes[i].data);
        at = strstr(at, wanted);
        cr_assert(at, "%s: wanted %s in %s", name, wanted, json);
        at++;
    }
    cr_assert_null(strstr(at, "{\"code\":"), "%s: more reasons in %s", name, json);
}

/* Outcome as the whole story tells it: the last word on the application. */
static enum past_outcome outcome_of(const struct story *story, unsigned application)
{
    enum past_outcome outcome = PAST_UNKNOWN;

    for (unsigned i = 0; i < N_FACTS; i++)
        if (story->facts[i].kind == FACT_OUTCOME && story->facts[i].application == application)
            outcome = PAST_GOOD + (enum past_outcome)(story->facts[i].other % 3);
    return outcome;
}

static enum status compare(void *context, const struct backtest_case *one)
{
    struct seen *seen = context;
    char name[32];
    unsigned number;
    struct world world;

    snprintf(name, sizeof name, "%.*s", (int)one->application.size,
             (const char *)one->application.data);
    cr_assert_eq(sscanf(name, "A-%u", &number), 1);
    cr_assert_eq(one->past->at_us, seen->story->facts[number].at_us);
    cr_assert_geq(one->past->at_us, seen->last_us, "in order of time");
    cr_assert_eq(one->past->outcome, outcome_of(seen->story, number), "%s", name);
    seen->last_us = one->past->at_us;
    world = world_open(seen->story, number);
    for (size_t side = 0; side < BACKTEST_SIDES; side++) {
        check_side(&world, &one->side[side], side, &seen->story->facts[number], name);
        seen->n_codes_seen += (unsigned)one->side[side].n_codes;
    }
    world_close(&world);
    seen->naive.all.n++;
    seen->naive.all.n_known += one->past->outcome != PAST_UNKNOWN;
    seen->naive.all.n_bad += one->past->outcome >= PAST_OVERDUE;
    seen->naive.change[one->side[0].decision][one->side[1].decision].n++;
    return STATUS_OK;
}

static void run_story(uint64_t seed, unsigned *n_codes)
{
    struct story story = story_make(seed);
    struct seen seen = { .story = &story, .last_us = TIME_MIN };
    AUTO(backtest_fini) struct backtest result = { 0 };
    struct policy *policies[BACKTEST_SIDES] = { policy_of(0), policy_of(1) };
    struct backtest_options options = BACKTEST_OPTIONS_INIT;
    struct world world = world_open(&story, N_FACTS);
    uint64_t hits[BACKTEST_SIDES] = { 0 };

    options.each = compare;
    options.context = &seen;
    OK(backtest(&result, world.graph, policies, &options));
    cr_assert_eq(result.n_late + result.n_refused + result.n_unapplied + result.n_undated, 0);
    cr_assert_eq(memcmp(&result.all, &seen.naive.all, sizeof result.all), 0);
    for (size_t a = 0; a < BACKTEST_DECISIONS; a++)
        for (size_t b = 0; b < BACKTEST_DECISIONS; b++)
            cr_assert_eq(result.change[a][b].n, seen.naive.change[a][b].n);
    for (size_t i = 0; i < result.n_codes; i++)
        for (size_t side = 0; side < BACKTEST_SIDES; side++)
            hits[side] += result.codes[i].side[side].n;
    cr_assert_eq(hits[0] + hits[1], seen.n_codes_seen);
    *n_codes += seen.n_codes_seen;
    world_close(&world);
}

/* RINGFENCE_LONG=1 tells more stories. */
Test(backtest, decides_as_on_the_day, .timeout = 100)
{
    uint64_t n_stories = getenv("RINGFENCE_LONG") ? 20 : 1;
    unsigned n_codes = 0;

    for (uint64_t seed = 1; seed <= n_stories; seed++)
        run_story(seed, &n_codes);
    cr_assert_gt(n_codes, 25, "too little happened to compare: %u", n_codes);
}

static struct backtest_tally hits_of(const struct backtest *result, struct slice code)
{
    for (size_t i = 0; i < result->n_codes; i++)
        if (slice_equal(result->codes[i].code, code))
            return result->codes[i].side[0];
    return (struct backtest_tally){ 0 };
}

/* Precision and recall by hand, and what is left out. */
Test(backtest, counts_outcomes_and_what_it_leaves_out)
{
    static const char *const events[] = { "fraud", "good", "overdue", NULL };
    struct story story = { .retag_us = TIME_MAX };
    struct backtest_options options = BACKTEST_OPTIONS_INIT;
    struct policy *policies[BACKTEST_SIDES] = { policy_of(0), policy_of(1) };
    struct world world = world_open(&story, 0);
    AUTO(backtest_fini) struct backtest result = { 0 };
    int64_t at_us = 50 * 365 * DAY_US;

    OK(graph_write(&world.txn, world.graph));
    for (unsigned i = 0; i < 4; i++) {
        struct fact fact = { FACT_APPLY, at_us + i * DAY_US / 4, i, i, 0, 0 };
        const struct value_pair pairs[] = { { SLICE("outcome"),
                                              value_text(slice_str(events[i] ? events[i] : "")) } };
        const struct value properties = { .type = VALUE_MAP, .count = 1, .pairs = pairs };
        char key[16];

        snprintf(key, sizeof key, "A-%u", i);
        apply(&world, &fact, i);
        if (events[i])
            put_node(&world, "Application", key, at_us + 9 * DAY_US, properties);
    }
    put_node(&world, "Application", "undated", at_us, value_null());
    OK(txn_commit(world.txn));
    options.until_us = at_us + DAY_US * 3 / 4 + 1;
    options.fraud_only = true;
    OK(backtest(&result, world.graph, policies, &options));
    cr_assert_eq(result.n_undated, 1);
    cr_assert_eq(result.all.n, 4);
    cr_assert_eq(result.all.n_known, 3);
    cr_assert_eq(result.all.n_bad, 1);
    /* The third and fourth user of the device show it: one overdue, one without an outcome. */
    cr_assert_eq(hits_of(&result, SLICE("SHARED_DEVICE")).n, 2);
    cr_assert_eq(hits_of(&result, SLICE("SHARED_DEVICE")).n_known, 1);
    cr_assert_eq(hits_of(&result, SLICE("SHARED_DEVICE")).n_bad, 0);
    cr_assert_eq(backtest_decided(&result, 1, DECISION_PASS).n, 2);
    world_close(&world);
}

/* Loaded long after it happened and without observed_at: seen in valid time only. */
Test(backtest, says_what_was_learnt_late_and_can_see_it_in_valid_time)
{
    for (int valid_time = 0; valid_time < 2; valid_time++) {
        struct story story = { .retag_us = TIME_MAX };
        struct backtest_options options = BACKTEST_OPTIONS_INIT;
        struct policy *policies[BACKTEST_SIDES] = { policy_of(0), policy_of(1) };
        struct world world = world_open(&story, 0);
        AUTO(backtest_fini) struct backtest result = { 0 };
        AUTO(screener_closep) struct screener *screener = NULL;

        OK(screener_open(&screener, world.graph, policy_of(0)));
        for (unsigned i = 0; i < 5; i++) {
            AUTO(buf_fini) struct buf answer = { 0 };
            struct screen_options recorded = SCREEN_OPTIONS_INIT;
            char text[256];

            snprintf(text, sizeof text, "{\"application_id\":\"A-%u\",\"time\":\"2020-01-0%u\","
                     "\"enterprise\":\"E%u\",\"devices\":[\"d\"]}", i, i + 1, i);
            OK(screen(&answer, screener, slice_str(text), &recorded));
        }
        options.valid_time = valid_time;
        OK(backtest(&result, world.graph, policies, &options));
        cr_assert_eq(result.all.n, 5);
        cr_assert_eq(result.n_late, 5);
        cr_assert_eq(hits_of(&result, SLICE("SHARED_DEVICE")).n, valid_time ? 3 : 0);
        world_close(&world);
    }
}

static enum status run_swept(void *context)
{
    struct world *world = context;
    AUTO(backtest_fini) struct backtest result = { 0 };
    struct policy *policies[BACKTEST_SIDES] = { NULL };
    struct backtest_options options = BACKTEST_OPTIONS_INIT;

    TRY(policy_load(&policies[0], "test", policy_builtin_text()));
    enum status status = policy_load(&policies[1], "test", slice_str(strict));
    if (status) {
        policy_free(policies[0]);
        return status;
    }
    return backtest(&result, world->graph, policies, &options);
}

Test(backtest, survives_failing_allocations, .timeout = 100)
{
    struct story story = story_make(4);
    struct world world = world_open(&story, 2);

    sweep_allocations(run_swept, &world);
    world_close(&world);
}
