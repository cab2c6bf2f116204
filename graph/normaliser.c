/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/normaliser.h"

#include "base/checkdigit.h"
#include "base/text.h"
#include "graph/pattern.h"

struct replacement {
    struct pattern *pattern;
    struct slice with;
};

struct normaliser {
    const char *name;
    unsigned fold; /* enum text_fold */
    struct pattern *canonical, *valid;
    struct replacement *replacements;
    size_t n_replacements;
    enum normaliser_check check;
    size_t check_length;
};

static enum status fold_of(unsigned *fold, const struct normaliser_text *text, const char *file)
{
    static const struct {
        const char *name;
        unsigned fold;
    } known[] = {
        { "width", TEXT_WIDTH }, { "upper", TEXT_UPPER }, { "lower", TEXT_LOWER },
        { "nfc", TEXT_NFC },
    };

    *fold = 0;
    for (size_t i = 0; i < text->n_fold; i++) {
        size_t k = 0;

        while (k < sizeof known / sizeof *known && strcmp(text->fold[i], known[k].name) != 0)
            k++;
        if (k == sizeof known / sizeof *known)
            return fail(STATUS_INVALID,
                        "%s:%u: normaliser %s: fold \"%s\" is not one of width, upper, lower, nfc",
                        file, text->line, text->name, text->fold[i]);
        *fold |= known[k].fold;
    }
    return STATUS_OK;
}

/* {country} becomes the default country. */
static enum status expand(struct buf *out, const char *text, const char *country)
{
    static const char mark[] = "{country}";

    buf_clear(out);
    for (const char *found; (found = strstr(text, mark)); text = found + sizeof mark - 1) {
        TRY(buf_append(out, text, (size_t)(found - text)));
        TRY(buf_append(out, country, strlen(country)));
    }
    return buf_append(out, text, strlen(text));
}

static enum status compile(struct pattern **out, const char *text, const char *country,
                           const char *file, uint32_t line)
{
    AUTO(buf_fini) struct buf expanded = { 0 };
    enum status status;

    TRY(expand(&expanded, text, country));
    status = pattern_compile(out, buf_slice(&expanded), 0);
    return status == STATUS_INVALID ? fail_context(status, "%s:%u", file, line) : status;
}

static enum status fill(struct normaliser *normaliser, struct arena *arena,
                        const struct normaliser_text *text, const char *country, const char *file)
{
    AUTO(buf_fini) struct buf with = { 0 };

    TRY(fold_of(&normaliser->fold, text, file));
    if (text->canonical)
        TRY(compile(&normaliser->canonical, text->canonical, country, file, text->line));
    if (text->valid)
        TRY(compile(&normaliser->valid, text->valid, country, file, text->line));
    normaliser->replacements = arena_array(arena, text->n_replace + 1, sizeof(struct replacement));
    if (!normaliser->replacements)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < text->n_replace; i++) {
        const struct normaliser_replacement *from = &text->replace[i];
        struct replacement *to = &normaliser->replacements[i];

        TRY(compile(&to->pattern, from->pattern, country, file, from->line));
        normaliser->n_replacements++;
        TRY(expand(&with, from->with, country));
        to->with = slice_of(arena_copy(arena, buf_slice(&with)), with.size);
        if (!to->with.data)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status normaliser_new(struct normaliser **out, struct arena *arena,
                           const struct normaliser_text *text, const char *country,
                           const char *file)
{
    struct normaliser *normaliser = arena_new(arena, struct normaliser);
    enum status status;

    if (!normaliser)
        return STATUS_NO_MEMORY;
    normaliser->name = text->name;
    normaliser->check = (enum normaliser_check)text->check;
    normaliser->check_length = (size_t)text->check_length;
    status = fill(normaliser, arena, text, country, file);
    if (status != STATUS_OK) {
        normaliser_fini(normaliser);
        return status;
    }
    *out = normaliser;
    return STATUS_OK;
}

void normaliser_fini(struct normaliser *normaliser)
{
    if (!normaliser)
        return;
    pattern_free(normaliser->canonical);
    pattern_free(normaliser->valid);
    for (size_t i = 0; i < normaliser->n_replacements; i++)
        pattern_free(normaliser->replacements[i].pattern);
}

const char *normaliser_name(const struct normaliser *normaliser)
{
    return normaliser->name;
}

/* White space, controls, and the zero-width characters that copying leaves behind. */
static bool is_blank(int32_t code_point)
{
    return (code_point >= 0 && code_point <= ' ') || code_point == 0x7f || code_point == 0xfeff ||
           code_point == 0x200b || (code_point > 0x7f && text_is_space(code_point));
}

/* Without white space, controls and byte order marks at its ends. */
static struct slice trim(struct slice text)
{
    const unsigned char *start = text.data, *end = start + text.size;

    while (start < end) {
        const unsigned char *at = start;

        if (!is_blank(text_next(&at, end)))
            break;
        start = at;
    }
    while (end > start) {
        const unsigned char *last = end - 1, *at;

        while (last > start && (*last & 0xc0) == 0x80)
            last--;
        at = last;
        if (!is_blank(text_next(&at, end)))
            break;
        end = last;
    }
    return slice_of(start, (size_t)(end - start));
}

static bool is_ascii(struct slice text)
{
    const unsigned char *bytes = text.data;
    unsigned char any = 0;

    for (size_t i = 0; i < text.size; i++)
        any |= bytes[i];
    return any < 0x80;
}

/* Nearly all keys are ASCII, where only case can fold. */
static enum status fold_ascii(struct buf *out, struct slice text, unsigned fold)
{
    buf_clear(out);
    TRY(buf_append_slice(out, text));
    for (size_t i = 0; i < out->size; i++) {
        unsigned char *byte = &out->data[i];

        if ((fold & TEXT_UPPER) && *byte >= 'a' && *byte <= 'z')
            *byte = (unsigned char)(*byte - 'a' + 'A');
        else if ((fold & TEXT_LOWER) && *byte >= 'A' && *byte <= 'Z')
            *byte = (unsigned char)(*byte - 'A' + 'a');
    }
    return STATUS_OK;
}

static enum status replace_all(struct buf *out, const struct normaliser *normaliser)
{
    AUTO(buf_fini) struct buf next = { 0 };

    for (size_t i = 0; i < normaliser->n_replacements; i++) {
        struct buf swap = *out;

        TRY(pattern_replace(&next, normaliser->replacements[i].pattern, buf_slice(out),
                            normaliser->replacements[i].with));
        *out = next;
        next = swap;
    }
    return STATUS_OK;
}

static bool check_passes(const struct normaliser *normaliser, struct slice key)
{
    if (normaliser->check == CHECK_NONE || key.size != normaliser->check_length)
        return true;
    return normaliser->check == CHECK_USCC ? uscc_valid(key) : identity_valid(key);
}

/* Folding and replacing may lay bare a blank. */
static void trim_in_place(struct buf *out)
{
    struct slice trimmed = trim(buf_slice(out));

    if (trimmed.size)
        memmove(out->data, trimmed.data, trimmed.size);
    out->size = trimmed.size;
}

/* Replaces and checks what was folded; STATUS_LIMIT where a pattern can't cope with the text. */
static enum status refine(struct buf *out, bool *valid, const struct normaliser *normaliser)
{
    TRY(replace_all(out, normaliser));
    trim_in_place(out);
    *valid = check_passes(normaliser, buf_slice(out));
    if (*valid && normaliser->valid)
        TRY(pattern_match(valid, normaliser->valid, buf_slice(out)));
    return STATUS_OK;
}

static enum status fold_only(struct buf *out, const struct normaliser *normaliser,
                             struct slice text)
{
    if (!normaliser->fold || is_ascii(text))
        return fold_ascii(out, text, normaliser->fold);
    TRY(text_fold(out, text, normaliser->fold));
    trim_in_place(out);
    return STATUS_OK;
}

/* Text in its final form already, as most is: *done. */
static enum status try_canonical(struct buf *out, bool *valid, bool *done,
                                 const struct normaliser *normaliser, struct slice text)
{
    *done = false;
    if (!normaliser->canonical || text.size > PATTERN_SUBJECT_MAX)
        return STATUS_OK;
    TRY(pattern_match(done, normaliser->canonical, text));
    if (!*done)
        return STATUS_OK;
    *valid = check_passes(normaliser, text);
    buf_clear(out);
    return buf_append_slice(out, text);
}

/* One go over text that is not final yet. */
static enum status rework(struct buf *out, bool *valid, const struct normaliser *normaliser,
                          struct slice text)
{
    enum status status;

    TRY(fold_only(out, normaliser, text));
    status = refine(out, valid, normaliser);
    if (status != STATUS_LIMIT && (status != STATUS_OK || out->size || !text.size))
        return status;
    /* Too much for the patterns, or nothing was left (an address of dashes): kept and flagged. */
    *valid = false;
    return fold_only(out, normaliser, text);
}

/* What was taken out may have kept its neighbours from being folded, so keys are equal at last. */
#define GOES_MAX 4

enum status normaliser_run(struct buf *out, bool *valid, const struct normaliser *normaliser,
                           struct slice raw)
{
    AUTO(buf_fini) struct buf before = { 0 };
    struct slice text = trim(raw);
    enum status status;
    bool done;

    *valid = true;
    if (!normaliser) {
        buf_clear(out);
        return buf_append_slice(out, text);
    }
    status = try_canonical(out, valid, &done, normaliser, text);
    if (done || (status != STATUS_OK && status != STATUS_LIMIT))
        return status;
    TRY(rework(out, valid, normaliser, text));
    for (int i = 1; i < GOES_MAX && !slice_equal(buf_slice(out), text); i++) {
        buf_clear(&before);
        TRY(buf_append_slice(&before, buf_slice(out)));
        text = buf_slice(&before);
        TRY(rework(out, valid, normaliser, text));
    }
    return STATUS_OK;
}
