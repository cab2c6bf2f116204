/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interned texts of a snapshot's cells. */
#include <stdlib.h>

#include "graph/snapshot_private.h"

void texts_fini(struct texts *texts)
{
    buf_fini(&texts->bytes);
    free(texts->ends);
    free(texts->slots);
    *texts = (struct texts){ 0 };
}

void texts_clear(struct texts *texts)
{
    buf_clear(&texts->bytes);
    texts->n = 0;
    if (texts->n_slots)
        memset(texts->slots, 0, texts->n_slots * sizeof *texts->slots);
}

struct slice texts_get(const struct texts *texts, uint32_t index)
{
    uint32_t begin = index ? texts->ends[index - 1] : 0;

    return slice_of(texts->bytes.data + begin, texts->ends[index] - begin);
}

/* The slot that holds the text, or the free one where it would go. */
static size_t texts_slot(const struct texts *texts, struct slice text)
{
    size_t slot = hash64(text, 0) & (texts->n_slots - 1);

    while (texts->slots[slot] && !slice_equal(texts_get(texts, texts->slots[slot] - 1), text))
        slot = (slot + 1) & (texts->n_slots - 1);
    return slot;
}

bool texts_find(uint32_t *index, const struct texts *texts, struct slice text)
{
    size_t slot = texts->n_slots ? texts_slot(texts, text) : 0;

    if (!texts->n_slots || !texts->slots[slot])
        return false;
    *index = texts->slots[slot] - 1;
    return true;
}

static enum status texts_grow(struct texts *texts)
{
    size_t wanted = texts->n_slots ? 2 * texts->n_slots : 64;
    uint32_t *slots = calloc(wanted, sizeof *slots);

    if (!slots)
        return fail_memory(wanted * sizeof *slots);
    free(texts->slots);
    texts->slots = slots;
    texts->n_slots = wanted;
    for (uint32_t i = 0; i < texts->n; i++)
        slots[texts_slot(texts, texts_get(texts, i))] = i + 1;
    return STATUS_OK;
}

enum status texts_intern(uint32_t *index, struct texts *texts, struct slice text)
{
    size_t slot;

    if (texts_find(index, texts, text))
        return STATUS_OK;
    if (2 * (texts->n + 1) > texts->n_slots)
        TRY(texts_grow(texts));
    TRY(array_reserve(&texts->ends, &texts->capacity, texts->n + 1));
    if (texts->bytes.size + text.size > UINT32_MAX)
        return fail(STATUS_LIMIT, "a snapshot holds at most 4 GiB of distinct property text");
    slot = texts_slot(texts, text);
    TRY(buf_append_slice(&texts->bytes, text));
    texts->ends[texts->n] = (uint32_t)texts->bytes.size;
    texts->slots[slot] = (uint32_t)++texts->n;
    *index = (uint32_t)texts->n - 1;
    return STATUS_OK;
}
