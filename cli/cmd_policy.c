/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "cli/command.h"
#include "cli/policy_file.h"

static enum status tell_doubts(const struct policy *policy)
{
    AUTO(buf_fini) struct buf doubts = { 0 };
    const char *at;

    TRY(policy_doubts(&doubts, policy));
    TRY(buf_string(&at, &doubts));
    while (*at) {
        size_t n = strcspn(at, "\n");

        log_note("%.*s", (int)n, at);
        at += n + 1;
    }
    return STATUS_OK;
}

static enum status policy_check_run(struct cli *cli, const void *options)
{
    (void)options;
    for (size_t i = 0; i < cli->n_operands; i++) {
        AUTO(policy_freep) struct policy *policy = NULL;

        TRY(policy_open(&policy, cli->operands[i]));
        TRY(output_printf(&cli->output, "%s: %s@%.16s is good\n", cli->operands[i],
                          policy_name(policy), policy_hash(policy)));
        TRY(tell_doubts(policy));
    }
    return STATUS_OK;
}

static enum status policy_show_run(struct cli *cli, const void *options)
{
    AUTO(policy_freep) struct policy *policy = NULL;

    (void)options;
    TRY(policy_open(&policy, cli->n_operands ? cli->operands[0] : NULL));
    log_line("%s@%s", policy_name(policy), policy_hash(policy));
    return output_text(&cli->output, policy_text(policy));
}

/* One file is compared with the built-in policy. */
static enum status policy_diff_run(struct cli *cli, const void *options)
{
    AUTO(policy_freep) struct policy *a = NULL;
    AUTO(policy_freep) struct policy *b = NULL;
    AUTO(buf_fini) struct buf lines = { 0 };
    bool two = cli->n_operands > 1;

    (void)options;
    TRY(policy_open(&a, two ? cli->operands[0] : NULL));
    TRY(policy_open(&b, cli->operands[two]));
    TRY(policy_diff(&lines, a, b));
    if (!lines.size)
        log_line("both decide alike");
    return output_text(&cli->output, buf_slice(&lines));
}

const struct command command_policy_check = {
    .name = "policy check",
    .usage = "FILE...",
    .summary = "check policies; an error names line and key",
    .min_operands = 1,
    .max_operands = OPERANDS_ANY,
    .run = policy_check_run,
};

const struct command command_policy_show = {
    .name = "policy show",
    .usage = "[FILE]",
    .summary = "print a policy, the built-in one without FILE",
    .max_operands = 1,
    .run = policy_show_run,
};

const struct command command_policy_diff = {
    .name = "policy diff",
    .usage = "[FILE] FILE",
    .summary = "how two policies decide differently",
    .details = "With one FILE it is compared with the built-in policy.",
    .min_operands = 1,
    .max_operands = 2,
    .run = policy_diff_run,
};
