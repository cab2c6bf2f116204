/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Secrets: making them, comparing them without telling by time, and pseudonyms (by libsodium). */

#include "base/hash.h"

/* Random bytes from the operating system. */
void secret_random(unsigned char *out, size_t size);
/* Equal bytes; the time taken depends on `size` only. */
bool secret_equal(const unsigned char *a, const unsigned char *b, size_t size);
/* Overwrites in a way that compilers keep. */
void secret_wipe(void *bytes, size_t size);
/* Keyed BLAKE2b-256: the same text has the same name, which tells nothing without the key. */
void secret_pseudonym(unsigned char out[HASH_BYTES], const unsigned char key[HASH_BYTES],
                      struct slice text);
