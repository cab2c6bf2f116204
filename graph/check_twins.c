/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both ends of every edge version: compared by sums, and one by one where those differ. */

#include <stdio.h>
#include <stdlib.h>

#include "graph/check_private.h"
#include "store/sorter.h"

#define SORT_BYTES ((size_t)64 << 20)
/* type and past (4), edge (8), born (8), ended (8): a version as both of its ends name it */
#define TWIN_KEY_BYTES 28
/* direction (1), hash (8), node (8) */
#define TWIN_VALUE_BYTES 17

static enum status add_twin(void *context, const struct check_entry *at)
{
    unsigned char key[TWIN_KEY_BYTES], value[TWIN_VALUE_BYTES];

    key_put_u32(key, at->code >> 1);
    key_put_u64(key + 4, at->entry->edge.value);
    key_put_u64(key + 12, at->entry->born);
    key_put_u64(key + 20, at->entry->ended);
    value[0] = at->code & 1;
    key_put_u64(value + 1, twin_hash(at));
    key_put_u64(value + 9, at->node.value);
    return sorter_add(context, slice_of(key, sizeof key), slice_of(value, sizeof value));
}

/* What was met of one version. */
struct pair {
    unsigned char key[TWIN_KEY_BYTES];
    bool begun;
    unsigned n[2];
    uint64_t hash[2], node[2];
};

static enum status judge(struct check *check, const struct pair *pair)
{
    char place[PLACE_BYTES];

    if (!pair->begun || (pair->n[0] == 1 && pair->n[1] == 1 && pair->hash[0] == pair->hash[1]))
        return STATUS_OK;
    snprintf(place, sizeof place, "edge %llu of type %u",
             (unsigned long long)key_get_u64(pair->key + 4), key_get_u32(pair->key) >> 1);
    if (pair->n[0] && pair->n[1])
        return check_report(check, CHECK_EDGE_TWIN, place,
                            "met %u times leaving (node %llu), %u times arriving (node %llu), or "
                            "with different dates", pair->n[0], (unsigned long long)pair->node[0],
                            pair->n[1], (unsigned long long)pair->node[1]);
    return check_report(check, CHECK_EDGE_TWIN, place, "only node %llu, where it %s, knows it",
                        (unsigned long long)pair->node[pair->n[0] ? 0 : 1],
                        pair->n[0] ? "leaves" : "arrives");
}

static enum status compare_sorted(struct check *check, struct sorter *sorter)
{
    struct pair pair = { 0 };
    struct slice key, value;
    enum status status;

    while ((status = sorter_next(&key, &value, sorter)) == STATUS_OK) {
        const unsigned char *bytes = value.data;

        if (!pair.begun || memcmp(pair.key, key.data, sizeof pair.key) != 0) {
            TRY(judge(check, &pair));
            pair = (struct pair){ .begun = true };
            memcpy(pair.key, key.data, sizeof pair.key);
        }
        pair.n[bytes[0]]++;
        pair.hash[bytes[0]] = key_get_u64(bytes + 1);
        pair.node[bytes[0]] = key_get_u64(bytes + 9);
    }
    return status == STATUS_END ? judge(check, &pair) : status;
}

static enum status compare_exactly(struct check *check, const bool *wanted)
{
    AUTO(sorter_freep) struct sorter *sorter = NULL;

    TRY(sorter_new(&sorter, graph_dir(check->txn->graph), SORT_BYTES, false));
    TRY(check_visit_entries(check, wanted, add_twin, sorter));
    TRY(sorter_sort(sorter));
    return compare_sorted(check, sorter);
}

static bool sums_equal(const struct twin_sums *sums)
{
    return sums->out.a == sums->in.a && sums->out.b == sums->in.b && sums->out.n == sums->in.n;
}

enum status check_twins(struct check *check)
{
    size_t n = 2 * ((size_t)check->n_symbols + 1);
    AUTO(free_ptr) bool *wanted = calloc(n, sizeof *wanted);
    uint64_t before = check->result->n_findings;
    bool differ = false;

    if (!wanted)
        return fail_memory(n);
    for (size_t i = 0; i < n; i++) {
        wanted[i] = !sums_equal(&check->twins[i]);
        differ = differ || wanted[i];
    }
    if (!differ)
        return STATUS_OK;
    TRY(compare_exactly(check, wanted));
    if (check->result->n_findings == before)
        return check_report(check, CHECK_EDGE_TWIN, "graph",
                            "the two directions do not add up to the same");
    return STATUS_OK;
}
