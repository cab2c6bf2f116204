/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/answer_text.h"

#include "base/json.h"

#include <inttypes.h>

static struct slice text_of(const struct value *map, struct slice key)
{
    const struct value *value = value_find(map, key);

    return value && value->type == VALUE_STRING ? value_slice(value) : SLICE("");
}

static int64_t int_of(const struct value *map, struct slice key)
{
    const struct value *value = value_find(map, key);

    return value && value->type == VALUE_INT ? value->integer : 0;
}

static bool is_true(const struct value *map, struct slice key)
{
    const struct value *value = value_find(map, key);

    return value && value->type == VALUE_BOOL && value->boolean;
}

/* The items of a list under `key`, or none. */
static const struct value *list_of(uint32_t *n, const struct value *map, struct slice key)
{
    const struct value *value = value_find(map, key);

    *n = value && value->type == VALUE_LIST ? value->count : 0;
    return *n ? value->items : NULL;
}

#define TEXT(slice) (int)(slice).size, (const char *)(slice).data

static enum status print_reason(struct output *output, const struct value *reason)
{
    const struct value *evidence = value_find(reason, SLICE("evidence"));
    struct slice level = text_of(reason, SLICE("level")), code = text_of(reason, SLICE("code"));
    struct slice text = text_of(reason, SLICE("text")), ring = text_of(reason, SLICE("ring"));
    struct slice note = text_of(reason, SLICE("note"));
    uint32_t n_nodes = 0, n_edges = 0;

    TRY(output_printf(output, "  %+4" PRId64 "  %-9.*s  %.*s: %.*s%s%.*s\n",
                      int_of(reason, SLICE("points")), TEXT(level), TEXT(code), TEXT(text),
                      note.size ? ": " : "", TEXT(note)));
    if (evidence && evidence->type == VALUE_MAP) {
        (void)list_of(&n_nodes, evidence, SLICE("nodes"));
        (void)list_of(&n_edges, evidence, SLICE("edges"));
    }
    return output_printf(output, "        evidence: %u nodes, %u edges%s%.*s\n", n_nodes, n_edges,
                         ring.size ? "; ring " : "", TEXT(ring));
}

static enum status print_hubs(struct output *output, const struct value *answer)
{
    uint32_t n;
    const struct value *hubs = list_of(&n, answer, SLICE("suppressed_hubs"));

    for (uint32_t i = 0; i < n; i++) {
        struct slice label = text_of(&hubs[i], SLICE("label")), key = text_of(&hubs[i], SLICE("key"));
        struct slice class_name = text_of(&hubs[i], SLICE("class"));

        TRY(output_printf(output, "  not held against anybody: %.*s %.*s, shared by %" PRId64
                                  "%s%.*s\n",
                          TEXT(label), TEXT(key), int_of(&hubs[i], SLICE("degree")),
                          class_name.size ? ", class " : "", TEXT(class_name)));
    }
    return STATUS_OK;
}

static enum status print_answer(struct output *output, const struct value *answer)
{
    struct slice id = text_of(answer, SLICE("application_id"));
    struct slice decision = text_of(answer, SLICE("decision"));
    struct slice level = text_of(answer, SLICE("level"));
    int64_t score = int_of(answer, SLICE("score"));
    int64_t natural = int_of(answer, SLICE("natural_score"));
    uint32_t n;
    const struct value *reasons = list_of(&n, answer, SLICE("reasons"));

    TRY(output_printf(output, "%.*s: %.*s, score %" PRId64 "%s%.*s\n", TEXT(id), TEXT(decision),
                      score, level.size ? ", " : "", TEXT(level)));
    for (uint32_t i = 0; i < n; i++)
        TRY(print_reason(output, &reasons[i]));
    if (natural != score)
        TRY(output_printf(output, "  allowed in part: %" PRId64 " without allow entries\n", natural));
    TRY(print_hubs(output, answer));
    if (is_true(answer, SLICE("truncated")))
        TRY(output_text(output, SLICE("  truncated: a probe reached its read budget\n")));
    if (is_true(answer, SLICE("partial")))
        TRY(output_text(output, SLICE("  partial: whole probes were left out\n")));
    return output_printf(output, "  %" PRId64 " us\n", int_of(answer, SLICE("elapsed_us")));
}

/* The answer to a line that was no application. */
static enum status print_error(struct output *output, const struct value *answer)
{
    struct slice error = text_of(answer, SLICE("error"));

    return output_printf(output, "line %" PRId64 ": %.*s\n", int_of(answer, SLICE("line")),
                         TEXT(error));
}

enum status answer_print(struct output *output, struct slice json)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value answer;

    TRY(json_parse(&answer, &arena, json, NULL));
    if (answer.type != VALUE_MAP || !value_find(&answer, SLICE("decision")))
        return print_error(output, &answer);
    return print_answer(output, &answer);
}
