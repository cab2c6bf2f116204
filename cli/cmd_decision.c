/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/moment.h"
#include "cli/person.h"
#include "screening/decision.h"
#include "screening/keep.h"
#include "screening/screen.h"

struct list_cli {
    const char *application, *decision;
    int64_t since_us, limit;
};

struct export_cli {
    int64_t from;
    bool checkpoint;
};

struct verify_cli {
    const char *checkpoint;
};

struct override_cli {
    const char *person, *reason;
};

static enum status open_now(struct graph **graph, struct graph_txn **txn, const char *db)
{
    TRY(graph_open(graph, db, NULL));
    return graph_read(txn, *graph, NULL);
}

/* `where`: the option, or NULL for an operand. */
static enum status parse_word(enum decision *decision, const char *text, const char *where)
{
    if (decision_parse(decision, slice_str(text)) == STATUS_OK)
        return STATUS_OK;
    return where ? fail_context(STATUS_USAGE, "%s", where)
                 : fail(STATUS_USAGE, "%s", error_detail());
}

/* decision list */

static const struct column list_columns[] = {
    { "seq", COLUMN_RIGHT }, { "decision_id" }, { "application_id" }, { "at" },
    { "decision" },          { "score", COLUMN_RIGHT }, { "level" },  { "by" },
};
#define N_LIST_COLUMNS (sizeof list_columns / sizeof *list_columns)

struct listing {
    struct cli *cli;
    struct graph_txn *txn;
    const struct list_cli *chosen;
    int64_t found; /* that are wanted */
};

static enum status print_record(struct listing *listing, const struct decision_record *record,
                                const struct kept *kept)
{
    char at[TIME_TEXT_MAX];
    const struct value cells[N_LIST_COLUMNS] = {
        value_int((int64_t)record->seq),
        value_text(kept->decision_id),
        value_text(kept->application_id),
        moment_value(at, kept->at_us),
        value_text(kept->kind == KEPT_ERASURE ? SLICE("erased")
                                              : slice_str(decision_name(kept->decision))),
        kept->kind == KEPT_DECISION ? value_int(kept->score) : value_null(),
        kept->level.size ? value_text(kept->level) : value_null(),
        kept->kind == KEPT_DECISION ? value_text(SLICE("engine")) : value_text(kept->person),
    };

    return output_row(&listing->cli->output, cells);
}

static bool is_wanted(const struct list_cli *chosen, const struct kept *kept)
{
    if (kept->at_us < chosen->since_us)
        return false;
    return !chosen->decision || (kept->kind != KEPT_ERASURE &&
                                 strcmp(chosen->decision, decision_name(kept->decision)) == 0);
}

/* Counts what is wanted from this record on; or prints it, once the older ones are skipped. */
static enum status visit(struct listing *listing, uint64_t seq, bool print)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct decision_record record;
    struct kept kept;

    TRY(decision_load(&record, listing->txn, seq));
    TRY(kept_parse(&kept, &arena, record.body));
    if (!is_wanted(listing->chosen, &kept))
        return STATUS_OK;
    if (!print)
        listing->found++;
    else if (listing->found-- <= listing->chosen->limit)
        return print_record(listing, &record, &kept);
    return STATUS_OK;
}

static enum status count_one(void *context, uint64_t seq)
{
    return visit(context, seq, false);
}

static enum status print_one(void *context, uint64_t seq)
{
    return visit(context, seq, true);
}

static void note_limit(const struct listing *listing)
{
    if (listing->found > listing->chosen->limit)
        log_note("only the newest %" PRId64 " are shown (--limit)", listing->chosen->limit);
}

/* With a limit the newest are wanted: they are looked for from the end, and one more. */
static enum status list_log(struct listing *listing)
{
    const int64_t limit = listing->chosen->limit;
    uint64_t last, from = 1;

    TRY(decision_last(&last, listing->txn));
    if (limit != INT64_MAX)
        for (from = last + 1; from > 1 && listing->found <= limit; from--)
            TRY(count_one(listing, from - 1));
    note_limit(listing);
    for (uint64_t seq = from; seq <= last; seq++)
        TRY(print_one(listing, seq));
    return STATUS_OK;
}

static enum status list_application(struct listing *listing)
{
    const struct slice id = slice_str(listing->chosen->application);

    TRY(decision_by_application(listing->txn, id, count_one, listing));
    note_limit(listing);
    return decision_by_application(listing->txn, id, print_one, listing);
}

static enum status decision_list_run(struct cli *cli, const void *given)
{
    const struct list_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct listing listing = { .cli = cli, .chosen = chosen };
    enum decision decision;

    if (chosen->decision)
        TRY(parse_word(&decision, chosen->decision, "--decision"));
    TRY(open_now(&graph, &txn, cli->db));
    listing.txn = txn;
    TRY(output_start(&cli->output, list_columns, N_LIST_COLUMNS));
    TRY(chosen->application ? list_application(&listing) : list_log(&listing));
    return output_finish(&cli->output);
}

/* decision export and verify */

static enum status print_checkpoint(struct cli *cli, uint64_t seq,
                                    const unsigned char hash[HASH_BYTES])
{
    char hex[HASH_HEX_MAX];

    return output_printf(&cli->output, "%" PRIu64 ":%s\n", seq, hash_hex(hex, hash, HASH_BYTES));
}

static enum status decision_export_run(struct cli *cli, const void *given)
{
    const struct export_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(buf_fini) struct buf line = { 0 };
    struct decision_record record = { 0 };
    uint64_t last;

    TRY(open_now(&graph, &txn, cli->db));
    TRY(decision_last(&last, txn));
    if (chosen->checkpoint) {
        if (last)
            TRY(decision_load(&record, txn, last));
        return print_checkpoint(cli, last, record.hash);
    }
    for (uint64_t seq = chosen->from ? (uint64_t)chosen->from : 1; seq <= last; seq++) {
        buf_clear(&line);
        TRY(decision_load(&record, txn, seq));
        TRY(decision_export_line(&line, &record));
        TRY(output_json(&cli->output, buf_slice(&line)));
    }
    return STATUS_OK;
}

struct checkpoint {
    uint64_t seq;
    const char *hash; /* hex */
};

static enum status checkpoint_parse(struct checkpoint *out, const char *text)
{
    char *end;
    unsigned long long seq;

    *out = (struct checkpoint){ 0 };
    if (!text)
        return STATUS_OK;
    seq = strtoull(text, &end, 10);
    if (end == text || *end != ':' || strlen(end + 1) != 2 * HASH_BYTES)
        return fail(STATUS_USAGE, "--checkpoint: \"%s\" is not as `decision export --checkpoint` "
                    "prints it", text);
    out->seq = seq;
    out->hash = end + 1;
    return STATUS_OK;
}

static enum status checkpoint_compare(const struct checkpoint *checkpoint, uint64_t seq,
                                      const unsigned char hash[HASH_BYTES])
{
    char hex[HASH_HEX_MAX];

    if (!checkpoint->hash || seq != checkpoint->seq)
        return STATUS_OK;
    hash_hex(hex, hash, HASH_BYTES);
    if (strcmp(hex, checkpoint->hash) == 0)
        return STATUS_OK;
    return fail(STATUS_CORRUPT, "decision record %" PRIu64 " is not the one the checkpoint was "
                "taken of: the log was rewritten", seq);
}

static enum status check_end(const struct checkpoint *checkpoint, uint64_t last)
{
    if (!checkpoint->hash || last >= checkpoint->seq)
        return STATUS_OK;
    return fail(STATUS_CORRUPT, "the log ends at record %" PRIu64 ", before the checkpoint's "
                "%" PRIu64 ": its tail was cut", last, checkpoint->seq);
}

static enum status verify_file(uint64_t *n, const struct checkpoint *checkpoint, FILE *file)
{
    struct decision_check check = { 0 };
    AUTO(free_ptr) char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    while ((length = getline(&line, &capacity, file)) >= 0) {
        size_t size = (size_t)length;

        if (!size || line[size - 1] != '\n')
            return fail(STATUS_CORRUPT, "decision record %" PRIu64 ": the line has no end",
                        check.seq + 1);
        TRY(decision_check_line(&check, slice_of(line, size - 1)));
        TRY(checkpoint_compare(checkpoint, check.seq, check.hash));
        ++*n;
    }
    if (ferror(file))
        return fail_errno("reading the log");
    if (checkpoint->hash && checkpoint->seq && checkpoint->seq <= check.seq - *n)
        return fail(STATUS_CORRUPT, "the file begins with record %" PRIu64 ", behind the "
                    "checkpoint's %" PRIu64 ": export it from there, or give a newer checkpoint",
                    check.seq - *n + 1, checkpoint->seq);
    if (check.seq > *n)
        log_note("the file begins with record %" PRIu64 ": those before it are not looked at",
                 check.seq - *n + 1);
    return check_end(checkpoint, check.seq);
}

static enum status verify_store(uint64_t *n, const struct checkpoint *checkpoint, struct cli *cli)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    unsigned char hash[HASH_BYTES];
    struct decision_record record;

    TRY(open_now(&graph, &txn, cli->db));
    TRY(decision_verify(n, hash, txn));
    TRY(check_end(checkpoint, *n));
    if (!checkpoint->hash || !checkpoint->seq)
        return STATUS_OK;
    TRY(decision_load(&record, txn, checkpoint->seq));
    return checkpoint_compare(checkpoint, checkpoint->seq, record.hash);
}

static enum status verify_any(uint64_t *n, const struct checkpoint *checkpoint, struct cli *cli)
{
    FILE *file;
    enum status status;

    if (!cli->n_operands)
        return verify_store(n, checkpoint, cli);
    file = fopen(cli->operands[0], "rb");
    if (!file)
        return fail_errno(cli->operands[0]);
    status = verify_file(n, checkpoint, file);
    fclose(file);
    return status;
}

static enum status decision_verify_run(struct cli *cli, const void *given)
{
    const struct verify_cli *chosen = given;
    struct checkpoint checkpoint;
    uint64_t n = 0;
    enum status status;

    TRY(checkpoint_parse(&checkpoint, chosen->checkpoint));
    status = verify_any(&n, &checkpoint, cli);
    if (status == STATUS_CORRUPT) {
        /* What verify is asked for is a finding, not a failure of the command. */
        cli->exit_code = EXIT_FINDINGS;
        return output_printf(&cli->output, "%s\n", error_detail());
    }
    TRY(status);
    return output_printf(&cli->output, "%" PRIu64 " record%s agree%s\n", n, text_s(n),
                         n == 1 ? "s" : "");
}

/* decision override */

static enum status decision_override_run(struct cli *cli, const void *given)
{
    const struct override_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    enum decision decision;

    TRY(person_check(chosen->person, chosen->reason, "--reason"));
    TRY(parse_word(&decision, cli->operands[1], NULL));
    TRY(graph_open(&graph, cli->db, NULL));
    return screen_override(graph, slice_str(cli->operands[0]), decision,
                           slice_str(chosen->person), slice_str(chosen->reason));
}

/* decision erase */

static enum status decision_erase_run(struct cli *cli, const void *given)
{
    const struct override_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;

    TRY(person_check(chosen->person, chosen->reason, "--reason"));
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(screen_erase(graph, slice_str(cli->operands[0]), slice_str(chosen->person),
                     slice_str(chosen->reason)));
    log_note("what was erased stays in free pages until they are used again; `compact` drops them, "
             "and backups made before still hold it");
    return STATUS_OK;
}

/* Descriptors */

#define LIST_AT(field) offsetof(struct list_cli, field)

static const struct command_option list_options[] = {
    { "application", 0, OPTION_TEXT, LIST_AT(application), "ID", "only of this application" },
    { "decision", 0, OPTION_TEXT, LIST_AT(decision), "D", "only pass, review or reject" },
    { "since", 0, OPTION_TIME, LIST_AT(since_us), "T", "only made at T or later" },
    { "limit", 0, OPTION_INT, LIST_AT(limit), "N", "only the newest N" },
    { 0 },
};

const struct command command_decision_list = {
    .name = "decision list",
    .usage = "[--application ID] [--decision D] [--since T] [--limit N]",
    .summary = "list decisions, the engine's and people's",
    .options = list_options,
    .options_size = sizeof(struct list_cli),
    .defaults = &(const struct list_cli){ .since_us = TIME_MIN, .limit = INT64_MAX },
    .run = decision_list_run,
};

static const struct command_option export_options[] = {
    { "from", 0, OPTION_INT, offsetof(struct export_cli, from), "SEQ",
      "from this record on (default: 1)" },
    { "checkpoint", 0, OPTION_FLAG, offsetof(struct export_cli, checkpoint), NULL,
      "print only number and hash of the newest record; keep it elsewhere" },
    { 0 },
};

const struct command command_decision_export = {
    .name = "decision export",
    .usage = "[--from SEQ] [--checkpoint]",
    .summary = "write the decision log as NDJSON",
    .options = export_options,
    .options_size = sizeof(struct export_cli),
    .run = decision_export_run,
};

static const struct command_option verify_options[] = {
    { "checkpoint", 0, OPTION_TEXT, offsetof(struct verify_cli, checkpoint), "SEQ:HASH",
      "the log must contain this record: finds a cut tail and a rewritten log" },
    { 0 },
};

const struct command command_decision_verify = {
    .name = "decision verify",
    .usage = "[--checkpoint SEQ:HASH] [FILE]",
    .summary = "check the hash chain of the log, or of an exported one",
    .details = "Names the first bad record; the exit code is then 3.",
    .options = verify_options,
    .options_size = sizeof(struct verify_cli),
    .max_operands = 1,
    .run = decision_verify_run,
};

static const struct command_option override_options[] = {
    { "by", 0, OPTION_TEXT, offsetof(struct override_cli, person), "NAME", "who decides" },
    { "reason", 0, OPTION_TEXT, offsetof(struct override_cli, reason), "TEXT", "why" },
    { 0 },
};

const struct command command_decision_override = {
    .name = "decision override",
    .usage = "--by NAME --reason TEXT DECISION pass|review|reject",
    .summary = "record a person's decision beside the engine's",
    .options = override_options,
    .options_size = sizeof(struct override_cli),
    .min_operands = 2,
    .max_operands = 2,
    .run = decision_override_run,
};

const struct command command_decision_erase = {
    .name = "decision erase",
    .usage = "--by NAME --reason TEXT DECISION",
    .summary = "erase what a decision was made of; the log stays whole",
    .details = "Application and answer go; the record stays, with their hashes, and beside it who\n"
               "erased them and why. The decision can't be made again after that, and its\n"
               "idempotency_key can't be used again. What the application brought into the graph\n"
               "is not touched.",
    .options = override_options,
    .options_size = sizeof(struct override_cli),
    .min_operands = 1,
    .max_operands = 1,
    .run = decision_erase_run,
};
