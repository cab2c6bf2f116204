/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Check characters of Chinese identification numbers.
 *
 * Input is upper-case ASCII, as normalised keys are. The *_check() functions give the check
 * character, or 0 where the text has a character the standard does not allow.
 */

#include "base/buf.h"

#define USCC_SIZE 18
#define IDENTITY_SIZE 18

/* Unified social credit code, GB 32100-2015 (MOD 31 over 17 characters without I O S V Z). */
char uscc_check(const char first17[17]);
bool uscc_valid(struct slice code);
/* Organisation code, GB 11714-1997: characters 9 to 17 of a unified social credit code. */
char org_code_check(const char first8[8]);
/* Citizen identity number, GB 11643-1999 (ISO 7064 MOD 11-2 over 17 digits). */
char identity_check(const char first17[17]);
bool identity_valid(struct slice number);
