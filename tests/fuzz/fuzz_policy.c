/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy files: one that is taken compares equal to itself, and has a verdict for everybody. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "screening/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(policy_freep) struct policy *policy = NULL;
    AUTO(buf_fini) struct buf difference = { 0 };
    struct policy_view view;
    enum status status;

    if (policy_load(&policy, "fuzz", slice_of(bytes, size)) != STATUS_OK)
        return 0;
    status = policy_select(&view, policy, SLICE("quick-loan"), SLICE("H61"), SLICE("micro"));
    if (status != STATUS_OK && status != STATUS_LIMIT)
        abort();
    if (status == STATUS_OK &&
        (view.on_unavailable < DECISION_REVIEW || view.on_partial < DECISION_REVIEW ||
         view.on_truncated < DECISION_REVIEW || view.review > view.reject))
        abort();
    if (policy_diff(&difference, policy, policy) != STATUS_OK || difference.size)
        abort();
    return 0;
}
