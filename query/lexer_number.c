/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers: decimal, hexadecimal, octal, floats. */
#include "query/lexer_private.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

static enum status number_fail(struct lexer *lexer)
{
    int size;

    const struct token *before = lexer->n ? &lexer->items[lexer->n - 1] : NULL;

    while ((size = lex_letter(lexer, lexer->at, true)) > 0)
        lexer->at += size;
    if (before && before->kind == TOKEN_PUNCT && before->punct == P_LBRACE)
        return lex_fail(lexer, lexer->start, "UnexpectedSyntax",
                        "a key does not begin with a digit; quote it with `");
    return lex_fail(lexer, lexer->start, "InvalidNumberLiteral", "this is not a number");
}

/* Behind 0x or 0o. */
static enum status lex_based(struct lexer *lexer, unsigned base)
{
    struct token token = { .kind = TOKEN_INTEGER };
    size_t digits = 0;

    for (lexer->at += 2; lexer->at < lexer->end; lexer->at++) {
        unsigned char c = (unsigned char)*lexer->at;
        unsigned digit = isdigit(c) ? (unsigned)(c - '0') : isxdigit(c) ? (c | 32u) - 'a' + 10 : 99;

        if (c == '_' && lexer->at + 1 < lexer->end && isxdigit((unsigned char)lexer->at[1]))
            continue;
        if (digit >= base)
            break;
        digits++;
        if (token.magnitude > (UINT64_MAX - digit) / base)
            token.overflow = true;
        token.magnitude = token.magnitude * base + digit;
    }
    if (!digits || lex_letter(lexer, lexer->at, true))
        return number_fail(lexer);
    return lex_add(lexer, token);
}

/* Copies the digits of the token without underscores, for strtod. */
static enum status lex_float(struct lexer *lexer)
{
    struct token token = { .kind = TOKEN_FLOAT };
    char small[64], *text = small;
    size_t size = (size_t)(lexer->at - lexer->start), used = 0;

    if (size >= sizeof small) {
        text = arena_alloc(lexer->arena, size + 1);
        if (!text)
            return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < size; i++)
        if (lexer->start[i] != '_')
            text[used++] = lexer->start[i];
    text[used] = 0;
    token.number = strtod(text, NULL);
    if (isinf(token.number))
        return lex_fail(lexer, lexer->start, "FloatingPointOverflow",
                        "this number is too large for a float");
    if (lexer->at < lexer->end && strchr("fFdD", *lexer->at) &&
        !lex_letter(lexer, lexer->at + 1, true))
        lexer->at++;
    if (lex_letter(lexer, lexer->at, true))
        return number_fail(lexer);
    return lex_add(lexer, token);
}

static void skip_digits(struct lexer *lexer)
{
    while (lexer->at < lexer->end &&
           (isdigit((unsigned char)*lexer->at) ||
            (*lexer->at == '_' && lexer->at + 1 < lexer->end && lexer->at > lexer->start &&
             isdigit((unsigned char)lexer->at[1]) && isdigit((unsigned char)lexer->at[-1]))))
        lexer->at++;
}

/* e, an optional sign, digits. */
static bool skip_exponent(struct lexer *lexer)
{
    const char *at = lexer->at;

    if (at >= lexer->end || (*at != 'e' && *at != 'E'))
        return false;
    at++;
    if (at < lexer->end && (*at == '+' || *at == '-'))
        at++;
    if (at >= lexer->end || !isdigit((unsigned char)*at))
        return false;
    lexer->at = at;
    skip_digits(lexer);
    return true;
}

enum status lex_number(struct lexer *lexer)
{
    struct token token = { .kind = TOKEN_INTEGER };
    bool floating = false;

    if (lexer->end - lexer->at >= 2 && *lexer->at == '0') {
        if (lexer->at[1] == 'x' || lexer->at[1] == 'X')
            return lex_based(lexer, 16);
        if (lexer->at[1] == 'o' || lexer->at[1] == 'O')
            return lex_based(lexer, 8);
    }
    skip_digits(lexer);
    if (lexer->end - lexer->at >= 2 && *lexer->at == '.' && isdigit((unsigned char)lexer->at[1])) {
        floating = true;
        lexer->at++;
        skip_digits(lexer);
    }
    if (skip_exponent(lexer) || floating)
        return lex_float(lexer);
    if (lexer->at < lexer->end && strchr("fFdD", *lexer->at) &&
        !lex_letter(lexer, lexer->at + 1, true))
        return lex_float(lexer);
    if (lex_letter(lexer, lexer->at, true))
        return number_fail(lexer);
    for (const char *at = lexer->start; at < lexer->at; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (*at == '_')
            continue;
        if (token.magnitude > (UINT64_MAX - digit) / 10)
            token.overflow = true;
        token.magnitude = token.magnitude * 10 + digit;
    }
    return lex_add(lexer, token);
}
