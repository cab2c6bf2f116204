/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What evaluate compares: the truth file and the tags in force. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "detectors/evaluate_private.h"
#include "graph/schema.h"

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

enum status mentions_add(struct mentions *list, const struct mention *mention)
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
    return mentions_add(list, &mention);
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

enum status evaluate_read_truth(struct reading *reading, const char *path)
{
    FILE *file = fopen(path, "re");
    enum status status;

    if (!file)
        return fail_errno(path);
    status = read_lines(reading, file, path);
    fclose(file);
    return status;
}

enum status evaluate_read_tags(struct reading *reading)
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
        TRY(mentions_add(&reading->tags, &mention));
    }
    return it.status;
}
