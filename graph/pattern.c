/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#define PARENS_MAX 20
#define MATCH_STEPS_MAX 10000
#define DEPTH_MAX 1000
#define HEAP_KIB_MAX 1024
#define RESULT_MAX ((size_t)65536)

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits; /* not changed after compiling, so threads share it */
};

static enum status from_pcre2(int code, const char *doing)
{
    PCRE2_UCHAR message[128];

    switch (code) {
    case PCRE2_ERROR_NOMEMORY:
        return fail_memory(0);
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return fail(STATUS_LIMIT, "%s: the pattern is too expensive for this text: make it more "
                                  "specific, for instance without nested repetition", doing);
    default:
        pcre2_get_error_message(code, message, sizeof message);
        return fail(STATUS_INVALID, "%s: %s", doing, (const char *)message);
    }
}

static enum status compile(struct pattern *pattern, struct slice text, uint32_t options)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    PCRE2_UCHAR message[128];
    PCRE2_SIZE offset = 0;
    int code = 0;

    if (!context)
        return fail_memory(0);
    pcre2_set_parens_nest_limit(context, PARENS_MAX);
    pcre2_set_max_pattern_length(context, PATTERN_BYTES_MAX);
    pattern->code = pcre2_compile(text.size ? text.data : "", text.size, options, &code, &offset,
                                  context);
    pcre2_compile_context_free(context);
    if (pattern->code)
        return STATUS_OK;
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return fail_memory(0);
    pcre2_get_error_message(code, message, sizeof message);
    return fail(STATUS_INVALID, "pattern \"%.*s\": %s at offset %zu",
                (int)(text.size < 80 ? text.size : 80), (const char *)text.data,
                (const char *)message, (size_t)offset);
}

enum status pattern_compile(struct pattern **out, struct slice text, unsigned flags)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    AUTO(pattern_freep) struct pattern *pattern = calloc(1, sizeof *pattern);

    if (!pattern)
        return fail_memory(sizeof *pattern);
    if (flags & PATTERN_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    if (flags & PATTERN_CASELESS)
        options |= PCRE2_CASELESS;
    TRY(compile(pattern, text, options));
    pattern->limits = pcre2_match_context_create(NULL);
    if (!pattern->limits)
        return fail_memory(0);
    pcre2_set_match_limit(pattern->limits, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(pattern->limits, DEPTH_MAX);
    pcre2_set_heap_limit(pattern->limits, HEAP_KIB_MAX);
    /* Only faster: where memory may not be made executable, matching interprets. */
    (void)!pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    *out = pattern;
    pattern = NULL;
    return STATUS_OK;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_context_free(pattern->limits);
    pcre2_code_free(pattern->code);
    free(pattern);
}

void pattern_freep(struct pattern **pattern)
{
    pattern_free(*pattern);
}

static enum status check_subject(struct slice subject)
{
    if (subject.size > PATTERN_SUBJECT_MAX)
        return fail(STATUS_LIMIT, "matching a pattern: the text has %zu bytes, more than %zu",
                    subject.size, PATTERN_SUBJECT_MAX);
    return STATUS_OK;
}

enum status pattern_match(bool *matched, const struct pattern *pattern, struct slice subject)
{
    pcre2_match_data *data;
    int code;

    TRY(check_subject(subject));
    data = pcre2_match_data_create(1, NULL);
    if (!data)
        return fail_memory(0);
    code = pcre2_match(pattern->code, subject.size ? subject.data : "", subject.size, 0, 0, data,
                       pattern->limits);
    pcre2_match_data_free(data);
    if (code < 0 && code != PCRE2_ERROR_NOMATCH)
        return from_pcre2(code, "matching a pattern");
    *matched = code != PCRE2_ERROR_NOMATCH;
    return STATUS_OK;
}

static enum status replace(struct buf *out, const struct pattern *pattern, struct slice subject,
                           struct slice with)
{
    PCRE2_SIZE size = subject.size * 2 + 64;
    int code = PCRE2_ERROR_NOMEMORY;

    /* The second attempt has the room that the first one asked for. */
    for (int attempt = 0; attempt < 2 && code == PCRE2_ERROR_NOMEMORY; attempt++) {
        if (size > RESULT_MAX)
            return fail(STATUS_LIMIT, "replacing by a pattern: the result is longer than %zu bytes",
                        RESULT_MAX);
        TRY(buf_reserve(out, size));
        code = pcre2_substitute(pattern->code, subject.size ? subject.data : "", subject.size, 0,
                                PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH, NULL,
                                pattern->limits, with.size ? with.data : "", with.size, out->data,
                                &size);
    }
    if (code < 0)
        return from_pcre2(code, "replacing by a pattern");
    out->size = size;
    return STATUS_OK;
}

enum status pattern_replace(struct buf *out, const struct pattern *pattern, struct slice subject,
                            struct slice with)
{
    TRY(check_subject(subject));
    buf_clear(out);
    return replace(out, pattern, subject, with);
}
