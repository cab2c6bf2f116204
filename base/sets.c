/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sets.h"

#include <stdlib.h>

enum status sets_init(uint32_t **out, size_t n)
{
    uint32_t *sets = malloc((n + 1) * sizeof *sets);

    if (!sets)
        return fail_memory(n * sizeof *sets);
    for (size_t i = 0; i <= n; i++)
        sets[i] = (uint32_t)i;
    *out = sets;
    return STATUS_OK;
}

uint32_t sets_find(uint32_t *sets, uint32_t element)
{
    while (sets[element] != element)
        element = sets[element] = sets[sets[element]];
    return element;
}

void sets_join(uint32_t *sets, uint32_t a, uint32_t b)
{
    a = sets_find(sets, a);
    b = sets_find(sets, b);
    if (a < b)
        sets[b] = a;
    else
        sets[a] = b;
}
