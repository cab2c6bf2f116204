/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Names of invented firms, persons, products and places. Any likeness to real ones is chance. */

#include "base/rng.h"
#include "book/keys.h"

#define N_CITIES 30
#define N_DISTRICTS 4

struct city {
    const char *province; /* "" for a municipality */
    const char *name;     /* short: 深圳 */
    const char *latin;
    const char *code; /* first four digits of its region code, GB/T 2260 */
    const char *districts[N_DISTRICTS];
};

struct industry {
    const char *code; /* GB/T 4754 division */
    const char *word; /* as firms have it in their names */
    const char *latin;
};

const struct city *city_at(uint64_t number);
const struct industry *industry_at(uint64_t number);
const char *product_at(uint64_t number);
const char *lender_at(uint64_t number);
const char *relation_at(uint64_t number); /* of near kin */
#define N_PRODUCTS 6
#define N_LENDERS 12

/* Region, trade name, industry and legal form; some Latin. */
void name_enterprise(struct key *out, struct rng *rng, const struct city *city,
                     const struct industry *industry);
void name_person(struct key *out, struct rng *rng);
/* Appends text; what does not fit is a bug. */
void key_add(struct key *key, const char *text);
void key_add_number(struct key *key, uint64_t number, int least_digits);
