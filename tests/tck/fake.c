/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Procedures that a scenario makes up: a table says what they answer to which arguments. */
#include "tests/tck/tck.h"

#include <stdio.h>

struct fake {
    struct procedure procedure;
    struct procedure_field fields[32];
    struct value *rows; /* arguments and columns */
    size_t n_rows;
};

static enum status run_fake(struct procedure_call *call, const struct procedure *procedure)
{
    const struct fake *fake = procedure->data;
    size_t width = procedure->n_args + procedure->n_columns;

    for (size_t row = 0; row < fake->n_rows; row++) {
        const struct value *values = &fake->rows[row * width];
        bool fits = true;
        enum status status;

        for (size_t i = 0; i < procedure->n_args; i++) {
            double a = values[i].type == VALUE_INT ? (double)values[i].integer
                                                   : values[i].floating;
            double b = call->args[i].type == VALUE_INT ? (double)call->args[i].integer
                                                       : call->args[i].floating;
            bool numbers = (values[i].type == VALUE_INT || values[i].type == VALUE_FLOAT) &&
                           (call->args[i].type == VALUE_INT || call->args[i].type == VALUE_FLOAT);
            fits = fits && (numbers ? a == b : value_same(&values[i], &call->args[i]));
        }
        if (!fits)
            continue;
        status = call->row(call, values + procedure->n_args);
        if (status == STATUS_END)
            return STATUS_OK;
        TRY(status);
    }
    return STATUS_OK;
}

static uint32_t type_mask(const char *name)
{
    static const struct {
        const char *name;
        uint32_t mask;
    } types[] = {
        { "NUMBER", TYPE_NUMBER },
        { "INTEGER", TYPE_BIT(VALUE_INT) },
        { "FLOAT", TYPE_BIT(VALUE_FLOAT) | TYPE_BIT(VALUE_INT) },
        { "STRING", TYPE_BIT(VALUE_STRING) },
        { "BOOLEAN", TYPE_BIT(VALUE_BOOL) },
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(name, types[i].name, strlen(types[i].name)) == 0)
            return types[i].mask;
    return TYPE_ANY;
}

/* (name :: TYPE?, ...) */
static const char *read_fields(const char *at, struct procedure_field *fields, size_t *n)
{
    at = strchr(at, '(') + 1;
    while (*at && *at != ')') {
        char name[64], type[64];
        int used = 0;

        if (sscanf(at, " %63[A-Za-z0-9_] :: %63[A-Z0-9?] %n", name, type, &used) < 2)
            break;
        fields[*n].name = arena_copy(&tck.arena, slice_str(name));
        fields[*n].types = type_mask(type);
        ++*n;
        at += used;
        if (*at == ',')
            at++;
    }
    return strchr(at, ')') + 1;
}

enum status add_procedure(const struct step *step)
{
    struct fake *fake = arena_new(&tck.arena, struct fake);
    const char *text = arena_copy(&tck.arena, step->text), *at, *name;
    size_t width;

    if (!fake || !text)
        return STATUS_NO_MEMORY;
    name = text + strlen("there exists a procedure ");
    at = read_fields(name, fake->fields, &fake->procedure.n_args);
    fake->procedure.columns = fake->fields + fake->procedure.n_args;
    read_fields(at, fake->fields + fake->procedure.n_args, &fake->procedure.n_columns);
    fake->procedure.name = arena_copy(&tck.arena, slice_of(name, strcspn(name, "(")));
    fake->procedure.args = fake->fields;
    fake->procedure.run = run_fake;
    fake->procedure.data = fake;
    fake->procedure.help = "";
    width = step->table.n_columns;
    fake->n_rows = step->table.n_rows ? step->table.n_rows - 1 : 0;
    if (width == 0)
        fake->n_rows = 0;
    fake->rows = arena_array(&tck.arena, fake->n_rows * width + 1, sizeof *fake->rows);
    for (size_t i = 0; i < fake->n_rows * width; i++)
        TRY(literal(&fake->rows[i], step->table.items[width + i]));
    tck.items[tck.procedures.n] = &fake->procedure;
    tck.procedures.items = tck.items;
    tck.procedures.n++;
    return STATUS_OK;
}
