/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/evaluate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "graph/node.h"
#include "graph/schema.h"
#include "graph/tag.h"

#define NO_CODE UINT32_MAX /* of traps */

/* A member of a planted ring or trap, or the subject of a tag. */
struct mention {
    uint32_t code;   /* index, or NO_CODE */
    uint64_t ring;   /* of truth: line number; of tags: ring number, 0: none */
    uint64_t node;   /* node id; truth unknown to the graph: above 2^63 */
    struct slice key;
    enum tag_level level;
};

struct mentions {
    struct mention *items;
    size_t n, capacity;
};

struct reading {
    struct evaluation *out;
    struct graph_txn *txn;
    struct mentions truth, traps, tags;
    size_t codes_capacity;
    uint64_t line;
};

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

static enum status code_index(uint32_t *index, struct reading *reading, struct slice code)
{
    struct evaluation *out = reading->out;

    for (uint32_t i = 0; i < out->n_codes; i++)
        if (slice_equal(out->codes[i].code, code)) {
            *index = i;
            return STATUS_OK;
        }
    TRY(array_reserve(&out->codes, &reading->codes_capacity, out->n_codes + 1));
    out->codes[out->n_codes] = (struct evaluate_code){
        .code = slice_of(arena_copy(&out->arena, code), code.size)
    };
    if (!out->codes[out->n_codes].code.data)
        return STATUS_NO_MEMORY;
    *index = (uint32_t)out->n_codes++;
    return STATUS_OK;
}

static enum status add_mention(struct mentions *list, const struct mention *mention)
{
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    list->items[list->n++] = *mention;
    return STATUS_OK;
}

/* Keys alone are principals'; with a label, whatever bears it. */
static bool may_be(const struct schema_label *label, struct slice wanted)
{
    return wanted.size ? slice_equal(slice_str(label->name), wanted)
                       : label->role == LABEL_PRINCIPAL;
}

/* The node with this key; 0 where the graph has none. */
static enum status find_subject(uint64_t *out, struct graph_txn *txn, struct slice wanted,
                                struct slice key)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    AUTO(buf_fini) struct buf normal = { 0 };

    *out = 0;
    for (size_t i = 0; i < schema->n_labels; i++) {
        const struct schema_label *label = &schema->labels[i];
        struct node_id id;
        enum status status;
        bool valid;

        if (!may_be(label, wanted))
            continue;
        TRY(schema_normalise(&normal, &valid, schema, label->symbol, key));
        status = node_find(&id, txn, label->symbol, buf_slice(&normal));
        if (status == STATUS_OK) {
            *out = id.value;
            return STATUS_OK;
        }
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_OK;
}

/* A key as text, or {"label":..,"key":..}. */
static const struct value *member_key(const struct value *member)
{
    if (member->type == VALUE_MAP)
        member = value_find(member, SLICE("key"));
    return member && member->type == VALUE_STRING ? member : NULL;
}

static struct slice member_label(const struct value *member)
{
    member = member->type == VALUE_MAP ? value_find(member, SLICE("label")) : NULL;
    return member && member->type == VALUE_STRING ? value_slice(member) : slice_of("", 0);
}

static enum status read_member(struct reading *reading, struct mentions *list, uint32_t code,
                               const struct value *member)
{
    const struct value *text = member_key(member);
    struct mention mention = { .code = code, .ring = reading->line };

    if (!text)
        return fail(STATUS_INVALID, "a member must be a key"); /* the caller adds the line */
    mention.key = slice_of(arena_copy(&reading->out->arena, value_slice(text)), text->count);
    if (!mention.key.data)
        return STATUS_NO_MEMORY;
    TRY(find_subject(&mention.node, reading->txn, member_label(member), mention.key));
    if (!mention.node)
        mention.node = (UINT64_C(1) << 63) + reading->out->unknown_members++;
    return add_mention(list, &mention);
}

static enum status read_line(struct reading *reading, struct arena *arena, struct slice text)
{
    const struct value *code, *members, *trap;
    struct value line;
    uint32_t index = NO_CODE;

    TRY(json_parse(&line, arena, text, NULL));
    if (line.type != VALUE_MAP)
        return fail(STATUS_INVALID, "expected an object");
    code = value_find(&line, SLICE("code"));
    trap = value_find(&line, SLICE("trap"));
    members = value_find(&line, SLICE("members"));
    if ((!trap && (!code || code->type != VALUE_STRING)) || !members ||
        members->type != VALUE_LIST)
        return fail(STATUS_INVALID, "expected \"code\" or \"trap\", and a list of \"members\"");
    if (!trap)
        TRY(code_index(&index, reading, value_slice(code)));
    for (uint32_t i = 0; i < members->count; i++)
        TRY(read_member(reading, trap ? &reading->traps : &reading->truth, index,
                        &members->items[i]));
    return STATUS_OK;
}

static enum status read_lines(struct reading *reading, FILE *file, const char *path)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(free_ptr) char *text = NULL;
    size_t capacity = 0;
    ssize_t length;

    while ((length = getline(&text, &capacity, file)) >= 0) {
        enum status status = STATUS_OK;

        reading->line++;
        while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            length--;
        if (length)
            status = read_line(reading, &arena, slice_of(text, (size_t)length));
        if (status != STATUS_OK)
            return fail_context(status, "%s:%llu", path, (unsigned long long)reading->line);
        arena_reset(&arena);
    }
    return ferror(file) ? fail_errno(path) : STATUS_OK;
}

static enum status read_truth(struct reading *reading, const char *path)
{
    FILE *file = fopen(path, "re");
    enum status status;

    if (!file)
        return fail_errno(path);
    status = read_lines(reading, file, path);
    fclose(file);
    return status;
}

static enum status read_tags(struct reading *reading)
{
    AUTO(tag_iter_stop) struct tag_iter it;
    struct tag_view view;

    TRY(tag_view_now(&view, reading->txn));
    for (tag_iter_all(&it, reading->txn, &view); tag_iter_next(&it);) {
        struct mention mention = { .ring = it.tag.ring, .node = it.tag.subject.value,
                                   .level = it.tag.level };
        if (it.tag.origin != TAG_DETECTOR ||
            (it.tag.state != TAG_PROPOSED && it.tag.state != TAG_CONFIRMED))
            continue;
        TRY(code_index(&mention.code, reading, it.tag.code));
        TRY(add_mention(&reading->tags, &mention));
    }
    return it.status;
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
        TRY(add_mention(out, &from->items[i]));
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

    TRY(read_truth(&reading, truth_path));
    TRY(read_tags(&reading));
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
