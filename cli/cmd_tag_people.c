/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tags by hand: confirm, dismiss, add. */

#include <inttypes.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/named.h"
#include "cli/person.h"
#include "cli/subject.h"
#include "graph/overlay.h"

struct judge_cli {
    const char *person, *note;
};

struct add_cli {
    const char *person, *note, *level;
    double score;
    int64_t expires_us;
};

static enum status judge(struct cli *cli, const struct judge_cli *chosen, enum overlay_kind kind)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;
    struct tag_view view;
    struct node_id id;
    uint64_t number;
    enum status status;

    TRY(person_check(chosen->person, chosen->note, "--note"));
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_write(&txn, graph));
    TRY(subject_find(&id, txn, cli->operands[0]));
    TRY(tag_view_now(&view, txn));
    TRY(named_code(txn, &view, cli->operands[1]));
    status = overlay_judge(&number, txn, kind, id, slice_str(cli->operands[1]),
                           slice_str(chosen->person), slice_str(chosen->note));
    if (status == STATUS_NOT_FOUND)
        return fail(status, "%s has no tag %s; `tag show %s` lists those it has",
                    cli->operands[0], cli->operands[1], cli->operands[0]);
    TRY(status);
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    log_line("entry %" PRIu64, number);
    return STATUS_OK;
}

static enum status tag_confirm_run(struct cli *cli, const void *given)
{
    return judge(cli, given, OVERLAY_CONFIRM);
}

static enum status tag_dismiss_run(struct cli *cli, const void *given)
{
    return judge(cli, given, OVERLAY_DISMISS);
}

static enum status tag_add_run(struct cli *cli, const void *given)
{
    const struct add_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct tag tag = { .code = slice_str(cli->operands[1]), .origin = TAG_PERSON,
                       .expires_us = chosen->expires_us };
    struct graph_txn *writer;
    uint64_t number;

    TRY(person_check(chosen->person, chosen->note, "--note"));
    if (!(chosen->score >= 0 && chosen->score <= 1))
        return fail(STATUS_USAGE, "--score must be 0 to 1");
    if (chosen->expires_us <= time_now_us())
        return fail(STATUS_USAGE, "--expires lies in the past");
    if (tag_level_parse(&tag.level, slice_str(chosen->level)) != STATUS_OK)
        return fail_context(STATUS_USAGE, "--level");
    if (tag_code_check(tag.code) != STATUS_OK)
        return fail_context(STATUS_USAGE, "CODE");
    tag.person = slice_str(chosen->person);
    tag.note = slice_str(chosen->note);
    tag.score = (uint32_t)(chosen->score * TAG_SCORE_ONE + 0.5);
    tag.first_seen_us = tag.last_seen_us = time_now_us();
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_write(&txn, graph));
    TRY(subject_find(&tag.subject, txn, cli->operands[0]));
    TRY(overlay_add_tag(&number, txn, &tag));
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    log_line("entry %" PRIu64, number);
    return STATUS_OK;
}

static const struct command_option judge_options[] = {
    { "by", 0, OPTION_TEXT, offsetof(struct judge_cli, person), "NAME", "who decides" },
    { "note", 0, OPTION_TEXT, offsetof(struct judge_cli, note), "TEXT", "why" },
    { 0 },
};

const struct command command_tag_confirm = {
    .name = "tag confirm",
    .usage = "--by NAME --note TEXT KEY CODE",
    .summary = "confirm a tag: it is fraud",
    .details = "Holds until the tag's level changes or it rests on other edges.",
    .options = judge_options,
    .options_size = sizeof(struct judge_cli),
    .min_operands = 2,
    .max_operands = 2,
    .run = tag_confirm_run,
};

const struct command command_tag_dismiss = {
    .name = "tag dismiss",
    .usage = "--by NAME --note TEXT KEY CODE",
    .summary = "dismiss a tag: it is no fraud",
    .details =
        "Holds until the tag's level changes or it rests on other edges; then it is proposed\n"
        "again, and says that it was dismissed before.",
    .options = judge_options,
    .options_size = sizeof(struct judge_cli),
    .min_operands = 2,
    .max_operands = 2,
    .run = tag_dismiss_run,
};

static const struct command_option add_options[] = {
    { "by", 0, OPTION_TEXT, offsetof(struct add_cli, person), "NAME", "who sets it" },
    { "note", 0, OPTION_TEXT, offsetof(struct add_cli, note), "TEXT", "why" },
    { "level", 0, OPTION_TEXT, offsetof(struct add_cli, level), "L",
      "alert, attention or hint (default: attention)" },
    { "score", 0, OPTION_NUMBER, offsetof(struct add_cli, score), "S", "0 to 1 (default: 0.5)" },
    { "expires", 0, OPTION_TIME, offsetof(struct add_cli, expires_us), "T",
      "when it ends by itself (default: never)" },
    { 0 },
};

const struct command command_tag_add = {
    .name = "tag add",
    .usage = "--by NAME --note TEXT [--level L] [--score S] [--expires T] KEY CODE",
    .summary = "set a tag by hand",
    .options = add_options,
    .options_size = sizeof(struct add_cli),
    .defaults = &(const struct add_cli){ .level = "attention", .score = 0.5,
                                         .expires_us = TIME_MAX },
    .min_operands = 2,
    .max_operands = 2,
    .run = tag_add_run,
};
