/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/reach.h"

#include <stdlib.h>

#include "base/sort.h"

void reaches_fini(struct reaches *reaches)
{
    free(reaches->items);
    *reaches = (struct reaches){ 0 };
}

/* ---- reading ------------------------------------------------------------------------------- */

bool reach_wants(const struct schema_link *link, uint32_t kind, enum reach_links links)
{
    return link->kind == kind &&
           (links & (link->dated ? REACH_DATED : REACH_INTERVALS) ||
            (links & REACH_APPLICATIONS && link->dated && link->through_application));
}

/* The direction in which a step is walked towards the identifier. */
static enum direction forward(const struct schema_step *step)
{
    return step->reversed ? DIRECTION_IN : DIRECTION_OUT;
}

static enum direction backward(const struct schema_step *step)
{
    return step->reversed ? DIRECTION_OUT : DIRECTION_IN;
}

static enum status follow_all(struct id_list *out, struct neighbourhood *around,
                              const struct id_list *from, uint32_t type,
                              enum direction direction)
{
    const uint32_t types[] = { type, 0 };

    if (from->n > 1)
        TRY(around_ahead(around, from, 0, from->n, types, direction));
    for (size_t i = 0; i < from->n; i++)
        TRY(around_follow(out, around, from->ids[i], types, direction));
    return STATUS_OK;
}

static enum status walk_forward(struct id_list *out, struct neighbourhood *around,
                                struct node_id principal, const struct schema_link *link)
{
    AUTO(id_list_fini) struct id_list first = { 0 };
    AUTO(id_list_fini) struct id_list second = { 0 };
    struct id_list *here[] = { &first, &second, out };
    const uint32_t types[] = { link->steps[0].type, 0 };

    here[link->n_steps - 1] = out;
    TRY(around_follow(here[0], around, principal, types, forward(&link->steps[0])));
    for (uint32_t i = 1; i < link->n_steps; i++)
        TRY(follow_all(here[i], around, here[i - 1], link->steps[i].type,
                       forward(&link->steps[i])));
    return STATUS_OK;
}

/* From what the last step leads to, whose edges were read, back to the principals. */
static enum status walk_back(struct neighbourhood *around, struct node_id identifier,
                             const struct schema_link *link)
{
    AUTO(id_list_fini) struct id_list first = { 0 };
    AUTO(id_list_fini) struct id_list second = { 0 };
    AUTO(id_list_fini) struct id_list third = { 0 };
    struct id_list *here[] = { &first, &second, &third };
    const uint32_t types[] = { link->steps[link->n_steps - 1].type, 0 };

    TRY(around_ends(here[0], around, identifier, types,
                    backward(&link->steps[link->n_steps - 1])));
    for (uint32_t i = link->n_steps - 1; i-- > 0;)
        TRY(follow_all(here[link->n_steps - 1 - i], around, here[link->n_steps - 2 - i],
                       link->steps[i].type, backward(&link->steps[i])));
    return STATUS_OK;
}

enum status reach_identifiers(struct id_list *out, struct neighbourhood *around,
                              struct node_id principal, uint32_t kind, enum reach_links links)
{
    for (size_t i = 0; i < around->schema->n_links; i++)
        if (reach_wants(&around->schema->links[i], kind, links))
            TRY(walk_forward(out, around, principal, &around->schema->links[i]));
    return STATUS_OK;
}

enum status reach_focus_identifiers(struct id_list *out, struct neighbourhood *around,
                                    uint32_t kind, enum reach_links links)
{
    for (size_t i = 0; i < around->n_focus && kind < around->schema->n_kinds; i++)
        TRY(reach_identifiers(out, around, around->focus[i], kind, links));
    return STATUS_OK;
}

enum status reach_count(uint64_t *n, struct neighbourhood *around, struct node_id identifier,
                        uint32_t kind, enum reach_links links)
{
    *n = 0;
    for (size_t i = 0; i < around->schema->n_links; i++) {
        const struct schema_link *link = &around->schema->links[i];
        uint64_t more;

        if (!reach_wants(link, kind, links))
            continue;
        TRY(around_count(&more, around, identifier, link->steps[link->n_steps - 1].type,
                         backward(&link->steps[link->n_steps - 1])));
        *n += more;
    }
    return STATUS_OK;
}

enum status reach_read(struct neighbourhood *around, struct node_id identifier, uint32_t kind,
                       enum reach_links links)
{
    return reach_read_between(around, identifier, kind, links, TIME_MIN, TIME_MAX);
}

enum status reach_read_between(struct neighbourhood *around, struct node_id identifier,
                               uint32_t kind, enum reach_links links, int64_t from_us,
                               int64_t before_us)
{
    for (size_t i = 0; i < around->schema->n_links; i++) {
        const struct schema_link *link = &around->schema->links[i];
        const struct schema_step *last = &link->steps[link->n_steps - 1];
        /* an interval of several steps begins with the last of them, whichever that is */
        bool all = !link->dated && link->n_steps > 1;

        if (!reach_wants(link, kind, links))
            continue;
        TRY(around_read_between(around, identifier, last->type, backward(last),
                                all ? TIME_MIN : from_us, all ? TIME_MAX : before_us));
        TRY(walk_back(around, identifier, link));
    }
    return STATUS_OK;
}

enum status reach_read_since(struct neighbourhood *around, struct node_id identifier,
                             uint32_t kind, int64_t after_us)
{
    for (size_t i = 0; i < around->schema->n_links; i++) {
        const struct schema_link *link = &around->schema->links[i];
        const struct schema_step *last = &link->steps[link->n_steps - 1];

        if (!reach_wants(link, kind, REACH_ALL))
            continue;
        if (link->dated)
            TRY(around_read_between(around, identifier, last->type, backward(last), after_us,
                                    TIME_MAX));
        else
            TRY(around_read_holding(around, identifier, last->type, backward(last), after_us));
        TRY(walk_back(around, identifier, link));
    }
    return STATUS_OK;
}

/* ---- listing ------------------------------------------------------------------------------- */

/* A path walked from the identifier so far. */
struct trail {
    const struct schema_link *link;
    struct reach use;
};

/* As uses.c keeps it: begun by T, and in or after the lookback. */
static enum status add_use(struct reaches *out, const struct neighbourhood *around,
                           const struct trail *trail)
{
    struct reach use = trail->use;
    int64_t after_us = time_add(around->at_us,
                                -around->params->shared.lookback_days * US_PER_DAY);

    if (use.dated)
        use.end = use.start;
    if (use.start > around->at_us || (use.dated && use.start <= after_us) ||
        (!use.dated && (use.end <= after_us || use.start >= use.end)))
        return STATUS_OK;
    TRY(array_reserve(&out->items, &out->capacity, out->n + 1));
    out->items[out->n++] = use;
    return STATUS_OK;
}

static void pass(struct trail *trail, const struct neighbourhood *around,
                 const struct around_step *step, bool last)
{
    struct reach *use = &trail->use;

    if (around->nodes[step->other].role == LABEL_APPLICATION)
        use->through_application = true;
    if (!use->dated) {
        use->start = step->start > use->start ? step->start : use->start;
        use->end = step->end < use->end ? step->end : use->end;
    } else if (last || (use->start == TIME_MIN &&
                        around_has_type(around->schema->roles.applied, step->type))) {
        use->start = step->start;
    }
}

static enum status list_from(struct reaches *out, const struct neighbourhood *around,
                             const struct around_node *node, const struct trail *before,
                             uint32_t left)
{
    const struct schema_step *wanted = left ? &before->link->steps[left - 1] : NULL;

    if (!left)
        return node->role == LABEL_PRINCIPAL ? add_use(out, around, before) : STATUS_OK;
    for (uint32_t at = node->first; at != NO_STEP; at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];
        struct trail trail;

        if (step->type != wanted->type ||
            step->out != (backward(wanted) == DIRECTION_OUT))
            continue;
        trail = *before;
        pass(&trail, around, step, left == before->link->n_steps);
        trail.use.principal = around->nodes[step->other].id;
        TRY(list_from(out, around, &around->nodes[step->other], &trail, left - 1));
    }
    return STATUS_OK;
}

enum status reach_list(struct reaches *out, const struct neighbourhood *around,
                       struct node_id identifier, uint32_t kind, enum reach_links links)
{
    const struct around_node *node = around_node(around, identifier);

    for (size_t i = 0; i < around->schema->n_links && node; i++) {
        struct trail trail = { .link = &around->schema->links[i],
                               .use = { .dated = around->schema->links[i].dated,
                                        .start = TIME_MIN, .end = TIME_MAX } };

        if (reach_wants(trail.link, kind, links))
            TRY(list_from(out, around, node, &trail, trail.link->n_steps));
    }
    return STATUS_OK;
}

enum status reach_users(struct id_list *out, const struct reaches *reaches,
                        const struct neighbourhood *around, int64_t after_us)
{
    for (size_t i = 0; i < reaches->n; i++) {
        const struct reach *use = &reaches->items[i];

        if (use->start <= around->at_us &&
            (use->dated ? use->start > after_us : use->end > after_us))
            TRY(id_list_add(out, use->principal));
    }
    return STATUS_OK;
}

/* ---- windows ------------------------------------------------------------------------------- */

/* A use's beginning, and whose it is: his place among the nodes. */
struct begin {
    int64_t start;
    uint32_t who;
    bool focus;
};

static int compare_begins(const void *a, const void *b)
{
    const struct begin *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* Windows by their start: who is inside is counted as the window slides. */
static size_t slide(const struct begin *begins, size_t n, uint32_t *count, int64_t width_us)
{
    size_t inside = 0, n_focus = 0, end = 0, most = 0;

    for (size_t first = 0; first < n; first++) {
        while (end < n && (begins[end].start < time_add(begins[first].start, width_us))) {
            inside += count[begins[end].who]++ == 0;
            n_focus += begins[end++].focus;
        }
        if (n_focus && inside > most)
            most = inside;
        inside -= --count[begins[first].who] == 0;
        n_focus -= begins[first].focus;
    }
    return most;
}

enum status reach_most(size_t *most, const struct reaches *reaches,
                       const struct neighbourhood *around, int64_t width_us)
{
    AUTO(free_ptr) struct begin *begins = malloc((reaches->n + 1) * sizeof *begins);
    AUTO(free_ptr) uint32_t *count = calloc(around->n_nodes + 1, sizeof *count);

    if (!begins || !count)
        return fail_memory(around->n_nodes * sizeof *count);
    for (size_t i = 0; i < reaches->n; i++) {
        struct node_id principal = reaches->items[i].principal;

        begins[i] = (struct begin){ reaches->items[i].start,
                                    (uint32_t)(around_node(around, principal) - around->nodes),
                                    around_is_focus(around, principal) };
    }
    sort_items(begins, reaches->n, sizeof *begins, compare_begins);
    *most = slide(begins, reaches->n, count, width_us);
    return STATUS_OK;
}

enum status reach_read_near(bool *busy, struct neighbourhood *around, struct node_id identifier,
                            uint32_t kind, const struct reach_rule *rule)
{
    AUTO(reaches_fini) struct reaches own = { 0 };
    uint64_t n;

    TRY(reach_count(&n, around, identifier, kind, rule->links));
    *busy = n > REACH_BUSY;
    if (!*busy)
        return reach_read(around, identifier, kind, rule->links);
    TRY(reach_list(&own, around, identifier, kind, rule->links));
    for (size_t i = 0; i < own.n; i++)
        if (around_is_focus(around, own.items[i].principal))
            TRY(reach_read_between(around, identifier, kind, rule->links,
                                   time_add(own.items[i].start, 1 - rule->width_us),
                                   time_add(own.items[i].start, rule->width_us)));
    return STATUS_OK;
}

/* ---- caps ---------------------------------------------------------------------------------- */

static enum status text_of(struct slice *out, struct neighbourhood *around, struct node_id id,
                           uint32_t property)
{
    const struct around_node *node = around_node(around, id);

    *out = SLICE("");
    return node && node->stored ? facts_node_text(out, &around->arena, node->stored, property)
                                : STATUS_OK;
}

enum status reach_is_room(bool *room, struct neighbourhood *around, struct node_id address)
{
    struct slice level;

    TRY(text_of(&level, around, address, around->level_symbol));
    *room = !level.size || slice_equal(level, SLICE("room"));
    return STATUS_OK;
}

enum status reach_caps(struct caps *out, struct neighbourhood *around, struct node_id identifier,
                       uint32_t kind)
{
    struct slice class_name;

    TRY(text_of(&class_name, around, identifier, around->class_symbol));
    *out = params_caps(around->params, around->schema, &around->schema->kinds[kind], class_name);
    return STATUS_OK;
}

enum status reach_is_hub(bool *hub, struct neighbourhood *around, const char *code,
                         struct node_id identifier, uint32_t kind)
{
    struct settled settled = { .code = code, .identifier = identifier, .reason = "class" };
    struct caps caps;

    TRY(reach_caps(&caps, around, identifier, kind));
    settled.class_name = caps.class_name;
    *hub = caps_closed(&caps);
    if (!*hub)
        return STATUS_OK;
    TRY(reach_count(&settled.degree, around, identifier, kind, REACH_ALL));
    return around_settle(around, &settled);
}

enum status reach_relate(struct neighbourhood *around, const struct reaches *reaches)
{
    AUTO(id_list_fini) struct id_list users = { 0 };

    for (size_t i = 0; i < reaches->n; i++)
        TRY(id_list_add(&users, reaches->items[i].principal));
    return around_relate_all(around, &users);
}

enum status reach_read_related(struct neighbourhood *around, struct node_id identifier,
                               uint32_t kind, enum reach_links links)
{
    AUTO(reaches_fini) struct reaches uses = { 0 };

    TRY(reach_read(around, identifier, kind, links));
    TRY(reach_list(&uses, around, identifier, kind, links));
    return reach_relate(around, &uses);
}

enum status reach_applications(struct id_list *out, struct neighbourhood *around,
                               struct node_id identifier, uint32_t kind)
{
    for (size_t i = 0; i < around->schema->n_links; i++) {
        const struct schema_link *link = &around->schema->links[i];
        const struct schema_step *last = &link->steps[link->n_steps - 1];
        const uint32_t types[] = { last->type, 0 };

        if (reach_wants(link, kind, REACH_APPLICATIONS))
            TRY(around_ends(out, around, identifier, types, backward(last)));
    }
    return STATUS_OK;
}

enum status reach_stated(struct neighbourhood *around, struct node_id application)
{
    for (size_t i = 0; i < around->schema->n_links; i++) {
        const struct schema_link *link = &around->schema->links[i];
        const struct schema_step *last = &link->steps[link->n_steps - 1];
        const uint32_t types[] = { last->type, 0 };

        if (link->through_application)
            TRY(around_read(around, application, types, forward(last)));
    }
    return STATUS_OK;
}

enum status reach_applied(bool *out, struct neighbourhood *around, struct node_id principal,
                          int64_t after_us)
{
    const uint32_t *applied = around->schema->roles.applied;

    *out = false;
    TRY(around_read(around, principal, applied, DIRECTION_OUT));
    for (uint32_t at = around_node(around, principal)->first; at != NO_STEP && !*out;
         at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        *out = step->out && around_has_type(applied, step->type) && step->start > after_us &&
               step->start <= around->at_us;
    }
    return STATUS_OK;
}

/* Those of the principals who count: by their label, or by having applied in the lookback. */
static enum status list_subjects(struct id_list *out, struct neighbourhood *around,
                                 const struct id_list *principals)
{
    int64_t after_us = time_add(around->at_us,
                                -around->params->shared.lookback_days * US_PER_DAY);

    for (size_t i = 0; i < principals->n; i++) {
        bool counts = around_always_counts(around, principals->ids[i]);

        if (!counts)
            TRY(reach_applied(&counts, around, principals->ids[i], after_us));
        if (counts)
            TRY(id_list_add(out, principals->ids[i]));
    }
    return STATUS_OK;
}

enum status reach_read_capped(bool *capped, struct neighbourhood *around, const char *code,
                              struct node_id identifier, uint32_t kind, int64_t after_us)
{
    struct settled settled = { .code = code, .identifier = identifier, .reason = "cap" };
    AUTO(reaches_fini) struct reaches uses = { 0 };
    AUTO(id_list_fini) struct id_list users = { 0 };
    AUTO(id_list_fini) struct id_list subjects = { 0 };
    struct caps caps;
    size_t n_sets;

    TRY(reach_is_hub(capped, around, code, identifier, kind));
    if (*capped)
        return STATUS_OK;
    TRY(reach_caps(&caps, around, identifier, kind));
    TRY(reach_read_since(around, identifier, kind, after_us));
    TRY(reach_list(&uses, around, identifier, kind, REACH_ALL));
    TRY(reach_users(&users, &uses, around, after_us));
    if (users.n <= caps.candidate)
        return STATUS_OK;
    TRY(list_subjects(&subjects, around, &users));
    TRY(around_relate_until(&n_sets, around, &subjects, caps.candidate));
    *capped = n_sets > caps.candidate;
    settled.class_name = caps.class_name;
    settled.degree = subjects.n;
    return *capped ? around_settle(around, &settled) : STATUS_OK;
}

enum status reach_gather(struct neighbourhood *around, struct node_id identifier, uint32_t kind,
                         const struct reach_rule *rule)
{
    AUTO(reaches_fini) struct reaches near = { 0 };
    bool busy, settled;
    size_t most;

    TRY(reach_is_hub(&settled, around, rule->code, identifier, kind));
    if (settled)
        return STATUS_OK;
    TRY(reach_read_near(&busy, around, identifier, kind, rule));
    TRY(reach_list(&near, around, identifier, kind, rule->links));
    TRY(reach_most(&most, &near, around, rule->width_us));
    if (most < (size_t)rule->min_principals)
        return STATUS_OK;
    if (busy && rule->steady)
        TRY(reach_is_steady(&settled, around, identifier, kind, rule, most));
    return settled ? STATUS_OK : reach_read_related(around, identifier, kind, rule->links);
}
