/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text is a mapping or is refused with a line; what it makes of a file reads only columns that
 * the file has.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "graph/mapping.h"

/* A file in memory with the columns that the kept mappings speak of. */
static const char *data_path(void)
{
    static const char text[] = "id|name|from|to|since|until|amount|kind\n"
                               "1|One|1|2|2024-01-01|2025-01-01T00:00:00Z|1.50|a\n";
    static char path[64];
    int file;

    if (*path)
        return path;
    file = memfd_create("data", MFD_CLOEXEC);
    if (file < 0 || write(file, text, sizeof text - 1) != (ssize_t)(sizeof text - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}

static void check_column(const struct plan *plan, size_t column, bool needed)
{
    if (column == COLUMN_NONE ? needed : column >= plan->n_columns)
        abort();
}

static void check_plan(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_properties; i++)
        check_column(plan, plan->properties[i].column, true);
    check_column(plan, plan->valid_from.column, false);
    check_column(plan, plan->valid_to.column, false);
    check_column(plan, plan->observed.column, false);
    if (!plan->is_edge) {
        check_column(plan, plan->key_column, true);
        check_column(plan, plan->label_column, !plan->labels);
        return;
    }
    check_column(plan, plan->from.column, true);
    check_column(plan, plan->to.column, true);
    check_column(plan, plan->type_column, !plan->type);
    check_column(plan, plan->edge_key_column, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct mapping *mapping;
    const struct mapping_file *file;

    if (mapping_parse(&mapping, &arena, slice_of(bytes, size), "fuzz") != STATUS_OK)
        return 0;
    for (size_t i = 0; (file = mapping_file_at(mapping, i)); i++) {
        struct plan plan;

        if (mapping_plan(&plan, &arena, mapping, file, data_path()) == STATUS_OK)
            check_plan(&plan);
        (void)mapping_find(mapping, "data.csv");
    }
    return 0;
}
