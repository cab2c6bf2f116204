/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Bearer tokens: who may call the service, and in which role.
 *
 * A token is "rf_ID_SECRET": 8 hex digits by which it is found, and 32 random bytes in hex. The
 * file of tokens (mode 0600, one JSON object a line) holds only a hash of the secret, so reading
 * it gives nobody access. The secret is 256 random bits, hence a fast hash is enough.
 */

#include "base/hash.h"
#include "base/time.h"

enum role {
    ROLE_NONE,
    ROLE_SCREEN,      /* the approval flow: screens, sees other parties masked */
    ROLE_INVESTIGATE, /* people: queries, tags and decisions, unmasked and logged */
    ROLE_WRITE,       /* feeds: events */
    ROLE_ADMIN,       /* everything */
    ROLE_COUNT_,
};

#define ROLE_BIT(role) (1u << (role))

const char *role_name(enum role role);
/* STATUS_INVALID names the text and what is expected. */
MUST_CHECK enum status role_parse(enum role *role, struct slice text);

#define TOKEN_ID_MAX 9
#define TOKEN_NAME_MAX 64
#define TOKEN_TEXT_MAX 80

struct token {
    char id[TOKEN_ID_MAX];
    char name[TOKEN_NAME_MAX]; /* whose it is */
    enum role role;
    int64_t created_us, expires_us; /* TIME_MAX: never */
    unsigned char hash[HASH_BYTES];
};

struct token_list {
    struct token *items;
    size_t n, capacity;
};

void token_list_fini(struct token_list *list);
/* Reads the file; a missing one is an empty list. STATUS_CORRUPT names file and line. */
MUST_CHECK enum status token_list_load(struct token_list *out, const char *path);
/*
 * Whoever changes the file holds this from before it is read until after it is saved, or of two at
 * once one is lost. Waits for another one. Give it back with token_unlock(), which accepts -1.
 */
MUST_CHECK enum status token_lock(int *lock, const char *path);
void token_unlock(int *lock);
/* Replaces the file at once (temporary file, fsync, rename) and durably. */
MUST_CHECK enum status token_list_save(const struct token_list *list, const char *path);
/* Appends a new token and gives its text, which is nowhere else. */
MUST_CHECK enum status token_add(char text[TOKEN_TEXT_MAX], struct token_list *list,
                                 enum role role, struct slice name, int64_t expires_us);
/* STATUS_NOT_FOUND where there is no such token. */
MUST_CHECK enum status token_revoke(struct token_list *list, struct slice id);

/*
 * The token whose text this is, or NULL: unknown, garbled, wrong or expired, which look alike.
 * How long it takes says nothing about the secret.
 */
const struct token *token_find(const struct token_list *list, struct slice text, int64_t now_us);
