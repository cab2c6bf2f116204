/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/yaml.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#define DEPTH_MAX 12
#define FIELDS_MAX 64

/*
 * libcyaml fills the structures. It keeps no positions and reports some of them late, so the
 * text's events are walked beside the table: before loading to check keys and scalars where they
 * stand, after it to note the lines.
 */

/* ---- Walking the events ---- */

struct walk {
    const char *file;
    yaml_parser_t parser;
    yaml_event_t event;
    unsigned depth;
    bool has_event;
};

static size_t line_of(const struct walk *walk)
{
    return walk->event.start_mark.line + 1;
}

static enum status next(struct walk *walk)
{
    if (walk->has_event)
        yaml_event_delete(&walk->event);
    walk->has_event = false;
    if (!yaml_parser_parse(&walk->parser, &walk->event)) {
        if (walk->parser.error == YAML_MEMORY_ERROR)
            return fail_memory(0);
        return fail(STATUS_INVALID, "%s:%zu:%zu: not YAML: %s", walk->file,
                    walk->parser.problem_mark.line + 1, walk->parser.problem_mark.column + 1,
                    walk->parser.problem ? walk->parser.problem : "unreadable text");
    }
    walk->has_event = true;
    if (walk->event.type == YAML_ALIAS_EVENT)
        return fail(STATUS_INVALID, "%s:%zu: aliases are not supported: write the value out",
                    walk->file, line_of(walk));
    return STATUS_OK;
}

static const struct yaml_field *find_field(const struct yaml_shape *shape, const char *name)
{
    for (const struct yaml_field *field = shape->fields; field->type; field++)
        if (field->name && strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

static enum status unknown_key(const struct walk *walk, const struct yaml_shape *shape)
{
    char known[512];
    size_t used = 0;

    known[0] = 0;
    for (const struct yaml_field *field = shape->fields; field->type; field++)
        if (field->name && used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
                                     field->name);
    return fail(STATUS_INVALID, "%s:%zu: unknown key \"%s\"; known here: %s", walk->file,
                line_of(walk), (const char *)walk->event.data.scalar.value, known);
}

static enum status bad_scalar(const struct walk *walk, const struct yaml_field *field,
                              const char *expected)
{
    return fail(STATUS_INVALID, "%s:%zu: %s: \"%.64s\" is not %s", walk->file, line_of(walk),
                field->name, (const char *)walk->event.data.scalar.value, expected);
}

static bool is_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static enum status check_choice(const struct walk *walk, const struct yaml_field *field)
{
    char expected[512] = "one of ";
    size_t used = strlen(expected);

    if (is_word((const char *)walk->event.data.scalar.value, field->words))
        return STATUS_OK;
    for (size_t i = 0; field->words[i] && used < sizeof expected; i++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", i ? ", " : "",
                                 field->words[i]);
    return bad_scalar(walk, field, expected);
}

static enum status check_scalar(const struct walk *walk, const struct yaml_field *field,
                                enum yaml_type type)
{
    static const char *const truths[] = { "true", "false", "yes", "no", NULL };
    const char *text = (const char *)walk->event.data.scalar.value;
    char *end = NULL;

    if (strlen(text) != walk->event.data.scalar.length)
        return bad_scalar(walk, field, "text without the NUL character");
    switch (type) {
    case YAML_INT:
        errno = 0;
        (void)!strtoll(text, &end, 10);
        return end == text || *end || errno ? bad_scalar(walk, field, "a whole number")
                                            : STATUS_OK;
    case YAML_FLOAT:
        return !isfinite(strtod(text, &end)) || end == text || *end
                   ? bad_scalar(walk, field, "a number")
                   : STATUS_OK;
    case YAML_BOOL:
        return is_word(text, truths) ? STATUS_OK : bad_scalar(walk, field, "true or false");
    case YAML_CHOICE:
        return check_choice(walk, field);
    default:
        return STATUS_OK;
    }
}

static enum status walk_map(struct walk *walk, const struct yaml_shape *shape, void *base);

static enum status expect(const struct walk *walk, const struct yaml_field *field,
                          yaml_event_type_t type, const char *what)
{
    if (walk->event.type == type)
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s:%zu: %s: expected %s", walk->file, line_of(walk), field->name,
                what);
}

/* `items` is the loaded array, or NULL while only checking. */
static enum status walk_list(struct walk *walk, const struct yaml_field *field, char *items)
{
    TRY(expect(walk, field, YAML_SEQUENCE_START_EVENT, "a list"));
    for (size_t i = 0;; i++) {
        TRY(next(walk));
        if (walk->event.type == YAML_SEQUENCE_END_EVENT)
            return STATUS_OK;
        if (field->item == YAML_MAP) {
            TRY(expect(walk, field, YAML_MAPPING_START_EVENT, "a list of mappings"));
            TRY(walk_map(walk, field->shape, items ? items + i * field->shape->size : NULL));
        } else {
            TRY(expect(walk, field, YAML_SCALAR_EVENT, "a list of plain values"));
            TRY(check_scalar(walk, field, field->item));
        }
    }
}

static enum status walk_value(struct walk *walk, const struct yaml_field *field, char *base)
{
    void *inner = NULL;

    TRY(next(walk));
    if (base && (field->type == YAML_LIST || field->type == YAML_MAP))
        memcpy(&inner, base + field->offset, sizeof inner);
    if (field->type == YAML_LIST)
        return walk_list(walk, field, inner);
    if (field->type == YAML_MAP) {
        TRY(expect(walk, field, YAML_MAPPING_START_EVENT, "a mapping"));
        return walk_map(walk, field->shape, inner);
    }
    TRY(expect(walk, field, YAML_SCALAR_EVENT, "a plain value"));
    return check_scalar(walk, field, field->type);
}

static void note_line(const struct walk *walk, const struct yaml_shape *shape, char *base)
{
    uint32_t line = (uint32_t)line_of(walk);

    for (const struct yaml_field *field = shape->fields; base && field->type; field++)
        if (field->type == YAML_LINE)
            memcpy(base + field->offset, &line, sizeof line);
}

static enum status check_complete(const struct walk *walk, const struct yaml_shape *shape,
                                  uint64_t seen, size_t line)
{
    for (const struct yaml_field *field = shape->fields; field->type; field++)
        if (field->required && !(seen >> (field - shape->fields) & 1))
            return fail(STATUS_INVALID, "%s:%zu: the key \"%s\" is missing here", walk->file, line,
                        field->name);
    return STATUS_OK;
}

/* Stands on the mapping's start; ends on its end. */
static enum status walk_map(struct walk *walk, const struct yaml_shape *shape, void *base)
{
    size_t line = line_of(walk);
    uint64_t seen = 0;

    if (++walk->depth > DEPTH_MAX)
        return fail(STATUS_INVALID, "%s:%zu: nested too deeply", walk->file, line);
    note_line(walk, shape, base);
    for (;;) {
        const struct yaml_field *field;

        TRY(next(walk));
        if (walk->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (walk->event.type != YAML_SCALAR_EVENT)
            return fail(STATUS_INVALID, "%s:%zu: a key must be a plain word", walk->file,
                        line_of(walk));
        field = find_field(shape, (const char *)walk->event.data.scalar.value);
        if (!field)
            return unknown_key(walk, shape);
        if (seen >> (field - shape->fields) & 1)
            return fail(STATUS_INVALID, "%s:%zu: the key \"%s\" is given twice", walk->file,
                        line_of(walk), field->name);
        seen |= (uint64_t)1 << (field - shape->fields);
        TRY(walk_value(walk, field, base));
    }
    walk->depth--;
    return check_complete(walk, shape, seen, line);
}

static enum status walk_document(struct walk *walk, const struct yaml_shape *shape, void *base)
{
    TRY(next(walk)); /* stream start */
    TRY(next(walk));
    if (walk->event.type == YAML_STREAM_END_EVENT)
        return fail(STATUS_INVALID, "%s:1: the file is empty", walk->file);
    TRY(next(walk));
    if (walk->event.type != YAML_MAPPING_START_EVENT)
        return fail(STATUS_INVALID, "%s:%zu: expected keys and values", walk->file,
                    line_of(walk));
    TRY(walk_map(walk, shape, base));
    TRY(next(walk)); /* document end */
    TRY(next(walk));
    if (walk->event.type != YAML_STREAM_END_EVENT)
        return fail(STATUS_INVALID, "%s:%zu: a second document starts here; only one is read",
                    walk->file, line_of(walk));
    return STATUS_OK;
}

static enum status walk_text(const struct yaml_shape *shape, void *base, const char *file,
                             struct slice text)
{
    struct walk walk = { .file = file };
    enum status status;

    if (!yaml_parser_initialize(&walk.parser))
        return fail_memory(sizeof walk.parser);
    yaml_parser_set_input_string(&walk.parser, text.size ? text.data : (const void *)"", text.size);
    status = walk_document(&walk, shape, base);
    if (walk.has_event)
        yaml_event_delete(&walk.event);
    yaml_parser_delete(&walk.parser);
    return status;
}

/* ---- Translating the table, and loading ---- */

static enum cyaml_type cyaml_type_of(enum yaml_type type)
{
    switch (type) {
    case YAML_INT:
        return CYAML_INT;
    case YAML_FLOAT:
        return CYAML_FLOAT;
    case YAML_BOOL:
        return CYAML_BOOL;
    case YAML_CHOICE:
        return CYAML_ENUM;
    case YAML_MAP:
        return CYAML_MAPPING;
    case YAML_LIST:
        return CYAML_SEQUENCE;
    default:
        return CYAML_STRING;
    }
}

static enum status translate_map(const cyaml_schema_field_t **out, struct arena *arena,
                                 const struct yaml_shape *shape, unsigned depth);

static enum status translate_words(cyaml_schema_value_t *value, struct arena *arena,
                                   const char *const *words)
{
    cyaml_strval_t *strings;
    uint32_t n = 0;

    while (words[n])
        n++;
    strings = arena_array(arena, n + 1, sizeof *strings);
    if (!strings)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        strings[i] = (cyaml_strval_t){ .str = words[i], .val = i };
    value->enumeration.strings = strings;
    value->enumeration.count = n;
    return STATUS_OK;
}

/* `in_place`: a structure that lies in its list, not behind a pointer. */
static enum status translate_value(cyaml_schema_value_t *value, struct arena *arena,
                                   enum yaml_type type, const struct yaml_field *field,
                                   bool in_place, unsigned depth)
{
    value->type = cyaml_type_of(type);
    switch (type) {
    case YAML_INT:
        value->data_size = sizeof(int64_t);
        break;
    case YAML_FLOAT:
        value->data_size = sizeof(double);
        break;
    case YAML_BOOL:
        value->data_size = sizeof(bool);
        break;
    case YAML_CHOICE:
        value->data_size = sizeof(int);
        value->flags |= CYAML_FLAG_STRICT;
        return translate_words(value, arena, field->words);
    case YAML_MAP:
        value->data_size = (uint32_t)field->shape->size;
        if (!in_place)
            value->flags |= CYAML_FLAG_POINTER;
        return translate_map(&value->mapping.fields, arena, field->shape, depth + 1);
    default:
        value->data_size = 1;
        value->flags |= CYAML_FLAG_POINTER;
        value->string.max = UINT32_MAX;
    }
    return STATUS_OK;
}

static enum status translate_list(cyaml_schema_field_t *to, struct arena *arena,
                                  const struct yaml_field *field, unsigned depth)
{
    cyaml_schema_value_t *entry = arena_new(arena, cyaml_schema_value_t);

    if (!entry)
        return STATUS_NO_MEMORY;
    TRY(translate_value(entry, arena, field->item, field, true, depth));
    to->value.type = CYAML_SEQUENCE;
    to->value.flags |= CYAML_FLAG_POINTER;
    to->value.data_size = entry->flags & CYAML_FLAG_POINTER ? sizeof(void *) : entry->data_size;
    to->value.sequence.entry = entry;
    to->value.sequence.max = UINT32_MAX;
    to->count_offset = (uint32_t)field->count_offset;
    to->count_size = sizeof(size_t);
    return STATUS_OK;
}

static enum status translate_map(const cyaml_schema_field_t **out, struct arena *arena,
                                 const struct yaml_shape *shape, unsigned depth)
{
    cyaml_schema_field_t *fields, *to;
    size_t n = 0;

    while (shape->fields[n].type)
        n++;
    if (depth > DEPTH_MAX || n > FIELDS_MAX)
        return fail(STATUS_LIMIT, "a YAML table is too large or contains itself");
    fields = to = arena_array(arena, n + 1, sizeof *fields);
    if (!fields)
        return STATUS_NO_MEMORY;
    for (const struct yaml_field *field = shape->fields; field->type; field++) {
        if (field->type == YAML_LINE)
            continue;
        to->key = field->name;
        to->data_offset = (uint32_t)field->offset;
        to->value.flags = field->required ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL;
        if (field->maybe)
            to->value.flags |= CYAML_FLAG_POINTER;
        if (field->type == YAML_LIST)
            TRY(translate_list(to, arena, field, depth));
        else
            TRY(translate_value(&to->value, arena, field->type, field, false, depth));
        to++;
    }
    *out = fields;
    return STATUS_OK;
}

/*
 * Memory for libcyaml out of the arena: each block knows its capacity, which doubles, because
 * libcyaml grows lists one entry at a time. Freeing waits for the arena's end.
 */
struct block {
    size_t capacity;
    _Alignas(max_align_t) unsigned char bytes[];
};

static void *arena_memory(void *context, void *pointer, size_t size)
{
    struct block *old, *block;
    size_t capacity = size;

    if (size == 0)
        return NULL;
    old = pointer ? (struct block *)((unsigned char *)pointer - offsetof(struct block, bytes))
                  : NULL;
    if (old && old->capacity >= size)
        return pointer;
    if (old && old->capacity > size / 2)
        capacity = old->capacity * 2;
    block = arena_alloc(context, sizeof *block + capacity);
    if (!block)
        return NULL;
    block->capacity = capacity;
    if (old)
        memcpy(block->bytes, old->bytes, old->capacity);
    return block->bytes;
}

/* Keeps libcyaml's first message and the innermost place of its back-trace. */
struct complaint {
    char text[256], place[128];
};

static void keep_complaint(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct complaint *complaint = context;
    char line[256];

    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = 0;
    if (!complaint->text[0])
        snprintf(complaint->text, sizeof complaint->text, "%s",
                 strncmp(line, "Load: ", 6) == 0 ? line + 6 : line);
    else if (!complaint->place[0] && strncmp(line, "  in ", 5) == 0)
        snprintf(complaint->place, sizeof complaint->place, "%.100s", line + 2);
}

static enum status from_cyaml(cyaml_err_t code, const struct complaint *complaint,
                              const char *file)
{
    if (code == CYAML_ERR_OOM)
        return fail_memory(0);
    return fail(STATUS_INVALID, "%s: %s%s%s", file,
                complaint->text[0] ? complaint->text : cyaml_strerror(code),
                complaint->place[0] ? ", " : "", complaint->place);
}

enum status yaml_load(void **out, struct arena *arena, const struct yaml_shape *shape,
                      const char *file, struct slice text)
{
    struct complaint complaint = { 0 };
    const cyaml_config_t config = { .log_fn = keep_complaint, .log_ctx = &complaint,
                                    .mem_fn = arena_memory, .mem_ctx = arena,
                                    .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS };
    cyaml_schema_value_t top = { .type = CYAML_MAPPING, .flags = CYAML_FLAG_POINTER,
                                 .data_size = (uint32_t)shape->size };
    void *loaded = NULL;
    cyaml_err_t code;

    if (text.size > YAML_BYTES_MAX)
        return fail(STATUS_LIMIT, "%s: %zu bytes of YAML, more than %zu", file, text.size,
                    YAML_BYTES_MAX);
    TRY(walk_text(shape, NULL, file, text));
    TRY(translate_map(&top.mapping.fields, arena, shape, 0));
    code = cyaml_load_data(text.data, text.size, &config, &top, &loaded, NULL);
    if (code != CYAML_OK)
        return from_cyaml(code, &complaint, file);
    TRY(walk_text(shape, loaded, file, text));
    *out = loaded;
    return STATUS_OK;
}
