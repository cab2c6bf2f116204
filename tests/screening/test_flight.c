/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applications in flight at the same moment know of each other. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "screening/decision.h"
#include "screening/screen.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(flight, .fini = leaks_check);

#define AT_ONCE 5
#define UNTIL_SEEN 2 /* the third unrelated applicant makes a shared device */

struct desk {
    char *dir;
    struct graph *graph;
    struct screener *screener; /* of the test's own thread */
};

static struct screener *new_screener_under(struct graph *graph, struct slice text)
{
    struct screener *screener;
    struct policy *policy;

    OK(policy_load(&policy, "test", text));
    OK(screener_open(&screener, graph, policy));
    return screener;
}

static struct screener *new_screener(struct graph *graph)
{
    return new_screener_under(graph, policy_builtin_text());
}

static void desk_open(struct desk *desk)
{
    struct graph_options options = { .map_size = (uint64_t)256 << 20 };

    desk->dir = place_new();
    desk->graph = fresh_graph(place_in(desk->dir, "db"), schema_builtin_text(), &options);
    desk->screener = new_screener(desk->graph);
}

static void desk_close(struct desk *desk)
{
    screener_close(desk->screener);
    graph_close(desk->graph);
    place_remove(desk->dir);
}

/* Application `i` of a round: from the round's device, by an enterprise of its own. */
static struct slice write_application(char text[256], unsigned round, unsigned i)
{
    snprintf(text, 256,
             "{\"application_id\":\"A-%u-%u\",\"time\":\"2026-11-21T08:00:00Z\","
             "\"enterprise\":\"E%u-%u\",\"devices\":[\"d%u\"]}", round, i, round, i, round);
    return slice_str(text);
}

static uint64_t last_decision(struct graph *graph)
{
    struct graph_txn *txn;
    uint64_t seq;

    OK(graph_read(&txn, graph, NULL));
    OK(decision_last(&seq, txn));
    txn_end(txn);
    return seq;
}

/* Whether the record of that number names the shared device, or says that it is partial. */
static bool sees(struct graph *graph, uint64_t seq)
{
    struct decision_record record;
    struct graph_txn *txn;
    bool seen;

    OK(graph_read(&txn, graph, NULL));
    OK(decision_load(&record, txn, seq));
    seen = memmem(record.body.data, record.body.size, "SHARED_DEVICE", 13) ||
           memmem(record.body.data, record.body.size, "\"partial\":true", 14);
    txn_end(txn);
    return seen;
}

struct sender {
    pthread_t thread;
    pthread_barrier_t *start, *end;
    struct screener *screener;
    unsigned number, rounds;
    enum status status;
};

static void *send_all(void *context)
{
    struct sender *sender = context;
    struct screen_options options = SCREEN_OPTIONS_INIT;

    for (unsigned round = 0; round < sender->rounds; round++) {
        struct buf answer = { 0 };
        char text[256];

        pthread_barrier_wait(sender->start);
        if (sender->status == STATUS_OK)
            sender->status = screen(&answer, sender->screener,
                                    write_application(text, round, sender->number), &options);
        buf_fini(&answer);
        pthread_barrier_wait(sender->end);
    }
    return NULL;
}

/* FLIGHT_ROUNDS asks for more rounds. */
static unsigned rounds(void)
{
    const char *text = getenv("FLIGHT_ROUNDS");

    return text ? (unsigned)strtoul(text, NULL, 10) : 20;
}

Test(flight, of_five_from_one_device_the_third_and_later_name_it, .timeout = 3600)
{
    struct sender senders[AT_ONCE];
    pthread_barrier_t start, end;
    struct desk desk;

    desk_open(&desk);
    pthread_barrier_init(&start, NULL, AT_ONCE + 1);
    pthread_barrier_init(&end, NULL, AT_ONCE + 1);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        senders[i] = (struct sender){ .start = &start, .end = &end, .number = i,
                                      .rounds = rounds(),
                                      .screener = new_screener(desk.graph) };
        cr_assert_eq(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    for (unsigned round = 0; round < rounds(); round++) {
        uint64_t before = last_decision(desk.graph);

        pthread_barrier_wait(&start);
        pthread_barrier_wait(&end);
        cr_assert_eq(last_decision(desk.graph), before + AT_ONCE);
        for (unsigned i = UNTIL_SEEN; i < AT_ONCE; i++)
            cr_assert(sees(desk.graph, before + 1 + i), "round %u: number %u saw nobody", round,
                      i + 1);
    }
    for (unsigned i = 0; i < AT_ONCE; i++) {
        pthread_join(senders[i].thread, NULL);
        cr_assert_eq(senders[i].status, STATUS_OK);
        screener_close(senders[i].screener);
    }
    pthread_barrier_destroy(&start);
    pthread_barrier_destroy(&end);
    desk_close(&desk);
}

static const char *record_text(struct buf *answer, struct desk *desk, struct screen_draft *draft)
{
    struct graph_txn *txn;
    const char *json;
    bool wrote;

    OK(graph_write(&txn, desk->graph));
    OK(screen_record(answer, &wrote, desk->screener, txn, draft));
    cr_assert(wrote);
    OK(txn_commit(txn));
    OK(buf_string(&json, answer));
    return json;
}

/* Records a draft, and says on which commit it says to have been made. */
static unsigned long record(struct desk *desk, struct screen_draft *draft)
{
    AUTO(buf_fini) struct buf answer = { 0 };
    const char *json = record_text(&answer, desk, draft);
    unsigned long commit;

    cr_assert_eq(sscanf(strstr(json, "\"commit_seq\":"), "\"commit_seq\":%lu", &commit), 1);
    return commit;
}

static unsigned long newest_commit(const struct desk *desk)
{
    struct graph_txn *txn;
    unsigned long commit;

    OK(graph_read(&txn, desk->graph, NULL));
    commit = (unsigned long)txn_moment(txn)->commit_seq;
    txn_end(txn);
    return commit;
}

static void screen_now(struct desk *desk, unsigned round, unsigned i)
{
    AUTO(buf_fini) struct buf answer = { 0 };
    struct screen_options options = SCREEN_OPTIONS_INIT;
    char text[256];

    OK(screen(&answer, desk->screener, write_application(text, round, i), &options));
}

Test(flight, a_draft_stands_where_nobody_touched_what_it_looked_at)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    struct screen_draft *draft;
    struct desk desk;
    unsigned long made;
    char text[256];

    desk_open(&desk);
    screen_now(&desk, 1, 0);
    made = newest_commit(&desk);
    OK(screen_draft(&draft, desk.screener, write_application(text, 1, 1), &options));
    screen_now(&desk, 2, 0);
    cr_assert_gt(newest_commit(&desk), made);
    cr_assert_eq(record(&desk, draft), made);
    screen_draft_free(draft);
    desk_close(&desk);
}

Test(flight, a_draft_is_made_again_where_somebody_did)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    struct screen_draft *draft;
    struct desk desk;
    char text[256];

    desk_open(&desk);
    OK(screen_draft(&draft, desk.screener, write_application(text, 1, 9), &options));
    for (unsigned i = 0; i < UNTIL_SEEN; i++)
        screen_now(&desk, 1, i);
    cr_assert_eq(record(&desk, draft), newest_commit(&desk) - 1);
    screen_draft_free(draft);
    cr_assert(sees(desk.graph, last_decision(desk.graph)));
    desk_close(&desk);
}

static const char strict[] = "name: strict\nthresholds: {review: 10, reject: 20}\n";

/* Made under one policy; by the time it is recorded another one is in force, or the same again. */
static void draft_elsewhere(struct slice policy)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    AUTO(buf_fini) struct buf answer = { 0 };
    struct screener *elsewhere;
    struct screen_draft *draft;
    struct desk desk;
    unsigned long made;
    char text[256], commit[64];
    const char *json;

    desk_open(&desk);
    screen_now(&desk, 1, 0);
    made = newest_commit(&desk);
    elsewhere = new_screener_under(desk.graph, policy);
    OK(screen_draft(&draft, elsewhere, write_application(text, 1, 1), &options));
    screener_close(elsewhere);
    screen_now(&desk, 2, 0);
    json = record_text(&answer, &desk, draft);
    snprintf(commit, sizeof commit, "\"commit_seq\":%lu,", made);
    cr_assert(strstr(json, "\"policy\":\"sme-default@"), "%s", json);
    cr_assert_eq(strstr(json, commit) != NULL, policy.data != strict, "%s", json);
    screen_draft_free(draft);
    desk_close(&desk);
}

Test(flight, a_draft_outlives_the_screener_that_made_it)
{
    draft_elsewhere(policy_builtin_text());
}

Test(flight, a_draft_under_a_policy_that_is_over_is_made_again)
{
    draft_elsewhere(slice_str(strict));
}
