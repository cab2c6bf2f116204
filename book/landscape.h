/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The ordinary world: which innocent enterprise shares what with whom.
 *
 * Three one-to-one shuffles lay all ordinary enterprises out on three lines, and segments of each
 * line are cut into clusters: of a *small* sharing (a phone with a neighbour), of a *hub* (a large
 * building, an accountant's phone, a branch tablet), of a *guarantee tree*. So the place of any
 * enterprise is computed, not remembered, and a cluster's members can be listed.
 *
 * An enterprise has at most one small sharing, and hubs are either far above the candidate caps or
 * carry a class: by DETECTORS.md nothing here is fraud.
 */

#include "base/status.h"

struct shuffle {
    uint64_t n, step, back_step, shift;
};

/* One-to-one on [0, n). */
struct shuffle shuffle_new(uint64_t n, uint64_t seed, uint64_t stream);
uint64_t shuffle_at(const struct shuffle *shuffle, uint64_t index);
uint64_t shuffle_back(const struct shuffle *shuffle, uint64_t position);

enum small_kind {
    SMALL_NONE,
    SMALL_PHONE,    /* 2 or 3 hold one phone as contact */
    SMALL_CONTACT,  /* 2 or 3 have one contact person */
    SMALL_DEVICE,   /* 2 use one device */
    SMALL_SLOW,     /* 8 use one device, months apart */
    SMALL_ROOM,     /* 2 or 3 registered at one room */
    SMALL_BUILDING, /* 5 to 45 operate in one building */
    N_SMALL
};

enum hub_kind {
    HUB_NONE,
    HUB_BUILDING,   /* a large building, no class; hubs of up to 3,000 per million enterprises */
    HUB_INCUBATOR,  /* registered at one room of class incubator */
    HUB_AGENT,      /* the same, registration_agent */
    HUB_ACCOUNTANT, /* a phone of class accounting_firm */
    HUB_BOOKKEEPER, /* the same without class, role agent */
    HUB_BRANCH,     /* a tablet of class bank_branch */
    HUB_TABLET,     /* the same without class: a steady hub */
    N_HUB
};

struct hub {
    uint64_t start; /* on the hub line */
    uint64_t size;
    enum hub_kind kind;
};

struct landscape {
    uint64_t n; /* ordinary enterprises: indices [0, n) */
    struct shuffle small, hub, guarantee, money;
    uint64_t small_start[N_SMALL + 1], hub_end;
    uint64_t tree_end, client_start, client_end;
    uint64_t n_companies;
    struct hub *hubs; /* in order of start; owned */
    size_t n_hubs, capacity;
};

struct place {
    enum small_kind small;
    uint64_t small_cluster; /* unique over all kinds */
    uint64_t small_slot, small_size;
    enum hub_kind hub;
    uint64_t hub_number; /* in landscape.hubs */
    uint64_t hub_slot, hub_size;
    bool in_tree;    /* guarantees or is guaranteed by ordinary ones */
    bool guaranteed; /* by `guarantor`, who guarantees `fellows` in all */
    uint64_t guarantor, fellows;
    bool client; /* guaranteed by guarantee company number `company` */
    uint64_t company;
    bool apart; /* touches nobody: may have gone overdue without drawing others in */
};

MUST_CHECK enum status landscape_init(struct landscape *land, uint64_t n, uint64_t n_companies,
                                      uint64_t seed);
void landscape_fini(struct landscape *land);
struct place landscape_place(const struct landscape *land, uint64_t index);
/* Member `slot` of a hub, and of a guarantee company. */
uint64_t landscape_hub_member(const struct landscape *land, const struct hub *hub, uint64_t slot);
uint64_t landscape_clients(const struct landscape *land, uint64_t company);
uint64_t landscape_client(const struct landscape *land, uint64_t company, uint64_t slot);
/* The small cluster at a position of its line, [0, small_start[N_SMALL]). */
struct place landscape_small(const struct landscape *land, uint64_t position);
