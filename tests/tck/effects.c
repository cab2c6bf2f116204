/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Side effects: what the graph holds before and after, compared line by line. */
#include "tests/tck/tck.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/emit.h"

static enum status line_add(struct snapshot *snapshot, struct buf *line)
{
    const char *text;

    TRY(array_reserve(&snapshot->lines, &snapshot->capacity, snapshot->n + 1));
    TRY(buf_string(&text, line));
    snapshot->lines[snapshot->n++] = strdup(text);
    buf_clear(line);
    return STATUS_OK;
}

static enum status properties_add(struct snapshot *out, struct buf *line, char kind, uint64_t id,
                                  const struct value *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        struct emit emit = emit_start(line);

        TRY(buf_printf(line, "%c%llu %.*s ", kind, (unsigned long long)id,
                       (int)map->pairs[i].key.size, (const char *)map->pairs[i].key.data));
        emit_value(&emit, &map->pairs[i].value);
        TRY(emit_finish(&emit));
        TRY(line_add(out, line));
    }
    return STATUS_OK;
}

static enum status edges_add(struct snapshot *out, struct buf *line, const struct node *node)
{
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };

    for (edge_iter_start(&it, tck.txn, node, &scan); edge_iter_next(&it);) {
        struct value map;

        TRY(buf_printf(line, "%llu", (unsigned long long)it.edge.id.value));
        TRY(line_add(&out[EFFECT_EDGES], line));
        TRY(edge_properties(&map, &tck.arena, tck.txn, &it.edge));
        TRY(properties_add(&out[EFFECT_PROPERTIES], line, 'r', it.edge.id.value, &map));
    }
    return it.status;
}

int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void unique_lines(struct snapshot *snapshot)
{
    size_t kept = 0;

    if (snapshot->n)
        qsort(snapshot->lines, snapshot->n, sizeof *snapshot->lines, by_line);
    for (size_t i = 0; i < snapshot->n; i++) {
        if (kept && strcmp(snapshot->lines[kept - 1], snapshot->lines[i]) == 0)
            free(snapshot->lines[i]);
        else
            snapshot->lines[kept++] = snapshot->lines[i];
    }
    snapshot->n = kept;
}

enum status take_snapshot(struct snapshot out[N_EFFECTS])
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    AUTO(buf_fini) struct buf line = { 0 };

    for (node_iter_start(&it, tck.txn, 0); node_iter_next(&it);) {
        struct value map;

        TRY(buf_printf(&line, "%llu", (unsigned long long)it.node.id.value));
        TRY(line_add(&out[EFFECT_NODES], &line));
        for (uint32_t i = 0; i < it.node.n_labels; i++) {
            TRY(buf_printf(&line, "%u", it.node.labels[i]));
            TRY(line_add(&out[EFFECT_LABELS], &line));
        }
        TRY(node_properties(&map, &tck.arena, tck.txn, &it.node));
        TRY(properties_add(&out[EFFECT_PROPERTIES], &line, 'n', it.node.id.value, &map));
        TRY(edges_add(out, &line, &it.node));
    }
    for (int i = 0; i < N_EFFECTS; i++)
        unique_lines(&out[i]);
    return it.status;
}

static void snapshot_fini(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n; i++)
        free(snapshot->lines[i]);
    free(snapshot->lines);
    *snapshot = (struct snapshot){ 0 };
}

void snapshots_drop(void)
{
    for (int i = 0; i < N_EFFECTS; i++) {
        snapshot_fini(&tck.before[i]);
        snapshot_fini(&tck.after[i]);
    }
}

/* Lines of `a` that `b` does not have. */
static size_t missing(const struct snapshot *a, const struct snapshot *b)
{
    size_t n = 0;

    for (size_t i = 0, k = 0; i < a->n; i++) {
        while (k < b->n && strcmp(b->lines[k], a->lines[i]) < 0)
            k++;
        n += k == b->n || strcmp(b->lines[k], a->lines[i]) != 0;
    }
    return n;
}

enum outcome judge_effects(const struct cells *table)
{
    static const char *const names[] = { "nodes", "relationships", "labels", "properties" };
    enum status status = take_snapshot(tck.after);

    if (status != STATUS_OK) {
        why("the graph can't be read: %s", error_detail());
        return OUTCOME_ERRORED;
    }
    for (int effect = 0; effect < N_EFFECTS; effect++)
        for (int sign = 0; sign < 2; sign++) {
            size_t is = sign ? missing(&tck.before[effect], &tck.after[effect])
                             : missing(&tck.after[effect], &tck.before[effect]);
            size_t wanted = 0;
            char name[32];

            snprintf(name, sizeof name, "%c%s", sign ? '-' : '+', names[effect]);
            for (size_t row = 0; row < table->n_rows; row++)
                if (slice_equal(table->items[row * 2], slice_str(name)))
                    wanted = (size_t)atoi(table->items[row * 2 + 1].data);
            if (is != wanted) {
                why("side effect %s is %zu, expected %zu", name, is, wanted);
                return OUTCOME_FAILED;
            }
        }
    return OUTCOME_PASSED;
}
