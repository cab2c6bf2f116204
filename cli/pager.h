/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Standard output through a pager ($PAGER, else less), for answers longer than the screen. */

#include "base/status.h"

struct pager {
    void *process;    /* private */
    int stdout_before;
};

/* From here on standard output goes to the pager. STATUS_IO where it can't be started. */
MUST_CHECK enum status pager_start(struct pager *pager);
/* Waits until the reader is done; standard output is as before. */
void pager_stop(struct pager *pager);
