/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Arena: many small allocations with one end of life.
 *
 * Zeroed memory is an empty arena. What it gives stays in place until arena_reset() or
 * arena_fini(). Blocks double from 4 KiB to 1 MiB; an allocation costs O(1).
 */

#include "base/buf.h"

struct arena_block;

struct arena {
    struct arena_block *block; /* newest first */
    size_t used;               /* of the newest block */
    size_t total_bytes;        /* of all blocks, for limits */
    struct arena_block *spare; /* one block that a rewind set aside */
};

/* A point of an arena's life: what was given later can be taken back at once. */
struct arena_mark {
    struct arena_block *block;
    size_t used;
};

/* Zeroed memory aligned for any type, or NULL (the detail is set: return STATUS_NO_MEMORY). */
void *arena_alloc(struct arena *arena, size_t bytes);
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
/* `count` zeroed elements; checks the product. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/*
 * Room for one more in a growing array of `n` elements, as array_reserve() but in the arena: what
 * it outgrows stays there until the arena's end. `items` is a T **.
 */
#define arena_reserve(arena, items, capacity, n)                                                   \
    arena_reserve_((arena), (void **)(items), (capacity), (n), sizeof **(items))
MUST_CHECK enum status arena_reserve_(struct arena *arena, void **items, size_t *capacity,
                                      size_t n, size_t size);
/* A copy with a zero byte behind it. */
char *arena_copy(struct arena *arena, struct slice text);
static inline struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ arena->block, arena->used };
}

/* Takes back all given since the mark; marks taken after it are void. O(blocks taken back). */
void arena_rewind(struct arena *arena, struct arena_mark mark);
/* Empties it but keeps its newest block for what comes next. */
void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);
