/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random whole queries on random small graphs against a naive evaluator: what they read
 * (reading.h), then DISTINCT, grouping, ORDER BY with SKIP and LIMIT, WITH, UNION.
 *
 * The evaluator keeps every row as numbers and works on them clause by clause; it knows nothing of
 * plans. Usage: pipelines [PAIRS] [SEED].
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/query/reading.h"

static const struct toy *toy;
static bool too_many;

/* ---- The answering part: rows of two numbers ---------------------------------------------- */

struct pair {
    int k, l;
    int more[6];
};

struct pairs {
    struct pair *items;
    size_t n, capacity;
};

static void push_pair(struct pairs *pairs, struct pair pair)
{
    if (array_reserve(&pairs->items, &pairs->capacity, pairs->n + 1) == 0)
        pairs->items[pairs->n++] = pair;
}

/* Ascending, null last. */
static int order(int a, int b)
{
    a = a == NONE ? 1 << 20 : a;
    b = b == NONE ? 1 << 20 : b;
    return (a > b) - (a < b);
}

static int by_both(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int first = order(x->k, y->k);

    if (!first)
        first = order(x->l, y->l);
    for (int i = 0; i < 6 && !first; i++)
        first = order(x->more[i], y->more[i]);
    return first;
}

static int by_descending(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int first = order(y->k, x->k);

    return first ? first : order(x->l, y->l);
}

static void sort(struct pairs *pairs, int (*by)(const void *a, const void *b))
{
    if (pairs->n)
        qsort(pairs->items, pairs->n, sizeof *pairs->items, by);
}

static void distinct(struct pairs *pairs)
{
    size_t kept = 0;

    sort(pairs, by_both);
    for (size_t i = 0; i < pairs->n; i++)
        if (!kept || by_both(&pairs->items[kept - 1], &pairs->items[i]) != 0)
            pairs->items[kept++] = pairs->items[i];
    pairs->n = kept;
}

/* Grouped by k: count(*), count(l), sum(l), min(l), max(l), count(DISTINCT l). */
static void group(struct pairs *pairs)
{
    size_t kept = 0;

    sort(pairs, by_both);
    for (size_t i = 0, next; i < pairs->n; i = next) {
        struct pair group = { pairs->items[i].k, 0, { 0, 0, 0, NONE, NONE, 0 } };
        int last = NONE;

        for (next = i; next < pairs->n && pairs->items[next].k == pairs->items[i].k; next++) {
            int l = pairs->items[next].l;

            group.more[0]++;
            if (l == NONE)
                continue;
            group.more[1]++;
            group.more[2] += l;
            group.more[3] = group.more[3] == NONE ? l : group.more[3];
            group.more[4] = l;
            group.more[5] += l != last;
            last = l;
        }
        pairs->items[kept++] = group;
    }
    pairs->n = kept;
}

static void put_two(struct buf *text, const char *word, const struct number *k,
                    const struct number *l)
{
    (void)!buf_printf(text, " %s ", word);
    put_number(text, k);
    (void)!buf_printf(text, " AS k, ");
    put_number(text, l);
    (void)!buf_printf(text, " AS l");
}

static void cut(struct pairs *pairs, size_t skip, size_t limit)
{
    size_t n = skip < pairs->n ? pairs->n - skip : 0;

    n = n < limit ? n : limit;
    if (n)
        memmove(pairs->items, pairs->items + skip, n * sizeof *pairs->items);
    pairs->n = n;
}

/* WHERE k < l OR l IS NULL, DISTINCT. */
static void keep_rising(struct pairs *pairs)
{
    size_t kept = 0;

    for (size_t i = 0; i < pairs->n; i++)
        if (pairs->items[i].l == NONE || compare(0, pairs->items[i].k, pairs->items[i].l) == 1)
            pairs->items[kept++] = pairs->items[i];
    pairs->n = kept;
    distinct(pairs);
}

/* One linear query; kind 0, 1: rows, 2: sorted and cut, 3: groups, 4: WITH, 5: distinct ends. */
static void make_part(struct buf *text, struct pairs *out, int kind)
{
    struct rows rows = { 0 };
    bool has_u, reads_r;
    struct number k, l;
    int skip = toy_below(3), limit = toy_below(6);

    make_reading(toy, text, &rows, &has_u, &reads_r, &too_many);
    k = random_number(has_u, reads_r);
    l = random_number(has_u, reads_r);
    if (kind == 5) {
        k = (struct number){ EX_I, 0, 0 };
        l = (struct number){ EX_I, 1, 0 };
    }
    for (size_t i = 0; i < rows.n; i++)
        push_pair(out, (struct pair){ value_of(&k, &rows.items[i]), value_of(&l, &rows.items[i]),
                                      { 0 } });
    free(rows.items);
    put_two(text, kind == 0 ? "RETURN" : kind == 1 || kind == 5 ? "RETURN DISTINCT" : "WITH", &k,
            &l);
    switch (kind) {
    case 1:
    case 5:
        distinct(out);
        break;
    case 2:
        (void)!buf_printf(text, " ORDER BY k DESC, l SKIP %d LIMIT %d RETURN k, l", skip, limit);
        sort(out, by_descending);
        cut(out, (size_t)skip, (size_t)limit);
        break;
    case 3:
        (void)!buf_printf(text, " RETURN k, 0 AS l, count(*) AS m, count(l) AS n, sum(l) AS o, "
                                "min(l) AS p, max(l) AS q, count(DISTINCT l) AS s");
        group(out);
        break;
    case 4:
        (void)!buf_printf(text, " WHERE k < l OR l IS NULL RETURN DISTINCT k, l");
        keep_rising(out);
        break;
    default:
        break;
    }
}

static void read_answer(struct pairs *out, const struct answer *answer)
{
    for (size_t i = 0; i < answer->n_rows; i++) {
        struct pair pair = { 0 };
        int *cells[] = { &pair.k, &pair.l, &pair.more[0], &pair.more[1], &pair.more[2],
                         &pair.more[3], &pair.more[4], &pair.more[5] };

        for (size_t c = 0; c < answer->n_columns && c < 8; c++) {
            const struct value *cell = &answer->cells[i * answer->n_columns + c];
            *cells[c] = cell->type == VALUE_INT ? (int)cell->integer : NONE;
        }
        push_pair(out, pair);
    }
}

static bool same_pairs(const struct pairs *a, const struct pairs *b)
{
    bool same = a->n == b->n;

    for (size_t i = 0; i < a->n && same; i++)
        same = by_both(&a->items[i], &b->items[i]) == 0;
    return same;
}

static long one_query(const struct toy *graph, struct graph_txn *txn, const struct buf *graph_text)
{
    AUTO(answer_fini) struct answer answer = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct pairs expected = { 0 }, is = { 0 };
    int kind = toy_below(6), all = toy_below(2);
    long n_rows;
    bool same;

    toy = graph;
    too_many = false;
    make_part(&text, &expected, kind);
    if (kind <= 1 && toy_below(3) == 0) {
        (void)!buf_printf(&text, " UNION%s ", all ? " ALL" : "");
        struct pairs second = { 0 };
        make_part(&text, &second, kind);
        for (size_t i = 0; i < second.n; i++)
            push_pair(&expected, second.items[i]);
        free(second.items);
        if (!all)
            distinct(&expected);
    }
    if (too_many) {
        free(expected.items);
        return 0;
    }
    same = toy_run(txn, &text, &answer) == STATUS_OK;
    if (!same)
        printf("failed: %s\n", error_detail());
    read_answer(&is, &answer);
    if (kind != 2) { /* rows in any order */
        sort(&is, by_both);
        sort(&expected, by_both);
    }
    same = same && same_pairs(&expected, &is);
    if (!same)
        toy_show(graph_text, &text, is.n, expected.n);
    n_rows = same ? (long)expected.n : -1;
    free(expected.items);
    free(is.items);
    return n_rows;
}

int main(int argc, char **argv)
{
    return toy_main(argc, argv, one_query);
}
