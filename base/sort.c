/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FEW 16u
#define ITEM_BYTES 256u

/* Each goes in behind those before it that it is not smaller than. */
static void insert(unsigned char *items, size_t n, size_t size, sort_order_in *order,
                   void *context)
{
    unsigned char item[ITEM_BYTES];

    for (size_t i = 1; i < n; i++) {
        unsigned char *own = items + i * size, *to = own;

        while (to > items && order(to - size, own, context) > 0)
            to -= size;
        if (to == own)
            continue;
        memcpy(item, own, size);
        memmove(to + size, to, (size_t)(own - to));
        memcpy(to, item, size);
    }
}

static bool is_small(size_t n, size_t size)
{
    return n < 2 || (n <= FEW && size <= ITEM_BYTES);
}

static bool is_sorted(const unsigned char *items, size_t n, size_t size, sort_order_in *order,
                      void *context)
{
    for (size_t i = 1; i < n; i++)
        if (order(items + (i - 1) * size, items + i * size, context) > 0)
            return false;
    return true;
}

void sort_items_in(void *items, size_t n, size_t size, sort_order_in *order, void *context)
{
    if (is_small(n, size))
        insert(items, n, size, order, context);
    else if (!is_sorted(items, n, size, order, context))
        qsort_r(items, n, size, order, context);
}

static int without_context(const void *a, const void *b, void *order)
{
    return (*(sort_order **)order)(a, b);
}

void sort_items(void *items, size_t n, size_t size, sort_order *order)
{
    if (is_small(n, size))
        insert(items, n, size, without_context, &order);
    else if (!is_sorted(items, n, size, without_context, &order))
        qsort(items, n, size, order);
}
