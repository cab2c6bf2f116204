/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer's text once more, with masks where something is to be hidden. */
#include "service/mask_private.h"

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A key is met where no longer word runs on at its ends: "12" is not in "2012". */
static const struct hidden *met(const struct hiding *hiding, const unsigned char *start,
                                const unsigned char *at, const unsigned char *end, bool sentence)
{
    for (size_t i = 0; i < hiding->n; i++) {
        const struct hidden *hidden = &hiding->items[i];
        const unsigned char *key = hidden->key.data;
        size_t n = hidden->key.size;

        if ((size_t)(end - at) < n || memcmp(at, key, n) != 0 || (hidden->is_number && !sentence))
            continue;
        if (at > start && is_word(at[-1]) && is_word(key[0]))
            continue;
        if (at + n < end && is_word(at[n]) && is_word(key[n - 1]))
            continue;
        return hidden;
    }
    return NULL;
}

/* The end of the string that starts behind a quote: its closing quote. */
static const unsigned char *string_end(const unsigned char *at, const unsigned char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : end;
}

static enum status rewrite_string(struct buf *out, const struct hiding *hiding,
                                  const unsigned char *start, const unsigned char *end,
                                  bool sentence)
{
    const unsigned char *at = start;

    while (at < end) {
        const struct hidden *hidden = met(hiding, start, at, end, sentence);

        TRY(hidden ? buf_append_slice(out, hidden->mask) : buf_append_byte(out, *at));
        at += hidden ? hidden->key.size : 1;
    }
    return STATUS_OK;
}

/* What the string before a value says of it. */
enum member {
    MEMBER_OTHER,
    MEMBER_BY_HAND,   /* what a person wrote may name anybody: hidden whole */
    MEMBER_SENTENCE,
    MEMBER_NUMBERS,
    MEMBER_SENSITIVE, /* of numbers */
    MEMBER_BESIDE,    /* of numbers that hold a sensitive one */
};

/* Where an answer's text is being rewritten. */
struct rewriting {
    struct buf *out;
    const struct hiding *hiding;
    const unsigned char *at, *end;
    enum member member;
    bool in_numbers; /* which hold no maps */
    bool hides_some; /* of the numbers it is in */
};

static enum member member_of(const struct rewriting *r, struct slice name)
{
    if (r->in_numbers)
        return schema_is_sensitive(r->hiding->schema, name) ? MEMBER_SENSITIVE
               : r->hides_some                              ? MEMBER_BESIDE
                                                            : MEMBER_OTHER;
    if (slice_equal(name, SLICE("note")) || slice_equal(name, SLICE("reason")))
        return MEMBER_BY_HAND;
    if (slice_equal(name, SLICE("numbers")))
        return MEMBER_NUMBERS;
    return slice_equal(name, SLICE("text")) ? MEMBER_SENTENCE : MEMBER_OTHER;
}

/* The size of a number behind a colon, with that; 0: a string, list or map, which are none. */
static size_t number_size(const unsigned char *start, const unsigned char *end, bool *fraction)
{
    const unsigned char *at = start;

    *fraction = false;
    if (at < end && *at == ':')
        for (at++; at < end && (*at == ' ' || *at == '-');)
            at++;
    if (at == end || *at < '0' || *at > '9')
        return 0;
    for (; at < end && *at != ',' && *at != '}'; at++)
        *fraction |= *at == '.' || *at == 'e' || *at == 'E';
    return (size_t)(at - start);
}

/* Whether a member up to the next brace is sensitive: numbers hold no maps. */
static bool hides_some(const struct rewriting *r, const unsigned char *at)
{
    while (at < r->end && *at != '}') {
        const unsigned char *close = *at == '"' ? string_end(at + 1, r->end) : at;

        if (*at == '"' && close + 1 < r->end && close[1] == ':' &&
            schema_is_sensitive(r->hiding->schema, slice_of(at + 1, (size_t)(close - at - 1))))
            return true;
        at = close < r->end ? close + 1 : close;
    }
    return false;
}

/* What stands between two strings: numbers, structure. */
static enum status rewrite_between(struct rewriting *r, const unsigned char *quote)
{
    const unsigned char *start = r->at, *at = start;
    bool fraction;
    size_t size = number_size(at, quote, &fraction);

    if (size && (r->member == MEMBER_SENSITIVE || (r->member == MEMBER_BESIDE && fraction))) {
        TRY(buf_append_slice(r->out, SLICE(":null")));
        start = at += size;
    }
    if (r->member == MEMBER_NUMBERS) {
        r->in_numbers = memchr(at, '{', (size_t)(quote - at)) != NULL;
        r->hides_some = r->in_numbers && hides_some(r, quote);
    }
    if (memchr(at, '}', (size_t)(quote - at)))
        r->in_numbers = false;
    r->at = quote;
    return buf_append(r->out, start, (size_t)(quote - start));
}

static enum status rewrite_quoted(struct rewriting *r)
{
    const unsigned char *start = r->at + 1, *close = string_end(start, r->end);
    bool is_member = close + 1 < r->end && close[1] == ':';

    TRY(buf_append_byte(r->out, '"'));
    if (!is_member && (r->member == MEMBER_BY_HAND || r->member == MEMBER_SENSITIVE))
        TRY(buf_append_slice(r->out, SLICE(STARS)));
    else
        TRY(rewrite_string(r->out, r->hiding, start, close,
                           !is_member && r->member == MEMBER_SENTENCE));
    r->member = is_member ? member_of(r, slice_of(start, (size_t)(close - start))) : MEMBER_OTHER;
    r->at = close;
    if (r->at < r->end)
        TRY(buf_append_byte(r->out, *r->at++));
    return STATUS_OK;
}

enum status mask_rewrite(struct buf *out, const struct hiding *hiding, struct slice answer)
{
    struct rewriting r = { .out = out, .hiding = hiding, .at = answer.data,
                           .end = (const unsigned char *)answer.data + answer.size };

    while (r.at < r.end) {
        const unsigned char *quote = memchr(r.at, '"', (size_t)(r.end - r.at));

        TRY(rewrite_between(&r, quote ? quote : r.end));
        if (quote)
            TRY(rewrite_quoted(&r));
    }
    return STATUS_OK;
}
