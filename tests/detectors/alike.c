/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/alike.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/arena.h"
#include "graph/publication.h"
#include "graph/ring.h"
#include "graph/tag.h"
#include "tests/support/ok.h"

static void print_tag(struct buf *out, const struct tag *tag)
{
    OK(buf_printf(out, "%llu %.*s %d %d %u ring %llu %lld %lld run %llu: %.*s; %.*s; %.*s; %.*s\n",
                  (unsigned long long)tag->subject.value, (int)tag->code.size,
                  (const char *)tag->code.data, tag->state, tag->level, tag->score,
                  (unsigned long long)tag->ring, (long long)tag->first_seen_us,
                  (long long)tag->last_seen_us, (unsigned long long)tag->run,
                  (int)tag->text.size, (const char *)tag->text.data,
                  (int)tag->by.size, (const char *)tag->by.data, (int)tag->parameters.size,
                  (const char *)tag->parameters.data, (int)tag->reason.size,
                  (const char *)tag->reason.data));
    for (size_t i = 0; i < tag->n_edges; i++)
        OK(buf_printf(out, "  %u %llu %llu %llu\n", tag->edges[i].type,
                      (unsigned long long)tag->edges[i].from.value,
                      (unsigned long long)tag->edges[i].to.value,
                      (unsigned long long)tag->edges[i].id.value));
    for (uint32_t i = 0; i < tag->numbers.count; i++) {
        const struct value_pair *pair = &tag->numbers.pairs[i];
        struct slice text =
            pair->value.type == VALUE_STRING ? value_slice(&pair->value) : SLICE("");

        OK(buf_printf(out, "  %.*s %lld %.6f %.*s\n", (int)pair->key.size,
                      (const char *)pair->key.data,
                      pair->value.type == VALUE_INT ? (long long)pair->value.integer : 0,
                      pair->value.type == VALUE_FLOAT ? pair->value.floating : 0,
                      (int)text.size, (const char *)text.data));
    }
}

void alike_print(struct buf *out, struct graph *graph)
{
    struct arena arena = { 0 };
    struct graph_txn *txn;
    struct tag_view view;
    struct tag_iter it;
    struct ring_record *rings;
    struct run run;
    size_t n;

    buf_clear(out);
    OK(graph_read(&txn, graph, NULL));
    OK(tag_view_now(&view, txn));
    for (tag_iter_all(&it, txn, &view); tag_iter_next(&it);)
        print_tag(out, &it.tag);
    OK(it.status);
    tag_iter_stop(&it);
    OK(ring_list(&rings, &n, &arena, txn, &view, SLICE("")));
    for (size_t i = 0; i < n; i++) {
        OK(buf_printf(out, "ring %llu %d of %zu:", (unsigned long long)rings[i].number,
                      rings[i].event, rings[i].n_members));
        for (size_t k = 0; k < rings[i].n_members; k++)
            OK(buf_printf(out, " %llu", (unsigned long long)rings[i].members[k].value));
        OK(buf_printf(out, "\n"));
    }
    OK(run_find(&run, &arena, txn, view.publication));
    for (size_t i = 0; i < run.n_codes; i++)
        OK(buf_printf(out, "%.*s %llu %llu %llu %llu %llu\n", (int)run.codes[i].code.size,
                      (const char *)run.codes[i].code.data,
                      (unsigned long long)run.codes[i].found,
                      (unsigned long long)run.codes[i].added,
                      (unsigned long long)run.codes[i].kept,
                      (unsigned long long)run.codes[i].changed,
                      (unsigned long long)run.codes[i].withdrawn));
    txn_end(txn);
    arena_fini(&arena);
}

void alike_explain(const struct buf *a, const struct buf *b)
{
    size_t at = 0, begin;

    while (at < a->size && at < b->size && a->data[at] == b->data[at])
        at++;
    for (begin = at; begin && a->data[begin - 1] != '\n'; begin--)
        ;
    fprintf(stderr, "whole: %.*s\npart: %.*s\n",
            (int)(a->size - begin < 500 ? a->size - begin : 500),
            (const char *)a->data + begin,
            (int)(b->size > begin ? b->size - begin < 500 ? b->size - begin : 500 : 0),
            (const char *)b->data + begin);
}
