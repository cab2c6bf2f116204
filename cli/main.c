/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"
#include "cli/options.h"

#include "base/log.h"
#include "store/store.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int exit_code_of(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return EXIT_DONE;
    case STATUS_USAGE:
        return EXIT_USAGE;
    case STATUS_INVALID:
        return EXIT_BAD_DATA;
    case STATUS_LIMIT:
        return EXIT_LIMIT;
    case STATUS_RESTART:
        return EXIT_RESTART;
    default:
        return EXIT_FAILED;
    }
}

/* A mapped file that was cut short, or a failing disk, arrives as a signal: nothing can go on. */
static void on_sigbus(int signal)
{
    static const char text[] = "ringfence: the graph's file could not be read or extended "
                               "(SIGBUS): is the disk full or the file damaged? Nothing "
                               "committed is lost; make room, then run ringfence check\n";

    (void)signal;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(EXIT_RESTART);
}

/*
 * The library that reads the graph's pages trusts them: where they are damaged it can run into
 * memory that is not there. Sanitized builds keep their own handler, which says more.
 */
static void on_sigsegv(int signal)
{
    static const char text[] = "ringfence: stopped by a memory fault (SIGSEGV): is the graph's "
                               "file damaged? Nothing committed is lost; run ringfence check, "
                               "restore a backup\n";

    (void)signal;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(EXIT_RESTART);
}

static void watch_faults(void)
{
    signal(SIGBUS, on_sigbus);
#ifdef __SANITIZE_ADDRESS__
    (void)on_sigsegv;
#else
    signal(SIGSEGV, on_sigsegv);
#endif
}

/*
 * A closed standard stream's number would go to the next file opened, which is one of the graph's,
 * and notes would be written over its pages. /dev/null takes the number first, opened the wrong way
 * round, so that using such a stream is the error it would be anyhow.
 */
static enum status hold_standard_streams(void)
{
    static const int wrong_way[] = { O_WRONLY, O_RDONLY, O_RDONLY };

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", wrong_way[fd]) != fd)
            return fail_errno("/dev/null, in place of a closed standard stream");
    }
    return STATUS_OK;
}

static const char *choose_db(const char *given)
{
    const char *named = getenv("RINGFENCE_DB");

    if (given)
        return given;
    return named && *named ? named : "ringfence.db";
}

static enum status run(struct command_line *line, int *exit_code)
{
    AUTO(output_fini) struct output plain = output_open(FORMAT_TABLE);
    struct cli cli = { .command = line->command,
                       .db = choose_db(line->globals.db),
                       .operands = (const char *const *)line->operands,
                       .n_operands = line->n_operands };
    enum status status;

    if (line->globals.version)
        return output_printf(&plain, "ringfence %s\n", RINGFENCE_VERSION);
    if (line->globals.help && line->command)
        return help_command(&plain, line->command);
    if (line->globals.help && line->group)
        return help_group(&plain, line->group);
    if (line->globals.help)
        return help_overview(&plain);
    if (!line->command)
        return fail(STATUS_USAGE, "a command is missing; ringfence --help lists them all");
    store_limit_readers(line->globals.reader_limit_us);
    store_allow_remote(line->globals.force);
    cli.output = output_open(line->globals.format);
    status = line->command->run(&cli, line->options);
    output_fini(&cli.output);
    *exit_code = cli.exit_code;
    return status;
}

/* Data that did not reach stdout was not printed: as git does, check before leaving. */
static enum status close_stdout(enum status status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return status == STATUS_OK ? fail_errno("writing to standard output") : status;
}

static void complain(const struct command_line *line, enum status status)
{
    const char *name = line->command ? line->command->name : NULL, *said = error_detail();
    AUTO(buf_fini) struct buf text = { 0 };

    if (!*said)
        said = "something that others name is not there; run ringfence check";
    if (output_printable(&text, slice_str(said)) != STATUS_OK || buf_string(&said, &text))
        said = "out of memory";
    fprintf(stderr, "ringfence%s%s: %s\n", name ? " " : "", name ? name : "", said);
    if (status == STATUS_USAGE && name)
        fprintf(stderr, "ringfence %s --help explains its options.\n", name);
}

int main(int argc, char **argv)
{
    AUTO(command_line_fini) struct command_line line = { 0 };
    int exit_code = EXIT_DONE;
    enum status status;

    umask(077);
    watch_faults();
    status = hold_standard_streams();
    if (status == STATUS_OK)
        status = command_line_parse(&line, argc, argv);
    log_set_quiet(line.globals.quiet);
    if (status == STATUS_OK)
        status = run(&line, &exit_code);
    status = close_stdout(status);
    if (status == STATUS_OK)
        return exit_code;
    complain(&line, status);
    return exit_code_of(status);
}
