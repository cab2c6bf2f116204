/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <jansson.h>

#include "base/sort.h"

static void json_release(json_t **json)
{
    json_decref(*json);
}

/* A text of one line may be one of many: its place is a column then, the caller knows the line. */
static enum status from_jansson(const json_error_t *error, struct slice text)
{
    enum json_error_code code = json_error_code(error);
    const char *said = error->text;

    if (code == json_error_out_of_memory)
        return fail_memory(0);
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        said = "a text holds \\u0000, which is not allowed";
    if (text.size && memchr(text.data, '\n', text.size - 1))
        return fail(STATUS_INVALID, "line %d, column %d: %s", error->line, error->column, said);
    return fail(STATUS_INVALID, "column %d: %s", error->column, said);
}

/* Depth is checked before parsing: the parser's own limit is far above what we accept. */
static enum status check_depth(struct slice text, size_t limit)
{
    const char *bytes = text.data;
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.size; i++) {
        char c = bytes[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limit)
                return fail(STATUS_INVALID, "byte %zu: nested deeper than %zu levels", i + 1,
                            limit);
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return STATUS_OK;
}

static enum status convert(struct value *out, struct arena *arena, json_t *json);

static enum status copy_text(struct slice *out, struct arena *arena, const char *text, size_t size)
{
    const char *copy = arena_copy(arena, slice_of(text, size));

    if (!copy)
        return STATUS_NO_MEMORY;
    *out = slice_of(copy, size);
    return STATUS_OK;
}

static enum status convert_object(struct value *out, struct arena *arena, json_t *json)
{
    size_t count = json_object_size(json), n = 0;
    struct value_pair *pairs = arena_array(arena, count, sizeof *pairs);
    const char *key;
    json_t *item;

    if (!pairs)
        return STATUS_NO_MEMORY;
    json_object_foreach (json, key, item) {
        TRY(copy_text(&pairs[n].key, arena, key, strlen(key)));
        TRY(convert(&pairs[n].value, arena, item));
        n++;
    }
    sort_items(pairs, n, sizeof *pairs, value_pair_order);
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = pairs };
    return STATUS_OK;
}

static enum status convert_array(struct value *out, struct arena *arena, json_t *json)
{
    size_t count = json_array_size(json);
    struct value *items = arena_array(arena, count, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(convert(&items[i], arena, json_array_get(json, i)));
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)count, .items = items };
    return STATUS_OK;
}

static enum status convert_string(struct value *out, struct arena *arena, json_t *json)
{
    struct slice text;

    TRY(copy_text(&text, arena, json_string_value(json), json_string_length(json)));
    *out = value_text(text);
    return STATUS_OK;
}

static enum status convert(struct value *out, struct arena *arena, json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return convert_object(out, arena, json);
    case JSON_ARRAY:
        return convert_array(out, arena, json);
    case JSON_STRING:
        return convert_string(out, arena, json);
    case JSON_INTEGER:
        *out = value_int(json_integer_value(json));
        break;
    case JSON_REAL:
        *out = value_float(json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = value_bool(json_is_true(json));
        break;
    case JSON_NULL:
        *out = value_null();
        break;
    }
    return STATUS_OK;
}

enum status json_parse(struct value *out, struct arena *arena, struct slice text,
                       const struct json_limits *limits)
{
    AUTO(json_release) json_t *json = NULL;
    struct json_limits bound = limits ? *limits : JSON_LIMITS;
    struct value value;
    json_error_t error;

    if (text.size > bound.bytes || text.size > UINT32_MAX)
        return fail(STATUS_LIMIT, "the JSON text has %zu bytes, %zu are allowed", text.size,
                    bound.bytes);
    if (!text.size)
        return fail(STATUS_INVALID, "expected JSON, found nothing");
    TRY(check_depth(text, bound.depth));
    json = json_loadb(text.data, text.size,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json)
        return from_jansson(&error, text);
    TRY(convert(&value, arena, json));
    *out = value;
    return STATUS_OK;
}
