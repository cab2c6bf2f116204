/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A schema file's names resolved to symbols, and checked. */
#include "graph/schema_private.h"

#include <stdlib.h>

#include "base/hash.h"
#include "graph/catalog.h"
#include "graph/normaliser.h"
#include "graph/schema_file.h"

/* In the order of the words in schema_file.c. */
static const size_t role_offsets[] = {
    0,
    offsetof(struct schema_roles, ownership),
    offsetof(struct schema_roles, membership),
    offsetof(struct schema_roles, kin),
    offsetof(struct schema_roles, represents),
    offsetof(struct schema_roles, applied),
    offsetof(struct schema_roles, guarantees),
    offsetof(struct schema_roles, owns),
    offsetof(struct schema_roles, borrowed),
    offsetof(struct schema_roles, transfers),
    offsetof(struct schema_roles, manages),
    offsetof(struct schema_roles, contact),
    offsetof(struct schema_roles, deposits),
    offsetof(struct schema_roles, repayments),
    offsetof(struct schema_roles, results),
    offsetof(struct schema_roles, supplies),
};
#define N_ROLES (sizeof role_offsets / sizeof *role_offsets)

struct loader {
    struct schema_loaded *to;
    const struct schema_text *text;
    struct graph_txn *txn; /* NULL: only checking */
    const char *file;
    const char **names;    /* only checking: what stands for symbols */
    size_t n_names, names_capacity;
};

/* Without a graph a name's symbol is its place among the names met. */
static enum status resolve_unbound(uint32_t *symbol, struct loader *loader, const char *name)
{
    size_t place = 0;

    while (place < loader->n_names && strcmp(loader->names[place], name) != 0)
        place++;
    if (place == loader->n_names) {
        TRY(array_reserve(&loader->names, &loader->names_capacity, place + 1));
        loader->names[loader->n_names++] = name;
    }
    *symbol = (uint32_t)place + 1;
    return STATUS_OK;
}

static enum status resolve(uint32_t *symbol, struct loader *loader, const char *name,
                           uint32_t line)
{
    enum status status;

    if (!loader->txn)
        return resolve_unbound(symbol, loader, name);
    status = catalog_intern(symbol, loader->txn, slice_str(name));
    return status == STATUS_INVALID ? fail_context(status, "%s:%u", loader->file, line) : status;
}

static enum status resolve_list(const uint32_t **out, struct loader *loader,
                                const char **names, size_t n, uint32_t line)
{
    uint32_t *symbols = arena_array(&loader->to->arena, n + 1, sizeof *symbols);

    if (!symbols)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(resolve(&symbols[i], loader, names[i], line));
    *out = symbols;
    return STATUS_OK;
}

static enum status load_normalisers(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    struct schema_loaded *to = loader->to;

    to->normalisers = arena_array(&to->arena, text->n_normalisers + 1, sizeof *to->normalisers);
    if (!to->normalisers)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_normalisers; i++) {
        TRY(normaliser_new(&to->normalisers[i], &to->arena, &text->normalisers[i],
                           to->schema.default_country, loader->file));
        to->n_normalisers++;
    }
    return STATUS_OK;
}

static enum status find_normaliser(const struct normaliser **out, const struct loader *loader,
                                   const struct label_text *label)
{
    *out = NULL;
    if (!label->key)
        return STATUS_OK;
    for (size_t i = 0; i < loader->to->n_normalisers; i++)
        if (strcmp(normaliser_name(loader->to->normalisers[i]), label->key) == 0) {
            *out = loader->to->normalisers[i];
            return STATUS_OK;
        }
    return fail(STATUS_INVALID, "%s:%u: label %s: there is no normaliser \"%s\" in this file",
                loader->file, label->line, label->name, label->key);
}

static enum status load_labels(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    struct schema_label *labels =
        arena_array(&loader->to->arena, text->n_labels + 1, sizeof *labels);

    if (!labels)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_labels; i++) {
        const struct label_text *from = &text->labels[i];
        struct schema_label *to = &labels[i];

        to->name = from->name;
        to->keyed = from->key != NULL;
        to->sensitive_key = from->sensitive_key;
        to->role = (enum label_role)from->role;
        TRY(find_normaliser(&to->normaliser, loader, from));
        TRY(resolve(&to->symbol, loader, from->name, from->line));
        TRY(resolve_list(&to->indexed, loader, from->index, from->n_index, from->line));
        for (size_t k = 0; k < i; k++)
            if (labels[k].symbol == to->symbol)
                return fail(STATUS_INVALID, "%s:%u: label %s is declared twice", loader->file,
                            from->line, from->name);
    }
    loader->to->schema.labels = labels;
    loader->to->schema.n_labels = text->n_labels;
    return STATUS_OK;
}

static enum status load_type(struct schema_type *to, struct loader *loader,
                             const struct edge_text *from)
{
    to->name = from->type;
    to->event = from->event;
    TRY(resolve(&to->symbol, loader, from->type, from->line));
    TRY(resolve_list(&to->from, loader, from->from, from->n_from, from->line));
    TRY(resolve_list(&to->to, loader, from->to, from->n_to, from->line));
    if (from->n_identity > sizeof to->identity / sizeof *to->identity)
        return fail(STATUS_INVALID, "%s:%u: edge type %s: at most %zu identity properties",
                    loader->file, from->line, from->type,
                    sizeof to->identity / sizeof *to->identity);
    for (size_t i = 0; i < from->n_identity; i++)
        TRY(resolve(&to->identity[i], loader, from->identity[i], from->line));
    to->n_identity = (uint32_t)from->n_identity;
    return STATUS_OK;
}

static enum status load_types(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    struct schema_type *types = arena_array(&loader->to->arena, text->n_edges + 1, sizeof *types);

    if (!types)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_edges; i++) {
        TRY(load_type(&types[i], loader, &text->edges[i]));
        for (size_t k = 0; k < i; k++)
            if (types[k].symbol == types[i].symbol)
                return fail(STATUS_INVALID, "%s:%u: edge type %s is declared twice", loader->file,
                            text->edges[i].line, text->edges[i].type);
    }
    loader->to->schema.types = types;
    loader->to->schema.n_types = text->n_edges;
    return STATUS_OK;
}

/* Each role is a zero-terminated list of the types that claim it. */
static enum status load_roles(struct loader *loader)
{
    const struct schema *schema = &loader->to->schema;

    for (size_t role = 1; role < N_ROLES; role++) {
        uint32_t *symbols =
            arena_array(&loader->to->arena, schema->n_types + 1, sizeof *symbols);
        size_t n = 0;

        if (!symbols)
            return STATUS_NO_MEMORY;
        for (size_t i = 0; i < schema->n_types; i++)
            if ((size_t)loader->text->edges[i].role == role)
                symbols[n++] = schema->types[i].symbol;
        memcpy((char *)&loader->to->schema.roles + role_offsets[role], &symbols, sizeof symbols);
    }
    return STATUS_OK;
}

static const struct schema_label *label_named(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_labels; i++)
        if (strcmp(schema->labels[i].name, name) == 0)
            return &schema->labels[i];
    return NULL;
}

static const struct schema_type *type_named(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_types; i++)
        if (strcmp(schema->types[i].name, name) == 0)
            return &schema->types[i];
    return NULL;
}

static enum status check_caps(const struct loader *loader, int64_t candidate, int64_t evidence,
                              uint32_t line)
{
    if (candidate >= 0 && candidate <= UINT32_MAX && evidence >= 0 && evidence <= UINT32_MAX)
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s:%u: caps are numbers of principals, 0 or more", loader->file,
                line);
}

static enum status load_kinds(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    struct schema_kind *kinds = arena_array(&loader->to->arena, text->n_kinds + 1, sizeof *kinds);

    if (!kinds)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_kinds; i++) {
        const struct kind_text *from = &text->kinds[i];
        const struct schema_label *label = label_named(&loader->to->schema, from->label);

        if (!label)
            return fail(STATUS_INVALID, "%s:%u: kind %s: there is no label %s in this file",
                        loader->file, from->line, from->name, from->label);
        TRY(check_caps(loader, from->candidate_cap, from->evidence_cap, from->line));
        kinds[i] = (struct schema_kind){ from->name, label->symbol, from->weight,
                                         (uint32_t)from->candidate_cap,
                                         (uint32_t)from->evidence_cap };
    }
    loader->to->schema.kinds = kinds;
    loader->to->schema.n_kinds = text->n_kinds;
    return STATUS_OK;
}

static bool is_listed(const uint32_t *symbols, uint32_t symbol)
{
    for (; *symbols; symbols++)
        if (*symbols == symbol)
            return true;
    return false;
}

static enum status load_link(struct schema_link *to, struct loader *loader,
                             const struct link_text *from)
{
    const struct schema *schema = &loader->to->schema;
    size_t kind = 0;

    to->name = from->name;
    while (kind < schema->n_kinds && strcmp(schema->kinds[kind].name, from->kind) != 0)
        kind++;
    if (kind == schema->n_kinds)
        return fail(STATUS_INVALID, "%s:%u: link %s: there is no kind %s in this file",
                    loader->file, from->line, from->name, from->kind);
    if (from->n_steps < 1 || from->n_steps > SCHEMA_STEPS_MAX)
        return fail(STATUS_INVALID, "%s:%u: link %s: a link has 1 to %d steps", loader->file,
                    from->line, from->name, SCHEMA_STEPS_MAX);
    to->kind = (uint32_t)kind;
    to->n_steps = (uint32_t)from->n_steps;
    for (size_t i = 0; i < from->n_steps; i++) {
        bool reversed = from->steps[i][0] == '<';
        const struct schema_type *type = type_named(schema, from->steps[i] + reversed);

        if (!type)
            return fail(STATUS_INVALID, "%s:%u: link %s: there is no edge type %s in this file",
                        loader->file, from->line, from->name, from->steps[i] + reversed);
        to->steps[i] = (struct schema_step){ type->symbol, reversed };
        to->dated = type->event; /* the last step's stays */
        if (i + 1 < from->n_steps && is_listed(schema->roles.applied, type->symbol))
            to->through_application = true;
    }
    return STATUS_OK;
}

static enum status load_links(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    struct schema_link *links = arena_array(&loader->to->arena, text->n_links + 1, sizeof *links);

    if (!links)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_links; i++)
        TRY(load_link(&links[i], loader, &text->links[i]));
    loader->to->schema.links = links;
    loader->to->schema.n_links = text->n_links;
    return STATUS_OK;
}

static enum status load_classes(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    struct schema_class *classes =
        arena_array(&loader->to->arena, text->n_classes + 1, sizeof *classes);

    if (!classes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_classes; i++) {
        const struct class_text *from = &text->classes[i];

        TRY(check_caps(loader, from->candidate_cap, from->evidence_cap, from->line));
        classes[i] = (struct schema_class){ from->name, (uint32_t)from->candidate_cap,
                                            (uint32_t)from->evidence_cap };
    }
    loader->to->schema.classes = classes;
    loader->to->schema.n_classes = text->n_classes;
    return STATUS_OK;
}

/* Symbol -> place tables, so that looking up costs one read. */
static enum status index_symbols(struct schema_loaded *to)
{
    const struct schema *schema = &to->schema;
    uint32_t last = 0;

    for (size_t i = 0; i < schema->n_labels; i++)
        last = schema->labels[i].symbol > last ? schema->labels[i].symbol : last;
    for (size_t i = 0; i < schema->n_types; i++)
        last = schema->types[i].symbol > last ? schema->types[i].symbol : last;
    to->n_symbols = last + 1;
    to->label_of = arena_array(&to->arena, to->n_symbols, sizeof *to->label_of);
    to->type_of = arena_array(&to->arena, to->n_symbols, sizeof *to->type_of);
    if (!to->label_of || !to->type_of)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < schema->n_labels; i++)
        to->label_of[schema->labels[i].symbol] = (uint32_t)i + 1;
    for (size_t i = 0; i < schema->n_types; i++)
        to->type_of[schema->types[i].symbol] = (uint32_t)i + 1;
    return STATUS_OK;
}

static enum status check_country(const struct loader *loader)
{
    const char *country = loader->to->schema.default_country;

    if (strspn(country, "0123456789") == strlen(country) && strlen(country) <= 4)
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s: default_country \"%s\" is not a calling code such as \"86\"",
                loader->file, country);
}

/* Names, as answers carry them; interned as every name of the schema. */
static enum status load_sensitive(struct loader *loader)
{
    const struct schema_text *text = loader->text;
    size_t n = text->n_sensitive_properties;
    const char **names = arena_array(&loader->to->arena, n + 1, sizeof *names);
    uint32_t symbol;

    if (!names)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        TRY(resolve(&symbol, loader, text->sensitive_properties[i], 0));
        names[i] = text->sensitive_properties[i];
    }
    loader->to->schema.sensitive_properties = names;
    return STATUS_OK;
}

static enum status load_parts(struct loader *loader)
{
    struct schema *schema = &loader->to->schema;

    schema->name = loader->text->name;
    schema->default_country =
        loader->text->default_country ? loader->text->default_country : "";
    TRY(check_country(loader));
    TRY(load_normalisers(loader));
    TRY(load_labels(loader));
    TRY(load_types(loader));
    TRY(load_roles(loader));
    TRY(load_kinds(loader));
    TRY(load_links(loader));
    TRY(load_classes(loader));
    TRY(load_sensitive(loader));
    return index_symbols(loader->to);
}

static enum status load_hash(struct schema_loaded *to, struct slice text)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_MAX];

    hash256(hash, text);
    to->schema.hash = arena_copy(&to->arena, slice_str(hash_hex(hex, hash, sizeof hash)));
    return to->schema.hash ? STATUS_OK : STATUS_NO_MEMORY;
}

static void loader_fini(struct loader *loader)
{
    free(loader->names);
}

static enum status load(struct schema_loaded *to, struct graph_txn *txn, struct slice text,
                        const char *file)
{
    static const struct schema_text open_text = { .name = "open" };
    AUTO(loader_fini)
    struct loader loader = { .to = to, .text = &open_text, .txn = txn, .file = file };

    TRY(load_hash(to, text));
    if (text.size) {
        void *read;

        TRY(yaml_load(&read, &to->arena, &schema_file_shape, file, text));
        loader.text = read;
    }
    to->schema.open = text.size == 0;
    return load_parts(&loader);
}

static void loaded_freep(struct schema_loaded **loaded)
{
    schema_free(*loaded ? &(*loaded)->schema : NULL);
}

enum status schema_load(struct schema **out, struct graph_txn *txn, struct slice text)
{
    AUTO(loaded_freep) struct schema_loaded *loaded = calloc(1, sizeof *loaded);

    if (!loaded)
        return fail_memory(sizeof *loaded);
    TRY(load(loaded, txn, text, "schema"));
    *out = &loaded->schema;
    loaded = NULL;
    return STATUS_OK;
}

enum status schema_check(struct slice text, const char *file)
{
    AUTO(loaded_freep) struct schema_loaded *loaded = calloc(1, sizeof *loaded);

    if (!loaded)
        return fail_memory(sizeof *loaded);
    return load(loaded, NULL, text, file);
}
