/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/leaks.h"

#include <stdlib.h>

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

void leaks_check(void)
{
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        abort();
}
