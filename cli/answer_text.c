/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/answer_text.h"

#include "base/json.h"
#include "base/text.h"

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

#define KEYS_SHOWN 4 /* of one label in one reason's evidence */

static bool is_first_of_label(const struct value *nodes, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (slice_equal(text_of(&nodes[i], SLICE("label")), text_of(&nodes[at], SLICE("label"))))
            return false;
    return true;
}

/* The nodes of the label that the one at `at` has, by their keys. */
static enum status print_label(struct output *output, const struct value *nodes, uint32_t n,
                               uint32_t at)
{
    struct slice label = text_of(&nodes[at], SLICE("label"));
    uint32_t count = 0;

    TRY(output_printf(output, "          %.*s", TEXT(label)));
    for (uint32_t i = at; i < n; i++) {
        if (!slice_equal(text_of(&nodes[i], SLICE("label")), label))
            continue;
        if (count < KEYS_SHOWN)
            TRY(output_printf(output, "%s %.*s", count ? "," : "",
                              TEXT(text_of(&nodes[i], SLICE("key")))));
        count++;
    }
    if (count > KEYS_SHOWN)
        TRY(output_printf(output, " and %u more", count - KEYS_SHOWN));
    return output_text(output, SLICE("\n"));
}

static enum status print_evidence(struct output *output, const struct value *reason)
{
    const struct value *evidence = value_find(reason, SLICE("evidence"));
    struct slice ring = text_of(reason, SLICE("ring")), source = text_of(reason, SLICE("source"));
    const struct value *nodes;
    uint32_t n_nodes, n_edges;

    if (!evidence || evidence->type != VALUE_MAP)
        return STATUS_OK;
    nodes = list_of(&n_nodes, evidence, SLICE("nodes"));
    (void)list_of(&n_edges, evidence, SLICE("edges"));
    TRY(output_printf(output, "        evidence (%.*s): %u node%s, %u edge%s%s%.*s\n", TEXT(source),
                      n_nodes, text_s(n_nodes), n_edges, text_s(n_edges),
                      ring.size ? "; ring " : "", TEXT(ring)));
    for (uint32_t i = 0; i < n_nodes; i++)
        if (is_first_of_label(nodes, i))
            TRY(print_label(output, nodes, n_nodes, i));
    return STATUS_OK;
}

static enum status print_reason(struct output *output, const struct value *reason)
{
    struct slice level = text_of(reason, SLICE("level")), code = text_of(reason, SLICE("code"));
    struct slice text = text_of(reason, SLICE("text")), note = text_of(reason, SLICE("note"));

    TRY(output_printf(output, "  %+4" PRId64 "  %-9.*s  %.*s: %.*s%s%.*s\n",
                      int_of(reason, SLICE("points")), TEXT(level), TEXT(code), TEXT(text),
                      note.size ? ": " : "", TEXT(note)));
    return print_evidence(output, reason);
}

/* Signals that do not count, because a person said so. */
static enum status print_allowed(struct output *output, const struct value *answer)
{
    uint32_t n;
    const struct value *list = list_of(&n, answer, SLICE("allowed"));

    for (uint32_t i = 0; i < n; i++) {
        const struct value *subject = value_find(&list[i], SLICE("subject"));
        struct slice until = text_of(&list[i], SLICE("until"));

        if (!subject || subject->type != VALUE_MAP)
            continue;
        TRY(output_printf(output, "  allowed: %.*s of %.*s %.*s, %" PRId64
                                  " points, by %.*s%s%.*s: %.*s\n",
                          TEXT(text_of(&list[i], SLICE("code"))),
                          TEXT(text_of(subject, SLICE("label"))),
                          TEXT(text_of(subject, SLICE("key"))), int_of(&list[i], SLICE("points")),
                          TEXT(text_of(&list[i], SLICE("by"))), until.size ? " until " : "",
                          TEXT(until), TEXT(text_of(&list[i], SLICE("reason")))));
    }
    return STATUS_OK;
}

static enum status print_hubs(struct output *output, const struct value *answer)
{
    uint32_t n;
    const struct value *hubs = list_of(&n, answer, SLICE("suppressed_hubs"));

    for (uint32_t i = 0; i < n; i++) {
        struct slice label = text_of(&hubs[i], SLICE("label"));
        struct slice key = text_of(&hubs[i], SLICE("key"));
        struct slice class_name = text_of(&hubs[i], SLICE("class"));

        TRY(output_printf(output, "  not held against anybody: %.*s %.*s, shared by %" PRId64
                                  "%s%.*s\n",
                          TEXT(label), TEXT(key), int_of(&hubs[i], SLICE("degree")),
                          class_name.size ? ", class " : "", TEXT(class_name)));
    }
    return STATUS_OK;
}

/* A list of texts behind words, where there are any. */
static enum status print_texts(struct output *output, const struct value *answer, struct slice key,
                               const char *words)
{
    uint32_t n;
    const struct value *texts = list_of(&n, answer, key);

    if (!n)
        return STATUS_OK;
    TRY(output_printf(output, "  %s", words));
    for (uint32_t i = 0; i < n; i++)
        TRY(output_printf(output, "%s %.*s", i ? "," : "", TEXT(value_slice(&texts[i]))));
    return output_text(output, SLICE("\n"));
}

static enum status print_foot(struct output *output, const struct value *answer)
{
    struct slice id = text_of(answer, SLICE("decision_id"));
    struct slice policy = text_of(answer, SLICE("policy"));
    struct slice override = text_of(answer, SLICE("override"));

    return output_printf(output, "  decision %.*s by %.*s%s%.*s, %" PRId64 " us\n", TEXT(id),
                         TEXT(policy), override.size ? ", override " : "", TEXT(override),
                         int_of(answer, SLICE("elapsed_us")));
}

static enum status print_head(struct output *output, const struct value *answer)
{
    struct slice id = text_of(answer, SLICE("application_id"));
    struct slice decision = text_of(answer, SLICE("decision"));
    struct slice level = text_of(answer, SLICE("level"));
    int64_t score = int_of(answer, SLICE("score"));
    int64_t natural = int_of(answer, SLICE("natural_score"));

    TRY(output_printf(output, "%.*s: %.*s, score %" PRId64, TEXT(id), TEXT(decision), score));
    if (natural != score)
        TRY(output_printf(output, " (%" PRId64 " without allow entries)", natural));
    return output_printf(output, "%s%.*s\n", level.size ? ", " : "", TEXT(level));
}

static enum status print_answer(struct output *output, const struct value *answer)
{
    uint32_t n;
    const struct value *reasons = list_of(&n, answer, SLICE("reasons"));

    TRY(print_head(output, answer));
    for (uint32_t i = 0; i < n; i++)
        TRY(print_reason(output, &reasons[i]));
    TRY(print_allowed(output, answer));
    TRY(print_hubs(output, answer));
    if (is_true(answer, SLICE("truncated")))
        TRY(output_text(output, SLICE("  truncated: a probe reached its read budget\n")));
    TRY(print_texts(output, answer, SLICE("skipped"), "partial: the deadline left out"));
    TRY(print_texts(output, answer, SLICE("ignored"), "ignored, for there is no such field:"));
    return print_foot(output, answer);
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
