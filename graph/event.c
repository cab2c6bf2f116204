/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/event.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "graph/source.h"

#define DEPTH_MAX 16

static const struct json_limits limits = { .depth = DEPTH_MAX, .bytes = SOURCE_RECORD_MAX };

static enum status expected(const char *name, const char *what)
{
    return fail(STATUS_INVALID, "\"%s\" must be %s", name, what);
}

static enum status take_text(struct slice *out, const char *name, const struct value *value)
{
    if (value->type != VALUE_STRING)
        return expected(name, "a text");
    *out = value_slice(value);
    return STATUS_OK;
}

/* Keys are texts; a bank's number may come as a number. */
static enum status take_key(struct slice *out, struct arena *arena, const char *name,
                            const struct value *value)
{
    char digits[24];
    int length;

    if (value->type == VALUE_STRING)
        return take_text(out, name, value);
    if (value->type != VALUE_INT)
        return expected(name, "a text");
    length = snprintf(digits, sizeof digits, "%" PRId64, value->integer);
    out->data = arena_copy(arena, slice_of(digits, (size_t)length));
    out->size = (size_t)length;
    return out->data ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status take_time(int64_t *out, const char *name, const struct value *value)
{
    struct slice text;
    enum status status;

    if (value->type == VALUE_NULL)
        return STATUS_OK;
    TRY(take_text(&text, name, value));
    status = time_parse(out, text);
    return status == STATUS_INVALID ? fail_context(status, "\"%s\"", name) : status;
}

static enum status take_end(struct event_end *out, struct arena *arena, const char *name,
                            const struct value *value)
{
    const struct value *label, *key;

    if (value->type != VALUE_MAP || value->count != 2)
        return expected(name, "an object {\"label\":..,\"key\":..}");
    label = value_find(value, SLICE("label"));
    key = value_find(value, SLICE("key"));
    if (!label || !key)
        return expected(name, "an object {\"label\":..,\"key\":..}");
    TRY(take_text(&out->label, name, label));
    return take_key(&out->key, arena, name, key);
}

/* A list of labels becomes one text, split by ; like a :LABEL column. */
static enum status take_labels(struct slice *out, struct arena *arena, const struct value *value)
{
    size_t size = 0;
    char *text;

    if (value->type != VALUE_LIST || !value->count)
        return expected("labels", "a list of texts");
    for (uint32_t i = 0; i < value->count; i++) {
        if (value->items[i].type != VALUE_STRING)
            return expected("labels", "a list of texts");
        size += value->items[i].count + 1;
    }
    text = arena_alloc(arena, size);
    if (!text)
        return STATUS_NO_MEMORY;
    *out = slice_of(text, size - 1);
    for (uint32_t i = 0; i < value->count; i++) {
        memcpy(text, value->items[i].text, value->items[i].count);
        text += value->items[i].count;
        *text++ = ';';
    }
    return STATUS_OK;
}

static enum status take_op(enum event_op *out, const struct value *value)
{
    static const char *const names[] = { "node", "edge", "close" };
    struct slice name;

    TRY(take_text(&name, "op", value));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal(name, slice_str(names[i]))) {
            *out = (enum event_op)i;
            return STATUS_OK;
        }
    return expected("op", "node, edge or close");
}

enum field {
    FIELD_OP, FIELD_EVENT_ID, FIELD_LABEL, FIELD_LABELS, FIELD_KEY, FIELD_TYPE, FIELD_FROM,
    FIELD_TO, FIELD_EDGE_KEY, FIELD_VALID_FROM, FIELD_VALID_TO, FIELD_OBSERVED, FIELD_PROPERTIES,
    FIELD_COUNT_,
};

static const char *const field_names[] = {
    "op", "event_id", "label", "labels", "key", "type", "from", "to", "edge_key", "valid_from",
    "valid_to", "observed_at", "properties",
};

#define BIT(field) (1u << (field))
/* Which fields an op may have, and which it must. */
#define COMMON (BIT(FIELD_OP) | BIT(FIELD_EVENT_ID) | BIT(FIELD_OBSERVED))
#define ENDS (BIT(FIELD_TYPE) | BIT(FIELD_FROM) | BIT(FIELD_TO))
static const unsigned allowed[] = {
    [EVENT_NODE] = COMMON | BIT(FIELD_LABEL) | BIT(FIELD_LABELS) | BIT(FIELD_KEY) |
                   BIT(FIELD_VALID_FROM) | BIT(FIELD_PROPERTIES),
    [EVENT_EDGE] = COMMON | ENDS | BIT(FIELD_EDGE_KEY) | BIT(FIELD_VALID_FROM) |
                   BIT(FIELD_VALID_TO) | BIT(FIELD_PROPERTIES),
    [EVENT_CLOSE] = COMMON | ENDS | BIT(FIELD_EDGE_KEY) | BIT(FIELD_VALID_TO),
};
static const unsigned required[] = {
    [EVENT_NODE] = BIT(FIELD_KEY),
    [EVENT_EDGE] = ENDS,
    [EVENT_CLOSE] = ENDS | BIT(FIELD_VALID_TO),
};

static enum status take_field(struct event *event, struct arena *arena, enum field field,
                              const struct value *value)
{
    const char *name = field_names[field];

    switch (field) {
    case FIELD_OP:
        return take_op(&event->op, value);
    case FIELD_EVENT_ID:
        return take_key(&event->id, arena, name, value);
    case FIELD_LABEL:
        return take_text(&event->labels, name, value);
    case FIELD_LABELS:
        return take_labels(&event->labels, arena, value);
    case FIELD_KEY:
        return take_key(&event->key, arena, name, value);
    case FIELD_TYPE:
        return take_text(&event->type, name, value);
    case FIELD_FROM:
        return take_end(&event->from, arena, name, value);
    case FIELD_TO:
        return take_end(&event->to, arena, name, value);
    case FIELD_EDGE_KEY:
        event->has_edge_key = value->type != VALUE_NULL;
        return event->has_edge_key ? take_key(&event->edge_key, arena, name, value) : STATUS_OK;
    case FIELD_VALID_FROM:
        return take_time(&event->valid_from_us, name, value);
    case FIELD_VALID_TO:
        return take_time(&event->valid_to_us, name, value);
    case FIELD_OBSERVED:
        return take_time(&event->observed_us, name, value);
    default:
        event->properties = *value;
        return value->type == VALUE_MAP ? STATUS_OK : expected(name, "an object");
    }
}

static enum status check_fields(const struct event *event, unsigned seen)
{
    static const char *const ops[] = { "a node", "an edge", "a close" };

    if (!(seen & BIT(FIELD_OP)))
        return fail(STATUS_INVALID, "\"op\" is missing: node, edge or close");
    for (unsigned field = 0; field < FIELD_COUNT_; field++) {
        if ((seen & ~allowed[event->op]) >> field & 1)
            return fail(STATUS_INVALID, "%s has no \"%s\"", ops[event->op], field_names[field]);
        if ((required[event->op] & ~seen) >> field & 1)
            return fail(STATUS_INVALID, "%s needs \"%s\"", ops[event->op], field_names[field]);
    }
    if (event->op == EVENT_NODE && !event->labels.size)
        return fail(STATUS_INVALID, "a node needs \"label\" (or a list \"labels\")");
    if (event->op == EVENT_CLOSE && event->valid_to_us == TIME_MAX)
        return fail(STATUS_INVALID, "a close needs a time in \"valid_to\"");
    return STATUS_OK;
}

enum status event_parse(struct event *out, struct arena *arena, struct slice line)
{
    struct event event = { .valid_from_us = TIME_MIN, .valid_to_us = TIME_MAX,
                           .observed_us = TIME_MIN, .properties = { .type = VALUE_MAP } };
    struct value object;
    unsigned seen = 0;

    TRY(json_parse(&object, arena, line, &limits));
    if (object.type != VALUE_MAP)
        return fail(STATUS_INVALID, "a line must be one JSON object");
    for (uint32_t i = 0; i < object.count; i++) {
        unsigned field = 0;

        while (field < FIELD_COUNT_ &&
               !slice_equal(object.pairs[i].key, slice_str(field_names[field])))
            field++;
        if (field == FIELD_COUNT_)
            return fail(STATUS_INVALID, "unknown field \"%.*s\"",
                        (int)(object.pairs[i].key.size < 64 ? object.pairs[i].key.size : 64),
                        (const char *)object.pairs[i].key.data);
        TRY(take_field(&event, arena, (enum field)field, &object.pairs[i].value));
        seen |= BIT(field);
    }
    TRY(check_fields(&event, seen));
    *out = event;
    return STATUS_OK;
}

/* ---- Loading ---- */

/* The row functions may add two properties of their own behind the given ones. */
static enum status copy_properties(struct value_pair **out, size_t *n, struct arena *arena,
                                   const struct value *map)
{
    *n = map->count;
    *out = arena_array(arena, *n + 2, sizeof **out);
    if (!*out)
        return STATUS_NO_MEMORY;
    if (*n)
        memcpy(*out, map->pairs, *n * sizeof **out);
    return STATUS_OK;
}

static enum status load_node(struct load *load, struct arena *arena, const struct event *event)
{
    struct load_labels labels;
    struct load_node row = { .labels = &labels, .key = event->key,
                             .valid_from_us = event->valid_from_us,
                             .observed_us = event->observed_us };

    TRY(load_labels_of(&labels, load, event->labels));
    TRY(copy_properties(&row.properties, &row.n_properties, arena, &event->properties));
    return load_node_row(load, &row);
}

static enum status end_of(struct load_end *out, struct load *load, const struct event_end *end)
{
    struct load_labels labels;

    TRY(load_labels_of(&labels, load, end->label));
    *out = (struct load_end){ .label = labels.key, .key = end->key };
    return STATUS_OK;
}

enum status event_load(struct load *load, struct arena *arena, const struct event *event)
{
    struct load_edge row = { .has_key = event->has_edge_key, .key = event->edge_key,
                             .valid_from_us = event->valid_from_us,
                             .valid_to_us = event->valid_to_us,
                             .observed_us = event->observed_us };

    if (event->op == EVENT_NODE)
        return load_node(load, arena, event);
    TRY(load_type_of(&row.type, load, event->type));
    TRY(end_of(&row.from, load, &event->from));
    TRY(end_of(&row.to, load, &event->to));
    TRY(copy_properties(&row.properties, &row.n_properties, arena, &event->properties));
    return event->op == EVENT_CLOSE ? load_close_row(load, &row) : load_edge_row(load, &row);
}
