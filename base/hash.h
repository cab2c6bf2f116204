/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Hashes: a checksum for stored values, a fast hash for tables in memory, and a collision-resistant
 * one for names and chains (BLAKE2b, RFC 7693, by libsodium).
 */

#include "base/buf.h"

#define HASH_BYTES 32
#define HASH_HEX_MAX (2 * HASH_BYTES + 1)

struct hash128 {
    uint64_t high, low;
};

/* CRC-32C (Castagnoli, RFC 3720); in hardware where the processor has it. */
uint32_t crc32c(struct slice bytes);
/*
 * For tables: well mixed, but anybody can make two inputs meet under a seed that he knows. The key
 * table (graph/key.h) stores parts of it: another function needs another format. O(bytes).
 */
uint64_t hash64(struct slice bytes, uint64_t seed);
/* Finaliser of splitmix64 (Steele, Lea, Flood 2014): mixes one word. */
static inline uint64_t hash_mix64(uint64_t word)
{
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

/* First 16 bytes of BLAKE2b: for content whose collisions must not be met in practice. */
struct hash128 hash128(struct slice bytes);
void hash256(unsigned char out[HASH_BYTES], struct slice bytes);
/* Lower-case hex of `size` (at most HASH_BYTES) bytes. */
const char *hash_hex(char text[HASH_HEX_MAX], const unsigned char *bytes, size_t size);
