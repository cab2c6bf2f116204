/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include <sodium.h>

void secret_random(unsigned char *out, size_t size)
{
    randombytes_buf(out, size);
}

bool secret_equal(const unsigned char *a, const unsigned char *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void secret_wipe(void *bytes, size_t size)
{
    sodium_memzero(bytes, size);
}

void secret_pseudonym(unsigned char out[HASH_BYTES], const unsigned char key[HASH_BYTES],
                      struct slice text)
{
    crypto_generichash(out, HASH_BYTES, text.data, text.size, key, HASH_BYTES);
}
