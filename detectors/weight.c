/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/weight.h"

#include <math.h>
#include <stdlib.h>

#include "base/sort.h"
#include "detectors/use.h"

/* A principal who used the identifier at hand. */
struct user {
    uint32_t node, group;
    int64_t newest;
    bool counted;
};

struct builder {
    struct pairs *pairs;
    struct facts *facts;
    struct findings *findings;
    const struct pair_options *options;
    struct user *users;
    size_t n_users, capacity;
};

void pairs_fini(struct pairs *pairs)
{
    free(pairs->items);
    free(pairs->shares);
    *pairs = (struct pairs){ 0 };
}

static int compare_users(const void *a, const void *b)
{
    const struct user *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->newest < y->newest) - (x->newest > y->newest);
}

/* Who used the identifier inside the window, each once with his newest use. */
static enum status find_users(struct builder *b, uint32_t identifier)
{
    size_t n, kept = 0;
    const struct use *uses = facts_uses_of(&n, b->facts, identifier);

    b->n_users = 0;
    TRY(array_reserve(&b->users, &b->capacity, n));
    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], b->options->after_us, b->facts->at_us))
            b->users[b->n_users++] =
                (struct user){ uses[i].principal, facts_group(b->facts, uses[i].principal),
                               use_newest(&uses[i], b->facts->at_us),
                               !b->options->counted || b->options->counted[uses[i].principal] };
    sort_items(b->users, b->n_users, sizeof *b->users, compare_users);
    for (size_t i = 0; i < b->n_users; i++)
        if (!i || b->users[i].node != b->users[i - 1].node)
            b->users[kept++] = b->users[i];
    b->n_users = kept;
    return STATUS_OK;
}

static uint32_t count_groups(const struct builder *b, bool only_counted)
{
    uint32_t groups = 0, *count = b->facts->count;

    for (size_t i = 0; i < b->n_users; i++)
        if (b->users[i].counted || !only_counted)
            groups += count[b->users[i].group]++ == 0;
    for (size_t i = 0; i < b->n_users; i++)
        count[b->users[i].group] = 0;
    return groups;
}

static size_t n_counted(const struct builder *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n_users; i++)
        n += b->users[i].counted;
    return n;
}

static double share_term(const struct builder *b, uint8_t kind, const struct user *x,
                         const struct user *y)
{
    int64_t older = x->newest < y->newest ? x->newest : y->newest;
    int64_t days = (b->facts->at_us - older) / US_PER_DAY;

    return b->facts->schema->kinds[kind].weight / log((double)b->n_users + 5.0) *
           exp(-(double)days / (double)b->facts->params->shared.decay_days);
}

static enum status add_shares(struct builder *b, uint32_t identifier, uint8_t kind,
                              bool exclusive)
{
    struct pairs *pairs = b->pairs;

    for (size_t i = 0; i < b->n_users; i++) {
        const struct user *x = &b->users[i];

        for (size_t j = i + 1; x->counted && j < b->n_users; j++) {
            const struct user *y = &b->users[j];

            if (!y->counted || (x->group == y->group && !b->options->related))
                continue;
            TRY(array_reserve(&pairs->shares, &pairs->shares_capacity, pairs->n_shares + 1));
            pairs->shares[pairs->n_shares++] =
                (struct share){ x->node, y->node, identifier, kind, exclusive,
                                share_term(b, kind, x, y) };
        }
    }
    return STATUS_OK;
}

static enum status add_identifier(struct builder *b, uint32_t identifier)
{
    const struct use *uses;
    uint32_t groups, counted_groups;
    struct caps caps;
    size_t n;

    uses = facts_uses_of(&n, b->facts, identifier);
    if (n < 2 || (b->options->code && facts_is_settled(b->facts, b->options->code, identifier)))
        return STATUS_OK;
    TRY(find_users(b, identifier));
    if (n_counted(b) < 2)
        return STATUS_OK;
    groups = count_groups(b, false);
    caps = facts_caps(b->facts, identifier, uses[0].kind);
    if (groups > caps.candidate)
        return b->options->hub_code
                   ? facts_hub(b->findings, b->facts, b->options->hub_code, identifier,
                               caps.class_name.size ? "class" : "cap", caps.class_name, groups)
                   : STATUS_OK;
    counted_groups = count_groups(b, true);
    return add_shares(b, identifier, uses[0].kind,
                      counted_groups >= b->options->exclusive_min && n_counted(b) == b->n_users);
}

static int compare_shares(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (x->identifier > y->identifier) - (x->identifier < y->identifier);
}

/* Sums in order of identifiers, so that rounding is the same in a part of the graph. */
static enum status sum_pairs(struct pairs *pairs)
{
    for (size_t i = 0, n; i < pairs->n_shares; i += n) {
        const struct share *shares = &pairs->shares[i];
        struct pair pair = { shares->a, shares->b, (uint32_t)i, 0, 0, false, 0 };
        double sum = 0;

        for (n = 0; i + n < pairs->n_shares && shares[n].a == pair.a && shares[n].b == pair.b;
             n++) {
            sum += shares[n].term;
            pair.kinds |= 1u << shares[n].kind;
            pair.exclusive |= shares[n].exclusive;
        }
        pair.n = (uint32_t)n;
        pair.weight = llround(sum * (double)DECIMAL_ONE);
        TRY(array_reserve(&pairs->items, &pairs->capacity, pairs->n + 1));
        pairs->items[pairs->n++] = pair;
    }
    return STATUS_OK;
}

static void builder_fini(struct builder *b)
{
    free(b->users);
}

enum status pairs_build(struct pairs *out, struct facts *facts, struct findings *findings,
                        const struct pair_options *options)
{
    AUTO(builder_fini) struct builder b = { .pairs = out, .facts = facts, .findings = findings,
                                            .options = options };

    TRY(facts_need(facts, NEED_CONTROL | NEED_USES));
    for (uint32_t node = 0; node < facts->snapshot->n_nodes; node++)
        TRY(add_identifier(&b, node));
    if (out->n_shares >= UINT32_MAX)
        return fail(STATUS_LIMIT, "more than 4,294,967,294 shared identifiers of pairs");
    sort_items(out->shares, out->n_shares, sizeof *out->shares, compare_shares);
    return sum_pairs(out);
}
