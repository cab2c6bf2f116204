/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/tag.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "graph/overlay.h"
#include "graph/publishing.h"
#include "graph/undo.h"
#include "store/store.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(tag, .fini = leaks_check);

#define N_SUBJECTS 6
#define N_CODES 3
#define N_STEPS 120
#define VERSIONS_MAX 400

static const char *const codes[N_CODES] = { "ALPHA", "BETA", "GAMMA_2" };
static const char person[] = "Li Na";

/* What the tables must say: every version, and every judgement. */
struct model_version {
    uint64_t born;
    bool withdrawn;
    enum tag_level level;
    unsigned edges; /* bits: which of four edges support it */
    uint64_t ring;
};

struct model_judgement {
    uint64_t number;
    enum overlay_kind kind;
    enum tag_level level;
    unsigned edges;
};

struct model_tag {
    struct model_version versions[VERSIONS_MAX];
    size_t n_versions;
    struct model_judgement judgements[VERSIONS_MAX];
    size_t n_judgements;
};

struct model {
    struct model_tag tags[N_SUBJECTS][N_CODES];
    uint64_t publication, overlay;
};

struct world {
    struct graph *graph;
    char *dir;
    struct model *model;
    struct rng rng;
};

static struct tag_edge edge_number(unsigned i)
{
    return (struct tag_edge){ .from = { 1 + i }, .to = { 2 + i }, .type = 1 + i % 2,
                              .valid_from_us = 1000 * i, .id = { 10 + i } };
}

static size_t edges_of(struct tag_edge out[4], unsigned bits)
{
    size_t n = 0;

    for (unsigned i = 4; i-- > 0;)
        if (bits & 1u << i)
            out[n++] = edge_number(i);
    return n;
}

static struct tag tag_of(size_t subject, size_t code, const struct model_version *version,
                         struct tag_edge edges[4])
{
    return (struct tag){ .subject = { 1 + subject }, .code = slice_str(codes[code]),
                         .level = version->level, .score = 500000, .ring = version->ring,
                         .state = version->withdrawn ? TAG_WITHDRAWN : TAG_PROPOSED,
                         .edges = edges, .n_edges = edges_of(edges, version->edges),
                         .by = SLICE("D0@1"), .first_seen_us = 5, .last_seen_us = 6,
                         .expires_us = TIME_MAX, .born = version->born };
}

static void random_version(struct model_version *version, struct world *world)
{
    *version = (struct model_version){
        .withdrawn = rng_below(&world->rng, 4) == 0,
        .level = (enum tag_level)(1 + rng_below(&world->rng, 3)),
        .edges = 1 + (unsigned)rng_below(&world->rng, 15),
        .ring = rng_below(&world->rng, 3),
    };
}

static void publish(struct world *world)
{
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    struct run run = { .as_of_us = 0, .next_ring = 1 };
    bool flip = rng_below(&world->rng, 5) != 0;

    OK(publishing_open(&publishing, world->graph));
    cr_assert_eq(publishing_number(publishing), world->model->publication + 1);
    for (size_t s = 0; s < N_SUBJECTS; s++)
        for (size_t c = 0; c < N_CODES; c++) {
            struct model_tag *tag = &world->model->tags[s][c];
            struct model_version version;
            struct tag_edge edges[4];
            struct tag stored;

            if (rng_below(&world->rng, 3))
                continue;
            random_version(&version, world);
            stored = tag_of(s, c, &version, edges);
            OK(publishing_tag(publishing, &stored));
            version.born = world->model->publication + 1;
            if (flip)
                tag->versions[tag->n_versions++] = version;
        }
    if (flip) {
        OK(publishing_flip(publishing, &run));
        world->model->publication++;
    }
}

/* What a killed run leaves: versions under the next number, never flipped. */
static void leave_behind(struct world *world)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;

    OK(graph_write(&txn, world->graph));
    for (size_t i = 0; i < 3; i++) {
        struct model_version version;
        struct tag_edge edges[4];
        struct tag stored;

        random_version(&version, world);
        version.born = world->model->publication + 1;
        stored = tag_of(rng_below(&world->rng, N_SUBJECTS), rng_below(&world->rng, N_CODES),
                        &version, edges);
        OK(tag_put(txn, &stored));
    }
    writer = txn;
    txn = NULL;
    OK(txn_commit(writer));
}

static const struct model_version *version_now(const struct model_tag *tag)
{
    return tag->n_versions ? &tag->versions[tag->n_versions - 1] : NULL;
}

static void judge(struct world *world)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    size_t s = rng_below(&world->rng, N_SUBJECTS), c = rng_below(&world->rng, N_CODES);
    struct model_tag *tag = &world->model->tags[s][c];
    const struct model_version *version = version_now(tag);
    enum overlay_kind kind = rng_below(&world->rng, 2) ? OVERLAY_CONFIRM : OVERLAY_DISMISS;
    struct graph_txn *writer;
    enum status status;
    uint64_t number;

    OK(graph_write(&txn, world->graph));
    status = overlay_judge(&number, txn, kind, (struct node_id){ 1 + s }, slice_str(codes[c]),
                           slice_str(person), SLICE("looked at it"));
    if (!version || version->withdrawn) {
        cr_assert_eq(status, STATUS_NOT_FOUND);
        return;
    }
    OK(status);
    cr_assert_eq(number, ++world->model->overlay);
    writer = txn;
    txn = NULL;
    OK(txn_commit(writer));
    tag->judgements[tag->n_judgements++] =
        (struct model_judgement){ number, kind, version->level, version->edges };
}

static enum tag_state model_state(const struct model_tag *tag)
{
    const struct model_version *version = version_now(tag);
    const struct model_judgement *last =
        tag->n_judgements ? &tag->judgements[tag->n_judgements - 1] : NULL;

    if (version->withdrawn)
        return TAG_WITHDRAWN;
    if (!last || last->level != version->level || (version->edges & ~last->edges))
        return TAG_PROPOSED;
    return last->kind == OVERLAY_CONFIRM ? TAG_CONFIRMED : TAG_DISMISSED;
}

static void check_tag(const struct tag *found, const struct model_tag *tag)
{
    const struct model_version *version = version_now(tag);
    struct tag_edge edges[4];

    cr_assert_eq(found->born, version->born);
    cr_assert_eq(found->level, version->level);
    cr_assert_eq(found->ring, version->ring);
    cr_assert_eq(found->state, model_state(tag), "state %s, wanted %s",
                 tag_state_name(found->state), tag_state_name(model_state(tag)));
    cr_assert_eq(found->n_edges, edges_of(edges, version->edges));
    for (size_t i = 0; i < found->n_edges; i++)
        cr_assert_eq(tag_edge_compare(&found->edges[i], &edges[i]), 0);
}

static size_t count_model(const struct model *model)
{
    size_t n = 0;

    for (size_t s = 0; s < N_SUBJECTS; s++)
        for (size_t c = 0; c < N_CODES; c++)
            n += version_now(&model->tags[s][c]) != NULL;
    return n;
}

static const struct model_tag *tag_in_model(const struct model *model, const struct tag *tag)
{
    for (size_t c = 0; c < N_CODES; c++)
        if (slice_equal(tag->code, slice_str(codes[c])))
            return &model->tags[tag->subject.value - 1][c];
    cr_assert_fail("a code that nobody wrote");
    return NULL;
}

static void check_iterators(struct world *world, struct graph_txn *txn,
                            const struct tag_view *view)
{
    struct tag_iter it;
    size_t n = 0, by_code = 0, by_subject = 0;

    for (tag_iter_all(&it, txn, view); tag_iter_next(&it); n++)
        check_tag(&it.tag, tag_in_model(world->model, &it.tag));
    OK(it.status);
    tag_iter_stop(&it);
    cr_assert_eq(n, count_model(world->model));
    for (size_t c = 0; c < N_CODES; c++) {
        for (tag_iter_code(&it, txn, view, slice_str(codes[c])); tag_iter_next(&it); by_code++)
            check_tag(&it.tag, tag_in_model(world->model, &it.tag));
        tag_iter_stop(&it);
    }
    for (size_t s = 0; s < N_SUBJECTS; s++) {
        for (tag_iter_subject(&it, txn, view, (struct node_id){ 1 + s }); tag_iter_next(&it);
             by_subject++)
            check_tag(&it.tag, tag_in_model(world->model, &it.tag));
        tag_iter_stop(&it);
    }
    cr_assert_eq(by_code, n);
    cr_assert_eq(by_subject, n);
}

static void check_rings(struct world *world, struct graph_txn *txn, const struct tag_view *view)
{
    for (uint64_t ring = 1; ring < 3; ring++) {
        struct tag_iter it;
        size_t n = 0, wanted = 0;

        for (tag_iter_ring(&it, txn, view, ring); tag_iter_next(&it); n++)
            cr_assert_eq(it.tag.ring, ring);
        tag_iter_stop(&it);
        for (size_t s = 0; s < N_SUBJECTS; s++)
            for (size_t c = 0; c < N_CODES; c++) {
                const struct model_version *version = version_now(&world->model->tags[s][c]);
                wanted += version && version->ring == ring;
            }
        cr_assert_eq(n, wanted);
    }
}

static void check_history(struct world *world, struct graph_txn *txn, const struct tag_view *view)
{
    AUTO(arena_fini) struct arena arena = { 0 };

    for (size_t s = 0; s < N_SUBJECTS; s++)
        for (size_t c = 0; c < N_CODES; c++) {
            const struct model_tag *tag = &world->model->tags[s][c];
            const struct tag *versions;
            size_t n;

            OK(tag_history(&versions, &n, &arena, txn, view, (struct node_id){ 1 + s },
                           slice_str(codes[c]), TAG_DETECTOR));
            cr_assert_eq(n, tag->n_versions);
            for (size_t i = 0; i < n; i++)
                cr_assert_eq(versions[i].born, tag->versions[i].born);
        }
}

static void check_world(struct world *world)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct tag_view view;

    OK(graph_read(&txn, world->graph, NULL));
    OK(tag_view_now(&view, txn));
    cr_assert_eq(view.publication, world->model->publication);
    cr_assert_eq(view.overlay, world->model->overlay);
    check_iterators(world, txn, &view);
    check_rings(world, txn, &view);
    check_history(world, txn, &view);
}

/* Takes the newest run back: its versions are answered by new ones that say what was before. */
static void take_back(struct world *world)
{
    AUTO(undo_report_fini) struct undo_report report = { 0 };
    uint64_t run = world->model->publication;

    if (!run) {
        cr_assert_eq(undo_run(&report, world->graph, 1, slice_str(person), false),
                     STATUS_NOT_FOUND);
        return;
    }
    OK(undo_run(&report, world->graph, run, slice_str(person), false));
    cr_assert_eq(report.run, run + 1);
    world->model->publication++;
    for (size_t s = 0; s < N_SUBJECTS; s++)
        for (size_t c = 0; c < N_CODES; c++) {
            struct model_tag *tag = &world->model->tags[s][c];
            const struct model_version *now = version_now(tag), *then;
            struct model_version again;

            if (!now || now->born != run)
                continue;
            then = tag->n_versions > 1 ? now - 1 : NULL;
            if (now->withdrawn && (!then || then->withdrawn))
                continue;
            again = then && !then->withdrawn ? *then : *now;
            again.withdrawn = !then || then->withdrawn;
            again.born = run + 1;
            tag->versions[tag->n_versions++] = again;
        }
}

static void world_open(struct world *world, uint64_t seed)
{
    struct graph_options options = { .map_size = (uint64_t)256 << 20 };

    *world = (struct world){ .dir = place_new(), .rng = rng_new(seed) };
    world->model = calloc(1, sizeof *world->model);
    world->graph = fresh_graph(place_in(world->dir, "db"), SLICE(""), &options);
}

static void world_close(struct world *world)
{
    graph_close(world->graph);
    free(world->model);
    place_remove(world->dir);
}

Test(tag, random_publications_undos_and_judgements_equal_a_model)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world world;

        world_open(&world, seed);
        for (int step = 0; step < N_STEPS; step++) {
            uint64_t what = rng_below(&world.rng, 7);

            if (what < 2)
                publish(&world);
            else if (what == 6)
                take_back(&world);
            else if (what == 2)
                leave_behind(&world);
            else
                judge(&world);
            if (step % 4 == 0)
                check_world(&world);
        }
        check_world(&world);
        world_close(&world);
    }
}

Test(tag, one_publishing_at_a_time)
{
    AUTO(publishing_closep) struct publishing *first = NULL;
    struct publishing *second = NULL;
    struct world world;

    world_open(&world, 1);
    OK(publishing_open(&first, world.graph));
    cr_assert_eq(publishing_open(&second, world.graph), STATUS_CONFLICT);
    publishing_close(first);
    first = NULL;
    OK(publishing_open(&second, world.graph));
    publishing_close(second);
    world_close(&world);
}

/* A row that is cut short among what a killed run left is told as damage, and not read beyond. */
Test(tag, a_leftover_that_does_not_decode_is_refused)
{
    static const unsigned char cut[] = { 'P', 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 };
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    struct graph_txn *txn;
    struct world world;

    world_open(&world, 1);
    OK(graph_write(&txn, world.graph));
    OK(store_put(txn_store(txn), TABLE_TAG_INDEX, slice_of(cut, sizeof cut), SLICE("\1")));
    OK(txn_commit(txn));
    cr_assert_eq(publishing_open(&publishing, world.graph), STATUS_CORRUPT);
    world_close(&world);
}

static uint64_t say(struct world *world, struct overlay overlay)
{
    struct graph_txn *txn;
    uint64_t number;

    overlay.person = slice_str(person);
    OK(graph_write(&txn, world->graph));
    OK(overlay_add(&number, txn, &overlay));
    OK(txn_commit(txn));
    return number;
}

Test(tag, block_and_allow_hold_until_their_end)
{
    struct world world;
    struct graph_txn *txn;
    struct tag_view view;
    struct tag_standing standing;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    size_t n;
    uint64_t block, allow, number;

    world_open(&world, 1);
    block = say(&world, (struct overlay){ .subject = { 3 }, .kind = OVERLAY_BLOCK,
                                          .until_us = TIME_MAX });
    allow = say(&world, (struct overlay){ .subject = { 3 }, .kind = OVERLAY_ALLOW,
                                          .code = SLICE("ALPHA"), .until_us = 1000 });
    OK(graph_read(&txn, world.graph, NULL));
    OK(tag_view_now(&view, txn));
    OK(tag_standing(&standing, txn, &view, (struct node_id){ 3 }));
    cr_assert_eq(standing.blocked, block);
    OK(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 3 }, view.overlay));
    cr_assert_eq(overlay_in_force(overlays, n, OVERLAY_ALLOW, SLICE("ALPHA"), 999)->number, allow);
    cr_assert_null(overlay_in_force(overlays, n, OVERLAY_ALLOW, SLICE("ALPHA"), 1000));
    cr_assert_null(overlay_in_force(overlays, n, OVERLAY_ALLOW, SLICE("BETA"), 999));
    txn_end(txn);

    OK(graph_write(&txn, world.graph));
    OK(overlay_end(&number, txn, block, slice_str(person), SLICE("")));
    cr_assert_eq(overlay_end(&number, txn, block, slice_str(person), SLICE("")), STATUS_INVALID);
    OK(txn_commit(txn));
    OK(graph_read(&txn, world.graph, NULL));
    OK(tag_standing(&standing, txn, &view, (struct node_id){ 3 }));
    cr_assert_eq(standing.blocked, block, "the earlier view still sees it");
    OK(tag_view_now(&view, txn));
    OK(tag_standing(&standing, txn, &view, (struct node_id){ 3 }));
    cr_assert_eq(standing.blocked, 0);
    txn_end(txn);
    world_close(&world);
}

Test(tag, a_persons_tag_is_there_at_once_and_stays_in_its_own_past)
{
    struct world world;
    struct graph_txn *txn;
    struct tag_view before, view;
    struct tag tag = { .subject = { 2 }, .code = SLICE("SEEN_BY_OFFICER"), .level = TAG_ALERT,
                       .score = 900000, .person = slice_str(person), .note = SLICE("site visit"),
                       .expires_us = TIME_MAX };
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(tag_standings_fini) struct tag_standings standings = { 0 };
    uint64_t number;

    world_open(&world, 1);
    OK(graph_read(&txn, world.graph, NULL));
    OK(tag_view_now(&before, txn));
    txn_end(txn);
    OK(graph_write(&txn, world.graph));
    OK(overlay_add_tag(&number, txn, &tag));
    OK(txn_commit(txn));
    OK(graph_read(&txn, world.graph, NULL));
    OK(tag_view_now(&view, txn));
    cr_assert_eq(tag_find(&tag, &arena, txn, &before, tag.subject, tag.code, TAG_PERSON),
                 STATUS_NOT_FOUND);
    OK(tag_find(&tag, &arena, txn, &view, tag.subject, tag.code, TAG_PERSON));
    cr_assert_eq(tag.state, TAG_CONFIRMED);
    OK(tag_standings(&standings, txn, &view));
    cr_assert_eq(standings.n_confirmed, 1);
    cr_assert_eq(standings.confirmed[0].value, 2);
    txn_end(txn);
    world_close(&world);
}
