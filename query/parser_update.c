/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CREATE, MERGE, SET, REMOVE and DELETE. */
#include "query/parser_private.h"

#include <stdlib.h>

enum status parse_create(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_CREATE);

    if (!clause)
        return STATUS_NO_MEMORY;
    parser->at++;
    return parse_pattern(&clause->pattern, parser);
}

/* What SET and REMOVE act on: a label set, or the target of the rest. */
static enum status parse_set_target(struct set_item *item, struct parser *parser)
{
    item->span.start = peek(parser)->span.start;
    TRY(parse_postfix(&item->target, parser));
    if (!at_punct(parser, P_COLON))
        return STATUS_OK;
    item->kind = SET_LABELS;
    if (item->target->kind != EXPR_VARIABLE)
        return parser_fail(parser, item->target->span, "UnexpectedSyntax",
                           "labels are set on a variable");
    return parse_plain_labels(&item->labels, parser);
}

/* Whether the target is entity.key or entity[key]: then `target` and `key` are its two sides. */
static enum status split_target(struct set_item *item, struct parser *parser, enum set_kind kind)
{
    struct expr *target = item->target, *key;

    if (target->kind == EXPR_INDEX) {
        item->kind = kind;
        item->key = target->items[1];
        item->target = target->items[0];
        return STATUS_OK;
    }
    if (target->kind != EXPR_PROPERTY)
        return target->kind == EXPR_VARIABLE
                   ? STATUS_OK
                   : parser_fail(parser, target->span, "UnexpectedSyntax",
                                 "expected a variable or a property of one");
    key = parser_node(parser, EXPR_LITERAL, target->span.start, 0);
    if (!key)
        return STATUS_NO_MEMORY;
    key->span = target->span;
    key->literal = value_text(target->name);
    item->kind = kind;
    item->key = key;
    item->target = target->items[0];
    return STATUS_OK;
}

/* target:Label, target = map, target += map, or target.key = value. */
static enum status parse_set_item(struct set_item *item, struct parser *parser)
{
    TRY(parse_set_target(item, parser));
    if (item->kind == SET_LABELS)
        return STATUS_OK;
    if (accept(parser, P_PLUS_EQUAL)) {
        item->kind = SET_MERGE;
        if (item->target->kind != EXPR_VARIABLE)
            return parser_fail(parser, item->target->span, "UnexpectedSyntax",
                               "+= takes a variable on its left");
        return parse_expr(&item->value, parser);
    }
    TRY(parser_expect(parser, P_EQUAL, "'=', '+=' or ':'"));
    item->kind = SET_REPLACE;
    TRY(split_target(item, parser, SET_PROPERTY));
    return parse_expr(&item->value, parser);
}

static enum status parse_set_list(struct set_list *out, struct parser *parser)
{
    AUTO(list_fini) struct list list = { 0 };

    TRY(parser_expect_keyword(parser, KW_SET));
    do {
        struct set_item *item = arena_new(parser->arena, struct set_item);

        if (!item)
            return STATUS_NO_MEMORY;
        TRY(parse_set_item(item, parser));
        item->span.end = parser_end(parser);
        TRY(list_add(&list, item));
    } while (accept(parser, P_COMMA));
    return list_flatten(&out->items, &out->n, &list, parser->arena, sizeof *out->items);
}

static enum status parse_remove_item(struct set_item *item, struct parser *parser)
{
    TRY(parse_set_target(item, parser));
    item->span.end = parser_end(parser);
    if (item->kind == SET_LABELS) {
        item->kind = REMOVE_LABELS;
        return STATUS_OK;
    }
    item->kind = SET_REPLACE;
    TRY(split_target(item, parser, REMOVE_PROPERTY));
    if (item->kind != REMOVE_PROPERTY)
        return parser_fail(parser, item->span, "UnexpectedSyntax",
                           "expected what to remove: a.key or a:Label");
    return STATUS_OK;
}

static enum status parse_remove_list(struct set_list *out, struct parser *parser)
{
    AUTO(list_fini) struct list list = { 0 };

    do {
        struct set_item *item = arena_new(parser->arena, struct set_item);

        if (!item)
            return STATUS_NO_MEMORY;
        TRY(parse_remove_item(item, parser));
        TRY(list_add(&list, item));
    } while (accept(parser, P_COMMA));
    return list_flatten(&out->items, &out->n, &list, parser->arena, sizeof *out->items);
}

enum status parse_set(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_SET);

    if (!clause)
        return STATUS_NO_MEMORY;
    if (accept_keyword(parser, KW_REMOVE))
        return parse_remove_list(&clause->set, parser);
    return parse_set_list(&clause->set, parser);
}

static enum status append_set(struct set_list *list, struct parser *parser)
{
    struct set_list more;
    struct set_item *items;

    TRY(parse_set_list(&more, parser));
    items = arena_array(parser->arena, list->n + more.n, sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    if (list->n)
        memcpy(items, list->items, list->n * sizeof *items);
    memcpy(items + list->n, more.items, more.n * sizeof *items);
    *list = (struct set_list){ items, list->n + more.n };
    return STATUS_OK;
}

enum status parse_merge(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_MERGE);

    if (!clause)
        return STATUS_NO_MEMORY;
    parser->at++;
    TRY(parse_one_path(&clause->pattern, parser));
    while (accept_keyword(parser, KW_ON)) {
        bool create = at_keyword(parser, KW_CREATE);

        if (!create && !at_keyword(parser, KW_MATCH))
            return parser_expected(parser, "UnexpectedSyntax", "MATCH or CREATE after ON");
        parser->at++;
        TRY(append_set(create ? &clause->on_create : &clause->on_match, parser));
    }
    return STATUS_OK;
}

enum status parse_delete(struct clause **out, struct parser *parser)
{
    struct clause *clause = *out = parser_clause(parser, CLAUSE_DELETE);

    if (!clause)
        return STATUS_NO_MEMORY;
    clause->detach = accept_keyword(parser, KW_DETACH);
    TRY(parser_expect_keyword(parser, KW_DELETE));
    return parse_expr_list(clause, parser, P_NONE);
}
