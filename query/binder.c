/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding of clauses and whole queries. */
#include "query/binder_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Errors, scope, names ---------------------------------------------------------------- */

static enum status raise(struct binder *binder, struct query_error error, const char *format,
                         va_list args)
{
    char message[384];

    vsnprintf(message, sizeof message, format, args);
    return query_fail(binder->ast->text, error, "%s", message);
}

enum status bind_error(struct binder *binder, struct text_span span, const char *detail,
                       const char *format, ...)
{
    struct query_error error = { "SyntaxError", detail, QUERY_COMPILE, span };
    enum status status;
    va_list args;

    va_start(args, format);
    status = raise(binder, error, format, args);
    va_end(args);
    return status;
}

enum status bind_typed_error(struct binder *binder, const char *type, struct text_span span,
                             const char *detail, const char *format, ...)
{
    struct query_error error = { type, detail, QUERY_COMPILE, span };
    enum status status;
    va_list args;

    va_start(args, format);
    status = raise(binder, error, format, args);
    va_end(args);
    return status;
}

struct binding *bind_lookup(struct binder *binder, struct slice name)
{
    for (size_t i = binder->n; i > 0; i--)
        if (slice_equal(binder->scope[i - 1].name, name) && name.size)
            return &binder->scope[i - 1];
    return NULL;
}

uint32_t bind_new_slot(struct binder *binder)
{
    return binder->ast->n_slots++;
}

enum status bind_scope_add(struct binder *binder, struct binding binding)
{
    TRY(array_reserve(&binder->scope, &binder->capacity, binder->n + 1));
    binder->scope[binder->n++] = binding;
    return STATUS_OK;
}

enum status bind_add(uint32_t *slot, struct binder *binder, struct slice name,
                     struct static_type type)
{
    *slot = bind_new_slot(binder);
    return bind_scope_add(binder, (struct binding){ name, *slot, type });
}

enum status bind_name(uint32_t *index, struct binder *binder, struct slice name)
{
    struct query_ast *ast = binder->ast;

    for (uint32_t i = 0; i < ast->n_names; i++)
        if (slice_equal(binder->names[i], name)) {
            *index = i;
            return STATUS_OK;
        }
    TRY(array_reserve(&binder->names, &binder->names_capacity, (size_t)ast->n_names + 1));
    *index = ast->n_names;
    binder->names[ast->n_names++] = name;
    return STATUS_OK;
}

/* ---- Clauses ----------------------------------------------------------------------------- */

static enum status keep_introduced(struct binder *binder, struct clause *clause, size_t first)
{
    size_t n = binder->n - first;

    clause->introduced = arena_array(binder->arena, n + 1, sizeof *clause->introduced);
    if (!clause->introduced)
        return STATUS_NO_MEMORY;
    clause->n_introduced = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        clause->introduced[i] = binder->scope[first + i].slot;
    return STATUS_OK;
}

static enum status bind_match_clause(struct binder *binder, struct clause *clause)
{
    size_t first = binder->n;

    TRY(bind_match(binder, clause->pattern, false));
    if (clause->pattern->where)
        TRY(bind_where(binder, clause->pattern->where));
    return keep_introduced(binder, clause, first);
}

static enum status bind_unwind(struct binder *binder, struct clause *clause)
{
    const struct place nowhere = { 0 };
    struct expr *list = clause->exprs[0];
    struct static_type type = { TYPE_ANY, TYPE_ANY };

    TRY(bind_expr(binder, list, nowhere));
    if (bind_lookup(binder, clause->name))
        return bind_error(binder, clause->name_span, "VariableAlreadyBound",
                          "`%.*s` has a value already", (int)clause->name.size,
                          (const char *)clause->name.data);
    if (list->type.mask == TYPE_BIT(VALUE_LIST))
        type.mask = list->type.items;
    return bind_add(&clause->slot, binder, clause->name, type);
}

static enum status check_stored_type(struct binder *binder, const struct expr *value)
{
    uint32_t no = TYPE_BIT(VALUE_MAP) | TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_EDGE) |
                  TYPE_BIT(VALUE_PATH);
    bool bad = value->type.mask && (value->type.mask & ~no) == 0;

    if (value->type.mask == TYPE_BIT(VALUE_LIST) && value->type.items != TYPE_ANY &&
        (value->type.items & no))
        bad = true;
    if (!bad)
        return STATUS_OK;
    return bind_typed_error(binder, "TypeError", value->span, "InvalidPropertyType",
                            "maps, nodes, relationships and paths can't be stored as a property");
}

static enum status bind_set_item(struct binder *binder, struct set_item *item)
{
    const struct place nowhere = { 0 };
    const uint32_t entity = TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_EDGE);

    TRY(bind_expr(binder, item->target, nowhere));
    if (!type_may_be(item->target->type, entity))
        return bind_error(binder, item->target->span, "InvalidArgumentType",
                          "expected a node or a relationship");
    if (item->key)
        TRY(bind_expr(binder, item->key, nowhere));
    TRY(bind_labels(binder, item->labels));
    if (!item->value)
        return STATUS_OK;
    TRY(bind_expr(binder, item->value, nowhere));
    if (item->kind == SET_PROPERTY)
        return check_stored_type(binder, item->value);
    if (!type_may_be(item->value->type, entity | TYPE_BIT(VALUE_MAP)))
        return bind_error(binder, item->value->span, "InvalidArgumentType",
                          "expected a map, a node or a relationship");
    return STATUS_OK;
}

static enum status bind_set_list(struct binder *binder, struct set_list *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        TRY(bind_set_item(binder, &list->items[i]));
    return STATUS_OK;
}

static enum status bind_merge(struct binder *binder, struct clause *clause)
{
    TRY(bind_create(binder, clause->pattern, true));
    TRY(bind_set_list(binder, &clause->on_match));
    return bind_set_list(binder, &clause->on_create);
}

static enum status bind_delete(struct binder *binder, struct clause *clause)
{
    const struct place nowhere = { 0 };
    const uint32_t entity = TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_EDGE) | TYPE_BIT(VALUE_PATH);

    for (uint32_t i = 0; i < clause->n_exprs; i++) {
        struct expr *expr = clause->exprs[i];

        if (expr->kind == EXPR_HAS_LABELS)
            return bind_error(binder, expr->span, "InvalidDelete",
                              "DELETE takes nodes and relationships; labels go with REMOVE");
        TRY(bind_expr(binder, expr, nowhere));
        if (!type_may_be(expr->type, entity))
            return bind_error(binder, expr->span, "InvalidArgumentType",
                              "DELETE takes nodes, relationships and paths");
    }
    return STATUS_OK;
}

/* ---- CALL -------------------------------------------------------------------------------- */

/* CALL name without parentheses: each argument is the parameter of its name. */
static enum status implicit_arguments(struct binder *binder, struct clause *clause)
{
    const struct procedure *procedure = clause->procedure;

    if (!clause->standalone)
        return bind_error(binder, clause->name_span, "InvalidArgumentPassingMode",
                          "write the arguments of %s in parentheses", procedure->name);
    clause->exprs = arena_array(binder->arena, procedure->n_args + 1, sizeof *clause->exprs);
    if (!clause->exprs)
        return STATUS_NO_MEMORY;
    clause->n_exprs = (uint32_t)procedure->n_args;
    for (size_t i = 0; i < procedure->n_args; i++) {
        struct expr *expr = arena_new(binder->arena, struct expr);
        struct slice name = slice_str(procedure->args[i].name);

        if (!expr)
            return STATUS_NO_MEMORY;
        if (binder->options->parameters && !value_find(binder->options->parameters, name))
            return bind_typed_error(binder, "ParameterMissing", clause->name_span,
                                    "MissingParameter", "%s needs the parameter $%s",
                                    procedure->name, procedure->args[i].name);
        expr->kind = EXPR_PARAMETER;
        expr->name = name;
        expr->span = clause->name_span;
        expr->slot = expr->slot2 = NO_SLOT;
        clause->exprs[i] = expr;
    }
    return STATUS_OK;
}

static enum status bind_call_arguments(struct binder *binder, struct clause *clause)
{
    const struct procedure *procedure = clause->procedure;
    const struct place nowhere = { 0 };

    if (clause->implicit)
        TRY(implicit_arguments(binder, clause));
    if (clause->n_exprs != procedure->n_args)
        return bind_error(binder, clause->name_span, "InvalidNumberOfArguments",
                          "%s takes %zu arguments, not %u", procedure->name, procedure->n_args,
                          clause->n_exprs);
    for (uint32_t i = 0; i < clause->n_exprs; i++) {
        uint32_t types = procedure->args[i].types;

        TRY(bind_expr(binder, clause->exprs[i], nowhere));
        /* An integer passes for a float. */
        if (types & TYPE_BIT(VALUE_FLOAT))
            types |= TYPE_BIT(VALUE_INT);
        if (!type_may_be(clause->exprs[i]->type, types))
            return bind_error(binder, clause->exprs[i]->span, "InvalidArgumentType",
                              "argument %s of %s has another type", procedure->args[i].name,
                              procedure->name);
    }
    return STATUS_OK;
}

static enum status yield_all(struct binder *binder, struct clause *clause)
{
    const struct procedure *procedure = clause->procedure;

    clause->yields = arena_array(binder->arena, procedure->n_columns + 1, sizeof *clause->yields);
    if (!clause->yields)
        return STATUS_NO_MEMORY;
    clause->n_yields = (uint32_t)procedure->n_columns;
    for (uint32_t i = 0; i < clause->n_yields; i++) {
        struct slice name = slice_str(procedure->columns[i].name);
        clause->yields[i] =
            (struct yield_item){ .field = name, .name = name, .span = clause->name_span };
    }
    return STATUS_OK;
}

static enum status bind_yield(struct binder *binder, struct clause *clause,
                              struct yield_item *item)
{
    const struct procedure *procedure = clause->procedure;

    for (item->column = 0; item->column < procedure->n_columns; item->column++)
        if (slice_equal(slice_str(procedure->columns[item->column].name), item->field))
            break;
    if (item->column == procedure->n_columns)
        return bind_error(binder, item->span, "UndefinedVariable", "%s has no column `%.*s`",
                          procedure->name, (int)item->field.size, (const char *)item->field.data);
    if (bind_lookup(binder, item->name))
        return bind_error(binder, item->span, "VariableAlreadyBound", "`%.*s` has a value already",
                          (int)item->name.size, (const char *)item->name.data);
    return bind_add(&item->slot, binder, item->name,
                    type_of(procedure->columns[item->column].types | TYPE_BIT(VALUE_NULL)));
}

static enum status bind_call_clause(struct binder *binder, struct clause *clause)
{
    clause->procedure = procedure_find(binder->options->procedures, clause->name);
    if (!clause->procedure)
        return bind_typed_error(binder, "ProcedureError", clause->name_span, "ProcedureNotFound",
                                "there is no procedure %.*s", (int)clause->name.size,
                                (const char *)clause->name.data);
    if (clause->yield_star && !clause->standalone)
        return bind_error(binder, clause->span, "UnexpectedSyntax",
                          "YIELD * can only stand in a CALL of its own; name the columns");
    TRY(bind_call_arguments(binder, clause));
    if (clause->yield_star || (clause->standalone && !clause->has_yield))
        TRY(yield_all(binder, clause));
    for (uint32_t i = 0; i < clause->n_yields; i++)
        TRY(bind_yield(binder, clause, &clause->yields[i]));
    return clause->where ? bind_where(binder, clause->where) : STATUS_OK;
}

/* ---- Linear queries ---------------------------------------------------------------------- */

static bool is_update(const struct clause *clause)
{
    return clause->kind == CLAUSE_CREATE || clause->kind == CLAUSE_MERGE ||
           clause->kind == CLAUSE_SET || clause->kind == CLAUSE_DELETE;
}

static enum status bind_clause(struct binder *binder, struct clause *clause)
{
    if (is_update(clause)) {
        binder->ast->writes = true;
        if (binder->subqueries)
            return bind_error(binder, clause->span, "InvalidClauseComposition",
                              "a subquery can't change the graph");
    }
    switch (clause->kind) {
    case CLAUSE_MATCH:
        return bind_match_clause(binder, clause);
    case CLAUSE_UNWIND:
        return bind_unwind(binder, clause);
    case CLAUSE_WITH:
    case CLAUSE_RETURN:
        return bind_projection(binder, clause);
    case CLAUSE_CREATE:
        return bind_create(binder, clause->pattern, false);
    case CLAUSE_MERGE:
        return bind_merge(binder, clause);
    case CLAUSE_SET:
        return bind_set_list(binder, &clause->set);
    case CLAUSE_DELETE:
        return bind_delete(binder, clause);
    case CLAUSE_CALL:
        return bind_call_clause(binder, clause);
    }
    return STATUS_OK;
}

static enum status check_composition(struct binder *binder, const struct linear_query *part)
{
    const struct clause *last = part->clauses[part->n_clauses - 1];

    for (uint32_t i = 0; i + 1 < part->n_clauses; i++)
        if (part->clauses[i]->kind == CLAUSE_RETURN)
            return bind_error(binder, part->clauses[i]->span, "InvalidClauseComposition",
                              "RETURN must be the last clause");
    if (binder->subqueries || is_update(last) || last->kind == CLAUSE_RETURN ||
        last->kind == CLAUSE_CALL)
        return STATUS_OK;
    return bind_error(binder, last->span, "InvalidClauseComposition",
                      "a query can't end with this clause; add RETURN");
}

/* The columns of a part: those of its RETURN, or of a CALL that stands alone. */
static enum status part_columns(struct binder *binder, const struct linear_query *part,
                                struct query_ast *out)
{
    const struct clause *last = part->clauses[part->n_clauses - 1];
    uint32_t n = last->kind == CLAUSE_RETURN                      ? last->projection->n_items
                 : last->kind == CLAUSE_CALL && last->standalone ? last->n_yields
                                                                  : 0;

    out->n_columns = n;
    out->columns = arena_array(binder->arena, (size_t)n + 1, sizeof *out->columns);
    out->column_slots = arena_array(binder->arena, (size_t)n + 1, sizeof *out->column_slots);
    out->column_types = arena_array(binder->arena, (size_t)n + 1, sizeof *out->column_types);
    if (!out->columns || !out->column_slots || !out->column_types)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        if (last->kind == CLAUSE_RETURN) {
            out->columns[i] = last->projection->items[i].name;
            out->column_slots[i] = last->projection->items[i].slot;
            out->column_types[i] = last->projection->items[i].expr->type;
        } else {
            out->columns[i] = last->yields[i].name;
            out->column_slots[i] = last->yields[i].slot;
            out->column_types[i] = type_of(TYPE_ANY);
        }
    }
    return STATUS_OK;
}

static enum status check_union(struct binder *binder, const struct query_ast *ast,
                               const struct query_ast *columns, const struct clause *clause)
{
    bool same = ast->n_columns == columns->n_columns;

    for (uint32_t i = 0; same && i < ast->n_columns; i++)
        same = slice_equal(ast->columns[i], columns->columns[i]);
    if (same)
        return STATUS_OK;
    return bind_error(binder, clause->span, "DifferentColumnsInUnion",
                      "the parts of a UNION must return the same columns");
}

static enum status bind_linear(struct binder *binder, const struct linear_query *part)
{
    TRY(check_composition(binder, part));
    if (part->n_clauses == 1 && !binder->subqueries)
        part->clauses[0]->standalone = true;
    for (uint32_t i = 0; i < part->n_clauses; i++)
        TRY(bind_clause(binder, part->clauses[i]));
    return STATUS_OK;
}

enum status bind_parts(struct binder *binder, struct query_ast *ast)
{
    size_t outer = binder->n;
    struct binding *saved = NULL;

    /* WITH and RETURN replace the scope: each part starts again from the outer one. */
    saved = arena_array(binder->arena, outer + 1, sizeof *saved);
    if (!saved)
        return STATUS_NO_MEMORY;
    if (outer)
        memcpy(saved, binder->scope, outer * sizeof *saved);
    for (uint32_t i = 0; i < ast->n_parts; i++) {
        struct linear_query *part = &ast->parts[i];
        struct query_ast columns = { 0 };

        TRY(bind_linear(binder, part));
        TRY(part_columns(binder, part, i ? &columns : ast));
        if (i)
            TRY(check_union(binder, ast, &columns, part->clauses[part->n_clauses - 1]));
        if (ast->n_parts > 1 && part->clauses[part->n_clauses - 1]->kind != CLAUSE_RETURN &&
            !binder->subqueries)
            return bind_error(binder, part->clauses[part->n_clauses - 1]->span,
                              "InvalidClauseComposition", "each part of a UNION ends with RETURN");
        TRY(array_reserve(&binder->scope, &binder->capacity, outer + 1));
        if (outer)
            memcpy(binder->scope, saved, outer * sizeof *saved);
        binder->n = outer;
    }
    return STATUS_OK;
}

static enum status keep_tables(struct binder *binder)
{
    struct query_ast *ast = binder->ast;

    ast->names = arena_array(binder->arena, (size_t)ast->n_names + 1, sizeof *ast->names);
    ast->parameters =
        arena_array(binder->arena, (size_t)ast->n_parameters + 1, sizeof *ast->parameters);
    if (!ast->names || !ast->parameters)
        return STATUS_NO_MEMORY;
    if (ast->n_names)
        memcpy(ast->names, binder->names, ast->n_names * sizeof *ast->names);
    if (ast->n_parameters)
        memcpy(ast->parameters, binder->parameters, ast->n_parameters * sizeof *ast->parameters);
    return STATUS_OK;
}

enum status query_bind(struct query_ast *ast, struct arena *arena,
                       const struct bind_options *options)
{
    static const struct bind_options none = { 0 };
    struct binder binder = { .ast = ast, .arena = arena, .options = options ? options : &none };
    enum status status = bind_parts(&binder, ast);

    if (status == STATUS_OK)
        status = keep_tables(&binder);
    free(binder.scope);
    free(binder.names);
    free(binder.parameters);
    return status;
}
