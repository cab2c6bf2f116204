/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/named.h"

#include "detectors/registry.h"
#include "graph/tag.h"

static bool is_detectors(struct slice code)
{
    const struct detector *detector = registry_find(code);

    return detector && !slice_equal(code, slice_str(detector->id));
}

enum status named_code(struct graph_txn *txn, const struct tag_view *view, const char *code)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    if (is_detectors(slice_str(code)))
        return STATUS_OK;
    if (tag_code_check(slice_str(code)) == STATUS_OK) {
        tag_iter_code(&it, txn, view, slice_str(code));
        if (tag_iter_next(&it))
            return STATUS_OK;
        TRY(it.status);
    }
    return fail(STATUS_NOT_FOUND, "no detector finds the code \"%s\" and no tag has it; `ringfence "
                "detectors` lists the codes", code);
}

enum status named_ring(struct ring_record *ring, struct arena *arena, struct graph_txn *txn,
                       const struct tag_view *view, const char *name)
{
    uint64_t number;
    enum status status = STATUS_NOT_FOUND;

    if (ring_parse(&number, slice_str(name)) == STATUS_OK)
        status = ring_find(ring, arena, txn, view, number);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_NOT_FOUND, "there is no ring %s; `ring list` shows those there are",
                    name);
    return status;
}
