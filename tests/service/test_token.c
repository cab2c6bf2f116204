/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "service/token.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

TestSuite(token, .fini = leaks_check);

#define NOW_US ((int64_t)1790000000 * US_PER_SECOND)

Test(token, is_found_by_its_text_and_by_no_other)
{
    AUTO(token_list_fini) struct token_list list = { 0 };
    char text[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    const struct token *found;

    cr_assert_eq(token_add(other, &list, ROLE_WRITE, SLICE("feed"), TIME_MAX), STATUS_OK);
    cr_assert_eq(token_add(text, &list, ROLE_SCREEN, SLICE("loan"), TIME_MAX), STATUS_OK);
    found = token_find(&list, slice_str(text), NOW_US);
    cr_assert(found && found->role == ROLE_SCREEN);
    for (size_t i = 0; i < strlen(text); i++)
        for (int bit = 0; bit < 8; bit++) {
            text[i] ^= (char)(1 << bit);
            cr_assert_null(token_find(&list, slice_of(text, strlen(other)), NOW_US), "%zu", i);
            text[i] ^= (char)(1 << bit);
        }
    for (size_t n = 0; n < strlen(text); n++)
        cr_assert_null(token_find(&list, slice_of(text, n), NOW_US));
}

Test(token, ends_when_it_expires_or_is_revoked)
{
    AUTO(token_list_fini) struct token_list list = { 0 };
    char text[TOKEN_TEXT_MAX];

    cr_assert_eq(token_add(text, &list, ROLE_ADMIN, SLICE(""), NOW_US), STATUS_OK);
    cr_assert(token_find(&list, slice_str(text), NOW_US - 1));
    cr_assert_null(token_find(&list, slice_str(text), NOW_US));
    cr_assert_eq(token_revoke(&list, SLICE("00000000x")), STATUS_NOT_FOUND);
    cr_assert_eq(token_revoke(&list, slice_of(text + 3, 8)), STATUS_OK);
    cr_assert_null(token_find(&list, slice_str(text), NOW_US - 1));
}

Test(token, survives_its_file_which_holds_no_secret)
{
    AUTO(place_removep) char *place = place_new();
    AUTO(token_list_fini) struct token_list list = { 0 };
    AUTO(token_list_fini) struct token_list again = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    const char *path = place_in(place, "tokens");
    char text[TOKEN_TEXT_MAX];
    struct stat seen;

    cr_assert_eq(token_list_load(&again, path), STATUS_OK);
    cr_assert_eq(token_add(text, &list, ROLE_INVESTIGATE, SLICE("ann \"x\""), NOW_US), STATUS_OK);
    cr_assert_eq(token_list_save(&list, path), STATUS_OK);
    cr_assert_eq(stat(path, &seen), 0);
    cr_assert_eq(seen.st_mode & 0777, 0600);
    cr_assert_eq(file_read(&bytes, path, 1 << 20), STATUS_OK);
    cr_assert_null(memmem(bytes.data, bytes.size, text + 12, 64));
    cr_assert_eq(token_list_load(&again, path), STATUS_OK);
    cr_assert_eq(again.n, 1);
    cr_assert_str_eq(again.items[0].name, "ann \"x\"");
    cr_assert(token_find(&again, slice_str(text), NOW_US - 1));
}

static enum status work(void *context)
{
    AUTO(token_list_fini) struct token_list list = { 0 };
    char text[TOKEN_TEXT_MAX];

    (void)context;
    TRY(token_add(text, &list, ROLE_SCREEN, SLICE("a"), TIME_MAX));
    return token_add(text, &list, ROLE_SCREEN, SLICE("b"), TIME_MAX);
}

Test(token, bears_failing_allocations)
{
    cr_assert_gt(sweep_allocations(work, NULL), 0);
}
