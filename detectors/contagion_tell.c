/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling D10: to whom the risk came, how close, and by which way. The evidence is the likeliest
 * walk of those that the ranks add up (contagion_walk.h), seed first, and of each of its steps the
 * strongest tie: a guarantee, a holding, a transfer with who owned its accounts, or both parties'
 * newest use of the shared identifier that counts most.
 */
#include <math.h>
#include <stdlib.h>

#include "detectors/contagion_private.h"
#include "detectors/role.h"
#include "detectors/use.h"

/* The heaviest tie of a pair; of equal ones the first. */
static const struct arc *strongest_arc(const struct contagion *s, uint32_t x, uint32_t y)
{
    uint32_t a = x < y ? x : y, b = x < y ? y : x;
    size_t low = 0, high = s->n;
    const struct arc *best;

    while (low < high) {
        size_t at = low + (high - low) / 2;

        if (s->arcs[at].a < a || (s->arcs[at].a == a && s->arcs[at].b < b))
            low = at + 1;
        else
            high = at;
    }
    best = &s->arcs[low];
    for (size_t i = low; i < s->n && s->arcs[i].a == a && s->arcs[i].b == b; i++)
        if (s->arcs[i].weight > best->weight)
            best = &s->arcs[i];
    return best;
}

static enum status tell_use(struct contagion *s, uint32_t identifier, uint32_t principal)
{
    const struct use *use =
        facts_newest_use(s->facts, identifier, principal, s->links_after_us);

    return use ? facts_use_evidence(s->findings, s->facts, use) : STATUS_OK;
}

/* The edge by which somebody owned the account then, or UINT32_MAX. */
static uint32_t owning_edge(const struct role_rows *owners, uint32_t account, uint32_t owner,
                            int64_t time)
{
    for (struct role_walk walk = { owners, account, time }; role_next(&walk);)
        if (walk.end == owner)
            return walk.edge;
    return UINT32_MAX;
}

/* The transfer between whose accounts it was. */
static enum status tell_transfer(struct contagion *s, const struct arc *arc)
{
    uint32_t row;
    const struct edge_table *table = snapshot_edge(&row, s->facts->snapshot, arc->by);
    AUTO(role_rows_fini) struct role_rows owners = { 0 };
    uint32_t payer = UINT32_MAX, payee = UINT32_MAX;

    TRY(role_rows_init(&owners, s->facts, s->facts->schema->roles.owns, DIRECTION_IN));
    for (int turned = 0; turned < 2 && (payer == UINT32_MAX || payee == UINT32_MAX); turned++) {
        payer = owning_edge(&owners, table->from[row], turned ? arc->b : arc->a,
                            table->start[row]);
        payee = owning_edge(&owners, table->to[row], turned ? arc->a : arc->b,
                            table->start[row]);
    }
    TRY(facts_evidence(s->findings, s->facts, payer));
    TRY(facts_evidence(s->findings, s->facts, arc->by));
    return facts_evidence(s->findings, s->facts, payee);
}

/* What ties two neighbours on a way, `x` nearer to the seed. */
static enum status tell_step(struct contagion *s, uint32_t x, uint32_t y)
{
    const struct arc *arc = strongest_arc(s, x, y);

    if (arc->kind == ARC_TRANSFER)
        return tell_transfer(s, arc);
    if (arc->kind != ARC_LINK)
        return facts_evidence(s->findings, s->facts, arc->by);
    TRY(tell_use(s, arc->by, x));
    return tell_use(s, arc->by, y);
}

/* The way of `n` places, the seed last. */
static enum status tell_way(struct span *out, struct contagion *s, const uint32_t *way, size_t n)
{
    size_t first = s->findings->n_edges;

    while (n-- > 1)
        TRY(tell_step(s, s->walk.nodes[way[n]], s->walk.nodes[way[n - 1]]));
    return findings_evidence(out, s->findings, first);
}

/* Those to whom enough of the risk came. */
static bool is_told(const struct contagion *s, uint32_t node)
{
    return !s->seed[node] && facts_is(s->facts, node, FACT_SUBJECT) &&
           walk_rank_of(&s->walk, node) * s->n_seeds >=
               (double)s->params->threshold / DECIMAL_ONE;
}

/* Where the likeliest walk to each of them comes from. */
static enum status trace(uint32_t **before, const struct contagion *s)
{
    AUTO(free_ptr) bool *wanted = array_zeroed(s->walk.n + (size_t)1, sizeof *wanted);
    uint32_t n_wanted = 0;

    if (!wanted)
        return fail_memory(s->walk.n);
    for (uint32_t i = 0; i < s->walk.n; i++) {
        wanted[i] = is_told(s, s->walk.nodes[i]);
        n_wanted += wanted[i];
    }
    return walk_trace(before, &s->walk, wanted, n_wanted,
                      (double)s->params->damping / DECIMAL_ONE);
}

/* The ranks are of walks of so many steps, so none of more is told. */
static size_t list_way(uint32_t *way, const struct contagion *s, const uint32_t *before,
                       uint32_t place)
{
    size_t n = 0, most = (size_t)s->params->iterations;

    if (place == WALK_NOWHERE || before[place] == WALK_NOWHERE)
        return 0;
    for (way[n++] = place; before[place] != place && n <= most; place = before[place])
        way[n++] = before[place];
    return n;
}

static enum status tell(struct contagion *s, uint32_t node, const uint32_t *way, size_t n)
{
    enum level level = facts_is(s->facts, node, FACT_ELSEWHERE) ? LEVEL_ATTENTION : LEVEL_HINT;
    struct finding finding = { .subject = facts_id(s->facts, node), .code = CONTAGION_CODE,
                               .level = level, .ring = FINDING_NO_RING };
    size_t numbers = s->findings->n_numbers;
    int64_t micro = llround(walk_rank_of(&s->walk, node) * s->n_seeds * (double)DECIMAL_ONE);
    int64_t limit = s->params->threshold;

    finding.score = finding_score(level, micro, limit);
    TRY(tell_way(&finding.edges, s, way, n));
    TRY(findings_number(s->findings, "contagion", micro, 6));
    TRY(findings_number(s->findings, "limit", limit, 6));
    TRY(findings_number(s->findings, "seeds", s->n_seeds, 0));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    TRY(findings_text(&finding.text, s->findings, "close to parties that are blocked, "
                      "confirmed or overdue (%lld.%06lld, limit %lld.%06lld)",
                      (long long)(micro / DECIMAL_ONE), (long long)(micro % DECIMAL_ONE),
                      (long long)(limit / DECIMAL_ONE), (long long)(limit % DECIMAL_ONE)));
    return findings_add(s->findings, &finding);
}

enum status contagion_tell(struct contagion *s)
{
    AUTO(free_ptr) uint32_t *before = NULL;
    AUTO(free_ptr) uint32_t *way =
        malloc(((size_t)s->params->iterations + 1) * sizeof *way);

    if (!way)
        return fail_memory((size_t)s->params->iterations * sizeof *way);
    TRY(trace(&before, s));
    for (uint32_t i = 0; i < s->facts->snapshot->n_nodes; i++)
        if (is_told(s, i))
            TRY(tell(s, i, way, list_way(way, s, before, s->walk.place[i])));
    return STATUS_OK;
}

/* A way of one or two steps from a place to a seed, and the product of its weights. */
struct short_way {
    uint32_t places[3];
    size_t n;
    double product;
};

static double at_most_one(double weight)
{
    return weight < 1 ? weight : 1;
}

/* The best: by equal products the one found first. */
static struct short_way best_way(const struct walk *walk, uint32_t place)
{
    struct short_way best = { 0 };

    for (uint32_t i = walk->first[place]; i < walk->first[place + 1]; i++) {
        uint32_t middle = walk->to[i];
        struct short_way way = { { place, middle }, 2, walk->seed[middle] ? 1 : 0 };

        for (uint32_t k = walk->first[middle]; k < walk->first[middle + 1] && way.product < 1; k++)
            if (walk->seed[walk->to[k]] && walk->weight[k] > way.product)
                way = (struct short_way){ { place, middle, walk->to[k] }, 3,
                                          at_most_one(walk->weight[k]) };
        way.product *= at_most_one(walk->weight[i]);
        if (way.product > best.product)
            best = way;
    }
    return best;
}

static enum status advise_one(struct contagion *s, uint32_t node)
{
    struct finding finding = { .subject = facts_id(s->facts, node), .code = CONTAGION_CODE,
                               .level = LEVEL_HINT, .ring = FINDING_NO_RING, .advice = true,
                               .score = finding_score(LEVEL_HINT, 1, 1) };
    struct short_way way = best_way(&s->walk, s->walk.place[node]);
    int64_t micro = llround(way.product * (double)DECIMAL_ONE);
    size_t numbers = s->findings->n_numbers;

    if (!micro || micro < s->params->threshold)
        return STATUS_OK;
    TRY(tell_way(&finding.edges, s, way.places, way.n));
    TRY(findings_number(s->findings, "closeness", micro, 6));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    TRY(findings_text(&finding.text, s->findings, "advice: at most two steps from a party that "
                      "is blocked, confirmed or overdue (closeness %lld.%06lld)",
                      (long long)(micro / DECIMAL_ONE), (long long)(micro % DECIMAL_ONE)));
    return findings_add(s->findings, &finding);
}

enum status contagion_advise(struct contagion *s)
{
    for (uint32_t i = 0; i < s->facts->snapshot->n_nodes; i++)
        if (!s->seed[i] && s->walk.place[i] != WALK_NOWHERE &&
            facts_is(s->facts, i, FACT_SUBJECT))
            TRY(advise_one(s, i));
    return STATUS_OK;
}
