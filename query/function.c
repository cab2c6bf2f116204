/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/function_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#define FUNCTIONS_MAX 256

static const struct function *sorted[FUNCTIONS_MAX];
static size_t n_sorted;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int by_name(const void *a, const void *b)
{
    const struct function *const *x = a, *const *y = b;

    return strcasecmp((*x)->name, (*y)->name);
}

static void sort_all(void)
{
    static const struct function *const parts[] = {
        functions_scalar, functions_list,      functions_text,     functions_math,
        functions_graph,  functions_aggregate, functions_temporal,
    };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const struct function *function = parts[i]; function->name; function++)
            if (n_sorted < FUNCTIONS_MAX)
                sorted[n_sorted++] = function;
    qsort(sorted, n_sorted, sizeof *sorted, by_name);
}

const struct function *const *function_list(size_t *n)
{
    pthread_once(&once, sort_all);
    *n = n_sorted;
    return sorted;
}

const struct function *function_find(struct slice name)
{
    size_t low = 0, high;

    pthread_once(&once, sort_all);
    for (high = n_sorted; low < high;) {
        size_t middle = (low + high) / 2;
        const char *other = sorted[middle]->name;
        int order = strncasecmp(name.data, other, name.size);

        if (order == 0 && other[name.size])
            order = -1;
        if (order == 0)
            return sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

struct value *make_items(struct eval *eval, size_t n)
{
    return arena_array(eval->scratch, n + 1, sizeof(struct value));
}
