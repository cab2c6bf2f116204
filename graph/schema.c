/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/schema_private.h"

#include <stdlib.h>

#include "graph/normaliser.h"

static struct schema_loaded *loaded_of(const struct schema *schema)
{
    return (struct schema_loaded *)(uintptr_t)schema; /* the public part lies first */
}

void schema_free(struct schema *schema)
{
    struct schema_loaded *loaded = loaded_of(schema);

    if (!schema)
        return;
    for (size_t i = 0; i < loaded->n_normalisers; i++)
        normaliser_fini(loaded->normalisers[i]);
    arena_fini(&loaded->arena);
    free(loaded);
}

const struct schema_class *schema_class_of(const struct schema *schema, struct slice name)
{
    for (size_t i = 0; i < schema->n_classes; i++)
        if (slice_equal(slice_str(schema->classes[i].name), name))
            return &schema->classes[i];
    return NULL;
}

const struct schema_label *schema_label_of(const struct schema *schema, uint32_t symbol)
{
    const struct schema_loaded *loaded = loaded_of(schema);
    uint32_t place = symbol < loaded->n_symbols ? loaded->label_of[symbol] : 0;

    return place ? &schema->labels[place - 1] : NULL;
}

const struct schema_type *schema_type_of(const struct schema *schema, uint32_t symbol)
{
    const struct schema_loaded *loaded = loaded_of(schema);
    uint32_t place = symbol < loaded->n_symbols ? loaded->type_of[symbol] : 0;

    return place ? &schema->types[place - 1] : NULL;
}

bool schema_is_sensitive(const struct schema *schema, struct slice property)
{
    for (const char *const *name = schema->sensitive_properties; name && *name; name++)
        if (slice_equal(slice_str(*name), property))
            return true;
    return false;
}

enum status schema_normalise(struct buf *out, bool *valid, const struct schema *schema,
                             uint32_t label, struct slice raw)
{
    const struct schema_label *declared = schema_label_of(schema, label);

    return normaliser_run(out, valid, declared ? declared->normaliser : NULL, raw);
}

extern const unsigned char embedded_schema[];
extern const size_t embedded_schema_size;

struct slice schema_builtin_text(void)
{
    return slice_of(embedded_schema, embedded_schema_size);
}
