/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interned texts of a snapshot's cells. */
#include <stdlib.h>

#include "graph/snapshot_private.h"

void texts_fini(struct texts *texts)
{
    buf_fini(&texts->bytes);
    free(texts->ends);
    free(texts->hashes);
    free(texts->slots.at);
    *texts = (struct texts){ 0 };
}

void texts_clear(struct texts *texts)
{
    buf_clear(&texts->bytes);
    texts->n = 0;
    if (texts->slots.n)
        memset(texts->slots.at, 0, texts->slots.n * sizeof *texts->slots.at);
}

struct slice texts_get(const struct texts *texts, uint32_t index)
{
    uint32_t begin = index ? texts->ends[index - 1] : 0;

    return slice_of(texts->bytes.data + begin, texts->ends[index] - begin);
}

static uint64_t hash_of(const void *owner, uint32_t index)
{
    const struct texts *texts = owner;

    return texts->hashes[index];
}

/* The slot that holds the text, or the free one where it would go. */
static size_t texts_slot(const struct texts *texts, struct slice text, uint32_t hash)
{
    size_t slot = slots_first(&texts->slots, hash);

    for (; texts->slots.at[slot]; slot = slots_next(&texts->slots, slot)) {
        uint32_t index = texts->slots.at[slot] - 1;

        if (texts->hashes[index] == hash && slice_equal(texts_get(texts, index), text))
            break;
    }
    return slot;
}

bool texts_find(uint32_t *index, const struct texts *texts, struct slice text)
{
    size_t slot = texts->slots.n ? texts_slot(texts, text, (uint32_t)hash64(text, 0)) : 0;

    if (!texts->slots.n || !texts->slots.at[slot])
        return false;
    *index = texts->slots.at[slot] - 1;
    return true;
}

static enum status intern(uint32_t *index, struct texts *texts, struct slice text, uint32_t hash)
{
    size_t slot;

    TRY(slots_reserve(&texts->slots, texts->n, hash_of, texts));
    slot = texts_slot(texts, text, hash);
    if (!texts->slots.at[slot]) {
        TRY(array_reserve(&texts->ends, &texts->ends_capacity, texts->n + 1));
        TRY(array_reserve(&texts->hashes, &texts->hashes_capacity, texts->n + 1));
        if (texts->bytes.size + text.size > UINT32_MAX)
            return fail(STATUS_LIMIT, "a snapshot holds at most 4 GiB of distinct property text");
        TRY(buf_append_slice(&texts->bytes, text));
        texts->ends[texts->n] = (uint32_t)texts->bytes.size;
        texts->hashes[texts->n] = hash;
        texts->slots.at[slot] = (uint32_t)++texts->n;
    }
    *index = texts->slots.at[slot] - 1;
    return STATUS_OK;
}

enum status texts_intern(uint32_t *index, struct texts *texts, struct slice text)
{
    return intern(index, texts, text, (uint32_t)hash64(text, 0));
}

enum status texts_adopt(uint32_t *index, struct texts *texts, const struct texts *others,
                        uint32_t other)
{
    return intern(index, texts, texts_get(others, other), others->hashes[other]);
}
