/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values to msgpack and back; hostile bytes are refused before they cost anything. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/make.h"
#include "base/rng.h"
#include "store/codec.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/sweep.h"

TestSuite(codec, .fini = leaks_check);

static int64_t a_number(struct rng *rng)
{
    static const int64_t odd[] = { 0, -1, 127, 128, -32, -33, 255, 256, 65535, 65536, INT32_MAX,
                                   INT32_MIN, (int64_t)UINT32_MAX + 1, INT64_MAX, INT64_MIN };

    return rng_below(rng, 2) ? odd[rng_below(rng, sizeof odd / sizeof *odd)]
                             : (int64_t)(rng_next(rng) >> rng_below(rng, 64));
}

static struct value a_value(struct arena *arena, struct rng *rng, int depth);

static struct value a_temporal(struct arena *arena, struct rng *rng)
{
    static const char *const zones[] = { NULL, "Europe/Paris", "Asia/Shanghai" };
    struct zone *zone = arena_new(arena, struct zone);
    struct duration *duration = arena_new(arena, struct duration);
    struct value value = { .type = VALUE_DATE + (enum value_type)rng_below(rng, 6) };

    *zone = (struct zone){ (int32_t)rng_between(rng, -64800, 64800), zones[rng_below(rng, 3)] };
    if (rng_below(rng, 2))
        *zone = (struct zone){ 0, NULL };
    *duration = (struct duration){ a_number(rng), a_number(rng), a_number(rng),
                                   (int32_t)rng_below(rng, 1000000000) };
    switch (value.type) {
    case VALUE_DATE:
        value.integer = a_number(rng);
        break;
    case VALUE_TIME:
        value.extra = zone->offset_s;
        value.integer = (int64_t)rng_below(rng, 86400000000000);
        break;
    case VALUE_LOCAL_TIME:
        value.integer = (int64_t)rng_below(rng, 86400000000000);
        break;
    case VALUE_DURATION:
        value.duration = duration;
        break;
    default:
        value.instant.seconds = a_number(rng);
        value.extra = rng_below(rng, 2) ? 0 : (int32_t)rng_below(rng, 1000000000);
        value.instant.zone = value.type == VALUE_DATETIME ? zone : NULL;
    }
    return value;
}

static struct value a_list(struct arena *arena, struct rng *rng, int depth)
{
    uint32_t n = (uint32_t)rng_below(rng, 20);
    struct value *items = arena_array(arena, n + 1, sizeof *items);

    for (uint32_t i = 0; i < n; i++)
        items[i] = a_value(arena, rng, depth - 1);
    return (struct value){ .type = VALUE_LIST, .count = n, .items = items };
}

static struct value a_map(struct arena *arena, struct rng *rng, int depth)
{
    uint32_t n = (uint32_t)rng_below(rng, 20);
    struct value_pair *pairs = arena_array(arena, n + 1, sizeof *pairs);

    for (uint32_t i = 0; i < n; i++) {
        char *key = arena_alloc(arena, 16);

        snprintf(key, 16, "k%03u", i);
        pairs[i] = (struct value_pair){ slice_str(key), a_value(arena, rng, depth - 1) };
    }
    return (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
}

static struct value a_value(struct arena *arena, struct rng *rng, int depth)
{
    static const char text[70000] = "text";

    switch (rng_below(rng, depth > 0 ? 9 : 7)) {
    case 0:
        return value_null();
    case 1:
        return value_bool(rng_below(rng, 2));
    case 2:
        return value_int(a_number(rng));
    case 3:
        return value_float(rng_below(rng, 4) ? rng_unit(rng) * 1e300 : NAN);
    case 4:
        return value_text(slice_of(text, rng_below(rng, rng_below(rng, 9) ? 40 : sizeof text)));
    case 5: case 6:
        return a_temporal(arena, rng);
    case 7:
        return a_list(arena, rng, depth);
    default:
        return a_map(arena, rng, depth);
    }
}

Test(codec, random_values_come_back_and_equal_ones_have_equal_bytes)
{
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        AUTO(buf_fini) struct buf bytes = { 0 };
        AUTO(buf_fini) struct buf again = { 0 };
        struct rng rng = rng_new(seed);
        struct value value = a_value(&arena, &rng, 3), back;

        OK(codec_encode(&bytes, &value));
        OK(codec_decode(&back, &arena, buf_slice(&bytes)));
        cr_assert(value_same(&value, &back), "seed %llu: came back differently",
                  (unsigned long long)seed);
        OK(codec_encode(&again, &back));
        cr_assert(slice_equal(buf_slice(&bytes), buf_slice(&again)), "seed %llu",
                  (unsigned long long)seed);
    }
}

Test(codec, every_cut_of_a_value_is_refused)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        AUTO(buf_fini) struct buf bytes = { 0 };
        struct rng rng = rng_new(seed);
        struct value value = a_map(&arena, &rng, 1), back;

        OK(codec_encode(&bytes, &value));
        for (size_t size = 0; size < bytes.size && size < 2000; size++)
            cr_assert(codec_decode(&back, &arena, slice_of(bytes.data, size)) == STATUS_CORRUPT);
    }
}

static const struct hostile {
    const char *name;
    struct slice bytes;
} hostile[] = {
    { "nothing", { "", 0 } },
    { "two values", { "\xc0\xc0", 2 } },
    { "a map of four billion pairs in 11 bytes",
      { "\xdf\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00", 11 } },
    { "a list of four billion items", { "\xdd\xff\xff\xff\xff", 5 } },
    { "text longer than the input", { "\xdb\x7f\xff\xff\xff" "abc", 8 } },
    { "text that is not UTF-8", { "\xa2\xff\xfe", 3 } },
    { "a map with a key twice", { "\x82\xa1" "a\x01\xa1" "a\x02", 7 } },
    { "a map with a key twice, in two forms", { "\x82\xa1" "a\x01\xd9\x01" "a\x02", 8 } },
    { "a map whose key is a number", { "\x81\x01\x01", 3 } },
    { "an extension that is not ours", { "\xd4\x55\x00", 3 } },
    { "a date of three bytes", { "\xc7\x03\x01\x00\x00\x00", 6 } },
    { "a date and time whose zone has a name with a NUL",
      { "\xc7\x12\x05\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0A", 21 } },
    { "the byte that msgpack never uses", { "\xc1", 1 } },
    { "lists nested 40 deep",
      { "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
        "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0",
        41 } },
};

Test(codec, hostile_bytes_are_refused)
{
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        cr_assert(codec_validate(hostile[i].bytes, 16) == STATUS_INVALID, "%s", hostile[i].name);
}

/* Maps in maps, each with a thousand keys behind the next; a list lies innermost. */
static void nest(struct buf *out, unsigned levels, size_t n_items)
{
    char key[8];

    for (unsigned i = 0; i < levels; i++)
        OK(buf_append(out, "\xde\x04\x00\xa1x", 5));
    OK(buf_append(out, (unsigned char[]){ 0xdd, 0, (unsigned char)(n_items >> 16),
                                          (unsigned char)(n_items >> 8),
                                          (unsigned char)n_items }, 5));
    for (size_t i = 0; i < n_items; i++)
        OK(buf_append_byte(out, 1));
    for (unsigned i = 0; i < levels; i++)
        for (int k = 0; k < 1023; k++)
            OK(buf_append(out, key, (size_t)snprintf(key, sizeof key, "\xa4%04d\x01", k)));
}

/* Where each key is compared with all before it, this takes minutes. */
Test(codec, many_keys_behind_much_cost_no_more_than_their_bytes, .timeout = 60)
{
    AUTO(buf_fini) struct buf bytes = { 0 };

    nest(&bytes, 15, 8 << 20);
    OK(codec_validate(buf_slice(&bytes), 16));
}

Test(codec, properties_are_found_without_decoding_the_rest)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct codec_property given[50], *back = NULL;
    struct value found;
    size_t n = 0;

    for (uint32_t i = 0; i < 50; i++)
        given[i] = (struct codec_property){ i * 7 + 1, value_int(i) };
    OK(codec_encode_properties(&bytes, given, 50));
    OK(codec_decode_properties(&back, &n, &arena, buf_slice(&bytes)));
    cr_assert(n == 50);
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert(back[i].symbol == given[i].symbol && back[i].value.integer == i);
        OK(codec_find_property(&found, &arena, buf_slice(&bytes), i * 7 + 1));
        cr_assert(found.integer == i);
        cr_assert(codec_find_property(&found, &arena, buf_slice(&bytes), i * 7 + 2) ==
                  STATUS_NOT_FOUND);
    }
}

Test(codec, several_properties_are_found_in_one_pass)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct codec_property given[200];
    const uint32_t asked[] = { 1, 2, 150, 302, 304, 305, 397, 400 };
    struct value found[8];

    for (uint32_t i = 0; i < 200; i++)
        given[i] = (struct codec_property){ i * 2, i % 3 ? value_int(i)
                                                         : value_text(SLICE("text")) };
    OK(codec_encode_properties(&bytes, given, 200));
    OK(codec_find_properties(found, &arena, buf_slice(&bytes), asked, 8));
    for (size_t i = 0; i < 8; i++) {
        bool there = asked[i] % 2 == 0 && asked[i] < 400;

        cr_assert(found[i].type == (!there                ? VALUE_NULL
                                    : asked[i] / 2 % 3 ? VALUE_INT
                                                       : VALUE_STRING));
        cr_assert(found[i].type != VALUE_INT || found[i].integer == asked[i] / 2);
    }
    OK(codec_find_properties(found, &arena, slice_of("", 0), asked, 8));
    cr_assert(found[0].type == VALUE_NULL && found[7].type == VALUE_NULL);
}

static enum status there_and_back(void *context)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    static const struct value items[] = { { .type = VALUE_INT, .integer = 1 },
                                          { .type = VALUE_DATE, .integer = 5 } };
    struct value list = { .type = VALUE_LIST, .count = 2, .items = items }, back;

    (void)context;
    TRY(codec_encode(&bytes, &list));
    return codec_decode(&back, &arena, buf_slice(&bytes));
}

Test(codec, no_allocation_is_taken_for_granted)
{
    cr_assert(sweep_allocations(there_and_back, NULL) > 0);
}
