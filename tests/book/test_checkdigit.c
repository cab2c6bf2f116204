/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/checkdigit.h"

#include <criterion/criterion.h>

/* Published numbers: the examples of the standards themselves, and codes of well-known firms. */
static const char *const uscc_good[] = {
    "91350100M000100Y43", "914403001922038216", "91100000100003962T",
    "9144030071526726XG", "91310000775785552L", "91330100799655058B",
};
static const char *const identity_good[] = {
    "11010519491231002X",
    "440524188001010014",
    "34052419800101001X",
};

Test(checkdigit, credit_codes_of_known_firms_are_valid)
{
    for (size_t i = 0; i < sizeof uscc_good / sizeof *uscc_good; i++)
        cr_expect(uscc_valid(slice_str(uscc_good[i])), "%s, expected check %c", uscc_good[i],
                  uscc_check(uscc_good[i]));
}

Test(checkdigit, every_single_wrong_character_is_seen)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    for (size_t at = 0; at < USCC_SIZE; at++)
        for (size_t c = 0; c < 31; c++) {
            char code[USCC_SIZE + 1] = "914403001922038216";
            bool same = code[at] == alphabet[c];
            code[at] = alphabet[c];
            cr_expect_eq(uscc_valid(slice_str(code)), same, "%s", code);
        }
}

Test(checkdigit, what_is_not_a_credit_code_is_refused)
{
    static const char *const bad[] = { "",
                                       "91440300192203821",
                                       "9144030019220382166",
                                       "91440300192203821O",
                                       "9I440300192203821P",
                                       "914403001922038215",
                                       "91440300192203821 " };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(uscc_valid(slice_str(bad[i])), "%s", bad[i]);
    cr_expect_not(uscc_valid(slice_of("91440300192203\0\0\0\0", 18)));
}

Test(checkdigit, identity_numbers_of_the_standard_are_valid)
{
    for (size_t i = 0; i < sizeof identity_good / sizeof *identity_good; i++)
        cr_expect(identity_valid(slice_str(identity_good[i])), "%s", identity_good[i]);
    cr_expect_not(identity_valid(SLICE("110105194912310021")));
    cr_expect_not(identity_valid(SLICE("1101051949123100")));
    cr_expect_not(identity_valid(SLICE("1101051949A231002X")));
}

Test(checkdigit, organisation_codes_inside_credit_codes_agree)
{
    /* GB 11714 gives D2143569X as its example. */
    cr_expect_eq(org_code_check("D2143569"), 'X');
    cr_expect_eq(org_code_check("19220382"), '1');
    cr_expect_eq(org_code_check("1922-382"), 0);
}
