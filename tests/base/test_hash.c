/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <criterion/criterion.h>

#include "base/rng.h"


Test(hash, crc32c_equals_the_published_values)
{
    unsigned char bytes[32];

    /* RFC 3720, B.4, and the check value of the CRC catalogue. */
    cr_assert_eq(crc32c(SLICE("123456789")), 0xe3069283u);
    memset(bytes, 0, 32);
    cr_assert_eq(crc32c(slice_of(bytes, 32)), 0x8a9136aau);
    memset(bytes, 0xff, 32);
    cr_assert_eq(crc32c(slice_of(bytes, 32)), 0x62a8ab43u);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    cr_assert_eq(crc32c(slice_of(bytes, 32)), 0x46dd794eu);
    cr_assert_eq(crc32c(slice_of(NULL, 0)), 0);
}

/* The definition, a bit at a time. */
static uint32_t crc_by_bits(const unsigned char *bytes, size_t size)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

Test(hash, crc32c_equals_its_definition_at_every_length_and_alignment)
{
    struct rng rng = rng_new(11);
    unsigned char bytes[300];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)rng_next(&rng);
    for (size_t offset = 0; offset < 9; offset++)
        for (size_t size = 0; size < 280; size++)
            cr_assert_eq(crc32c(slice_of(bytes + offset, size)), crc_by_bits(bytes + offset, size),
                         "offset %zu, size %zu", offset, size);
}

Test(hash, blake2b_equals_the_published_value)
{
    static const char expected[] = /* b2sum -l 256 of abc */
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
    unsigned char bytes[HASH_BYTES];
    char hex[HASH_HEX_MAX];
    struct hash128 half = hash128(SLICE("abc")), other = hash128(SLICE("abd"));

    hash256(bytes, SLICE("abc"));
    cr_assert_str_eq(hash_hex(hex, bytes, sizeof bytes), expected);
    cr_assert(half.high != other.high && half.low != other.low);
}

Test(hash, table_hash_spreads_and_depends_on_seed_length_and_every_byte)
{
    unsigned char bytes[64] = { 0 };
    uint64_t seen[64 + 65];
    size_t n = 0;

    for (size_t size = 0; size <= 64; size++)
        seen[n++] = hash64(slice_of(bytes, size), 1);
    for (size_t i = 0; i < 64; i++) {
        bytes[i] = 1;
        seen[n++] = hash64(slice_of(bytes, 64), 1);
        bytes[i] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            cr_assert_neq(seen[i], seen[k], "%zu and %zu", i, k);
    cr_assert_neq(hash64(SLICE("a"), 1), hash64(SLICE("a"), 2));
    cr_assert_eq(hash64(SLICE("a"), 1), hash64(SLICE("a"), 1));
    /* What is stored: the key table would be lost with another function. */
    cr_assert_eq(hash64(SLICE("a"), 0), 0x343e69370ad4a4eeu);
    cr_assert_eq(hash64(SLICE("\0\003" "91440300MA5F00000X"), 0), 0xe4149b554e6e9c3bu);
}
