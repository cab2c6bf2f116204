/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/checkdigit.h"
#include "base/text.h"
#include "book/landscape.h"
#include "book/names.h"
#include "tests/support/leaks.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(keys, .fini = leaks_check);

#define MANY 20000

static const struct kind {
    const char *name;
    enum key_kind kind;
    void (*make)(struct key *out, const struct keys *keys, uint64_t serial);
} kinds[] = {
    { "person", KEY_PERSON, key_person },      { "device", KEY_DEVICE, key_device },
    { "phone", KEY_PHONE, key_phone },         { "address", KEY_ADDRESS, key_address },
    { "building", KEY_ADDRESS, key_building },
};

static int by_text(const void *a, const void *b)
{
    return slice_compare(key_slice(a), key_slice(b));
}

Test(keys, none_is_given_twice_whoever_makes_it)
{
    struct key *made = calloc(3 * MANY, sizeof *made);
    struct keys keys = keys_new(99);

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (size_t i = 0; i < MANY; i++)
            for (int owner = OWNER_SELF; owner <= OWNER_SCHEME; owner++)
                kinds[k].make(&made[3 * i + (size_t)owner], &keys,
                              key_serial(kinds[k].kind, (enum key_owner)owner, i));
        /* Only the landscape makes buildings. */
        if (kinds[k].make == key_building)
            continue;
        qsort(made, 3 * MANY, sizeof *made, by_text);
        for (size_t i = 1; i < 3 * MANY; i++)
            cr_expect_neq(by_text(&made[i - 1], &made[i]), 0, "%s %.*s twice", kinds[k].name,
                          made[i].size, made[i].text);
    }
    free(made);
}

Test(keys, check_digits_hold_also_at_the_largest_book)
{
    struct keys keys = keys_new(7);
    struct key key;

    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t index = i * (ENTERPRISES_MAX / MANY);
        key_enterprise(&key, &keys, index);
        cr_assert(uscc_valid(key_slice(&key)), "%.*s", key.size, key.text);
        cr_assert_eq(memcmp(key.text + 2, key_city(&keys, index)->code, 4), 0);
        key_person(&key, &keys, key_serial(KEY_PERSON, OWNER_SELF, index * OWN_SLOTS + 15));
        cr_assert(identity_valid(key_slice(&key)), "%.*s", key.size, key.text);
        key_phone(&key, &keys, key_serial(KEY_PHONE, OWNER_SELF, index * OWN_SLOTS + 15));
        cr_assert(key.size == 14 && memcmp(key.text, "+861", 4) == 0, "%.*s", key.size, key.text);
    }
}

Test(keys, addresses_stay_different_when_folded)
{
    struct key *made = calloc(MANY, sizeof *made);
    struct keys keys = keys_new(3);
    struct buf folded = { 0 };

    for (size_t i = 0; i < MANY; i++) {
        if (i % 2)
            key_building(&made[i], &keys, key_serial(KEY_ADDRESS, OWNER_LANDSCAPE, i));
        else
            key_address(&made[i], &keys, i);
        cr_assert_eq(text_fold(&folded, key_slice(&made[i]),
                               TEXT_WIDTH | TEXT_STRIP_SPACE | TEXT_STRIP_MARKS),
                     STATUS_OK);
        cr_assert(slice_equal(buf_slice(&folded), key_slice(&made[i])), "%.*s", made[i].size,
                  made[i].text);
    }
    qsort(made, MANY, sizeof *made, by_text);
    for (size_t i = 1; i < MANY; i++)
        cr_expect_neq(by_text(&made[i - 1], &made[i]), 0, "%.*s", made[i].size, made[i].text);
    buf_fini(&folded);
    free(made);
}

Test(keys, names_are_text_and_fit)
{
    struct rng rng = rng_new(5);
    size_t latin = 0;

    for (int i = 0; i < MANY; i++) {
        struct key name;
        name_enterprise(&name, &rng, city_at(rng_below(&rng, N_CITIES)), industry_at(i));
        cr_assert(text_valid_utf8(key_slice(&name), NULL));
        latin += name.text[0] > 0;
        name_person(&name, &rng);
        cr_assert(text_valid_utf8(key_slice(&name), NULL) && name.size > 0);
    }
    cr_expect(latin > MANY / 50 && latin < MANY / 10, "%zu Latin names", latin);
}

Test(keys, shuffles_are_one_to_one)
{
    static const uint64_t sizes[] = { 1, 2, 3, 10, 97, 1000, 4096, 99999999 };

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct shuffle shuffle = shuffle_new(sizes[s], seed, seed % 4);
            uint64_t step = sizes[s] > 5000 ? 999983 : 1;
            for (uint64_t i = 0; i < sizes[s]; i += step) {
                uint64_t at = shuffle_at(&shuffle, i);
                cr_assert(at < sizes[s] && shuffle_back(&shuffle, at) == i,
                          "%llu of %llu, seed %llu", (unsigned long long)i,
                          (unsigned long long)sizes[s], (unsigned long long)seed);
            }
        }
}

Test(keys, places_agree_with_the_members_of_hubs)
{
    struct landscape land;
    size_t in_hubs = 0, members = 0;

    cr_assert_eq(landscape_init(&land, 20000, 5, 1), STATUS_OK);
    for (uint64_t i = 0; i < land.n; i++) {
        struct place place = landscape_place(&land, i);
        if (place.client)
            cr_assert_lt(place.company, 5);
        if (place.guaranteed)
            cr_assert(place.guarantor != i && place.fellows > 0);
        if (place.hub == HUB_NONE)
            continue;
        in_hubs++;
        cr_assert_eq(landscape_hub_member(&land, &land.hubs[place.hub_number], place.hub_slot), i);
    }
    for (size_t i = 0; i < land.n_hubs; i++)
        members += land.hubs[i].size;
    cr_expect_eq(in_hubs, members);
    for (uint64_t slot = 0; slot < landscape_clients(&land, 3); slot++)
        cr_expect_eq(landscape_place(&land, landscape_client(&land, 3, slot)).company, 3);
    landscape_fini(&land);
}
