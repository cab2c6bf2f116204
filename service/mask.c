/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/mask.h"

#include <stdlib.h>

#include "base/emit.h"
#include "base/json.h"
#include "base/text.h"
#include "screening/request.h"

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

/* A key, or a number, and its mask, both as they stand between quotes in JSON. */
struct hidden {
    struct slice key, mask;
    bool is_number; /* met in sentences only: elsewhere its digits are part of times and ids */
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

static enum status hide(struct hiding *hiding, struct slice label, struct slice key)
{
    struct hidden hidden = { .is_number = false };
    struct slice shown;
    bool stated = false;

    if (!key.size || !mask_hides(hiding->schema, label))
        return STATUS_OK;
    TRY(escaped(&hidden.key, &hiding->arena, key));
    for (size_t i = 0; i < hiding->n; i++)
        if (!hiding->items[i].is_number && slice_equal(hiding->items[i].key, hidden.key))
            return STATUS_OK;
    TRY(is_stated(&stated, hiding, label_symbol(hiding->schema, label), key));
    if (stated)
        return STATUS_OK;
    TRY(mask_key(&shown, &hiding->arena, key));
    TRY(escaped(&hidden.mask, &hiding->arena, shown));
    return add_hidden(hiding, &hidden);
}

/* Sensitive properties among a reason's numbers: its sentence may name them. */
static enum status hide_numbers(struct hiding *hiding, const struct value *numbers)
{
    struct hidden hidden = { .mask = SLICE(STARS), .is_number = true };

    for (uint32_t i = 0; numbers->type == VALUE_MAP && i < numbers->count; i++) {
        AUTO(buf_fini) struct buf text = { 0 };
        struct emit emit = emit_start(&text);
        const struct value *value = &numbers->pairs[i].value;
        char *copy;

        if ((value->type != VALUE_INT && value->type != VALUE_FLOAT) ||
            !schema_is_sensitive(hiding->schema, numbers->pairs[i].key))
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
    if (!label.size || mask_hides(hiding->schema, label))
        return hide(hiding, label, key);
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
                                const unsigned char *at, const unsigned char *end, bool sentence)
{
    for (size_t i = 0; i < hiding->n; i++) {
        const struct hidden *hidden = &hiding->items[i];
        const unsigned char *key = hidden->key.data;
        size_t n = hidden->key.size;

        if ((size_t)(end - at) < n || memcmp(at, key, n) != 0 || (hidden->is_number && !sentence))
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
                                  const unsigned char *start, const unsigned char *end,
                                  bool sentence)
{
    const unsigned char *at = start;

    while (at < end) {
        const struct hidden *hidden = met(hiding, start, at, end, sentence);

        TRY(hidden ? buf_append_slice(out, hidden->mask) : buf_append_byte(out, *at));
        at += hidden ? hidden->key.size : 1;
    }
    return STATUS_OK;
}

/* What the string before a value says of it. */
enum member {
    MEMBER_OTHER,
    MEMBER_BY_HAND,   /* what a person wrote may name anybody: hidden whole */
    MEMBER_SENTENCE,
    MEMBER_NUMBERS,
    MEMBER_SENSITIVE, /* of numbers */
};

static enum member member_of(const struct hiding *hiding, struct slice name, bool in_numbers)
{
    if (in_numbers)
        return schema_is_sensitive(hiding->schema, name) ? MEMBER_SENSITIVE : MEMBER_OTHER;
    if (slice_equal(name, SLICE("note")) || slice_equal(name, SLICE("reason")))
        return MEMBER_BY_HAND;
    if (slice_equal(name, SLICE("numbers")))
        return MEMBER_NUMBERS;
    return slice_equal(name, SLICE("text")) ? MEMBER_SENTENCE : MEMBER_OTHER;
}

/* Where an answer's text is being rewritten. */
struct rewriting {
    struct buf *out;
    const struct hiding *hiding;
    const unsigned char *at, *end;
    enum member member;
    bool in_numbers; /* which hold no maps */
};

/* A number behind a colon; a string, list or map is none. */
static bool is_number(const unsigned char *at, const unsigned char *end)
{
    if (at < end && *at == ':')
        for (at++; at < end && (*at == ' ' || *at == '-');)
            at++;
    return at < end && *at >= '0' && *at <= '9';
}

/* What stands between two strings: numbers, structure. */
static enum status rewrite_between(struct rewriting *r, const unsigned char *quote)
{
    const unsigned char *start = r->at, *at = start;

    if (r->member == MEMBER_SENSITIVE && is_number(at, quote)) {
        TRY(buf_append_slice(r->out, SLICE(":null")));
        while (at < quote && *at != ',' && *at != '}')
            at++;
        start = at;
    }
    if (r->member == MEMBER_NUMBERS)
        r->in_numbers = memchr(at, '{', (size_t)(quote - at)) != NULL;
    if (memchr(at, '}', (size_t)(quote - at)))
        r->in_numbers = false;
    r->at = quote;
    return buf_append(r->out, start, (size_t)(quote - start));
}

static enum status rewrite_quoted(struct rewriting *r)
{
    const unsigned char *start = r->at + 1, *close = string_end(start, r->end);
    bool is_member = close + 1 < r->end && close[1] == ':';

    TRY(buf_append_byte(r->out, '"'));
    if (!is_member && (r->member == MEMBER_BY_HAND || r->member == MEMBER_SENSITIVE))
        TRY(buf_append_slice(r->out, SLICE(STARS)));
    else
        TRY(rewrite_string(r->out, r->hiding, start, close,
                           !is_member && r->member == MEMBER_SENTENCE));
    r->member = is_member ? member_of(r->hiding, slice_of(start, (size_t)(close - start)),
                                      r->in_numbers)
                          : MEMBER_OTHER;
    r->at = close;
    if (r->at < r->end)
        TRY(buf_append_byte(r->out, *r->at++));
    return STATUS_OK;
}

static enum status rewrite(struct buf *out, const struct hiding *hiding, const struct buf *answer)
{
    struct rewriting r = { .out = out, .hiding = hiding, .at = answer->data,
                           .end = (const unsigned char *)answer->data + answer->size };

    while (r.at < r.end) {
        const unsigned char *quote = memchr(r.at, '"', (size_t)(r.end - r.at));

        TRY(rewrite_between(&r, quote ? quote : r.end));
        if (quote)
            TRY(rewrite_quoted(&r));
    }
    return STATUS_OK;
}

void mask_numbers(struct emit *emit, const struct schema *schema, const struct value *numbers)
{
    if (numbers->type != VALUE_MAP) {
        emit_value(emit, numbers);
        return;
    }
    emit_object(emit);
    for (uint32_t i = 0; i < numbers->count; i++) {
        emit_key_slice(emit, numbers->pairs[i].key);
        if (schema_is_sensitive(schema, numbers->pairs[i].key))
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
    TRY(rewrite(&made, &hiding, answer));
    old = *answer;
    *answer = made;
    made = old;
    return STATUS_OK;
}
