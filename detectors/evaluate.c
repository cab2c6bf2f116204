/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Truth against tags: by member, by ring, and where nothing should be found. */

#include <stdlib.h>

#include "detectors/evaluate_private.h"
#include "graph/node.h"

static void reading_fini(struct reading *reading)
{
    free(reading->truth.items);
    free(reading->traps.items);
    free(reading->tags.items);
}

void evaluation_fini(struct evaluation *evaluation)
{
    free(evaluation->codes);
    arena_fini(&evaluation->arena);
    *evaluation = (struct evaluation){ 0 };
}

static bool is_among(struct slice code, const char *const *codes)
{
    while (*codes && !slice_equal(code, slice_str(*codes)))
        codes++;
    return *codes;
}

static bool counts_hints(struct slice code)
{
    static const char *const codes[] = { "CIRCULAR_OWNERSHIP", "CONTRADICTION", "DENSE_BLOCK",
                                         "GROUP_EXPOSURE", "HIDDEN_CONTROL", "RISK_CONTAGION",
                                         NULL };
    return is_among(code, codes);
}

bool evaluate_is_partial(struct slice code)
{
    static const char *const codes[] = { "BAD_INTERMEDIARY", "DENSE_BLOCK", "RISK_CONTAGION",
                                         NULL };
    return is_among(code, codes);
}

static int by_subject(const void *a, const void *b)
{
    const struct mention *x = a, *y = b;

    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->ring > y->ring) - (x->ring < y->ring);
}

static int by_ring(const void *a, const void *b)
{
    const struct mention *x = a, *y = b;

    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    if (x->ring != y->ring)
        return x->ring < y->ring ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static void sort_mentions(struct mentions *list, int (*order)(const void *, const void *))
{
    if (list->n)
        qsort(list->items, list->n, sizeof *list->items, order);
}

/* A mention of (code, node), or NULL; the list is sorted by subject. */
static const struct mention *find_mention(const struct mentions *list, uint32_t code,
                                          uint64_t node)
{
    size_t low = 0, high = list->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mention *at = &list->items[middle];

        if (at->code < code || (at->code == code && at->node < node))
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->items[low].code == code && list->items[low].node == node
               ? &list->items[low]
               : NULL;
}

static bool counts(const struct reading *reading, const struct mention *tag)
{
    return tag && (tag->level >= TAG_ATTENTION ||
                   counts_hints(reading->out->codes[tag->code].code));
}

static enum status add_example(struct reading *reading, struct slice **list, size_t *n,
                               size_t most, struct slice key)
{
    if (*n >= most)
        return STATUS_OK;
    if (!*list)
        *list = arena_array(&reading->out->arena, most, sizeof **list);
    if (!*list)
        return STATUS_NO_MEMORY;
    (*list)[(*n)++] = key;
    return STATUS_OK;
}

static bool is_repeat(const struct mentions *list, size_t i)
{
    return i && list->items[i].code == list->items[i - 1].code &&
           list->items[i].node == list->items[i - 1].node;
}

static enum status count_truth(struct reading *reading, size_t examples)
{
    for (size_t i = 0; i < reading->truth.n; i++) {
        const struct mention *planted = &reading->truth.items[i];
        struct evaluate_code *code = &reading->out->codes[planted->code];

        if (is_repeat(&reading->truth, i))
            continue;
        code->members++;
        if (counts(reading, find_mention(&reading->tags, planted->code, planted->node)))
            code->hits++;
        else
            TRY(add_example(reading, &code->misses, &code->n_misses, examples, planted->key));
    }
    return STATUS_OK;
}

/* The key of a falsely tagged node, which may have been deleted since; in the arena. */
static enum status load_key(struct slice *out, struct reading *reading, uint64_t id)
{
    struct node node;
    enum status status = node_load(&node, reading->txn, (struct node_id){ id });
    struct slice key = SLICE("(gone)");

    if (status != STATUS_NOT_FOUND) {
        TRY(status);
        key = node.key;
    }
    *out = slice_of(arena_copy(&reading->out->arena, key), key.size);
    return out->data ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status count_tags(struct reading *reading, size_t examples)
{
    for (size_t i = 0; i < reading->tags.n; i++) {
        const struct mention *tag = &reading->tags.items[i];
        struct evaluate_code *code = &reading->out->codes[tag->code];
        struct slice key;

        if (!counts(reading, tag))
            continue;
        code->tagged++;
        if (find_mention(&reading->truth, tag->code, tag->node) ||
            code->n_false_alarms >= examples)
            continue;
        TRY(load_key(&key, reading, tag->node));
        TRY(add_example(reading, &code->false_alarms, &code->n_false_alarms, examples, key));
    }
    return STATUS_OK;
}

/* Trap members once each; those planted under the code too do not count as trapped. */
static void count_traps(struct reading *reading)
{
    for (size_t i = 0; i < reading->traps.n; i++) {
        uint64_t node = reading->traps.items[i].node;

        if (is_repeat(&reading->traps, i))
            continue;
        for (uint32_t code = 0; code < reading->out->n_codes; code++) {
            const struct mention *tag = find_mention(&reading->tags, code, node);

            if (find_mention(&reading->truth, code, node))
                continue;
            reading->out->codes[code].trap_members++;
            reading->out->codes[code].traps_tagged += tag && tag->level >= TAG_ATTENTION;
        }
    }
}

/* A ring as a run of a list sorted by ring. */
struct group {
    const struct mention *members;
    size_t n;
};

static size_t group_size(const struct mentions *list, size_t first)
{
    size_t n = 1;

    while (first + n < list->n && list->items[first + n].code == list->items[first].code &&
           list->items[first + n].ring == list->items[first].ring)
        n++;
    return n;
}

/* Jaccard similarity above one half; both are in order of nodes. */
static bool alike(const struct group *a, const struct group *b)
{
    size_t i = 0, j = 0, common = 0;

    while (i < a->n && j < b->n)
        if (a->members[i].node == b->members[j].node) {
            common++, i++, j++;
        } else if (a->members[i].node < b->members[j].node) {
            i++;
        } else {
            j++;
        }
    return 3 * common > a->n + b->n; /* common / (a + b - common) > 1/2 */
}

/* Whether some group of `others` (sorted by ring, `index` sorted by subject) is like this one. */
static bool has_match(const struct group *group, const struct mentions *others,
                      const struct mentions *index)
{
    uint32_t code = group->members->code;

    for (size_t i = 0; i < group->n; i++) {
        const struct mention *at = find_mention(index, code, group->members[i].node);

        for (; at && at < index->items + index->n && at->code == code &&
               at->node == group->members[i].node; at++) {
            size_t low = 0, high = others->n;
            struct group other;

            while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct mention *m = &others->items[middle];

                if (m->code < code || (m->code == code && m->ring < at->ring))
                    low = middle + 1;
                else
                    high = middle;
            }
            other = (struct group){ &others->items[low], group_size(others, low) };
            if (at->ring && alike(group, &other))
                return true;
        }
    }
    return false;
}

static enum status copy_mentions(struct mentions *out, const struct mentions *from)
{
    for (size_t i = 0; i < from->n; i++)
        TRY(mentions_add(out, &from->items[i]));
    sort_mentions(out, by_ring);
    return STATUS_OK;
}

static void mentions_fini(struct mentions *mentions)
{
    free(mentions->items);
}

static enum status count_rings(struct reading *reading)
{
    AUTO(mentions_fini) struct mentions planted = { 0 };
    AUTO(mentions_fini) struct mentions found = { 0 };

    TRY(copy_mentions(&planted, &reading->truth));
    TRY(copy_mentions(&found, &reading->tags));
    for (size_t i = 0, n; i < planted.n; i += n) {
        struct group group = { &planted.items[i], n = group_size(&planted, i) };
        struct evaluate_code *code = &reading->out->codes[planted.items[i].code];

        code->rings++;
        code->rings_hit += has_match(&group, &found, &reading->tags);
    }
    for (size_t i = 0, n; i < found.n; i += n) {
        struct group group = { &found.items[i], n = group_size(&found, i) };
        struct evaluate_code *code = &reading->out->codes[found.items[i].code];
        bool any = false;

        for (size_t k = 0; k < n; k++)
            any |= counts(reading, &group.members[k]);
        if (!group.members->ring || !any)
            continue;
        code->found_rings++;
        code->found_rings_hit += has_match(&group, &planted, &reading->truth);
    }
    return STATUS_OK;
}

static int by_code(const void *a, const void *b)
{
    return slice_compare(((const struct evaluate_code *)a)->code,
                         ((const struct evaluate_code *)b)->code);
}

enum status evaluate(struct evaluation *out, struct graph_txn *txn, const char *truth_path,
                     size_t examples)
{
    AUTO(reading_fini) struct reading reading = { .out = out, .txn = txn };

    TRY(evaluate_read_truth(&reading, truth_path));
    TRY(evaluate_read_tags(&reading));
    sort_mentions(&reading.truth, by_subject);
    sort_mentions(&reading.traps, by_subject);
    sort_mentions(&reading.tags, by_subject);
    TRY(count_truth(&reading, examples));
    TRY(count_tags(&reading, examples));
    count_traps(&reading);
    TRY(count_rings(&reading));
    if (out->n_codes)
        qsort(out->codes, out->n_codes, sizeof *out->codes, by_code);
    return STATUS_OK;
}
