/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What must succeed, in tests under Criterion. */

#include <criterion/criterion.h>

#include "base/status.h"

/* Ends the test where the expression is not STATUS_OK, and says why. */
#define OK(expression)                                                                             \
    do {                                                                                           \
        enum status status_ = (expression);                                                        \
        cr_assert(status_ == STATUS_OK, "%s: %s: %s", #expression, status_name(status_),           \
                  error_detail());                                                                 \
    } while (0)
