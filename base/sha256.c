/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sha256.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

#define BLOCK_BYTES ((size_t)1 << 20)

static enum status hash_open_file(crypto_hash_sha256_state *state, uint64_t *n_bytes, int file,
                                  const char *path)
{
    AUTO(free_ptr) unsigned char *block = malloc(BLOCK_BYTES);
    ssize_t n;

    if (!block)
        return fail_memory(BLOCK_BYTES);
    *n_bytes = 0;
    while ((n = read(file, block, BLOCK_BYTES)) > 0) {
        crypto_hash_sha256_update(state, block, (unsigned long long)n);
        *n_bytes += (uint64_t)n;
    }
    return n < 0 ? fail_errno(path) : STATUS_OK;
}

enum status sha256_file(char hex[SHA256_HEX_BYTES], uint64_t *n_bytes, const char *path)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    enum status status;

    if (file < 0)
        return fail_errno(path);
    crypto_hash_sha256_init(&state);
    status = hash_open_file(&state, n_bytes, file, path);
    close(file);
    TRY(status);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, SHA256_HEX_BYTES, digest, sizeof digest);
    return STATUS_OK;
}
