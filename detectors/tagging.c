/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/tagging.h"

#include <stdlib.h>

_Static_assert((int)LEVEL_ALERT == (int)TAG_ALERT && (int)LEVEL_HINT == (int)TAG_HINT,
               "levels of findings are levels of tags");
_Static_assert(SCORE_ONE == TAG_SCORE_ONE, "scores of findings are scores of tags");

static int by_name(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

static struct value number_value(const struct number *number)
{
    double unit = 1;

    if (!number->decimals)
        return value_int(number->value);
    for (uint32_t i = 0; i < number->decimals; i++)
        unit *= 10;
    return value_float((double)number->value / unit);
}

enum status tagging_numbers(struct value *out, struct arena *arena,
                            const struct findings *findings, struct span span, const char *role)
{
    struct value_pair *pairs = arena_array(arena, (size_t)span.count + 1, sizeof *pairs);
    uint32_t n = 0;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < span.count; i++) {
        const struct number *number = &findings->numbers[span.first + i];
        char *name = arena_copy(arena, slice_str(number->name));

        if (!name)
            return STATUS_NO_MEMORY;
        pairs[n++] = (struct value_pair){ slice_str(name), number_value(number) };
    }
    if (role)
        pairs[n++] = (struct value_pair){ SLICE("role"), value_text(slice_str(role)) };
    if (n)
        qsort(pairs, n, sizeof *pairs, by_name);
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return STATUS_OK;
}

static enum status evidence(struct tag *tag, struct arena *arena, const struct findings *findings,
                            struct span span)
{
    struct tag_edge *edges = arena_array(arena, (size_t)span.count + 1, sizeof *edges);

    if (!edges)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < span.count; i++) {
        const struct evidence_edge *edge = &findings->edges[span.first + i];
        edges[i] = (struct tag_edge){ edge->from, edge->to, edge->type, edge->valid_from_us,
                                      edge->id };
    }
    tag->edges = edges;
    tag->n_edges = span.count;
    return STATUS_OK;
}

enum status tagging_tag(struct tag *out, struct arena *arena, const struct findings *findings,
                        const struct finding *finding)
{
    struct tag tag = {
        .subject = finding->subject,
        .code = slice_str(finding->code),
        .origin = TAG_DETECTOR,
        .level = (enum tag_level)finding->level,
        .score = finding->score,
        .state = TAG_PROPOSED,
        .text = finding->text ? slice_str(finding->text) : SLICE(""),
        .expires_us = TIME_MAX,
    };

    TRY(evidence(&tag, arena, findings, finding->edges));
    TRY(tagging_numbers(&tag.numbers, arena, findings, finding->numbers, finding->role));
    *out = tag;
    return STATUS_OK;
}
