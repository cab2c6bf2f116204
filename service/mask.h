/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Hiding personal data of others from the role `screen`: the one place where it is decided what
 * of a sensitive key or property is seen. What is sensitive is said by the schema.
 */

#include "base/arena.h"
#include "base/emit.h"
#include "base/value.h"
#include "graph/schema.h"

/*
 * The key as shown, in `arena`: of an ASCII key the first three and last four characters, of other
 * text (addresses, names) the first three characters; the rest as four stars. Nothing of
 * short ones.
 */
MUST_CHECK enum status mask_key(struct slice *out, struct arena *arena, struct slice key);
/* Whether keys of nodes with this label are hidden. */
bool mask_hides(const struct schema *schema, struct slice label);

/*
 * Rewrites an answer, JSON text: in it every sensitive key that the request (JSON) does not state
 * as a party of its own is masked, in evidence, hubs, subjects and sentences alike; a number that
 * is a sensitive property, or a fraction beside one, from which it could be worked out, becomes
 * null in `numbers` and stars in sentences; and what people wrote of others (members `note` and
 * `reason`) is hidden whole. The order of members and all else stay as they are; without anything
 * to hide the text stays byte for byte.
 */
MUST_CHECK enum status mask_answer(struct buf *answer, const struct schema *schema,
                                   struct slice request);
/* Whether numbers hold a sensitive property: then a score that is made of them is hidden, too. */
bool mask_hides_numbers(const struct schema *schema, const struct value *numbers);
/* A tag's numbers, with null in place of those that mask_answer() would hide. */
void mask_numbers(struct emit *emit, const struct schema *schema, const struct value *numbers);
