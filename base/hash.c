/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <sodium.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u

static uint32_t crc_table[256];

static __attribute__((constructor)) void crc_table_fill(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ CRC32C_POLYNOMIAL : crc >> 1;
        crc_table[i] = crc;
    }
}

static uint32_t crc_portable(struct slice bytes)
{
    const unsigned char *at = bytes.data;
    uint32_t crc = ~0u;

    for (size_t i = 0; i < bytes.size; i++)
        crc = crc >> 8 ^ crc_table[(crc ^ at[i]) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_hardware(struct slice bytes)
{
    const unsigned char *at = bytes.data;
    size_t left = bytes.size;
    uint64_t crc = ~0u;

    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; left; left--)
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *at++);
    return ~(uint32_t)crc;
}

uint32_t crc32c(struct slice bytes)
{
    return __builtin_cpu_supports("sse4.2") ? crc_hardware(bytes) : crc_portable(bytes);
}
#else
uint32_t crc32c(struct slice bytes)
{
    return crc_portable(bytes);
}
#endif

uint64_t hash64(struct slice bytes, uint64_t seed)
{
    const unsigned char *at = bytes.data;
    size_t left = bytes.size;
    uint64_t state = hash_mix64(seed ^ (bytes.size * 0x9e3779b97f4a7c15u));
    uint64_t word = 0;

    for (; left >= 8; left -= 8, at += 8) {
        memcpy(&word, at, 8);
        state = hash_mix64(state ^ word) + 0x9e3779b97f4a7c15u;
    }
    word = 0;
    if (left)
        memcpy(&word, at, left);
    return hash_mix64(state ^ word);
}

struct hash128 hash128(struct slice bytes)
{
    unsigned char out[16];
    struct hash128 hash;

    crypto_generichash(out, sizeof out, bytes.data, bytes.size, NULL, 0);
    memcpy(&hash.high, out, 8);
    memcpy(&hash.low, out + 8, 8);
    return hash;
}

void hash256(unsigned char out[HASH_BYTES], struct slice bytes)
{
    crypto_generichash(out, HASH_BYTES, bytes.data, bytes.size, NULL, 0);
}

const char *hash_hex(char text[HASH_HEX_MAX], const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = 0;
    return text;
}
