/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/mask.h"

#include <stdlib.h>

#include "base/emit.h"
#include "base/json.h"
#include "base/text.h"

#define STARS "****"
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

bool mask_hides(const struct schema *schema, struct slice label)
{
    for (size_t i = 0; i < schema->n_labels; i++)
        if (slice_equal(label, slice_str(schema->labels[i].name)))
            return schema->labels[i].sensitive_key;
    return false;
}

/* ---- what is to be hidden ------------------------------------------------------------------ */

/* A key and its mask, both as they stand between quotes in JSON. */
struct hidden {
    struct slice key, mask;
};

struct hiding {
    struct arena arena;
    const struct schema *schema;
    const struct value *request;
    struct buf normalised;
    struct hidden *items;
    size_t n, capacity;
    struct slice *plain; /* keys of nodes that are not sensitive, as they stand in the answer */
    size_t n_plain, plain_capacity;
};

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

static uint32_t label_symbol(const struct schema *schema, struct slice name)
{
    for (size_t i = 0; i < schema->n_labels; i++)
        if (slice_equal(name, slice_str(schema->labels[i].name)))
            return schema->labels[i].symbol;
    return 0;
}

/* Whether a text anywhere in the request is this key, as given or once normalised. */
static enum status is_stated(bool *stated, struct hiding *hiding, const struct value *in,
                             uint32_t label, struct slice key)
{
    bool valid;

    switch (in->type) {
    case VALUE_STRING:
        *stated = slice_equal(value_slice(in), key);
        if (*stated || !in->count)
            return STATUS_OK;
        TRY(schema_normalise(&hiding->normalised, &valid, hiding->schema, label,
                             value_slice(in)));
        *stated = slice_equal(buf_slice(&hiding->normalised), key);
        return STATUS_OK;
    case VALUE_LIST:
        for (uint32_t i = 0; i < in->count && !*stated; i++)
            TRY(is_stated(stated, hiding, &in->items[i], label, key));
        return STATUS_OK;
    case VALUE_MAP:
        for (uint32_t i = 0; i < in->count && !*stated; i++)
            TRY(is_stated(stated, hiding, &in->pairs[i].value, label, key));
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

static enum status hide(struct hiding *hiding, struct slice label, struct slice key)
{
    struct hidden hidden;
    struct slice shown;
    bool stated = false;

    if (!key.size || !mask_hides(hiding->schema, label))
        return STATUS_OK;
    TRY(escaped(&hidden.key, &hiding->arena, key));
    for (size_t i = 0; i < hiding->n; i++)
        if (slice_equal(hiding->items[i].key, hidden.key))
            return STATUS_OK;
    TRY(is_stated(&stated, hiding, hiding->request, label_symbol(hiding->schema, label), key));
    if (stated)
        return STATUS_OK;
    TRY(mask_key(&shown, &hiding->arena, key));
    TRY(escaped(&hidden.mask, &hiding->arena, shown));
    TRY(array_reserve(&hiding->items, &hiding->capacity, hiding->n + 1));
    hiding->items[hiding->n++] = hidden;
    return STATUS_OK;
}

static struct slice text_of(const struct value *map, struct slice name)
{
    const struct value *value = value_find(map, name);

    return value && value->type == VALUE_STRING ? value_slice(value) : SLICE("");
}

static enum status take_node(struct hiding *hiding, struct slice label, struct slice key)
{
    if (!label.size || mask_hides(hiding->schema, label))
        return hide(hiding, label, key);
    TRY(array_reserve(&hiding->plain, &hiding->plain_capacity, hiding->n_plain + 1));
    hiding->plain[hiding->n_plain++] = key;
    return STATUS_OK;
}

/* Every {"label":..,"key":..} in the answer, wherever it stands. */
static enum status collect(struct hiding *hiding, const struct value *in)
{
    if (in->type == VALUE_LIST)
        for (uint32_t i = 0; i < in->count; i++)
            TRY(collect(hiding, &in->items[i]));
    if (in->type != VALUE_MAP)
        return STATUS_OK;
    TRY(take_node(hiding, text_of(in, SLICE("label")), text_of(in, SLICE("key"))));
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
                TRY(hide(hiding, slice_str(hiding->schema->labels[i].name), key));
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

/* ---- rewriting ----------------------------------------------------------------------------- */

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A key is met where no longer word runs on at its ends: "12" is not in "2012". */
static const struct hidden *met(const struct hiding *hiding, const unsigned char *start,
                                const unsigned char *at, const unsigned char *end)
{
    for (size_t i = 0; i < hiding->n; i++) {
        const struct hidden *hidden = &hiding->items[i];
        const unsigned char *key = hidden->key.data;
        size_t n = hidden->key.size;

        if ((size_t)(end - at) < n || memcmp(at, key, n) != 0)
            continue;
        if (at > start && is_word(at[-1]) && is_word(key[0]))
            continue;
        if (at + n < end && is_word(at[n]) && is_word(key[n - 1]))
            continue;
        return hidden;
    }
    return NULL;
}

/* The end of the string that starts behind a quote: its closing quote. */
static const unsigned char *string_end(const unsigned char *at, const unsigned char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : end;
}

static enum status rewrite_string(struct buf *out, const struct hiding *hiding,
                                  const unsigned char *start, const unsigned char *end)
{
    const unsigned char *at = start;

    while (at < end) {
        const struct hidden *hidden = met(hiding, start, at, end);

        TRY(hidden ? buf_append_slice(out, hidden->mask) : buf_append_byte(out, *at));
        at += hidden ? hidden->key.size : 1;
    }
    return STATUS_OK;
}

/* What a person wrote may name anybody: a member so called is hidden whole. */
static bool is_written_by_hand(struct slice member)
{
    return slice_equal(member, SLICE("note")) || slice_equal(member, SLICE("reason"));
}

/* Strings only, so that numbers and structure can't be touched. */
static enum status rewrite(struct buf *out, const struct hiding *hiding, const struct buf *answer)
{
    const unsigned char *at = answer->data, *end = at + answer->size;
    bool by_hand = false;

    while (at < end) {
        const unsigned char *quote = memchr(at, '"', (size_t)(end - at)), *close;
        bool is_member;

        if (!quote)
            return buf_append(out, at, (size_t)(end - at));
        close = string_end(quote + 1, end);
        is_member = close + 1 < end && close[1] == ':';
        TRY(buf_append(out, at, (size_t)(quote + 1 - at)));
        if (by_hand && !is_member)
            TRY(buf_append_slice(out, SLICE(STARS)));
        else
            TRY(rewrite_string(out, hiding, quote + 1, close));
        by_hand = is_member &&
                  is_written_by_hand(slice_of(quote + 1, (size_t)(close - quote - 1)));
        at = close;
        if (at < end)
            TRY(buf_append_byte(out, *at++));
    }
    return STATUS_OK;
}

enum status mask_answer(struct buf *answer, const struct schema *schema, struct slice request)
{
    AUTO(hiding_fini) struct hiding hiding = { .schema = schema };
    AUTO(buf_fini) struct buf made = { 0 };
    struct value value, stated;
    struct buf old;

    /* Only nodes have a label: most answers that pass have none, and no edges then either. */
    if (!answer->size || !memmem(answer->data, answer->size, "\"label\":", 8))
        return STATUS_OK;
    TRY(json_parse(&value, &hiding.arena, buf_slice(answer), NULL));
    TRY(json_parse(&stated, &hiding.arena, request, NULL));
    hiding.request = &stated;
    TRY(collect(&hiding, &value));
    TRY(collect_ends(&hiding, &value));
    if (hiding.n)
        qsort(hiding.items, hiding.n, sizeof *hiding.items, by_length);
    TRY(rewrite(&made, &hiding, answer));
    old = *answer;
    *answer = made;
    made = old;
    return STATUS_OK;
}
