/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/mask_private.h"

#include <stdlib.h>

#include "base/emit.h"
#include "base/json.h"
#include "base/text.h"
#include "screening/request.h"

#define HEAD_CHARACTERS 3
#define TAIL_BYTES 4
#define HIDDEN_BYTES_MIN 4 /* of a key that shows both its ends */

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (((const unsigned char *)text.data)[i] >= 0x80)
            return false;
    return true;
}

/* Bytes of the first characters. */
static size_t head_bytes(struct slice text)
{
    const unsigned char *at = text.data, *end = at + text.size;

    for (int i = 0; i < HEAD_CHARACTERS && at < end; i++)
        text_next(&at, end);
    return (size_t)(at - (const unsigned char *)text.data);
}

enum status mask_key(struct slice *out, struct arena *arena, struct slice key)
{
    size_t head = head_bytes(key), tail = is_ascii(key) ? TAIL_BYTES : 0;
    char *text;

    if (tail ? head + tail + HIDDEN_BYTES_MIN > key.size : head >= key.size)
        head = tail = 0;
    text = arena_alloc(arena, head + tail + sizeof STARS);
    if (!text)
        return STATUS_NO_MEMORY;
    memcpy(text, key.data, head);
    memcpy(text + head, STARS, sizeof STARS - 1);
    memcpy(text + head + sizeof STARS - 1, (const char *)key.data + key.size - tail, tail);
    *out = slice_of(text, head + sizeof STARS - 1 + tail);
    return STATUS_OK;
}

static const struct schema_label *find_label(const struct schema *schema, struct slice name)
{
    for (size_t i = 0; i < schema->n_labels; i++)
        if (slice_equal(name, slice_str(schema->labels[i].name)))
            return &schema->labels[i];
    return NULL;
}

bool mask_hides(const struct schema *schema, struct slice label)
{
    const struct schema_label *found = find_label(schema, label);

    return found && found->sensitive_key;
}

/* ---- what is to be hidden ------------------------------------------------------------------ */

static void hiding_fini(struct hiding *hiding)
{
    arena_fini(&hiding->arena);
    buf_fini(&hiding->normalised);
    free(hiding->items);
    free(hiding->plain);
}

static enum status escaped(struct slice *out, struct arena *arena, struct slice text)
{
    AUTO(buf_fini) struct buf made = { 0 };
    struct emit emit = emit_start(&made);
    char *copy;

    emit_slice(&emit, text);
    TRY(emit_finish(&emit));
    copy = arena_copy(arena, slice_of(made.data + 1, made.size - 2));
    if (!copy)
        return STATUS_NO_MEMORY;
    *out = slice_of(copy, made.size - 2);
    return STATUS_OK;
}

/* Whether a party of the request, a key or an object with one, is this one. */
static enum status is_party(bool *stated, struct hiding *hiding, const struct value *party,
                            uint32_t label, struct slice key)
{
    const struct value *given =
        party->type == VALUE_MAP ? value_find(party, SLICE("key")) : party;
    bool valid;

    if (!given || given->type != VALUE_STRING || !given->count)
        return STATUS_OK;
    *stated = slice_equal(value_slice(given), key);
    if (*stated)
        return STATUS_OK;
    TRY(schema_normalise(&hiding->normalised, &valid, hiding->schema, label, value_slice(given)));
    *stated = slice_equal(buf_slice(&hiding->normalised), key);
    return STATUS_OK;
}

/* As given or once normalised. Only where parties stand: elsewhere a caller could put guesses. */
static enum status is_stated(bool *stated, struct hiding *hiding, uint32_t label,
                             struct slice key)
{
    const struct value *request = hiding->request;

    for (uint32_t i = 0; request->type == VALUE_MAP && i < request->count && !*stated; i++) {
        const struct value *in = &request->pairs[i].value;

        if (!request_holds_parties(request->pairs[i].key))
            continue;
        if (in->type != VALUE_LIST)
            TRY(is_party(stated, hiding, in, label, key));
        for (uint32_t k = 0; in->type == VALUE_LIST && k < in->count && !*stated; k++)
            TRY(is_party(stated, hiding, &in->items[k], label, key));
    }
    return STATUS_OK;
}

static enum status add_hidden(struct hiding *hiding, const struct hidden *hidden)
{
    TRY(array_reserve(&hiding->items, &hiding->capacity, hiding->n + 1));
    hiding->items[hiding->n++] = *hidden;
    return STATUS_OK;
}

static enum status hide(struct hiding *hiding, const struct schema_label *label, struct slice key)
{
    struct hidden hidden = { .is_number = false };
    struct slice shown;
    bool stated = false;

    if (!key.size || !label || !label->sensitive_key)
        return STATUS_OK;
    TRY(escaped(&hidden.key, &hiding->arena, key));
    for (size_t i = 0; i < hiding->n; i++)
        if (!hiding->items[i].is_number && slice_equal(hiding->items[i].key, hidden.key))
            return STATUS_OK;
    TRY(is_stated(&stated, hiding, label->symbol, key));
    if (stated)
        return STATUS_OK;
    TRY(mask_key(&shown, &hiding->arena, key));
    TRY(escaped(&hidden.mask, &hiding->arena, shown));
    return add_hidden(hiding, &hidden);
}

bool mask_hides_numbers(const struct schema *schema, const struct value *numbers)
{
    for (uint32_t i = 0; numbers->type == VALUE_MAP && i < numbers->count; i++)
        if (schema_is_sensitive(schema, numbers->pairs[i].key))
            return true;
    return false;
}

/* Of numbers that hide some: a sensitive one, or a fraction beside it: it may be a ratio to it. */
static bool is_hidden(const struct schema *schema, const struct value_pair *number)
{
    return number->value.type == VALUE_FLOAT || schema_is_sensitive(schema, number->key);
}

/* A reason's sentence may name its numbers. */
static enum status hide_numbers(struct hiding *hiding, const struct value *numbers)
{
    struct hidden hidden = { .mask = SLICE(STARS), .is_number = true };

    if (!mask_hides_numbers(hiding->schema, numbers))
        return STATUS_OK;
    for (uint32_t i = 0; i < numbers->count; i++) {
        AUTO(buf_fini) struct buf text = { 0 };
        struct emit emit = emit_start(&text);
        const struct value *value = &numbers->pairs[i].value;
        char *copy;

        if ((value->type != VALUE_INT && value->type != VALUE_FLOAT) ||
            !is_hidden(hiding->schema, &numbers->pairs[i]))
            continue;
        emit_value(&emit, value);
        TRY(emit_finish(&emit));
        copy = arena_copy(&hiding->arena, buf_slice(&text));
        if (!copy)
            return STATUS_NO_MEMORY;
        hidden.key = slice_of(copy, text.size);
        TRY(add_hidden(hiding, &hidden));
    }
    return STATUS_OK;
}

static struct slice text_of(const struct value *map, struct slice name)
{
    const struct value *value = value_find(map, name);

    return value && value->type == VALUE_STRING ? value_slice(value) : SLICE("");
}

static enum status take_node(struct hiding *hiding, struct slice label, struct slice key)
{
    const struct schema_label *found = find_label(hiding->schema, label);

    if (!label.size || (found && found->sensitive_key))
        return hide(hiding, found, key);
    TRY(array_reserve(&hiding->plain, &hiding->plain_capacity, hiding->n_plain + 1));
    hiding->plain[hiding->n_plain++] = key;
    return STATUS_OK;
}

/* Every {"label":..,"key":..} in the answer, wherever it stands, and every "numbers". */
static enum status collect(struct hiding *hiding, const struct value *in)
{
    const struct value *numbers;

    if (in->type == VALUE_LIST)
        for (uint32_t i = 0; i < in->count; i++)
            TRY(collect(hiding, &in->items[i]));
    if (in->type != VALUE_MAP)
        return STATUS_OK;
    TRY(take_node(hiding, text_of(in, SLICE("label")), text_of(in, SLICE("key"))));
    numbers = value_find(in, SLICE("numbers"));
    if (numbers)
        TRY(hide_numbers(hiding, numbers));
    for (uint32_t i = 0; i < in->count; i++)
        TRY(collect(hiding, &in->pairs[i].value));
    return STATUS_OK;
}

/* An edge's end has no label: where its node is not listed, what it may be decides. */
static enum status take_end(struct hiding *hiding, const uint32_t *labels, struct slice key)
{
    for (size_t i = 0; i < hiding->n_plain; i++)
        if (slice_equal(hiding->plain[i], key))
            return STATUS_OK;
    for (; labels && *labels; labels++)
        for (size_t i = 0; i < hiding->schema->n_labels; i++)
            if (hiding->schema->labels[i].symbol == *labels)
                TRY(hide(hiding, &hiding->schema->labels[i], key));
    return STATUS_OK;
}

static const struct schema_type *type_of(const struct schema *schema, struct slice name)
{
    for (size_t i = 0; i < schema->n_types; i++)
        if (slice_equal(name, slice_str(schema->types[i].name)))
            return &schema->types[i];
    return NULL;
}

/* Every {"type":..,"from":..,"to":..}, after all nodes are known. */
static enum status collect_ends(struct hiding *hiding, const struct value *in)
{
    const struct schema_type *type;

    if (in->type == VALUE_LIST)
        for (uint32_t i = 0; i < in->count; i++)
            TRY(collect_ends(hiding, &in->items[i]));
    if (in->type != VALUE_MAP)
        return STATUS_OK;
    type = type_of(hiding->schema, text_of(in, SLICE("type")));
    if (type) {
        TRY(take_end(hiding, type->from, text_of(in, SLICE("from"))));
        TRY(take_end(hiding, type->to, text_of(in, SLICE("to"))));
    }
    for (uint32_t i = 0; i < in->count; i++)
        TRY(collect_ends(hiding, &in->pairs[i].value));
    return STATUS_OK;
}

/* Longest first, so that a key which contains another is met whole. */
static int by_length(const void *a, const void *b)
{
    const struct hidden *x = a, *y = b;

    if (x->key.size != y->key.size)
        return x->key.size > y->key.size ? -1 : 1;
    return slice_compare(x->key, y->key);
}

void mask_numbers(struct emit *emit, const struct schema *schema, const struct value *numbers)
{
    if (!mask_hides_numbers(schema, numbers)) {
        emit_value(emit, numbers);
        return;
    }
    emit_object(emit);
    for (uint32_t i = 0; i < numbers->count; i++) {
        emit_key_slice(emit, numbers->pairs[i].key);
        if (is_hidden(schema, &numbers->pairs[i]))
            emit_null(emit);
        else
            emit_value(emit, &numbers->pairs[i].value);
    }
    emit_end(emit);
}

enum status mask_answer(struct buf *answer, const struct schema *schema, struct slice request)
{
    AUTO(hiding_fini) struct hiding hiding = { .schema = schema };
    AUTO(buf_fini) struct buf made = { 0 };
    struct value value, stated;
    struct buf old;

    /* Most answers that pass name no node (they have labels), so no edges, and give no numbers. */
    if (!answer->size || (!memmem(answer->data, answer->size, "\"label\":", 8) &&
                          !memmem(answer->data, answer->size, "\"numbers\":", 10)))
        return STATUS_OK;
    TRY(json_parse(&value, &hiding.arena, buf_slice(answer), NULL));
    TRY(json_parse(&stated, &hiding.arena, request, NULL));
    hiding.request = &stated;
    TRY(collect(&hiding, &value));
    TRY(collect_ends(&hiding, &value));
    if (hiding.n)
        qsort(hiding.items, hiding.n, sizeof *hiding.items, by_length);
    TRY(mask_rewrite(&made, &hiding, buf_slice(answer)));
    old = *answer;
    *answer = made;
    made = old;
    return STATUS_OK;
}
