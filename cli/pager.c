/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Ends by itself where all fits on the screen, leaves what it showed, keeps colours. */
#define PAGER_DEFAULT "less -FRX"

enum status pager_start(struct pager *pager)
{
    const char *command = getenv("PAGER");
    FILE *process;

    fflush(stdout);
    process = popen(command && *command ? command : PAGER_DEFAULT, "we");
    if (!process)
        return fail_errno("starting the pager");
    pager->stdout_before = dup(STDOUT_FILENO);
    if (pager->stdout_before < 0 || dup2(fileno(process), STDOUT_FILENO) < 0) {
        enum status status = fail_errno("starting the pager");

        if (pager->stdout_before >= 0)
            close(pager->stdout_before);
        pclose(process);
        return status;
    }
    pager->process = process;
    /* A reader who leaves early is no reason to die. */
    signal(SIGPIPE, SIG_IGN);
    return STATUS_OK;
}

void pager_stop(struct pager *pager)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

    fflush(stdout);
    clearerr(stdout);
    dup2(pager->stdout_before, STDOUT_FILENO);
    close(pager->stdout_before);
    /* Ctrl-C is the pager's now. */
    sigaction(SIGINT, &ignore, &before);
    pclose(pager->process);
    sigaction(SIGINT, &before, NULL);
    signal(SIGPIPE, SIG_DFL);
    pager->process = NULL;
}
