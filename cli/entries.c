/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/entries.h"

#include <stdlib.h>

#include "base/log.h"
#include "cli/moment.h"
#include "cli/named.h"
#include "cli/person.h"
#include "cli/subject.h"

static const struct column columns[] = {
    { "entry", COLUMN_RIGHT }, { "subject" }, { "code" },  { "by" },
    { "reason" },              { "at" },      { "until" }, { "state" },
};
#define N_COLUMNS (sizeof columns / sizeof *columns)

static enum status commit(struct graph_txn **txn, struct cli *cli, uint64_t number)
{
    struct graph_txn *writer = *txn;
    const struct column column[] = { { "entry", COLUMN_RIGHT } };
    const struct value cell = value_int((int64_t)number);

    *txn = NULL;
    TRY(txn_commit(writer));
    TRY(output_start(&cli->output, column, 1));
    TRY(output_row(&cli->output, &cell));
    return output_finish(&cli->output);
}

/* A code may be allowed before the first tag has it, but is more likely to be mistyped. */
static enum status warn_of_code(struct graph_txn *txn, const char *code)
{
    struct tag_view view;
    enum status status;

    TRY(tag_view_now(&view, txn));
    status = named_code(txn, &view, code);
    if (status != STATUS_NOT_FOUND)
        return status;
    log_warning("%s", error_detail());
    return STATUS_OK;
}

enum status entry_add(struct cli *cli, const struct entry_cli *chosen, enum overlay_kind kind)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct overlay overlay = { .kind = kind, .until_us = chosen->until_us };
    uint64_t number;

    TRY(person_check(chosen->person, chosen->reason, "--reason"));
    if (chosen->code && tag_code_check(slice_str(chosen->code)) != STATUS_OK)
        return fail_context(STATUS_USAGE, "--code");
    if (chosen->until_us <= time_now_us())
        return fail(STATUS_USAGE, "--until lies in the past");
    overlay.person = slice_str(chosen->person);
    overlay.note = slice_str(chosen->reason);
    overlay.code = chosen->code ? slice_str(chosen->code) : SLICE("");
    overlay.at_us = time_now_us();
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_write(&txn, graph));
    TRY(subject_find(&overlay.subject, txn, cli->operands[0]));
    TRY(overlay_add(&number, txn, &overlay));
    if (chosen->code)
        TRY(warn_of_code(txn, chosen->code));
    return commit(&txn, cli, number);
}

enum status entry_end(struct cli *cli, const struct entry_cli *chosen, enum overlay_kind kind)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    const char *text = cli->operands[0];
    struct overlay overlay;
    uint64_t number;
    char *end;
    unsigned long long ends = strtoull(text, &end, 10);
    enum status status;

    if (*end || end == text || *text == '-')
        return fail(STATUS_USAGE, "\"%s\" is not the number of an entry; `%s list` shows them",
                    text, overlay_kind_name(kind));
    TRY(person_check(chosen->person, chosen->reason, "--reason"));
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_write(&txn, graph));
    status = overlay_find(&overlay, &arena, txn, ends);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && overlay.kind != kind))
        return fail(STATUS_NOT_FOUND, "there is no %s entry %llu; `%s list` shows them",
                    overlay_kind_name(kind), ends, overlay_kind_name(kind));
    TRY(status);
    TRY(overlay_end(&number, txn, ends, slice_str(chosen->person), slice_str(chosen->reason)));
    return commit(&txn, cli, number);
}

/* By number, whether the entry was ended; `overlays` are in order of number. */
static enum status find_ended(bool **out, struct arena *arena, const struct overlay *overlays,
                              size_t n)
{
    uint64_t last = n ? overlays[n - 1].number : 0;
    bool *ended = arena_array(arena, last + 1, sizeof *ended);

    if (!ended)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (overlays[i].kind == OVERLAY_END && overlays[i].ends <= last)
            ended[overlays[i].ends] = true;
    *out = ended;
    return STATUS_OK;
}

static enum status print_entry(struct cli *cli, struct graph_txn *txn,
                               const struct overlay *entry, const char *state)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value cells[N_COLUMNS];
    char at[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

    cells[0] = value_int((int64_t)entry->number);
    TRY(subject_cell(&cells[1], &arena, &cli->output, txn, entry->subject));
    cells[2] = entry->code.size ? value_text(entry->code) : value_text(SLICE("all"));
    cells[3] = value_text(entry->person);
    cells[4] = value_text(entry->note);
    cells[5] = moment_value(at, entry->at_us);
    cells[6] = moment_value(until, entry->until_us);
    cells[7] = value_text(slice_str(state));
    return output_row(&cli->output, cells);
}

enum status entry_list(struct cli *cli, const struct entry_cli *chosen, enum overlay_kind kind)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    int64_t now_us = time_now_us();
    bool *ended;
    size_t n;

    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 0 }, UINT64_MAX));
    TRY(find_ended(&ended, &arena, overlays, n));
    TRY(output_start(&cli->output, columns, N_COLUMNS));
    for (size_t i = 0; i < n; i++) {
        bool expired = overlays[i].until_us <= now_us, is_ended = ended[overlays[i].number];

        if (overlays[i].kind == kind && (chosen->all || !(expired || is_ended)))
            TRY(print_entry(cli, txn, &overlays[i],
                            is_ended ? "ended" : expired ? "expired" : "in force"));
    }
    return output_finish(&cli->output);
}
