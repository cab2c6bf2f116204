/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/lexer_private.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const keyword_names[] = {
    "",
#define KEYWORD(word) #word,
    KEYWORDS(KEYWORD)
#undef KEYWORD
};

const char *keyword_name(enum keyword keyword)
{
    return keyword_names[keyword];
}

const char *token_show(char buffer[64], const struct token *token, struct slice source)
{
    size_t size = token->span.end - token->span.start;

    if (token->kind == TOKEN_END)
        return "the end of the query";
    snprintf(buffer, 64, "'%.*s%s'", (int)(size > 40 ? 40 : size),
             (const char *)source.data + token->span.start, size > 40 ? "..." : "");
    return buffer;
}

static uint32_t offset_of(const struct lexer *lexer, const char *at)
{
    return (uint32_t)(at - (const char *)lexer->source.data);
}

enum status lex_fail(struct lexer *lexer, const char *from, const char *detail,
                            const char *message)
{
    struct query_error error = { "SyntaxError", detail, QUERY_COMPILE,
                                 { offset_of(lexer, from), offset_of(lexer, lexer->at) } };

    if (error.span.end <= error.span.start)
        error.span.end = error.span.start + 1;
    return query_fail(lexer->source, error, "%s", message);
}

/* ---- Characters -------------------------------------------------------------------------- */

/* Decodes one code point; returns its bytes, or 0 where the text is not UTF-8. */
static int decode(const char *at, const char *end, uint32_t *code)
{
    unsigned char first = (unsigned char)*at;
    int size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;

    if (!size || end - at < size || first > 0xf4)
        return 0;
    *code = size == 1 ? first : first & (0xffu >> (size + 1));
    for (int i = 1; i < size; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | ((unsigned char)at[i] & 0x3fu);
    }
    if ((size == 3 && *code < 0x800) || (size == 4 && *code < 0x10000) || *code > 0x10ffff ||
        (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return size;
}

static bool wide_space(uint32_t code)
{
    return code == 0xa0 || code == 0x85 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
           code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f ||
           code == 0x3000 || code == 0xfeff;
}

/*
 * Whether a code point past ASCII can stand in a name: everything but the blocks of punctuation,
 * symbols, controls and private use (an approximation of XID_Continue that needs no tables).
 */
static bool wide_letter(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } not_letters[] = {
        { 0x80, 0xa9 },     { 0xab, 0xb4 },     { 0xb6, 0xb6 },     { 0xb8, 0xb9 },
        { 0xbb, 0xbf },     { 0xd7, 0xd7 },     { 0xf7, 0xf7 },     { 0x2000, 0x203e },
        { 0x2041, 0x2053 }, { 0x2055, 0x2070 }, { 0x20a0, 0x20cf }, { 0x2190, 0x2bff },
        { 0x2e00, 0x2e7f }, { 0x3000, 0x3004 }, { 0x3008, 0x3020 }, { 0xe000, 0xf8ff },
        { 0xfe10, 0xfe1f }, { 0xfe30, 0xfe32 }, { 0xfe35, 0xfe4c }, { 0xfe50, 0xfe6f },
        { 0xff01, 0xff0f }, { 0xff1a, 0xff20 }, { 0xff3b, 0xff3e }, { 0xff5b, 0xff65 },
        { 0xfff0, 0xffff }, { 0x1f000, 0x1faff }, { 0xf0000, 0x10ffff },
    };

    for (size_t i = 0; i < sizeof not_letters / sizeof *not_letters; i++)
        if (code >= not_letters[i].first && code <= not_letters[i].last)
            return false;
    return true;
}

int lex_letter(const struct lexer *lexer, const char *at, bool inner)
{
    uint32_t code;
    int size;

    if (at >= lexer->end)
        return 0;
    if ((unsigned char)*at < 0x80)
        return isalpha((unsigned char)*at) || *at == '_' || (inner && isdigit((unsigned char)*at));
    size = decode(at, lexer->end, &code);
    return size && wide_letter(code) ? size : 0;
}

/* ---- Tokens ------------------------------------------------------------------------------ */

enum status lex_add(struct lexer *lexer, struct token token)
{
    token.span = (struct text_span){ offset_of(lexer, lexer->start), offset_of(lexer, lexer->at) };
    TRY(array_reserve(&lexer->items, &lexer->capacity, lexer->n + 1));
    lexer->items[lexer->n++] = token;
    return STATUS_OK;
}

static enum keyword keyword_of(struct slice word)
{
    size_t low = 1, high = KW_COUNT_;

    /* The list is in alphabetical order. */
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *name = keyword_names[middle];
        int order = strncasecmp(word.data, name, word.size);

        if (order == 0 && name[word.size])
            order = -1;
        if (order == 0)
            return (enum keyword)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return KW_NONE_;
}

static enum status lex_word(struct lexer *lexer)
{
    struct token token = { .kind = TOKEN_WORD };
    int size;

    while ((size = lex_letter(lexer, lexer->at, true)) > 0)
        lexer->at += size;
    token.text = slice_of(lexer->start, (size_t)(lexer->at - lexer->start));
    token.keyword = keyword_of(token.text);
    return lex_add(lexer, token);
}

static size_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static bool hex(const struct lexer *lexer, const char *at, int digits, uint32_t *code)
{
    *code = 0;
    if (lexer->end - at < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        unsigned char c = (unsigned char)at[i];
        if (!isxdigit(c))
            return false;
        *code = *code << 4 | (uint32_t)(isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
    }
    return true;
}

/* \uXXXX (two of them where they are surrogates), \UXXXXXX, and \UXXXXXXXX of older grammars. */
static bool lex_unicode(struct lexer *lexer, uint32_t *code)
{
    uint32_t low;
    bool big = lexer->at[0] == 'U';

    lexer->at++;
    if (big && hex(lexer, lexer->at, 8, code) && *code <= 0x10ffff)
        lexer->at += 8;
    else if (hex(lexer, lexer->at, big ? 6 : 4, code))
        lexer->at += big ? 6 : 4;
    else
        return false;
    if (*code >= 0xd800 && *code < 0xdc00 && lexer->end - lexer->at >= 6 && lexer->at[0] == '\\' &&
        lexer->at[1] == 'u' && hex(lexer, lexer->at + 2, 4, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
        lexer->at += 6;
    }
    return *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
}

/* Behind a backslash. Appends what the escape stands for. */
static enum status lex_escape(struct lexer *lexer, char *out, size_t *used)
{
    static const char names[] = "\\'\"`tbnrf/", stand_for[] = "\\'\"`\t\b\n\r\f/";
    const char *from = lexer->at - 1, *found;
    uint32_t code = 0;

    if (lexer->at == lexer->end)
        return lex_fail(lexer, from, "UnexpectedSyntax", "a string ends in a backslash");
    if (*lexer->at == 'u' || *lexer->at == 'U') {
        if (!lex_unicode(lexer, &code))
            return lex_fail(lexer, from, "InvalidUnicodeLiteral",
                            "expected \\uXXXX or \\UXXXXXX with hexadecimal digits");
        *used += put_utf8(out + *used, code);
        return STATUS_OK;
    }
    found = strchr(names, *lexer->at);
    if (!found || !*found) {
        lexer->at++;
        return lex_fail(lexer, from, "UnexpectedSyntax",
                        "unknown escape; write \\\\ for a backslash");
    }
    lexer->at++;
    out[(*used)++] = stand_for[found - names];
    return STATUS_OK;
}

/* Text between `quote`s, which may be doubled inside; escapes unless a name is quoted. */
static enum status lex_quoted(struct lexer *lexer, char quote, enum token_kind kind)
{
    struct token token = { .kind = kind };
    const char *stop = lexer->at + 1;
    char *out;
    size_t used = 0;

    while (stop < lexer->end && *stop != quote)
        stop += *stop == '\\' && stop + 1 < lexer->end ? 2 : 1;
    /* Never longer than what is left: an escape is longer than what it stands for. */
    while (stop + 1 < lexer->end && *stop == quote && stop[1] == quote)
        for (stop += 2; stop < lexer->end && *stop != quote;)
            stop += *stop == '\\' && stop + 1 < lexer->end ? 2 : 1;
    out = arena_alloc(lexer->arena, (size_t)(stop - lexer->at) + 4);
    if (!out)
        return STATUS_NO_MEMORY;
    for (lexer->at++;;) {
        if (lexer->at >= lexer->end)
            return lex_fail(lexer, lexer->start, "UnexpectedSyntax", "this quote is not closed");
        if (*lexer->at == quote) {
            if (lexer->at + 1 >= lexer->end || lexer->at[1] != quote)
                break;
            lexer->at++;
            out[used++] = *lexer->at++;
        } else if (*lexer->at == '\\') {
            lexer->at++;
            TRY(lex_escape(lexer, out, &used));
        } else {
            out[used++] = *lexer->at++;
        }
    }
    lexer->at++;
    token.text = slice_of(out, used);
    if (kind == TOKEN_WORD && used == 0)
        return lex_fail(lexer, lexer->start, "UnexpectedSyntax", "a quoted name is empty");
    return lex_add(lexer, token);
}

static enum status lex_parameter(struct lexer *lexer)
{
    struct token token = { .kind = TOKEN_PARAMETER };
    int size;

    lexer->at++;
    if (lexer->at < lexer->end && *lexer->at == '`') {
        TRY(lex_quoted(lexer, '`', TOKEN_WORD));
        lexer->items[lexer->n - 1].kind = TOKEN_PARAMETER;
        return STATUS_OK;
    }
    while ((size = lex_letter(lexer, lexer->at, true)) > 0)
        lexer->at += size;
    token.text = slice_of(lexer->start + 1, (size_t)(lexer->at - lexer->start) - 1);
    if (token.text.size == 0)
        return lex_fail(lexer, lexer->start, "UnexpectedSyntax",
                        "expected the name of a parameter behind $");
    return lex_add(lexer, token);
}

static enum punct punct_of(const char *at, const char *end, int *size)
{
    static const struct {
        const char *text;
        enum punct punct;
    } puncts[] = {
        { "..", P_DOTDOT },     { "||", P_CONCAT },     { "+=", P_PLUS_EQUAL },
        { "=~", P_MATCHES },    { "<>", P_NOT_EQUAL },  { "<=", P_LESS_EQUAL },
        { ">=", P_GREATER_EQUAL }, { "(", P_LPAREN },   { ")", P_RPAREN },
        { "[", P_LBRACKET },    { "]", P_RBRACKET },    { "{", P_LBRACE },
        { "}", P_RBRACE },      { ",", P_COMMA },       { ".", P_DOT },
        { ":", P_COLON },       { ";", P_SEMICOLON },   { "|", P_BAR },
        { "+", P_PLUS },        { "-", P_MINUS },       { "*", P_STAR },
        { "/", P_SLASH },       { "%", P_PERCENT },     { "^", P_CARET },
        { "&", P_AMPERSAND },   { "!", P_BANG },        { "=", P_EQUAL },
        { "<", P_LESS },        { ">", P_GREATER },
    };

    for (size_t i = 0; i < sizeof puncts / sizeof *puncts; i++) {
        size_t length = strlen(puncts[i].text);
        if ((size_t)(end - at) >= length && memcmp(at, puncts[i].text, length) == 0) {
            *size = (int)length;
            return puncts[i].punct;
        }
    }
    return P_NONE;
}

/* Remembers an opening bracket, or ties a closing one to the opening one of its kind. */
static enum status pair_brackets(struct lexer *lexer, enum punct punct)
{
    if (punct == P_LPAREN || punct == P_LBRACKET || punct == P_LBRACE) {
        TRY(array_reserve(&lexer->open, &lexer->open_capacity, lexer->n_open + 1));
        lexer->open[lexer->n_open++] = (uint32_t)lexer->n;
    } else if ((punct == P_RPAREN || punct == P_RBRACKET || punct == P_RBRACE) && lexer->n_open) {
        struct token *open = &lexer->items[lexer->open[lexer->n_open - 1]];
        if (open->punct + 1 == punct) {
            open->match = (uint32_t)lexer->n;
            lexer->n_open--;
        }
    }
    return STATUS_OK;
}

static enum status lex_punct(struct lexer *lexer)
{
    struct token token = { .kind = TOKEN_PUNCT };
    uint32_t code;
    int size = 0;

    token.punct = punct_of(lexer->at, lexer->end, &size);
    if (token.punct == P_NONE) {
        size = decode(lexer->at, lexer->end, &code);
        lexer->at += size ? size : 1;
        if (size == 1)
            return lex_fail(lexer, lexer->start, "UnexpectedSyntax", "unexpected character");
        return lex_fail(lexer, lexer->start, "InvalidUnicodeCharacter",
                        size ? "this character has no meaning outside a string"
                             : "the query is not valid UTF-8");
    }
    lexer->at += size;
    TRY(pair_brackets(lexer, token.punct));
    return lex_add(lexer, token);
}

/* Blanks and comments. */
static enum status skip_space(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        const char *at = lexer->at;
        uint32_t code;
        int size;

        if (isspace((unsigned char)*at)) {
            lexer->at++;
        } else if (lexer->end - at >= 2 && at[0] == '/' && at[1] == '/') {
            while (lexer->at < lexer->end && *lexer->at != '\n')
                lexer->at++;
        } else if (lexer->end - at >= 2 && at[0] == '/' && at[1] == '*') {
            const char *close = memmem(at + 2, (size_t)(lexer->end - at - 2), "*/", 2);
            if (!close)
                return lex_fail(lexer, at, "UnexpectedSyntax", "this comment is not closed");
            lexer->at = close + 2;
        } else if ((unsigned char)*at >= 0x80 && (size = decode(at, lexer->end, &code)) > 0 &&
                   wide_space(code)) {
            lexer->at += size;
        } else {
            break;
        }
    }
    return STATUS_OK;
}

static enum status lex_token(struct lexer *lexer)
{
    char c = *lexer->at;

    lexer->start = lexer->at;
    if (c == '\'' || c == '"')
        return lex_quoted(lexer, c, TOKEN_STRING);
    if (c == '`')
        return lex_quoted(lexer, c, TOKEN_WORD);
    if (c == '$')
        return lex_parameter(lexer);
    if (isdigit((unsigned char)c) ||
        (c == '.' && lexer->end - lexer->at >= 2 && isdigit((unsigned char)lexer->at[1]) &&
         (lexer->at == lexer->source.data || lexer->at[-1] != '.')))
        return lex_number(lexer);
    if (lex_letter(lexer, lexer->at, false))
        return lex_word(lexer);
    return lex_punct(lexer);
}

static enum status lex_all(struct lexer *lexer)
{
    if (lexer->source.size >= UINT32_MAX / 2)
        return fail(STATUS_LIMIT, "the query is longer than 2 GiB");
    for (;;) {
        TRY(skip_space(lexer));
        if (lexer->at == lexer->end)
            break;
        TRY(lex_token(lexer));
    }
    lexer->start = lexer->at;
    return lex_add(lexer, (struct token){ .kind = TOKEN_END });
}

enum status lexer_run(struct tokens *out, struct slice source, struct arena *arena)
{
    struct lexer lexer = { .source = source, .at = source.data, .arena = arena };
    enum status status;

    lexer.end = source.size ? lexer.at + source.size : lexer.at;
    status = lex_all(&lexer);
    if (status == STATUS_OK) {
        *out = (struct tokens){ source, arena_array(arena, lexer.n, sizeof *lexer.items), lexer.n };
        if (out->items)
            memcpy(out->items, lexer.items, lexer.n * sizeof *lexer.items);
        else
            status = STATUS_NO_MEMORY;
    }
    free(lexer.items);
    free(lexer.open);
    return status;
}
