/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Text: strict UTF-8, Unicode folding, and the width of characters on a terminal.
 *
 * The door to utf8proc. Everything costs O(bytes); nothing depends on the locale.
 */

#include "base/buf.h"

/*
 * Valid UTF-8 without overlong forms, surrogates, code points past U+10FFFF or NUL. On false
 * `*bad_offset` (may be NULL) is the byte at which the first bad sequence starts.
 */
bool text_valid_utf8(struct slice text, size_t *bad_offset);

/* Ways to fold, combined with |; at most one of LOWER, UPPER and CASE. */
enum text_fold {
    TEXT_NFC = 1,            /* canonical composition: two spellings of one character become one */
    TEXT_WIDTH = 2,          /* NFKC: full-width forms, ligatures, circled digits become plain */
    TEXT_LOWER = 4,
    TEXT_UPPER = 8,
    TEXT_CASE = 16,          /* full case folding, for comparing: "Straße" and "STRASSE" agree */
    TEXT_STRIP_SPACE = 32,   /* white space, controls and invisible format characters go */
    TEXT_STRIP_MARKS = 64,   /* punctuation and symbols go */
    TEXT_TRIM = 128,         /* white space at both ends goes, runs inside become one space */
};

/*
 * Replaces what `out` holds by `text` folded. STATUS_INVALID names the offset of a byte that is
 * not UTF-8. Folding a folded text again changes nothing.
 */
MUST_CHECK enum status text_fold(struct buf *out, struct slice text, unsigned how);

/* What a count of things puts behind their name: "1 row", "2 rows". */
static inline const char *text_s(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Columns that `text` takes on a terminal: East Asian wide characters take two, marks none. */
size_t text_width(struct slice text);
/* The longest start of `text` that takes at most `columns`, never cutting a character. */
struct slice text_cut(struct slice text, size_t columns);

/* The code point at `*at` (which moves past it); -1 where bytes are not UTF-8 (moves by 1). */
int32_t text_next(const unsigned char **at, const unsigned char *end);
/* C0, DEL and C1: they break lines, or are commands to a terminal. */
bool text_is_control(int32_t code_point);
/* Appends the UTF-8 form of a code point. */
MUST_CHECK enum status text_append(struct buf *out, int32_t code_point);
/* Writes a number's digits, zeros before them up to `width` (at most TEXT_DIGITS_MAX); how many. */
#define TEXT_DIGITS_MAX 20
size_t text_digits(char *out, uint64_t number, size_t width);
/* White space of any script (also U+3000, the ideographic space). */
bool text_is_space(int32_t code_point);
