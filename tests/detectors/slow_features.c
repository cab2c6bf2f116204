/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/slow_features.h"

#include <math.h>

#define DAY US_PER_DAY

static bool within(const struct slow_use *use, int64_t at, int64_t days)
{
    return use->start <= at && (use->dated ? use->start : use->end) > at - days * DAY;
}

static bool uses_it(const struct slow *slow, uint32_t party, uint32_t identifier, int64_t days)
{
    for (size_t i = 0; i < slow->n_uses; i++)
        if (slow->uses[i].principal == party && slow->uses[i].identifier == identifier &&
            within(&slow->uses[i], slow->world->at_us, days))
            return true;
    return false;
}

static uint32_t n_users(const struct slow *slow, uint32_t identifier)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        n += uses_it(slow, i, identifier, SHARING_DAYS);
    return n;
}

static uint32_t cap_of(const struct slow *slow, uint32_t identifier)
{
    uint32_t cap = slow_cap(slow->world, identifier, false);

    return cap && slow->world->nodes[identifier].label == W_PHONE ? SLOW_PHONE_CAP : cap;
}

static bool is_kind(const struct slow *slow, uint32_t node, size_t kind)
{
    static const uint32_t labels[] = { W_DEVICE, W_PHONE, W_ADDRESS, W_PERSON };

    return slow->world->nodes[node].label == labels[kind];
}

/* Whether a and b share an identifier of the kind (SIZE_MAX: any), no hub, in the window. */
static bool share(const struct slow *slow, uint32_t a, uint32_t b, size_t kind, int64_t days)
{
    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        if ((kind == SIZE_MAX || is_kind(slow, i, kind)) && uses_it(slow, a, i, days) &&
            uses_it(slow, b, i, days) && n_users(slow, i) <= cap_of(slow, i))
            return true;
    return false;
}

static bool holds(const struct world *world, const struct world_edge *e)
{
    return e->start <= world->at_us && world->at_us < e->end && e->from != e->to &&
           (e->type != W_GUARANTEES || !e->texts[EDGE_STATUS] ||
            !strcmp(e->texts[EDGE_STATUS], "active"));
}

static bool has_edge(const struct world *world, uint32_t type, uint32_t from, uint32_t to)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == type && world->edges[e].from == from &&
            world->edges[e].to == to && holds(world, &world->edges[e]))
            return true;
    return false;
}

static int n_arcs(const struct world *world, uint32_t a, uint32_t b)
{
    return (has_edge(world, W_GUARANTEES, a, b) || has_edge(world, W_GUARANTEES, b, a)) +
           (has_edge(world, W_SHAREHOLDER, a, b) || has_edge(world, W_SHAREHOLDER, b, a));
}

static bool is_party(const struct slow *slow, uint32_t node)
{
    uint32_t label = slow->world->nodes[node].label;

    return label == W_ENTERPRISE || label == W_PERSON;
}

/* Weight of the tie, 0: none. */
static double weight(const struct slow *slow, uint32_t a, uint32_t b)
{
    static const double kinds[] = { 1.0, 0.8, 0.4, 1.0 };
    double sum = n_arcs(slow->world, a, b);

    if (a == b || !is_party(slow, a) || !is_party(slow, b))
        return 0;
    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        for (size_t kind = 0; kind < 4; kind++)
            if (is_kind(slow, i, kind) && uses_it(slow, a, i, SHARING_DAYS) &&
                uses_it(slow, b, i, SHARING_DAYS) && n_users(slow, i) <= cap_of(slow, i))
                sum += kinds[kind] / log(n_users(slow, i) + 5.0);
    return sum;
}

/* When the party filed the application last, up to T; TIME_MIN: never. */
static int64_t filed_at(const struct world *world, uint32_t party, uint32_t application)
{
    int64_t newest = TIME_MIN;

    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_APPLIED && world->edges[e].from == party &&
            world->edges[e].to == application && world->edges[e].start <= world->at_us &&
            world->edges[e].start > newest)
            newest = world->edges[e].start;
    return newest;
}

static int64_t n_applications(const struct world *world, uint32_t party, int64_t days)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < world->n_nodes; i++)
        n += filed_at(world, party, i) > world->at_us - days * DAY;
    return n;
}

static bool in_currency(const char *currency)
{
    return !currency || !strcmp(currency, "CNY");
}

static bool loan_overdue(const struct world *world, const struct world_node *loan)
{
    int64_t since = loan->numbers[NODE_OVERDUE_SINCE], until = loan->numbers[NODE_OVERDUE_UNTIL];

    return since != CELL_ABSENT && since <= world->at_us &&
           (until == CELL_ABSENT || world->at_us < until);
}

/* Loans, overdue ones, days overdue (-1: none), exposure. */
static int64_t debt(const struct world *world, uint32_t party, enum feature_id id)
{
    int64_t loans = 0, overdue = 0, days = -1, exposure = 0;

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_node *loan = &world->nodes[world->edges[e].to];
        const char *status = loan->texts[NODE_STATUS];

        if (world->edges[e].type != W_BORROWED || world->edges[e].from != party ||
            world->edges[e].start > world->at_us)
            continue;
        loans++;
        if (loan_overdue(world, loan)) {
            int64_t since = (world->at_us - loan->numbers[NODE_OVERDUE_SINCE]) / DAY;

            overdue++;
            days = since > days ? since : days;
        }
        if (in_currency(loan->texts[NODE_CURRENCY]) &&
            (!status || (strcmp(status, "repaid") && strcmp(status, "closed"))))
            exposure += loan->numbers[NODE_AMOUNT];
    }
    return id == FEATURE_LOANS ? loans : id == FEATURE_LOANS_OVERDUE ? overdue
           : id == FEATURE_EXPOSURE ? exposure : days < 0 ? CELL_ABSENT : days;
}

static bool blocked(const struct world *world, uint32_t party)
{
    return world->nodes[party].numbers[NODE_BLOCKED] == 1;
}

static bool bad(const struct world *world, uint32_t party)
{
    return blocked(world, party) || debt(world, party, FEATURE_LOANS_OVERDUE) > 0;
}

static int64_t distance(const struct slow *slow, uint32_t party, enum feature_id id)
{
    bool reached[WORLD_NODES] = { false };

    reached[party] = true;
    for (int64_t hops = 0; hops <= CONTAGION_HOPS; hops++) {
        bool next[WORLD_NODES];

        memcpy(next, reached, sizeof next);
        for (uint32_t i = 0; i < slow->world->n_nodes; i++) {
            if (!reached[i])
                continue;
            if (id == FEATURE_DISTANCE_BLOCKED ? is_party(slow, i) && blocked(slow->world, i)
                                               : debt(slow->world, i, FEATURE_LOANS_OVERDUE) > 0)
                return hops;
            for (uint32_t k = 0; k < slow->world->n_nodes && hops < CONTAGION_HOPS; k++)
                next[k] |= weight(slow, i, k) > 0;
        }
        memcpy(reached, next, sizeof reached);
    }
    return CELL_ABSENT;
}

static double contagion(const struct slow *slow, uint32_t party, int hops)
{
    double sum = 0, degree = 0;

    if (bad(slow->world, party))
        return 1;
    for (uint32_t i = 0; i < slow->world->n_nodes && hops; i++) {
        double w = weight(slow, party, i);

        degree += w;
        if (w > 0)
            sum += w * contagion(slow, i, hops - 1);
    }
    return degree > 0 ? 0.85 * sum / degree : 0;
}

static int64_t sum_neighbours(const struct slow *slow, uint32_t party, enum feature_id id,
                              int64_t days)
{
    int64_t n = 0, n_bad = 0, applied = 0;

    for (uint32_t i = 0; i < slow->world->n_nodes; i++) {
        if (!(weight(slow, party, i) > 0))
            continue;
        n++;
        n_bad += bad(slow->world, i);
        applied += n_applications(slow->world, i, days);
    }
    if (id == FEATURE_NEIGHBOURS_BAD_RATE)
        return n ? n_bad * 1000000 / n : CELL_ABSENT;
    return id == FEATURE_NEIGHBOURS ? n : id == FEATURE_NEIGHBOURS_BAD ? n_bad : applied;
}

static int64_t sum_group(const struct slow *slow, uint32_t party, enum feature_id id, int64_t days)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < slow->world->n_nodes; i++) {
        if (!slow->subject[i] || slow->group[i] != slow->group[party])
            continue;
        sum += id == FEATURE_GROUP_SIZE ? 1
               : id == FEATURE_GROUP_OVERDUE ? debt(slow->world, i, FEATURE_LOANS_OVERDUE) > 0
               : id == FEATURE_GROUP_EXPOSURE ? debt(slow->world, i, FEATURE_EXPOSURE)
                                              : n_applications(slow->world, i, days);
    }
    return sum;
}

static bool is_company(const struct world *world, uint32_t node)
{
    const char *class = world->nodes[node].texts[NODE_CLASS];

    return class && !strcmp(class, "guarantee_company");
}

static int64_t reach(const struct world *world, uint32_t party, bool back, bool depth)
{
    int64_t level[WORLD_NODES], deepest = 0, n = 0;

    for (uint32_t i = 0; i < WORLD_NODES; i++)
        level[i] = i == party && !is_company(world, i) ? 0 : -1;
    for (int64_t at = 0; at < GUARANTEE_HOPS; at++)
        for (uint32_t i = 0; i < world->n_nodes; i++)
            for (uint32_t k = 0; k < world->n_nodes && level[i] == at; k++)
                if (level[k] < 0 && !is_company(world, k) &&
                    has_edge(world, W_GUARANTEES, back ? k : i, back ? i : k)) {
                    level[k] = at + 1;
                    deepest = at + 1;
                    n++;
                }
    return depth ? deepest : n;
}

static int64_t guarantee(const struct world *world, uint32_t party, enum feature_id id)
{
    bool seen[2][WORLD_NODES] = { 0 };
    int64_t n[2] = { 0 }, amount[2] = { 0 }, other = 0, mutual = 0;
    int64_t assets = world->nodes[party].numbers[NODE_NET_ASSETS];

    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *edge = &world->edges[e];
        bool in = edge->to == party;
        uint32_t end = in ? edge->from : edge->to;

        if (edge->type != W_GUARANTEES || !holds(world, edge) || (!in && edge->from != party))
            continue;
        n[in] += !seen[in][end];
        seen[in][end] = true;
        if (!in_currency(edge->texts[EDGE_CURRENCY]))
            other++;
        else if (edge->numbers[EDGE_AMOUNT] != CELL_ABSENT)
            amount[in] += edge->numbers[EDGE_AMOUNT];
    }
    for (uint32_t i = 0; i < world->n_nodes; i++)
        mutual += seen[0][i] && seen[1][i];
    if (id == FEATURE_GUARANTEE_TO_ASSETS)
        return assets == CELL_ABSENT || assets <= 0 ? CELL_ABSENT : amount[0] * 1000000 / assets;
    return id == FEATURE_GUARANTEES_OUT ? n[0] : id == FEATURE_GUARANTEES_IN ? n[1]
           : id == FEATURE_GUARANTEE_OUT_AMOUNT ? amount[0]
           : id == FEATURE_GUARANTEE_IN_AMOUNT ? amount[1]
           : id == FEATURE_GUARANTEE_MUTUAL ? mutual : other;
}

static int64_t identity(const struct slow *slow, uint32_t party, enum feature_id id, size_t kind,
                        int64_t days)
{
    int64_t n = 0, most = 0;

    for (uint32_t i = 0; i < slow->world->n_nodes; i++) {
        bool hub, stranger = false;
        int64_t first = TIME_MAX;

        if (!is_kind(slow, i, kind))
            continue;
        for (size_t u = 0; u < slow->n_uses; u++)
            if (slow->uses[u].principal == party && slow->uses[u].identifier == i &&
                slow->uses[u].start < first)
                first = slow->uses[u].start;
        if (id == FEATURE_IDENTIFIERS_NEW)
            n += first != TIME_MAX && first > slow->world->at_us - days * DAY;
        if (id == FEATURE_IDENTIFIERS_NEW || !uses_it(slow, party, i, days))
            continue;
        hub = n_users(slow, i) > cap_of(slow, i);
        for (uint32_t k = 0; k < slow->world->n_nodes; k++)
            stranger |= slow->group[k] != slow->group[party] && uses_it(slow, k, i, days);
        if (cap_of(slow, i) && n_users(slow, i) > most)
            most = n_users(slow, i);
        n += id == FEATURE_IDENTIFIERS || (id == FEATURE_HUBS && hub) ||
             (id == FEATURE_SHARED && !hub && stranger);
    }
    return id == FEATURE_MOST_USERS ? most : n;
}

static int64_t sharers(const struct slow *slow, uint32_t party, size_t kind, int64_t days)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        n += slow->group[i] != slow->group[party] && share(slow, party, i, kind, days);
    return n;
}

/* Amount, pairs of lender and product, days between the two newest. */
static int64_t filed(const struct world *world, uint32_t party, enum feature_id id, int64_t days)
{
    int64_t amount = 0, shops[4] = { 0 }, newest[2] = { TIME_MIN, TIME_MIN };

    for (uint32_t i = 0; i < world->n_nodes; i++) {
        const struct world_node *node = &world->nodes[i];
        int64_t at = filed_at(world, party, i);

        if (at > world->at_us - 1095 * DAY) {
            newest[1] = at >= newest[0] ? newest[0] : at > newest[1] ? at : newest[1];
            newest[0] = at > newest[0] ? at : newest[0];
        }
        if (at <= world->at_us - days * DAY)
            continue;
        amount += node->numbers[NODE_AMOUNT];
        shops[2 * !strcmp(node->texts[NODE_LENDER], "B1") + (node->texts[NODE_PRODUCT] != NULL)] =
            1;
    }
    if (id == FEATURE_APPLICATION_GAP)
        return newest[1] == TIME_MIN ? CELL_ABSENT : (newest[0] - newest[1]) / DAY;
    return id == FEATURE_APPLIED_AMOUNT ? amount : shops[0] + shops[1] + shops[2] + shops[3];
}

int64_t slow_feature(const struct slow *slow, uint32_t party, enum feature_id id, size_t kind,
                     int64_t days)
{
    const struct world *world = slow->world;
    const struct world_node *node = &world->nodes[party];

    switch (id) {
    case FEATURE_SHARERS:
        return sharers(slow, party, kind, days);
    case FEATURE_APPLICATIONS:
        return n_applications(world, party, days);
    case FEATURE_APPLIED_AMOUNT:
    case FEATURE_LENDER_PRODUCTS:
    case FEATURE_APPLICATION_GAP:
        return filed(world, party, id, days);
    case FEATURE_GROUP_APPLICATIONS:
    case FEATURE_GROUP_SIZE:
    case FEATURE_GROUP_EXPOSURE:
    case FEATURE_GROUP_OVERDUE:
        return sum_group(slow, party, id, days);
    case FEATURE_NEIGHBOUR_APPLICATIONS:
    case FEATURE_NEIGHBOURS:
    case FEATURE_NEIGHBOURS_BAD:
    case FEATURE_NEIGHBOURS_BAD_RATE:
        return sum_neighbours(slow, party, id, days);
    case FEATURE_GUARANTEE_DEPTH_OUT:
    case FEATURE_GUARANTEE_DEPTH_IN:
        return reach(world, party, id == FEATURE_GUARANTEE_DEPTH_IN, true);
    case FEATURE_GUARANTEE_REACH_OUT:
    case FEATURE_GUARANTEE_REACH_IN:
        return reach(world, party, id == FEATURE_GUARANTEE_REACH_IN, false);
    case FEATURE_DISTANCE_BLOCKED:
    case FEATURE_DISTANCE_OVERDUE:
        return distance(slow, party, id);
    case FEATURE_LOANS:
    case FEATURE_LOANS_OVERDUE:
    case FEATURE_OVERDUE_DAYS:
    case FEATURE_EXPOSURE:
        return debt(world, party, id);
    case FEATURE_AGE:
        return node->numbers[NODE_REGISTERED_ON] == CELL_ABSENT
                   ? CELL_ABSENT
                   : (world->at_us - node->numbers[NODE_REGISTERED_ON]) / DAY;
    case FEATURE_NET_ASSETS:
        return node->numbers[NODE_NET_ASSETS];
    case FEATURE_BLOCKED:
        return blocked(world, party);
    case FEATURE_CONTAGION:
        return llround(contagion(slow, party, CONTAGION_HOPS) * 1e6);
    default:
        return id >= FEATURE_GUARANTEES_OUT && id <= FEATURE_GUARANTEE_MUTUAL
                   ? guarantee(world, party, id)
                   : identity(slow, party, id, kind, days);
    }
}
