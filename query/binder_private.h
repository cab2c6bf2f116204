/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the binder share. */

#include "query/binder.h"
#include "query/expr_walk.h"
#include "query/function.h"

#define BOOL_NULL (TYPE_BIT(VALUE_BOOL) | TYPE_BIT(VALUE_NULL))

struct binding {
    struct slice name;
    uint32_t slot;
    struct static_type type;
};

struct binder {
    struct query_ast *ast; /* the outermost query, which owns slots, names and parameters */
    struct arena *arena;
    const struct bind_options *options;
    struct binding *scope; /* visible variables; later ones hide earlier ones */
    size_t n, capacity;
    size_t names_capacity, parameters_capacity;
    struct slice *names, *parameters;
    bool constants_only;   /* SKIP and LIMIT: no variables */
    unsigned subqueries;   /* depth of EXISTS { } and its kin */
};

/* What may stand at the place of an expression. */
struct place {
    bool predicate;    /* a pattern may stand here as a truth value */
    bool aggregates;   /* count() and its kin may */
    bool in_aggregate; /* inside one */
};

/* A SyntaxError of `detail` at the span; bind_typed_error(): another type of error. */
enum status bind_error(struct binder *binder, struct text_span span, const char *detail,
                       const char *format, ...) PRINTF_LIKE(4, 5);
enum status bind_typed_error(struct binder *binder, const char *type, struct text_span span,
                             const char *detail, const char *format, ...) PRINTF_LIKE(5, 6);
/* The visible variable of that name, or NULL; lent until one is added. */
struct binding *bind_lookup(struct binder *binder, struct slice name);
/* A new variable with a slot of its own; bind_scope_add(): with the slot it has already. */
enum status bind_add(uint32_t *slot, struct binder *binder, struct slice name,
                     struct static_type type);
enum status bind_scope_add(struct binder *binder, struct binding binding);
uint32_t bind_new_slot(struct binder *binder);
/* The number of a name of a label, type or property; each has one. */
enum status bind_name(uint32_t *index, struct binder *binder, struct slice name);
enum status bind_labels(struct binder *binder, struct label_expr *labels);
/* Slots, functions and types of the expression and all in it; what can't be right is an error. */
enum status bind_expr(struct binder *binder, struct expr *expr, struct place place);
/* A condition: must be able to be a truth value. */
enum status bind_where(struct binder *binder, struct expr *where);
/* Variables of a pattern to be matched; as a `predicate` it brings no new ones. */
enum status bind_match(struct binder *binder, struct graph_pattern *pattern, bool predicate);
enum status bind_create(struct binder *binder, struct graph_pattern *pattern, bool merge);
enum status bind_projection(struct binder *binder, struct clause *clause);
enum status bind_parts(struct binder *binder, struct query_ast *ast);
/* Whether a value of that static type can be of one of the types in `mask`, or null. */
bool type_may_be(struct static_type type, uint32_t mask);

static inline struct static_type type_of(uint32_t mask)
{
    return (struct static_type){ mask, TYPE_ANY };
}

/* Forms of expressions (binder_form.c), and what they need. */
enum status bind_comprehension(struct binder *binder, struct expr *expr, struct place place);
enum status bind_quantifier(struct binder *binder, struct expr *expr, struct place place);
enum status bind_reduce(struct binder *binder, struct expr *expr, struct place place);
enum status bind_pattern_predicate(struct binder *binder, struct expr *expr, struct place place);
enum status bind_pattern_comprehension(struct binder *binder, struct expr *expr,
                                       struct place place);
enum status bind_subquery(struct binder *binder, struct expr *expr);
enum status bind_shortest(struct binder *binder, struct expr *expr);
enum status bind_require(struct binder *binder, const struct expr *expr, uint32_t mask,
                         const char *wanted);
