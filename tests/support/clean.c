/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/clean.h"

#include <stdio.h>
#include <stdlib.h>

#include "graph/check.h"

static enum status print(void *context, const struct check_finding *finding)
{
    (void)context;
    fprintf(stderr, "check: %s: %s: %s\n", finding->rule->id, finding->place, finding->what);
    return STATUS_OK;
}

void clean_graph(struct graph *graph)
{
    struct check_options options = { .finding = print };
    struct check_result result;
    enum status status = check_graph(&result, graph, &options);

    if (status)
        fprintf(stderr, "check: %s\n", error_detail());
    if (status || result.n_findings)
        abort();
}
