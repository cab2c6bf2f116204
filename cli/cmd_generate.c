/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/time.h"
#include "book/book.h"
#include "cli/command.h"

struct generate_options {
    int64_t enterprises, seed, screenings;
    int64_t as_of_us;
    double fraud, traps;
    int64_t stream;
    const char *mix;
};

/* A share as permille, at least one in a thousand where any is asked for. */
static enum status permille(unsigned *out, const char *option, double share)
{
    if (!(share >= 0 && share <= 0.2))
        return fail(STATUS_USAGE, "--%s must be 0 to 0.2, a share of the enterprises", option);
    *out = (unsigned)(share * 1000 + 0.5);
    return STATUS_OK;
}

/* A book ends when the month began, so that a retag at today's T meets its fresh schemes. */
static int64_t month_start(int64_t us)
{
    int64_t year;
    unsigned month, day;

    civil_from_days(&year, &month, &day, us / US_PER_DAY);
    return days_from_civil(year, month, 1) * US_PER_DAY;
}

static enum status print_summary(struct output *output, const struct book_summary *summary,
                                 int64_t elapsed_us)
{
    static const struct column columns[] = {
        { "nodes", COLUMN_RIGHT }, { "edges", COLUMN_RIGHT },      { "rings", COLUMN_RIGHT },
        { "traps", COLUMN_RIGHT }, { "screenings", COLUMN_RIGHT }, { "seconds", COLUMN_RIGHT },
    };
    int64_t milliseconds = elapsed_us / 1000;
    const struct value cells[] = {
        value_int((int64_t)summary->nodes),      value_int((int64_t)summary->edges),
        value_int((int64_t)summary->rings),      value_int((int64_t)summary->traps),
        value_int((int64_t)summary->screenings), value_float((double)milliseconds / 1000),
    };

    TRY(output_start(output, columns, sizeof columns / sizeof *columns));
    TRY(output_row(output, cells));
    return output_finish(output);
}

static enum status generate_run(struct cli *cli, const void *options)
{
    const struct generate_options *chosen = options;
    struct book_options book = BOOK_OPTIONS;
    struct book_summary summary;
    int64_t start = time_monotonic_us();

    book.enterprises = (uint64_t)chosen->enterprises;
    book.seed = (uint64_t)chosen->seed;
    book.screenings = (uint64_t)chosen->screenings;
    book.as_of_us =
        chosen->as_of_us == TIME_MIN ? month_start(time_now_us()) : chosen->as_of_us;
    TRY(permille(&book.fraud_permille, "fraud", chosen->fraud));
    TRY(permille(&book.trap_permille, "traps", chosen->traps));
    book.stream_days = (uint64_t)chosen->stream;
    book.mix = chosen->mix;
    TRY(book_generate(&summary, &book, cli->operands[0]));
    return print_summary(&cli->output, &summary, time_monotonic_us() - start);
}

static const struct command_option options[] = {
    { "enterprises", 'n', OPTION_INT, offsetof(struct generate_options, enterprises), "N",
      "size of the book, from 200 (default: 20000)" },
    { "seed", 0, OPTION_INT, offsetof(struct generate_options, seed), "S",
      "the same seed and T give the same bytes on every machine (default: 1)" },
    { "as-of", 0, OPTION_TIME, offsetof(struct generate_options, as_of_us), "T",
      "when the book ends (default: the first of this month)" },
    { "screenings", 0, OPTION_INT, offsetof(struct generate_options, screenings), "K",
      "sample applications to write (default: 3)" },
    { "fraud", 0, OPTION_NUMBER, offsetof(struct generate_options, fraud), "SHARE",
      "share of the enterprises in planted schemes (default: 0.03)" },
    { "traps", 0, OPTION_NUMBER, offsetof(struct generate_options, traps), "SHARE",
      "share of the enterprises in planted traps (default: 0.008)" },
    { "mix", 0, OPTION_TEXT, offsetof(struct generate_options, mix), "NAME=WEIGHT,...",
      "other weights of schemes within the fraud or of traps within theirs; 0 leaves one out" },
    { "stream", 0, OPTION_INT, offsetof(struct generate_options, stream), "DAYS",
      "write the edges of the last DAYS days as events for apply, not into the files" },
    { 0 },
};

const struct command command_generate = {
    .name = "generate",
    .usage = "[--enterprises N] [--seed S] [options] OUT",
    .summary = "make a synthetic loan book with planted fraud and traps",
    .details = "Writes a folder that import takes as it is: CSV files of nodes and edges,\n"
               "truth.ndjson (what was planted, for evaluate), screenings.ndjson (sample\n"
               "applications for screen), book.json (options and counts) and a README.md.\n"
               "With --stream, what begins in the last days lies in stream.ndjson instead:\n"
               "import OUT and then apply OUT/stream.ndjson give the same graph as the whole.\n"
               "\n"
               "OUT is made, or is empty, or holds an older book, which is replaced.",
    .options = options,
    .options_size = sizeof(struct generate_options),
    .defaults = &(const struct generate_options){ .enterprises = 20000,
                                                  .seed = 1,
                                                  .screenings = 3,
                                                  .as_of_us = TIME_MIN,
                                                  .fraud = 0.03,
                                                  .traps = 0.008 },
    .min_operands = 1,
    .max_operands = 1,
    .run = generate_run,
};
