/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdlib.h>

#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_add(struct arena *arena, size_t bytes)
{
    size_t capacity = arena->block ? arena->block->capacity * 2 : BLOCK_MIN;
    struct arena_block *block;

    if (capacity > BLOCK_MAX)
        capacity = BLOCK_MAX;
    if (capacity < bytes)
        capacity = bytes;
    if (arena->spare && arena->spare->capacity >= bytes) {
        block = arena->spare;
        arena->spare = NULL;
        capacity = block->capacity;
    } else {
        block = malloc(sizeof *block + capacity);
    }
    if (!block) {
        (void)!fail_memory(capacity);
        return NULL;
    }
    block->older = arena->block;
    block->capacity = capacity;
    arena->block = block;
    arena->used = 0;
    arena->total_bytes += capacity;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    const size_t align = _Alignof(max_align_t);
    struct arena_block *block = arena->block;
    void *given;

    if (bytes > SIZE_MAX / 2) {
        (void)!fail_memory(bytes);
        return NULL;
    }
    bytes = (bytes + align - 1) & ~(align - 1);
    if (!block || block->capacity - arena->used < bytes) {
        block = block_add(arena, bytes);
        if (!block)
            return NULL;
    }
    given = block->bytes + arena->used;
    arena->used += bytes;
    return memset(given, 0, bytes);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        (void)!fail_memory(SIZE_MAX);
        return NULL;
    }
    return arena_alloc(arena, bytes);
}

enum status arena_reserve_(struct arena *arena, void **items, size_t *capacity, size_t n,
                           size_t size)
{
    size_t wanted = n ? 2 * n : 8;
    void *moved;

    if (n < *capacity)
        return STATUS_OK;
    moved = arena_array(arena, wanted, size);
    if (!moved)
        return STATUS_NO_MEMORY;
    if (n)
        memcpy(moved, *items, n * size);
    *items = moved;
    *capacity = wanted;
    return STATUS_OK;
}

char *arena_copy(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.size + 1);

    if (copy && text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

/* Keeps the larger of two blocks to spare, so that work around a block's end costs no malloc. */
static void block_spare(struct arena *arena, struct arena_block *block)
{
    struct arena_block *spare = arena->spare;

    arena->total_bytes -= block->capacity;
    if (spare && spare->capacity >= block->capacity) {
        free(block);
        return;
    }
    free(spare);
    arena->spare = block;
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.block) {
        arena_reset(arena);
        return;
    }
    while (arena->block != mark.block) {
        struct arena_block *older = arena->block->older;
        block_spare(arena, arena->block);
        arena->block = older;
    }
    arena->used = mark.used;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->block;

    if (!block)
        return;
    for (struct arena_block *older = block->older; older;) {
        struct arena_block *next = older->older;
        free(older);
        older = next;
    }
    block->older = NULL;
    arena->used = 0;
    arena->total_bytes = block->capacity;
}

void arena_fini(struct arena *arena)
{
    for (struct arena_block *block = arena->block; block;) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    free(arena->spare);
    *arena = (struct arena){ 0 };
}
