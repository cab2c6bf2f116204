/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text parses or is refused with a place; never a crash, however deep it nests. */
#include "tests/fuzz/fuzz.h"

#include "query/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct query_ast *ast;

    (void)!query_parse(&ast, slice_of(bytes, size), &arena);
    return 0;
}
