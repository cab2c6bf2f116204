/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/keys.h"

#include "base/checkdigit.h"
#include "base/rng.h"
#include "base/time.h"
#include "book/names.h"

#include <assert.h>

/* Bits of a serial number, by kind: no more than the form of its key has room for. */
static const unsigned char kind_bits[KEY_KINDS] = {
    [KEY_ENTERPRISE] = 39, [KEY_PERSON] = 32,  [KEY_DEVICE] = 64,
    [KEY_PHONE] = 31,      [KEY_ADDRESS] = 35,
};

static const char *const mobile_prefixes[] = {
    "130", "131", "132", "135", "136", "137", "138", "139", "150", "151", "152",
    "155", "158", "159", "176", "177", "180", "181", "186", "187", "188", "189",
};

static const char *const roads[] = {
    "人民", "中山", "解放", "建设", "和平", "新华", "文化", "科技", "创业", "学府", "朝阳",
    "长江", "黄河", "迎宾", "工业", "振兴", "光明", "胜利", "青年", "友谊", "环城", "滨河",
    "金融", "商贸", "花园", "清河", "南湖", "东风", "红旗", "幸福", "体育", "车站",
};

#define N_ROADS (sizeof roads / sizeof *roads)

struct keys keys_new(uint64_t seed)
{
    struct keys keys;

    for (int kind = 0; kind < KEY_KINDS; kind++) {
        struct rng rng = rng_at(seed, 1, (uint64_t)kind);
        keys.shift[kind] = rng_next(&rng);
        for (int i = 0; i < 2; i++)
            keys.odd[kind][i] = rng_next(&rng) | 1;
        keys.mask[kind] = ~(uint64_t)0 >> (64 - kind_bits[kind]);
    }
    return keys;
}

uint64_t key_serial(enum key_kind kind, enum key_owner owner, uint64_t number)
{
    unsigned bits = kind_bits[kind];

    /* Own ones take the lower half, the two other makers a quarter each. */
    if (owner == OWNER_SELF)
        return number;
    return (uint64_t)(owner == OWNER_LANDSCAPE ? 2 : 3) << (bits - 2) | number;
}

/* One-to-one on the kind's bits: additions, odd products and xor-shifts all can be undone. */
static uint64_t scramble(const struct keys *keys, enum key_kind kind, uint64_t serial)
{
    unsigned half = kind_bits[kind] / 2u;

    assert(serial <= keys->mask[kind]);
    serial = (serial + keys->shift[kind]) & keys->mask[kind];
    for (int i = 0; i < 2; i++) {
        serial ^= serial >> half;
        serial = serial * keys->odd[kind][i] & keys->mask[kind];
    }
    return serial ^ serial >> half;
}

void key_add(struct key *key, const char *text)
{
    size_t size = strlen(text);

    assert(key->size + size <= KEY_MAX);
    memcpy(key->text + key->size, text, size);
    key->size = (unsigned char)(key->size + size);
}

void key_add_number(struct key *key, uint64_t number, int least_digits)
{
    char digits[24];
    int n = 0;

    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) || n < least_digits);
    while (n)
        key->text[key->size++] = digits[--n];
}

void key_enterprise(struct key *out, const struct keys *keys, uint64_t index)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    uint64_t body = scramble(keys, KEY_ENTERPRISE, index);

    out->size = 0;
    key_add(out, "91");
    key_add(out, city_at(body)->code);
    key_add_number(out, 2 + body / N_CITIES % 8, 2);
    for (int i = 0; i < 8; i++, body /= 31)
        out->text[out->size++] = alphabet[body % 31];
    out->text[out->size] = org_code_check(out->text + 8);
    out->size++;
    out->text[out->size] = uscc_check(out->text);
    out->size++;
}

const struct city *key_city(const struct keys *keys, uint64_t index)
{
    return city_at(scramble(keys, KEY_ENTERPRISE, index));
}

/* A birthday between 1955 and 2004. */
static void add_birthday(struct key *out, uint64_t day_number)
{
    int64_t year;
    unsigned month, day;

    civil_from_days(&year, &month, &day, days_from_civil(1955, 1, 1) + (int64_t)day_number);
    key_add_number(out, (uint64_t)year, 4);
    key_add_number(out, month, 2);
    key_add_number(out, day, 2);
}

void key_person(struct key *out, const struct keys *keys, uint64_t serial)
{
    uint64_t body = scramble(keys, KEY_PERSON, serial);
    uint64_t region = body / 1000 / 18000; /* below 239 */

    out->size = 0;
    key_add(out, city_at(region)->code);
    key_add_number(out, 2 + region / N_CITIES, 2);
    add_birthday(out, body / 1000 % 18000);
    key_add_number(out, body % 1000, 3);
    out->text[out->size] = identity_check(out->text);
    out->size++;
}

void key_device(struct key *out, const struct keys *keys, uint64_t serial)
{
    uint64_t body = scramble(keys, KEY_DEVICE, serial);

    for (out->size = 0; out->size < 16; body <<= 4)
        out->text[out->size++] = "0123456789abcdef"[body >> 60];
}

void key_phone(struct key *out, const struct keys *keys, uint64_t serial)
{
    uint64_t body = scramble(keys, KEY_PHONE, serial);

    out->size = 0;
    key_add(out, "+86");
    key_add(out, mobile_prefixes[body / 100000000]);
    key_add_number(out, body % 100000000, 8);
}

static uint64_t add_road(struct key *out, uint64_t body)
{
    const struct city *city = city_at(body);

    out->size = 0;
    key_add(out, city->province);
    key_add(out, city->name);
    key_add(out, "市");
    body /= N_CITIES;
    key_add(out, city->districts[body % N_DISTRICTS]);
    body /= N_DISTRICTS;
    key_add(out, roads[body % N_ROADS]);
    body /= N_ROADS;
    key_add(out, body % 2 ? "大道" : "路");
    return body / 2;
}

void key_address(struct key *out, const struct keys *keys, uint64_t serial)
{
    uint64_t body = add_road(out, scramble(keys, KEY_ADDRESS, serial));

    key_add_number(out, 1 + body % 500, 1);
    key_add(out, "号");
    body /= 500;
    key_add_number(out, 1 + body % 20, 1);
    key_add(out, "栋");
    body /= 20;
    key_add_number(out, 1 + body / 20, 1); /* floor, up to 30 */
    key_add_number(out, 1 + body % 20, 2);
    key_add(out, "室");
}

void key_building(struct key *out, const struct keys *keys, uint64_t serial)
{
    static const char *const words[] = { "创新", "国际", "世纪", "财富",
                                         "环球", "银座", "时代", "未来" };
    uint64_t body = add_road(out, scramble(keys, KEY_ADDRESS, serial));

    key_add_number(out, 1 + body % 500, 1);
    key_add(out, "号");
    key_add(out, words[body / 500 % 8]);
    key_add(out, "大厦");
    key_add_number(out, serial & 0xffffffff, 1); /* makes it unique */
    key_add(out, "座");
}

void key_number(struct key *out, char letter, uint64_t number)
{
    out->size = 0;
    out->text[out->size++] = letter;
    key_add_number(out, number, 10);
}
