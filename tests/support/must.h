/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What must succeed, in helpers that also serve programs without Criterion (else: ok.h). */

#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"

/* Aborts where it did not, and says why. */
static inline void must(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "unexpected: %s: %s\n", status_name(status), error_detail());
    abort();
}
