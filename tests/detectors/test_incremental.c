/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two towns live the same life; one is tagged whole after every turn, the other by what changed.
 * Their tags, rings and history are the same, to the last byte.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/engine.h"
#include "detectors/locality.h"
#include "graph/overlay.h"
#include "store/store.h"
#include "tests/detectors/alike.h"
#include "tests/detectors/stored.h"
#include "tests/detectors/town.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"

extern const struct detector detector_contradiction, detector_overdue_link;

TestSuite(incremental, .fini = leaks_check, .timeout = 3600);

/* So that much fires, and stops firing, in a small town. */
static const char *const settings[] = {
    "SHARED_DEVICE.min_principals=2", "SHARED_DEVICE.alert_min_principals=3",
    "SHARED_PHONE.min_legal_rep=2", "SHARED_PHONE.min_contact=2",
    "SHARED_ADDRESS.min_principals=2", "GANG_APPLICATION.tau=0.2",
    "GANG_APPLICATION.min_size=2", "GANG_APPLICATION.split_above=4",
    "GANG_APPLICATION.exclusive_min=2", "GANG_APPLICATION.alert_size=4",
    "BATCH_APPLICATION.min_applicants=2", "BATCH_APPLICATION.day_applicants=3",
    "GUARANTEE_CHAIN.min_length=2", "GUARANTEE_CHAIN.min_block=3", "GUARANTEE_CHAIN.min_size=4",
    "GUARANTEE_CHAIN.max_out=3", "MULTI_LENDING.min_7=2", "MULTI_LENDING.min_30=3",
    "MULTI_LENDING.min_90=4", "SHELL_TAKEOVER.min_attention=1", "SHELL_TAKEOVER.min_alert=2",
    "SHELL_TAKEOVER.min_fresh=2", "APPLICATION_TAMPERING.gap_minutes=3000",
    "APPLICATION_TAMPERING.min_fields=1", "CONTRADICTION.min_attention=1",
    "SHARED.cap.Device=3/5", "SHARED.cap.Phone=3/5", "SHARED.cap.Address=4/6",
    "SHARED.steady_principals=3",
};

/* "D4" alone with RINGFENCE_DETECTORS=D4: to find who differs. */
static const struct detector *const *chosen(void)
{
    static const struct detector *list[33];
    const char *names = getenv("RINGFENCE_DETECTORS");
    size_t n = 0;

    for (size_t i = 0; registry[i] && n < 32; i++)
        if (names ? !strcmp(names, registry[i]->id) : registry[i]->locality != NULL)
            list[n++] = registry[i];
    list[n] = NULL;
    return list;
}

static void tag_town(struct town *town, const struct params *params, bool incremental,
                     size_t *n_partly)
{
    struct retag_options options = RETAG_OPTIONS_INIT;
    struct retag_report report = { 0 };

    options.params = params;
    options.detectors = chosen();
    options.as_of_us = town->at_us;
    options.incremental = incremental;
    OK(retag(&report, town->graph, &options));
    *n_partly += report.n_partly;
    retag_report_fini(&report);
}

static void judge(struct town *town, uint64_t draw)
{
    static const enum overlay_kind kinds[] = { OVERLAY_BLOCK, OVERLAY_ADD };
    struct overlay overlay = { .subject = town->ids[draw % 40],
                               .kind = kinds[0], .person = SLICE("Li Na"), .note = SLICE("seen"),
                               .until_us = draw % 2 ? TIME_MAX : town->at_us + 3 * US_PER_DAY };
    struct graph_txn *txn;
    uint64_t number;

    OK(graph_write(&txn, town->graph));
    if (draw % 3) {
        OK(overlay_add(&number, txn, &overlay));
    } else {
        enum status status = overlay_judge(&number, txn, draw % 4 ? OVERLAY_CONFIRM
                                                                  : OVERLAY_DISMISS,
                                           overlay.subject, SLICE("GANG_APPLICATION"),
                                           overlay.person, overlay.note);

        if (status != STATUS_NOT_FOUND)
            OK(status);
    }
    OK(txn_commit(txn));
}

static void live_alike(uint64_t seed, size_t n_turns)
{
    struct town *whole = malloc(sizeof *whole), *part = malloc(sizeof *part);
    struct params params = { 0 };
    struct rng rng = rng_at(seed, 1, 0), other = rng_at(seed, 1, 0), days = rng_at(seed, 2, 0);
    struct buf of_whole = { 0 }, of_part = { 0 };
    size_t n_whole = 0, n_partly = 0;

    OK(params_init(&params));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        OK(params_set(&params, slice_str(settings[i])));
    town_begin(whole, &rng);
    town_begin(part, &other);
    for (size_t turn = 0; turn < n_turns; turn++) {
        static const int64_t leaps[] = { 0, 0, 0, 1, 1, 2, 7, 31 };
        uint32_t n = (uint32_t)rng_below(&days, 6);
        int64_t leap = leaps[rng_below(&days, 8)] * US_PER_DAY;
        uint64_t draw = rng_next(&days);

        town_live(whole, &rng, n);
        town_live(part, &other, n);
        if (rng_chance(&days, 1, 4)) {
            judge(whole, draw);
            judge(part, draw);
        }
        whole->at_us = part->at_us += leap;
        tag_town(whole, &params, false, &n_whole);
        tag_town(part, &params, true, &n_partly);
        alike_print(&of_whole, whole->graph);
        alike_print(&of_part, part->graph);
        if (!slice_equal(buf_slice(&of_whole), buf_slice(&of_part)))
            alike_explain(&of_whole, &of_part);
        cr_assert(slice_equal(buf_slice(&of_whole), buf_slice(&of_part)), "seed %llu, turn %zu",
                  (unsigned long long)seed, turn);
    }
    cr_assert(n_whole == 0 && n_partly > n_turns / 2, "%zu of %zu", n_partly, n_turns);
    buf_fini(&of_whole);
    buf_fini(&of_part);
    params_fini(&params);
    town_done(whole);
    town_done(part);
    free(whole);
    free(part);
}

/* RINGFENCE_LIVES: how many towns, of 200 turns each, for the long mode. */
Test(incremental, the_same_tags_as_a_whole_run)
{
    const char *lives = getenv("RINGFENCE_LIVES");
    uint64_t n = lives ? strtoull(lives, NULL, 10) : 2;

    for (uint64_t seed = 1; seed <= n; seed++)
        live_alike(seed, lives ? 200 : 40);
}

/* ---- commits of others meanwhile ----------------------------------------------------------- */

/* A town that lives on while it is tagged. */
struct busy {
    struct town *town;
    struct rng *rng;
};

#define LIVES_EACH 3

/* Others commit between the detectors, and nobody holds what they leave behind. */
static void live_on(void *context, const char *detector, size_t done, size_t total)
{
    struct busy *busy = context;
    struct graph_txn *txn;
    struct store_stat stat;

    (void)detector;
    if (done == total)
        return;
    town_live(busy->town, busy->rng, LIVES_EACH);
    OK(graph_read(&txn, busy->town->graph, NULL));
    OK(store_stat(&stat, txn_store(txn)));
    txn_end(txn);
    cr_assert(!done || !stat.oldest_reader_lag, "a reader before detector %zu lags %llu", done,
              (unsigned long long)stat.oldest_reader_lag);
}

static void tag_busy(struct busy *busy, const struct params *params, bool incremental)
{
    struct retag_options options = RETAG_OPTIONS_INIT;
    struct retag_report report = { 0 };

    options.params = params;
    options.as_of_us = busy->town->at_us;
    options.incremental = incremental;
    options.progress = live_on;
    options.context = busy;
    OK(retag(&report, busy->town->graph, &options));
    retag_report_fini(&report);
}

static void tag_quiet(struct town *town, const struct params *params, bool incremental,
                      struct rng *rng)
{
    struct retag_options options = RETAG_OPTIONS_INIT;
    struct retag_report report = { 0 };

    options.params = params;
    options.as_of_us = town->at_us;
    options.incremental = incremental;
    OK(retag(&report, town->graph, &options));
    retag_report_fini(&report);
    for (size_t i = 0; registry[i]; i++)
        town_live(town, rng, LIVES_EACH);
}

Test(incremental, a_run_finds_what_was_at_its_commit_whatever_is_committed_meanwhile)
{
    struct town *busy = malloc(sizeof *busy), *quiet = malloc(sizeof *quiet);
    struct rng rng = rng_at(7, 3, 0), other = rng_at(7, 3, 0);
    struct busy beside = { busy, &rng };
    struct params params = { 0 };
    struct buf of_busy = { 0 }, of_quiet = { 0 };

    OK(params_init(&params));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        OK(params_set(&params, slice_str(settings[i])));
    town_begin(busy, &rng);
    town_begin(quiet, &other);
    for (int turn = 0; turn < 8; turn++) {
        tag_busy(&beside, &params, turn % 2);
        tag_quiet(quiet, &params, turn % 2, &other);
        alike_print(&of_busy, busy->graph);
        alike_print(&of_quiet, quiet->graph);
        if (!slice_equal(buf_slice(&of_busy), buf_slice(&of_quiet)))
            alike_explain(&of_busy, &of_quiet);
        cr_assert(slice_equal(buf_slice(&of_busy), buf_slice(&of_quiet)), "turn %d", turn);
        busy->at_us = quiet->at_us += US_PER_DAY;
    }
    buf_fini(&of_busy);
    buf_fini(&of_quiet);
    params_fini(&params);
    town_done(busy);
    town_done(quiet);
    free(busy);
    free(quiet);
}

/* ---- what age alone does to a large component ----------------------------------------------- */

#define DAYS(n) ((n) * US_PER_DAY)

/* They apply at one moment with one device and one phone. */
static void file_together(struct world *world, const uint32_t *firms, size_t n, int64_t time)
{
    uint32_t device = world_node(world, W_DEVICE), phone = world_node(world, W_PHONE);

    for (size_t i = 0; i < n; i++) {
        uint32_t application = world_node(world, W_APPLICATION);

        world_edge(world, W_APPLIED, firms[i], application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, device, time, TIME_MAX);
        world_edge(world, W_STATES_PHONE, application, phone, time, TIME_MAX);
    }
}

static void six_firms(struct world *world, uint32_t firms[6])
{
    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (size_t i = 0; i < 6; i++)
        firms[i] = world_node(world, W_ENTERPRISE);
}

/* One chain, in which the last tie is the oldest. */
static void fill_chain(struct world *world)
{
    uint32_t firms[6];

    six_firms(world, firms);
    for (size_t i = 0; i < 5; i++)
        file_together(world, &firms[i], 2, world->at_us - DAYS(i < 4 ? 1 : 8));
}

/* Three that are tied closely, and by an old tie to a chain of three others. */
static void fill_pair(struct world *world)
{
    uint32_t firms[6];

    six_firms(world, firms);
    file_together(world, firms, 3, world->at_us - DAYS(1));
    file_together(world, &firms[2], 2, world->at_us - DAYS(8));
    file_together(world, &firms[3], 2, world->at_us - DAYS(6));
    file_together(world, &firms[4], 2, world->at_us - DAYS(6));
}

/*
 * Tags both stores at T by one detector; *found: how many by its first code. Whether the second
 * was, by what changed alone.
 */
static bool tag_alike(uint64_t *found, struct stored *whole, struct stored *part, int64_t at_us,
                      const struct params *params, const struct detector *detector)
{
    const struct detector *const only[] = { detector, NULL };
    struct retag_options options = RETAG_OPTIONS_INIT;
    struct retag_report report = { 0 }, of_part = { 0 };
    struct buf a = { 0 }, b = { 0 };
    bool partly;

    options.params = params;
    options.detectors = only;
    options.as_of_us = at_us;
    OK(retag(&report, whole->graph, &options));
    options.incremental = true;
    OK(retag(&of_part, part->graph, &options));
    *found = report.codes[0].found;
    partly = of_part.n_partly == 1;
    alike_print(&a, whole->graph);
    alike_print(&b, part->graph);
    if (!slice_equal(buf_slice(&a), buf_slice(&b)))
        alike_explain(&a, &b);
    cr_assert(slice_equal(buf_slice(&a), buf_slice(&b)));
    buf_fini(&a);
    buf_fini(&b);
    retag_report_fini(&report);
    retag_report_fini(&of_part);
    return partly;
}

static bool tag_gangs(uint64_t *found, struct stored *whole, struct stored *part, int64_t at_us,
                      const struct params *params)
{
    return tag_alike(found, whole, part, at_us, params, &detector_gang);
}

/* At T so many are found; three days later, when the component has fallen apart, so many more. */
static void age_alike(const struct world *world, const char *resolution, uint64_t n_before,
                      uint64_t n_after)
{
    struct stored whole, part;
    struct params params = { 0 };
    uint64_t found;

    OK(params_init(&params));
    OK(params_set(&params, SLICE("SHARED.decay_days=10")));
    OK(params_set(&params, SLICE("GANG_APPLICATION.split_above=5")));
    OK(params_set(&params, slice_str(resolution)));
    stored_begin(&whole, world, UINT32_MAX);
    stored_begin(&part, world, UINT32_MAX);
    cr_assert_not(tag_gangs(&found, &whole, &part, world->at_us, &params));
    cr_assert_eq(found, n_before);
    cr_assert(tag_gangs(&found, &whole, &part, world->at_us, &params), "T stands still");
    cr_assert_not(tag_gangs(&found, &whole, &part, world->at_us + DAYS(3), &params));
    cr_assert_eq(found, n_after);
    cr_assert(tag_gangs(&found, &whole, &part, world->at_us + DAYS(4), &params),
              "nothing large is left");
    params_fini(&params);
    stored_done(&whole);
    stored_done(&part);
}

Test(incremental, a_large_component_without_tags_becomes_a_gang_by_age)
{
    struct world *world = malloc(sizeof *world);

    fill_chain(world);
    age_alike(world, "GANG_APPLICATION.resolution=0.6", 0, 5);
    free(world);
}

Test(incremental, what_breaks_off_a_gang_becomes_another_by_age)
{
    struct world *world = malloc(sizeof *world);

    fill_pair(world);
    age_alike(world, "GANG_APPLICATION.resolution=0.6", 3, 6);
    free(world);
}

/* ---- what is learnt of somebody behind a firm, and of a loan --------------------------------- */

/* A firm that applied, and who stands so to it. */
static uint32_t fill_firm(struct world *world, uint32_t type)
{
    uint32_t firm, person, application;

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    firm = world_node(world, W_ENTERPRISE);
    person = world_node(world, W_PERSON);
    application = world_node(world, W_APPLICATION);
    world_edge(world, type, person, firm, TIME_MIN, TIME_MAX);
    world_edge(world, W_APPLIED, firm, application, world->at_us - DAYS(1), TIME_MAX);
    return person;
}

/* T stands still, and he has a second name: the firm's application contradicts what is known. */
static void name_alike(struct world *world, uint32_t type)
{
    uint32_t person = fill_firm(world, type);
    struct stored whole, part;
    struct params params = { 0 };
    uint64_t found;

    OK(params_init(&params));
    stored_begin(&whole, world, UINT32_MAX);
    stored_begin(&part, world, UINT32_MAX);
    for (uint32_t names = 1; names <= 2; names++) {
        stored_learn(&whole, world, person, "name", names == 1 ? "Li Na" : "Wang Wei");
        stored_learn(&part, world, person, "name", names == 1 ? "Li Na" : "Wang Wei");
        tag_alike(&found, &whole, &part, world->at_us, &params, &detector_contradiction);
        cr_assert_eq(found, names - 1);
    }
    params_fini(&params);
    stored_done(&whole);
    stored_done(&part);
}

Test(incremental, a_second_name_of_who_represents_a_firm_or_is_its_contact_concerns_it)
{
    struct world *world = malloc(sizeof *world);

    name_alike(world, W_LEGAL_REP);
    name_alike(world, W_CONTACT);
    free(world);
}

/* The only edge of the type that the node has no longer is. */
static void take_back(struct stored *stored, uint32_t node, uint32_t type)
{
    struct edge_scan scan = EDGE_SCAN(stored->symbols[type], DIRECTION_OUT);
    struct graph_txn *txn;
    struct edge_iter it;
    struct edge edge;
    struct node from;

    OK(graph_write(&txn, stored->graph));
    OK(node_load(&from, txn, stored->ids[node]));
    edge_iter_start(&it, txn, &from, &scan);
    cr_assert(edge_iter_next(&it));
    edge = it.edge;
    edge_iter_stop(&it);
    OK(edge_delete(txn, &edge));
    OK(txn_commit(txn));
}

static void put_loan(struct stored *stored, uint32_t borrower, uint32_t loan)
{
    struct edge_input input = EDGE_INPUT_INIT;
    struct graph_txn *txn;

    input.type = stored->symbols[W_BORROWED];
    input.from = stored->ids[borrower];
    input.to = stored->ids[loan];
    OK(graph_write(&txn, stored->graph));
    OK(edge_upsert(NULL, NULL, txn, &input));
    OK(txn_commit(txn));
}

/* Who applied owns the account that an overdue loan was paid to; nobody has that yet. */
static void fill_loan(struct world *world, uint32_t label, uint32_t *borrower, uint32_t *of_him)
{
    uint32_t owner, account, loan, application;

    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    owner = world_node(world, label);
    *borrower = world_node(world, W_ENTERPRISE);
    account = world_node(world, W_ACCOUNT);
    *of_him = loan = world_node(world, W_LOAN);
    application = world_node(world, W_APPLICATION);
    world->nodes[loan].numbers[NODE_OVERDUE_SINCE] = world->at_us - DAYS(40);
    world_edge(world, W_APPLIED, owner, application, world->at_us - DAYS(1), TIME_MAX);
    world_edge(world, W_OWNS, owner, account, TIME_MIN, TIME_MAX);
    world_edge(world, W_DEPOSITED, loan, account, world->at_us - DAYS(90), TIME_MAX);
}

static void lend_alike(struct world *world, uint32_t label)
{
    struct stored whole, part;
    struct params params = { 0 };
    uint32_t borrower, loan;
    uint64_t found;

    fill_loan(world, label, &borrower, &loan);
    OK(params_init(&params));
    stored_begin(&whole, world, UINT32_MAX);
    stored_begin(&part, world, UINT32_MAX);
    tag_alike(&found, &whole, &part, world->at_us, &params, &detector_overdue_link);
    cr_assert_eq(found, 0);
    put_loan(&whole, borrower, loan);
    put_loan(&part, borrower, loan);
    tag_alike(&found, &whole, &part, world->at_us, &params, &detector_overdue_link);
    cr_assert_eq(found, 1);
    take_back(&whole, borrower, W_BORROWED);
    take_back(&part, borrower, W_BORROWED);
    tag_alike(&found, &whole, &part, world->at_us, &params, &detector_overdue_link);
    cr_assert_eq(found, 0);
    params_fini(&params);
    stored_done(&whole);
    stored_done(&part);
}

Test(incremental, a_loan_that_is_given_and_taken_back_concerns_who_uses_its_account)
{
    struct world *world = malloc(sizeof *world);

    lend_alike(world, W_ENTERPRISE);
    lend_alike(world, W_PERSON);
    free(world);
}

/* Then the detector is run whole. */
Test(incremental, a_region_of_more_edge_types_than_it_can_tell_apart_is_cut)
{
    static struct world world;
    struct region_rules rules = { .paired_after_us = TIME_MIN };
    struct region region = { 0 };
    struct graph_txn *txn;
    struct stored stored;

    world_node(&world, W_ENTERPRISE);
    stored_begin(&stored, &world, UINT32_MAX);
    OK(graph_read(&txn, stored.graph, NULL));
    OK(region_begin(&region, txn, &rules, 1000));
    for (uint32_t type = 1; type <= 40; type++) {
        OK(region_type(NULL, &region, stored.ids[0], type, DIRECTION_IN));
        cr_expect_eq(region.cut, type > 32);
    }
    region_fini(&region);
    txn_end(txn);
    stored_done(&stored);
}
