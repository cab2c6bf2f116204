/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What people decide bears their name and their reason. */

#include "base/status.h"

/* STATUS_USAGE where one is missing; `option` is the one that gives the reason, as in "--note". */
MUST_CHECK enum status person_check(const char *person, const char *reason, const char *option);
