/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What is to be hidden of one answer: for the files of the mask only. */

#include "service/mask.h"

#define STARS "****"

/* A key, or a number, and its mask, both as they stand between quotes in JSON. */
struct hidden {
    struct slice key, mask;
    bool is_number; /* met in sentences only: elsewhere its digits are part of times and ids */
};

struct hiding {
    struct arena arena;
    const struct schema *schema;
    const struct value *request;
    struct buf normalised;
    struct hidden *items;
    size_t n, capacity;
    struct slice *plain; /* keys of nodes that are not sensitive, as they stand in the answer */
    size_t n_plain, plain_capacity;
};

/* Appends the answer, JSON text, with what is hidden masked; the items are longest first. */
MUST_CHECK enum status mask_rewrite(struct buf *out, const struct hiding *hiding,
                                    struct slice answer);
