/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The files of a book: one per label and per edge type with its endpoints. */

#include "book/csv.h"

#define SHEET_INTERVAL "valid_from:datetime,valid_to:datetime"

/* X(symbol, file, is_node, header) */
#define SHEETS(X)                                                                                  \
    X(ENTERPRISE, "enterprises.csv", true,                                                         \
      ":ID(Enterprise),name,industry,enterprise_type,registered_on:date,net_assets_minor:long,"    \
      "status,class,:LABEL")                                                                       \
    X(PERSON, "persons.csv", true, ":ID(Person),name,:LABEL")                                      \
    X(DEVICE, "devices.csv", true, ":ID(Device),class,:LABEL")                                     \
    X(PHONE, "phones.csv", true, ":ID(Phone),class,:LABEL")                                        \
    X(ADDRESS, "addresses.csv", true, ":ID(Address),level,class,:LABEL")                           \
    X(APPLICATION, "applications.csv", true,                                                       \
      ":ID(Application),product,lender,legal_rep,industry,amount_minor:long,currency,"             \
      "applied_at:datetime,status,outcome,:LABEL")                                                 \
    X(ACCOUNT, "accounts.csv", true, ":ID(Account),:LABEL")                                        \
    X(LOAN, "loans.csv", true,                                                                     \
      ":ID(Loan),amount_minor:long,currency,status,overdue_since:datetime,"                        \
      "overdue_until:datetime,:LABEL")                                                             \
    X(GROUP, "groups.csv", true, ":ID(Group),name,:LABEL")                                         \
    X(LEGAL_REP, "legal_rep.csv", false,                                                           \
      ":START_ID(Person),:END_ID(Enterprise)," SHEET_INTERVAL ",:TYPE")                            \
    X(EXECUTIVE, "executive.csv", false,                                                           \
      ":START_ID(Person),:END_ID(Enterprise),role," SHEET_INTERVAL ",:TYPE")                       \
    X(CONTACT, "contact.csv", false,                                                               \
      ":START_ID(Person),:END_ID(Enterprise),role," SHEET_INTERVAL ",:TYPE")                       \
    X(SHAREHOLDER, "shareholder.csv", false,                                                       \
      ":START_ID(Person),:END_ID(Enterprise),ratio:double," SHEET_INTERVAL ",:TYPE")               \
    X(INVESTS, "invests.csv", false,                                                               \
      ":START_ID(Enterprise),:END_ID(Enterprise),ratio:double," SHEET_INTERVAL ",:TYPE")           \
    X(KIN, "kin.csv", false, ":START_ID(Person),:END_ID(Person),relation,:TYPE")                   \
    X(MEMBER_OF, "member_of.csv", false,                                                           \
      ":START_ID(Enterprise),:END_ID(Group)," SHEET_INTERVAL ",:TYPE")                             \
    X(HAS_PHONE, "has_phone.csv", false,                                                           \
      ":START_ID(Enterprise),:END_ID(Phone),role,verified:boolean," SHEET_INTERVAL ",:TYPE")       \
    X(LOCATED_AT, "located_at.csv", false,                                                         \
      ":START_ID(Enterprise),:END_ID(Address),role,verified:boolean," SHEET_INTERVAL ",:TYPE")     \
    X(USES_DEVICE, "uses_device.csv", false,                                                       \
      ":START_ID(Enterprise),:END_ID(Device),valid_from:datetime,:TYPE")                           \
    X(APPLIED, "applied.csv", false,                                                               \
      ":START_ID(Enterprise),:END_ID(Application),channel,valid_from:datetime,:TYPE")              \
    X(SUBMITTED_FROM, "submitted_from.csv", false,                                                 \
      ":START_ID(Application),:END_ID(Device),ip,valid_from:datetime,:TYPE")                       \
    X(STATES_PHONE, "states_phone.csv", false,                                                     \
      ":START_ID(Application),:END_ID(Phone),role,valid_from:datetime,:TYPE")                      \
    X(STATES_ADDRESS, "states_address.csv", false,                                                 \
      ":START_ID(Application),:END_ID(Address),role,valid_from:datetime,:TYPE")                    \
    X(GUARANTEES, "guarantees.csv", false,                                                         \
      ":START_ID(Enterprise),:END_ID(Enterprise),edge_key:string,amount_minor:long,currency,"      \
      "kind,status," SHEET_INTERVAL ",:TYPE")                                                      \
    X(GUARANTEES_PERSON, "guarantees_person.csv", false,                                           \
      ":START_ID(Person),:END_ID(Enterprise),edge_key:string,amount_minor:long,currency,"          \
      "kind,status," SHEET_INTERVAL ",:TYPE")                                                      \
    X(OWNS, "owns.csv", false, ":START_ID(Enterprise),:END_ID(Account)," SHEET_INTERVAL ",:TYPE")  \
    X(BORROWED, "borrowed.csv", false,                                                             \
      ":START_ID(Enterprise),:END_ID(Loan),valid_from:datetime,:TYPE")                             \
    X(SIGNED_IN, "signed_in.csv", false,                                                           \
      ":START_ID(Device),:END_ID(Account),location,valid_from:datetime,:TYPE")                     \
    X(RESULTED_IN, "resulted_in.csv", false,                                                       \
      ":START_ID(Application),:END_ID(Loan),valid_from:datetime,:TYPE")                            \
    X(DEPOSITED, "deposited.csv", false,                                                           \
      ":START_ID(Loan),:END_ID(Account),amount_minor:long,valid_from:datetime,:TYPE")              \
    X(REPAID, "repaid.csv", false,                                                                 \
      ":START_ID(Account),:END_ID(Loan),amount_minor:long,valid_from:datetime,:TYPE")              \
    X(TRANSFERRED, "transferred.csv", false,                                                       \
      ":START_ID(Account),:END_ID(Account),edge_key:string,amount_minor:long,"                     \
      "valid_from:datetime,:TYPE")                                                                 \
    X(SUPPLIES, "supplies.csv", false,                                                             \
      ":START_ID(Enterprise),:END_ID(Enterprise),amount_minor:long,valid_from:datetime,:TYPE")

enum sheet_id {
#define X(symbol, file, is_node, header) SHEET_##symbol,
    SHEETS(X)
#undef X
        N_SHEETS
};

struct sheet {
    const char *file, *header;
    bool is_node;
};

extern const struct sheet sheets[N_SHEETS];

/* Opens all; on failure those open stay for sheets_fini(). */
MUST_CHECK enum status sheets_open(struct csv files[N_SHEETS], int folder_fd);
/* The first failure of any; closes all. */
MUST_CHECK enum status sheets_close(struct csv files[N_SHEETS]);
/* The first failure so far, without closing. */
MUST_CHECK enum status sheets_check(const struct csv files[N_SHEETS]);
void sheets_fini(struct csv files[N_SHEETS]);
