/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/person.h"

enum status person_check(const char *person, const char *reason, const char *option)
{
    if (!person || !*person)
        return fail(STATUS_USAGE, "say who decides: --by NAME");
    if (!reason || !*reason)
        return fail(STATUS_USAGE, "say why: %s TEXT", option);
    return STATUS_OK;
}
