/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "detectors/registry.h"
#include "tests/support/must.h"

const char *const world_names[W_SYMBOLS] = {
    "", "Enterprise", "Person", "Device", "Phone", "Address", "Application", "Account", "Loan",
    "Group", "LEGAL_REP", "CONTACT", "SHAREHOLDER", "INVESTS", "KIN", "MEMBER_OF", "HAS_PHONE",
    "LOCATED_AT", "USES_DEVICE", "APPLIED", "SUBMITTED_FROM", "STATES_PHONE", "STATES_ADDRESS",
    "GUARANTEES", "OWNS", "BORROWED", "SIGNED_IN", "RESULTED_IN", "DEPOSITED", "REPAID",
    "TRANSFERRED", "WITHDREW",
};

static const struct schema_label labels[] = {
    { .name = "Enterprise", .symbol = W_ENTERPRISE, .keyed = true, .role = LABEL_PRINCIPAL },
    { .name = "Person", .symbol = W_PERSON, .keyed = true, .role = LABEL_PRINCIPAL },
    { .name = "Device", .symbol = W_DEVICE, .keyed = true, .role = LABEL_IDENTIFIER },
    { .name = "Phone", .symbol = W_PHONE, .keyed = true, .role = LABEL_IDENTIFIER },
    { .name = "Address", .symbol = W_ADDRESS, .keyed = true, .role = LABEL_IDENTIFIER },
    { .name = "Application", .symbol = W_APPLICATION, .keyed = true, .role = LABEL_APPLICATION },
    { .name = "Account", .symbol = W_ACCOUNT, .keyed = true, .role = LABEL_ACCOUNT },
    { .name = "Loan", .symbol = W_LOAN, .keyed = true, .role = LABEL_LOAN },
    { .name = "Group", .symbol = W_GROUP, .keyed = true, .role = LABEL_GROUP },
};

static const struct schema_kind kinds[] = {
    { "device", W_DEVICE, 1.0, 30, 100 },
    { "phone", W_PHONE, 0.8, 25, 100 },
    { "address", W_ADDRESS, 0.4, 50, 500 },
    { "person", W_PERSON, 1.0, 20, 100 },
};

static const struct schema_link links[] = {
    { "has_phone", 1, 1, { { W_HAS_PHONE, false } }, false, false },
    { "located_at", 2, 1, { { W_LOCATED_AT, false } }, false, false },
    { "uses_device", 0, 1, { { W_USES_DEVICE, false } }, true, false },
    { "applied_from_device", 0, 2, { { W_APPLIED, false }, { W_SUBMITTED_FROM, false } }, true,
      true },
    { "applied_with_phone", 1, 2, { { W_APPLIED, false }, { W_STATES_PHONE, false } }, true,
      true },
    { "applied_with_address", 2, 2, { { W_APPLIED, false }, { W_STATES_ADDRESS, false } }, true,
      true },
    { "account_device", 0, 2, { { W_OWNS, false }, { W_SIGNED_IN, true } }, true, false },
    { "legal_representative", 3, 1, { { W_LEGAL_REP, true } }, false, false },
    { "contact_person", 3, 1, { { W_CONTACT, true } }, false, false },
};

static const struct schema_class classes[] = { { "incubator", 0, 0 }, { "bank_branch", 0, 0 },
                                               { "registration_agent", 0, 0 } };

#define TYPES(...) (const uint32_t[]) { __VA_ARGS__, 0 }

const struct schema *world_schema(void)
{
    static struct schema schema;

    schema = (struct schema){
        .name = "test", .hash = "", .labels = labels,
        .n_labels = sizeof labels / sizeof labels[0], .kinds = kinds,
        .n_kinds = sizeof kinds / sizeof kinds[0], .links = links,
        .n_links = sizeof links / sizeof links[0], .classes = classes,
        .n_classes = sizeof classes / sizeof classes[0],
    };
    static const uint32_t ownership[] = { W_SHAREHOLDER, W_INVESTS, 0 };
    static const uint32_t membership[] = { W_MEMBER_OF, 0 }, kin[] = { W_KIN, 0 };
    static const uint32_t represents[] = { W_LEGAL_REP, 0 }, applied[] = { W_APPLIED, 0 };
    static const uint32_t guarantees[] = { W_GUARANTEES, 0 }, owns[] = { W_OWNS, 0 };
    static const uint32_t borrowed[] = { W_BORROWED, 0 }, contact[] = { W_CONTACT, 0 };
    static const uint32_t transfers[] = { W_TRANSFERRED, W_WITHDREW, 0 };
    static const uint32_t deposits[] = { W_DEPOSITED, 0 }, repayments[] = { W_REPAID, 0 };
    static const uint32_t results[] = { W_RESULTED_IN, 0 };
    schema.roles = (struct schema_roles){
        .ownership = ownership, .membership = membership, .kin = kin, .represents = represents,
        .applied = applied, .guarantees = guarantees, .owns = owns, .borrowed = borrowed,
        .transfers = transfers, .contact = contact, .deposits = deposits,
        .repayments = repayments, .results = results,
    };
    return &schema;
}

uint32_t world_node(struct world *world, uint32_t label)
{
    struct world_node *node = &world->nodes[world->n_nodes];

    if (world->n_nodes == WORLD_NODES)
        abort();
    *node = (struct world_node){ .label = label };
    snprintf(node->key, sizeof node->key, "%.3s-%05u", world_names[label],
             world->n_nodes * 7919u % 65521u);
    for (int i = 0; i < NODE_COLUMNS; i++)
        node->numbers[i] = CELL_ABSENT;
    return world->n_nodes++;
}

struct world_edge *world_edge(struct world *world, uint32_t type, uint32_t from, uint32_t to,
                              int64_t start, int64_t end)
{
    struct world_edge *edge = &world->edges[world->n_edges++];

    if (world->n_edges > WORLD_EDGES)
        abort();
    *edge = (struct world_edge){ .type = type, .from = from, .to = to, .start = start,
                                 .end = end };
    for (int i = 0; i < EDGE_COLUMNS; i++)
        edge->numbers[i] = CELL_ABSENT;
    return edge;
}

void world_cell(struct world *world, uint32_t node, enum node_column column, int64_t value)
{
    if (world->n_cells == WORLD_CELLS)
        abort();
    world->cells[world->n_cells++] = (struct world_cell){ node, column, value };
}

uint32_t world_pick(const struct world *world, struct rng *rng, uint32_t label)
{
    uint32_t n = 0, at;

    for (uint32_t i = 0; i < world->n_nodes; i++)
        n += world->nodes[i].label == label;
    if (!n)
        return UINT32_MAX;
    at = (uint32_t)rng_below(rng, n);
    for (uint32_t i = 0;; i++)
        if (world->nodes[i].label == label && !at--)
            return i;
}

int64_t world_time(const struct world *world, struct rng *rng, int64_t step_us, uint32_t most)
{
    return world->at_us + (rng_chance(rng, 1, 20) ? step_us : 0) -
           step_us * (int64_t)rng_below(rng, most);
}

void world_look_back(struct world *world, struct rng *rng, uint64_t seed, int64_t step_us,
                     uint32_t most)
{
    if (seed % 3 == 0)
        world->at_us -= step_us * (int64_t)rng_below(rng, most + 1);
}

struct snapshot *world_snapshot(const struct world *world)
{
    struct snapshot_builder *builder;
    struct snapshot *snapshot;

    must(snapshot_begin(&builder));
    for (uint32_t i = 0; i < world->n_nodes; i++) {
        const struct world_node *node = &world->nodes[i];
        enum label_role role = LABEL_OTHER;

        for (size_t l = 0; l < sizeof labels / sizeof labels[0]; l++)
            if (labels[l].symbol == node->label)
                role = labels[l].role;
        must(snapshot_add_node(builder, (struct node_id){ i + 1 }, node->label, role,
                               slice_str(node->key)));
        for (enum node_column c = 0; c < NODE_COLUMNS; c++)
            if (node->texts[c])
                must(snapshot_node_text(builder, c, slice_str(node->texts[c])));
            else if (node->numbers[c] != CELL_ABSENT)
                must(snapshot_node_cell(builder, c, node->numbers[c]));
        for (uint32_t k = 0; k < world->n_cells; k++)
            if (world->cells[k].node == i)
                must(snapshot_node_cell(builder, world->cells[k].column, world->cells[k].value));
    }
    for (uint32_t i = 0; i < world->n_edges; i++) {
        const struct world_edge *edge = &world->edges[i];

        must(snapshot_add_edge(builder, edge->type, (struct node_id){ edge->from + 1 },
                               (struct node_id){ edge->to + 1 }, edge->start, edge->end,
                               (struct edge_id){ i + 1 }));
        for (enum edge_column c = 0; c < EDGE_COLUMNS; c++)
            if (edge->texts[c])
                must(snapshot_edge_text(builder, c, slice_str(edge->texts[c])));
            else if (edge->numbers[c] != CELL_ABSENT)
                must(snapshot_edge_cell(builder, c, edge->numbers[c]));
    }
    must(snapshot_finish(&snapshot, builder));
    return snapshot;
}

void world_begin(struct world_run *run, const struct world *world, const char *const *settings)
{
    memset(run, 0, sizeof *run);
    run->snapshot = world_snapshot(world);
    must(params_init(&run->params));
    for (; settings && *settings; settings++)
        must(params_set(&run->params, slice_str(*settings)));
    run->facts = (struct facts){ .snapshot = run->snapshot, .schema = world_schema(),
                                 .params = &run->params, .at_us = world->at_us };
}

/* Every finding tells of each edge once. */
static void check_evidence(const struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct evidence_edge *edges = findings->edges + findings->items[i].edges.first;

        for (uint32_t a = 0; a < findings->items[i].edges.count; a++)
            for (uint32_t b = 0; b < a; b++)
                if (edges[a].id.value == edges[b].id.value) {
                    fprintf(stderr, "%s tells of edge %llu twice\n", findings->items[i].code,
                            (unsigned long long)edges[a].id.value);
                    abort();
                }
    }
}

void world_detect(struct world_run *run, const char *detector)
{
    must(registry_find(slice_str(detector))->run(&run->facts, &run->findings));
    check_evidence(&run->findings);
}

void world_done(struct world_run *run)
{
    findings_fini(&run->findings);
    facts_fini(&run->facts);
    params_fini(&run->params);
    snapshot_free(run->snapshot);
}

enum level world_level(const struct world_run *run, uint32_t node, const char *code)
{
    for (size_t i = 0; i < run->findings.n; i++)
        if (run->findings.items[i].subject.value == node + 1 &&
            !strcmp(run->findings.items[i].code, code))
            return run->findings.items[i].level;
    return LEVEL_NONE;
}

bool world_active(const struct world_edge *edge, int64_t at_us)
{
    return edge->start <= at_us && at_us < edge->end;
}

/* x's set grows until nothing more is held by over half; ratios: the largest per holder. */
static void slow_control(struct slow *slow, uint32_t x)
{
    const struct world *world = slow->world;
    bool grown = true;

    while (grown) {
        grown = false;
        for (uint32_t y = 0; y < world->n_nodes; y++) {
            int64_t sum = 0;

            if (y == x || slow->controls[x][y])
                continue;
            for (uint32_t h = 0; h < world->n_nodes; h++) {
                int64_t largest = 0;

                if ((h != x && !slow->controls[x][h]) || h == y)
                    continue;
                for (uint32_t e = 0; e < world->n_edges; e++) {
                    const struct world_edge *edge = &world->edges[e];

                    if ((edge->type == W_SHAREHOLDER || edge->type == W_INVESTS) &&
                        edge->from == h && edge->to == y && world_active(edge, world->at_us) &&
                        edge->numbers[EDGE_RATIO] > largest)
                        largest = edge->numbers[EDGE_RATIO];
                }
                sum += largest;
            }
            if (sum > RATIO_ONE / 2)
                slow->controls[x][y] = grown = true;
        }
    }
}

static void slow_join(struct slow *slow, uint32_t a, uint32_t b)
{
    uint32_t from = slow->group[a], to = slow->group[b];

    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        if (slow->group[i] == from)
            slow->group[i] = to;
}

static bool slow_decides(const struct slow *slow, uint32_t x)
{
    bool any = slow->subject[x];

    for (uint32_t y = 0; y < slow->world->n_nodes; y++)
        any |= slow->controls[x][y];
    return any;
}

static void slow_group(struct slow *slow)
{
    const struct world *world = slow->world;

    for (uint32_t i = 0; i < world->n_nodes; i++)
        slow->group[i] = i;
    for (uint32_t x = 0; x < world->n_nodes; x++)
        for (uint32_t y = 0; y < world->n_nodes; y++)
            if (slow->controls[x][y])
                slow_join(slow, x, y);
    for (uint32_t e = 0; e < world->n_edges; e++)
        for (uint32_t f = 0; f < e; f++) {
            const struct world_edge *a = &world->edges[e], *b = &world->edges[f];

            if (a->type == W_MEMBER_OF && b->type == W_MEMBER_OF && a->to == b->to &&
                world_active(a, world->at_us) && world_active(b, world->at_us))
                slow_join(slow, a->from, b->from);
        }
    for (uint32_t e = 0; e < world->n_edges; e++) {
        const struct world_edge *a = &world->edges[e];
        const char *relation = a->texts[EDGE_RELATION];

        if (a->type == W_KIN && world_active(a, world->at_us) && relation &&
            slow_decides(slow, a->from) &&
            slow_decides(slow, a->to) &&
            (!strcmp(relation, "spouse") || !strcmp(relation, "parent") ||
             !strcmp(relation, "child") || !strcmp(relation, "sibling")))
            slow_join(slow, a->from, a->to);
    }
}

static void slow_add(struct slow *slow, struct slow_use use)
{
    int64_t lookback = slow->world->at_us - 1095 * US_PER_DAY;

    if (use.start > slow->world->at_us)
        return;
    if (use.dated) {
        use.end = use.start;
        if (use.start == TIME_MIN || use.start <= lookback)
            return;
    } else if (use.end <= lookback || use.start >= use.end) {
        return;
    }
    if (!slow->subject[use.principal]) {
        must(array_reserve(&slow->others, &slow->others_capacity, slow->n_others + 1));
        slow->others[slow->n_others++] = use;
        return;
    }
    must(array_reserve(&slow->uses, &slow->capacity, slow->n_uses + 1));
    slow->uses[slow->n_uses++] = use;
}

static void slow_direct(struct slow *slow, const struct world_edge *e)
{
    struct slow_use use = { .application = UINT32_MAX, .start = e->start, .end = e->end,
                            .principal = e->from, .identifier = e->to,
                            .role = e->texts[EDGE_ROLE] };

    switch (e->type) {
    case W_HAS_PHONE:
        use.kind = 1;
        break;
    case W_LOCATED_AT:
        use.kind = 2;
        break;
    case W_USES_DEVICE:
        use.dated = true;
        break;
    case W_LEGAL_REP:
    case W_CONTACT:
        use.kind = 3;
        use.principal = e->to;
        use.identifier = e->from;
        break;
    default:
        return;
    }
    slow_add(slow, use);
}

static void slow_chained(struct slow *slow, const struct world_edge *a, const struct world_edge *b)
{
    struct slow_use use = { .application = UINT32_MAX, .dated = true, .principal = a->from };

    if (a->type == W_OWNS && b->type == W_SIGNED_IN && b->to == a->to) {
        use.identifier = b->from;
        use.start = b->start;
        slow_add(slow, use);
        return;
    }
    if (a->type != W_APPLIED || b->from != a->to ||
        (b->type != W_SUBMITTED_FROM && b->type != W_STATES_PHONE && b->type != W_STATES_ADDRESS))
        return;
    use.kind = b->type == W_SUBMITTED_FROM ? 0 : b->type == W_STATES_PHONE ? 1 : 2;
    use.application = a->to;
    use.through_application = true;
    use.identifier = b->to;
    use.start = b->start == TIME_MIN ? a->start : b->start;
    slow_add(slow, use);
}

bool slow_applied(const struct world *world, uint32_t node, int64_t after, int64_t until)
{
    for (uint32_t e = 0; e < world->n_edges; e++)
        if (world->edges[e].type == W_APPLIED && world->edges[e].from == node &&
            world->edges[e].start > after && world->edges[e].start <= until)
            return true;
    return false;
}

void slow_build(struct slow *slow, const struct world *world)
{
    memset(slow, 0, sizeof *slow);
    slow->world = world;
    for (uint32_t i = 0; i < world->n_nodes; i++)
        slow->subject[i] =
            world->nodes[i].label == W_ENTERPRISE ||
            (world->nodes[i].label == W_PERSON &&
             slow_applied(world, i, world->at_us - 1095 * US_PER_DAY, world->at_us));
    for (uint32_t i = 0; i < world->n_nodes; i++)
        if (world->nodes[i].label == W_ENTERPRISE || world->nodes[i].label == W_PERSON)
            slow_control(slow, i);
    slow_group(slow);
    for (uint32_t e = 0; e < world->n_edges; e++) {
        slow_direct(slow, &world->edges[e]);
        for (uint32_t f = 0; f < world->n_edges; f++)
            slow_chained(slow, &world->edges[e], &world->edges[f]);
    }
}

void slow_free(struct slow *slow)
{
    free(slow->uses);
    free(slow->others);
}

uint32_t slow_cap(const struct world *world, uint32_t identifier, bool evidence)
{
    const struct world_node *node = &world->nodes[identifier];

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (node->texts[NODE_CLASS] && !strcmp(node->texts[NODE_CLASS], classes[i].name))
            return 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].label == node->label)
            return evidence ? kinds[i].evidence_cap : kinds[i].candidate_cap;
    abort();
}

uint32_t slow_groups(const struct slow *slow, const uint32_t *nodes, size_t n)
{
    uint32_t groups = 0;

    for (size_t i = 0; i < n; i++) {
        bool seen = false;

        for (size_t j = 0; j < i; j++)
            seen |= slow->group[nodes[i]] == slow->group[nodes[j]];
        groups += !seen;
    }
    return groups;
}

bool slow_ultimate(const struct slow *slow, uint32_t x, uint32_t p)
{
    for (uint32_t z = 0; z < slow->world->n_nodes; z++)
        if (slow->controls[z][x] && !slow->controls[x][z])
            return false;
    return x == p || slow->controls[x][p];
}
