/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/checkdigit.h"

static const char uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

char uscc_check(const char first17[17])
{
    unsigned sum = 0, weight = 1; /* the weights are 3^i mod 31 */

    for (int i = 0; i < 17; i++) {
        const char *at = first17[i] ? strchr(uscc_alphabet, first17[i]) : NULL;
        if (!at)
            return 0;
        sum += (unsigned)(at - uscc_alphabet) * weight;
        weight = weight * 3 % 31;
    }
    return uscc_alphabet[(31 - sum % 31) % 31];
}

bool uscc_valid(struct slice code)
{
    const char *text = code.data;
    char check = code.size == USCC_SIZE ? uscc_check(text) : 0;

    return check && text[17] == check;
}

char org_code_check(const char first8[8])
{
    static const unsigned char weights[] = { 3, 7, 9, 10, 5, 8, 4, 2 };
    unsigned sum = 0;

    for (int i = 0; i < 8; i++) {
        int digit = digit_of(first8[i]);
        if (digit < 0 && !(first8[i] >= 'A' && first8[i] <= 'Z'))
            return 0;
        sum += (unsigned)(digit >= 0 ? digit : first8[i] - 'A' + 10) * weights[i];
    }
    return "0X987654321"[sum % 11];
}

char identity_check(const char first17[17])
{
    unsigned sum = 0, weight = 7; /* the weights are 2^(17-i) mod 11, i from 0 */

    for (int i = 0; i < 17; i++) {
        int digit = digit_of(first17[i]);
        if (digit < 0)
            return 0;
        sum += (unsigned)digit * weight;
        weight = weight * 6 % 11; /* 6 is the inverse of 2 */
    }
    return "10X98765432"[sum % 11];
}

bool identity_valid(struct slice number)
{
    const char *text = number.data;
    char check = number.size == IDENTITY_SIZE ? identity_check(text) : 0;

    return check && text[17] == check;
}
