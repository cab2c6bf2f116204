/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Rows of the book, one function per label or edge type. Times in µs; TIME_MIN, TIME_MAX: open. */

#include "book/world.h"

struct interval {
    int64_t from, to;
};

/* From `from` on. */
static inline struct interval since(int64_t from)
{
    return (struct interval){ from, TIME_MAX };
}

/* Texts may be "" for none. */
void row_person(struct world *world, const struct key *person);
void row_device(struct world *world, const struct key *device, const char *class_);
void row_phone(struct world *world, const struct key *phone, const char *class_);
void row_address(struct world *world, const struct key *address, const char *level,
                 const char *class_);
void row_account(struct world *world, const struct key *account);
/* A declared group; gives its key. */
void row_group(struct world *world, struct key *group, const char *name);

/* Edges between two keys with nothing but an interval: LEGAL_REP, MEMBER_OF, OWNS. */
void row_link(struct world *world, enum sheet_id sheet, const struct key *from,
              const struct key *to, struct interval when);
/* ... and a role: EXECUTIVE, CONTACT. */
void row_role(struct world *world, enum sheet_id sheet, const struct key *from,
              const struct key *to, const char *role, struct interval when);

struct held {
    const char *role;
    bool verified;
    struct interval when;
};

static inline struct held held_as(const char *role, bool verified, struct interval when)
{
    return (struct held){ role, verified, when };
}

/* HAS_PHONE, LOCATED_AT. */
void row_held(struct world *world, enum sheet_id sheet, const struct key *from,
              const struct key *to, struct held held);
/* SHAREHOLDER, INVESTS; ratio in ten-thousandths. */
void row_share(struct world *world, enum sheet_id sheet, const struct key *from,
               const struct key *to, int64_t ratio, struct interval when);
void row_kin(struct world *world, const struct key *from, const struct key *to,
             const char *relation);
/* Events with a moment only: USES_DEVICE, BORROWED, RESULTED_IN. */
void row_event(struct world *world, enum sheet_id sheet, const struct key *from,
               const struct key *to, int64_t when);
/* ... and a text before it: APPLIED, SUBMITTED_FROM, STATES_*, SIGNED_IN. */
void row_event_text(struct world *world, enum sheet_id sheet, const struct key *from,
                    const struct key *to, const char *text, int64_t when);
/* ... and an amount: DEPOSITED, REPAID, SUPPLIES. */
void row_event_amount(struct world *world, enum sheet_id sheet, const struct key *from,
                      const struct key *to, int64_t amount_minor, int64_t when);
void row_transfer(struct world *world, const struct key *from, const struct key *to,
                  int64_t amount_minor, int64_t when);

struct guarantee {
    int64_t amount_minor;
    const char *kind, *status; /* status "" counts as active */
    struct interval when;
};

/* Enterprise or, on GUARANTEES_PERSON, person guarantees enterprise. */
void row_guarantee(struct world *world, enum sheet_id sheet, const struct key *from,
                   const struct key *to, const struct guarantee *guarantee);
