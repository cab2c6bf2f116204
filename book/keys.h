/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Natural keys of invented things: from a serial number to a key that looks real, passes its check
 * digits, and is never given twice.
 *
 * Each kind has its own one-to-one scrambling of the serial numbers, drawn from the seed, so that
 * neighbours in the book do not look alike. Deterministic; O(1); nothing is remembered.
 */

#include "base/buf.h"

#define KEY_MAX 160

struct key {
    unsigned char size;
    char text[KEY_MAX];
};

static inline struct slice key_slice(const struct key *key)
{
    return slice_of(key->text, key->size);
}

enum key_kind { KEY_ENTERPRISE, KEY_PERSON, KEY_DEVICE, KEY_PHONE, KEY_ADDRESS, KEY_KINDS };

struct city;

struct keys {
    uint64_t shift[KEY_KINDS], odd[KEY_KINDS][2], mask[KEY_KINDS];
};

/* Serial numbers of each kind are split in three, so that different makers never meet. */
enum key_owner {
    OWNER_SELF,      /* something of one enterprise: enterprise * OWN_SLOTS + slot */
    OWNER_LANDSCAPE, /* shared by the ordinary world: a running number */
    OWNER_SCHEME,    /* planted: a running number */
};

#define OWN_SLOTS 16
#define ENTERPRISES_MAX ((uint64_t)50000000)

struct keys keys_new(uint64_t seed);
uint64_t key_serial(enum key_kind kind, enum key_owner owner, uint64_t number);

/* Unified social credit code of a firm in one of the cities. */
void key_enterprise(struct key *out, const struct keys *keys, uint64_t index);
/* The city its code names. */
const struct city *key_city(const struct keys *keys, uint64_t index);
/* Identity number. */
void key_person(struct key *out, const struct keys *keys, uint64_t serial);
/* 16 hex digits. */
void key_device(struct key *out, const struct keys *keys, uint64_t serial);
/* A Chinese mobile number, E.164. */
void key_phone(struct key *out, const struct keys *keys, uint64_t serial);
/* Text down to the room. */
void key_address(struct key *out, const struct keys *keys, uint64_t serial);
/* Text of a whole building; serials of rooms and of buildings do not mix. */
void key_building(struct key *out, const struct keys *keys, uint64_t serial);
/* The bank's numbers: a letter and the digits of `number`. */
void key_number(struct key *out, char letter, uint64_t number);
