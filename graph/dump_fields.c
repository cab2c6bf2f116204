/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of a dump's lines, each checked as it is taken. */

#include "graph/dump_private.h"

enum status dump_need_number(uint64_t *out, const struct value *map, const char *name)
{
    const struct value *value = value_find(map, slice_str(name));

    if (!value || value->type != VALUE_INT || value->integer < 0)
        return fail(STATUS_INVALID, "\"%s\" must be a number, 0 or more", name);
    *out = (uint64_t)value->integer;
    return STATUS_OK;
}

enum status dump_take_time(int64_t *out, const struct value *map, const char *name, int64_t absent)
{
    const struct value *value = value_find(map, slice_str(name));

    *out = absent;
    if (!value)
        return STATUS_OK;
    if (value->type != VALUE_INT)
        return fail(STATUS_INVALID, "\"%s\" must be microseconds since 1970", name);
    *out = value->integer;
    return STATUS_OK;
}

enum status dump_take_text(struct slice *out, bool *there, struct dump_load *load,
                           const struct value *map, const char *name)
{
    const struct value *json = value_find(map, slice_str(name));
    struct value value;

    *there = json != NULL;
    if (!json)
        return STATUS_OK;
    TRY(dump_value_read(&value, &load->arena, json));
    if (value.type != VALUE_STRING)
        return fail(STATUS_INVALID, "\"%s\" must be text", name);
    *out = value_slice(&value);
    return STATUS_OK;
}

enum status dump_need_text(struct slice *out, struct dump_load *load, const struct value *map,
                           const char *name)
{
    bool there;

    TRY(dump_take_text(out, &there, load, map, name));
    return there ? STATUS_OK : fail(STATUS_INVALID, "\"%s\" is missing", name);
}

enum status dump_need_hex(struct slice *out, struct dump_load *load, const struct value *map,
                          const char *name)
{
    const struct value *value = value_find(map, slice_str(name));

    if (!value || value->type != VALUE_STRING)
        return fail(STATUS_INVALID, "\"%s\" must be bytes in hex", name);
    return dump_hex_read(out, &load->arena, value_slice(value));
}

enum status dump_need_symbol(uint32_t *out, struct dump_load *load, struct slice name)
{
    *out = catalog_find(graph_catalog(load->graph), name);
    return *out ? STATUS_OK
                : fail(STATUS_INVALID, "\"%.*s\" is no symbol of this dump", (int)name.size,
                       (const char *)name.data);
}

enum status dump_take_properties(struct slice *out, struct dump_load *load, const struct value *map)
{
    const struct value *json = value_find(map, SLICE("properties"));
    struct value_pair *pairs;
    struct value given;
    bool has_null;

    *out = (struct slice){ 0 };
    if (!json)
        return STATUS_OK;
    if (json->type != VALUE_MAP)
        return fail(STATUS_INVALID, "\"properties\" must be an object");
    pairs = arena_array(&load->arena, json->count + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < json->count; i++) {
        uint32_t symbol;

        TRY(dump_need_symbol(&symbol, load, json->pairs[i].key));
        pairs[i].key = json->pairs[i].key;
        TRY(dump_value_read(&pairs[i].value, &load->arena, &json->pairs[i].value));
    }
    given = (struct value){ .type = VALUE_MAP, .count = json->count, .pairs = pairs };
    buf_clear(&load->properties);
    TRY(properties_encode(&load->properties, &has_null, load->txn, &given));
    *out = buf_slice(&load->properties);
    return STATUS_OK;
}
