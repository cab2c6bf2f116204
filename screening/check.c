/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/check.h"

#include "screening/decision.h"

static const struct check_rule rules[] = {
    { "decision-chain", CHECK_DAMAGE,
      "every decision record agrees with its hash, the record before it, and its input",
      CHECK_RESTORE },
};

static enum status run_check(struct check *check, struct graph_txn *txn)
{
    unsigned char last[HASH_BYTES];
    uint64_t n;
    enum status status = decision_verify(&n, last, txn);

    if (status != STATUS_CORRUPT)
        return status;
    return check_found(check, &rules[0], "decision log", "%s", error_detail());
}

const struct check_part check_part_decisions = { "decisions", rules, 1, run_check };
