/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/delimited.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/text.h"

/* How scanning a record from the present position ended. */
enum outcome {
    RECORD_WHOLE,
    RECORD_SHORT,     /* the block ends inside it: read more */
    RECORD_LONG,      /* longer than allowed, its end not in sight */
    RECORD_LARGE,     /* longer than allowed, but whole */
    RECORD_OPEN,      /* a quote is not closed */
    RECORD_TRAILING,  /* text behind a closing quote */
    RECORD_COLUMNS,
    RECORD_FIELD,
};

struct scan {
    struct delimited *csv;
    const unsigned char *start, *at, *end;
    const unsigned char *trouble; /* where reading resumes looking for a line end */
    uint64_t lines;               /* line ends passed */
};

enum status delimited_open(struct delimited *csv, const char *path, char delimiter, char quote)
{
    csv->delimiter = delimiter;
    csv->quote = quote;
    return source_open(&csv->source, path);
}

enum status delimited_open_bytes(struct delimited *csv, struct slice bytes, size_t read_max,
                                 char delimiter, char quote)
{
    csv->delimiter = delimiter;
    csv->quote = quote;
    return source_open_bytes(&csv->source, bytes, "text", read_max);
}

void delimited_fini(struct delimited *csv)
{
    source_fini(&csv->source);
}

/*
 * The next delimiter or line end, or `end`. Reads up to 15 bytes past `end`, which the block's pad
 * allows. Sixteen bytes a step, as most fields fit in one.
 */
static const unsigned char *find_end(const unsigned char *at, const unsigned char *end,
                                     char delimiter)
{
#ifdef __SSE2__
    const __m128i delimiters = _mm_set1_epi8(delimiter), ends = _mm_set1_epi8('\n');

    for (; at < end; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        int mask = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, ends)));

        if (mask) {
            at += __builtin_ctz((unsigned)mask);
            return at < end ? at : end;
        }
    }
    return end;
#else
    while (at < end && *at != (unsigned char)delimiter && *at != '\n')
        at++;
    return at;
#endif
}

/* Whether the bytes need looking at: any NUL or byte of a multi-byte character. */
static bool is_plain(const unsigned char *at, size_t size)
{
    size_t i = 0;
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128();
    __m128i high = zero, nul = zero;

    for (; i + 16 <= size; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));

        high = _mm_or_si128(high, bytes);
        nul = _mm_or_si128(nul, _mm_cmpeq_epi8(bytes, zero));
    }
    if (_mm_movemask_epi8(_mm_or_si128(high, nul)))
        return false;
#endif
    for (; i < size; i++)
        if (at[i] == 0 || at[i] >= 0x80)
            return false;
    return true;
}

/* From behind the opening quote to behind the closing one. */
static enum outcome scan_quoted(struct scan *scan, size_t column)
{
    const unsigned char *from = scan->at + 1, *at = from;
    unsigned char quote = (unsigned char)scan->csv->quote;

    scan->trouble = scan->at;
    for (;;) {
        const unsigned char *found = memchr(at, quote, (size_t)(scan->end - at));

        if (!found)
            return RECORD_OPEN;
        if (found + 1 < scan->end && found[1] == quote) {
            scan->csv->doubled[column] = true;
            at = found + 2;
            continue;
        }
        if (found + 1 == scan->end && !scan->csv->source.eof)
            return RECORD_SHORT; /* what follows decides whether it closes */
        scan->csv->fields[column] = slice_of(from, (size_t)(found - from));
        scan->csv->quoted[column] = true;
        scan->at = found + 1;
        return RECORD_WHOLE;
    }
}

static enum outcome scan_field(struct scan *scan, size_t column)
{
    struct delimited *csv = scan->csv;
    const unsigned char *from = scan->at;
    enum outcome outcome;

    csv->quoted[column] = csv->doubled[column] = false;
    if (csv->quote && from < scan->end && *from == (unsigned char)csv->quote) {
        outcome = scan_quoted(scan, column);
        if (outcome != RECORD_WHOLE)
            return outcome;
        if (scan->at + 1 < scan->end && scan->at[0] == '\r' && scan->at[1] == '\n')
            scan->at++;
        else if (scan->at < scan->end && scan->at[0] == '\r' && scan->at + 1 == scan->end)
            scan->at += csv->source.eof;
        if (scan->at < scan->end && *scan->at != '\n' && *scan->at != '\r' &&
            *scan->at != (unsigned char)csv->delimiter) {
            scan->trouble = scan->at;
            return RECORD_TRAILING;
        }
        return RECORD_WHOLE;
    }
    scan->at = find_end(from, scan->end, csv->delimiter);
    csv->fields[column] = slice_of(from, (size_t)(scan->at - from));
    return RECORD_WHOLE;
}

/* CR before the line end belongs to it. */
static void cut_return(struct delimited *csv)
{
    struct slice *last = &csv->fields[csv->n_fields - 1];

    if (!csv->quoted[csv->n_fields - 1] && last->size &&
        ((const char *)last->data)[last->size - 1] == '\r')
        last->size--;
}

/* From the present position over one record and its line end. */
static enum outcome scan_record(struct scan *scan)
{
    struct delimited *csv = scan->csv;
    bool too_many = false, too_large = false;

    csv->n_fields = 0;
    for (;;) {
        enum outcome outcome;

        if (csv->n_fields == DELIMITED_COLUMNS_MAX) {
            too_many = true;
            csv->n_fields--;
        }
        outcome = scan_field(scan, csv->n_fields);
        if (outcome != RECORD_WHOLE)
            return outcome;
        too_large |= csv->fields[csv->n_fields].size > DELIMITED_FIELD_MAX;
        csv->n_fields++;
        if (scan->at == scan->end && !csv->source.eof)
            return RECORD_SHORT;
        if (scan->at == scan->end || *scan->at == '\n')
            break;
        if (*scan->at == '\r' && scan->at + 1 == scan->end && !csv->source.eof)
            return RECORD_SHORT;
        if (*scan->at == '\r') { /* behind a quoted field, not before a line end */
            scan->trouble = scan->at;
            return RECORD_TRAILING;
        }
        scan->at++;
    }
    cut_return(csv);
    scan->at += scan->at < scan->end;
    if ((size_t)(scan->at - scan->start) > SOURCE_RECORD_MAX)
        return RECORD_LARGE;
    return too_many ? RECORD_COLUMNS : too_large ? RECORD_FIELD : RECORD_WHOLE;
}

static uint64_t count_lines(const unsigned char *from, const unsigned char *to)
{
    uint64_t n = 0;

    while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
        n++;
        from++;
    }
    return n;
}

/* Leaves the record behind: its bytes are consumed, its lines counted. */
static void consume(struct delimited *csv, const struct scan *scan)
{
    csv->source.line += count_lines(scan->start, scan->at);
    csv->source.at += (size_t)(scan->at - scan->start);
}

/* Goes on behind the line on which the trouble is. */
static enum status pass_over(struct delimited *csv, struct scan *scan, const unsigned char *trouble)
{
    scan->at = trouble;
    consume(csv, scan);
    return source_skip_line(&csv->source);
}

static enum status report(struct delimited *csv, struct scan *scan, enum outcome outcome)
{
    uint64_t quote_line = csv->line + count_lines(scan->start, scan->trouble);
    uint64_t quote_offset = csv->offset + (uint64_t)(scan->trouble - scan->start);

    switch (outcome) {
    case RECORD_OPEN:
        TRY(pass_over(csv, scan, scan->trouble));
        return fail(STATUS_INVALID,
                    "the quote opened at line %llu, byte %llu is not closed within %zu bytes",
                    (unsigned long long)quote_line, (unsigned long long)quote_offset,
                    SOURCE_RECORD_MAX);
    case RECORD_TRAILING:
        TRY(pass_over(csv, scan, scan->trouble));
        return fail(STATUS_INVALID,
                    "text follows a closing quote at byte %llu; quotes inside a quoted field must "
                    "be doubled", (unsigned long long)quote_offset);
    case RECORD_LARGE:
        consume(csv, scan);
        return fail(STATUS_INVALID, "the record is longer than %zu bytes", SOURCE_RECORD_MAX);
    case RECORD_COLUMNS:
        consume(csv, scan);
        return fail(STATUS_INVALID, "more than %d columns", DELIMITED_COLUMNS_MAX);
    case RECORD_FIELD:
        consume(csv, scan);
        return fail(STATUS_INVALID, "a field is longer than %zu bytes", DELIMITED_FIELD_MAX);
    default:
        TRY(pass_over(csv, scan, scan->start));
        return fail(STATUS_INVALID, "the record is longer than %zu bytes", SOURCE_RECORD_MAX);
    }
}

static struct scan scan_start(struct delimited *csv)
{
    const unsigned char *start = csv->source.block + csv->source.at;

    return (struct scan){ .csv = csv, .start = start, .at = start, .trouble = start,
                          .end = csv->source.block + csv->source.end };
}

static enum status scan_whole(struct delimited *csv, struct scan *scan, enum outcome *outcome)
{
    for (;;) {
        size_t have;

        *scan = scan_start(csv);
        *outcome = scan_record(scan);
        have = (size_t)(scan->end - scan->start);
        if (*outcome != RECORD_SHORT && (*outcome != RECORD_OPEN || csv->source.eof))
            return STATUS_OK;
        if (have > SOURCE_RECORD_MAX) {
            if (*outcome == RECORD_SHORT)
                *outcome = RECORD_LONG;
            return STATUS_OK;
        }
        TRY(source_fill(&csv->source));
    }
}

static enum status pass_blank_lines(struct delimited *csv)
{
    struct source *source = &csv->source;

    for (;;) {
        const unsigned char *at = source->block + source->at;
        size_t have = source->end - source->at;

        if (have < 2 && !source->eof)
            TRY(source_fill(source));
        else if (have >= 1 && at[0] == '\n')
            source->at++, source->line++;
        else if (have >= 2 && at[0] == '\r' && at[1] == '\n')
            source->at += 2, source->line++;
        else
            return have ? STATUS_OK : STATUS_END;
    }
}

/* Doubled quotes become single ones, in place: the block is ours. */
static void undouble(struct delimited *csv, size_t column)
{
    struct slice *field = &csv->fields[column];
    size_t at = (size_t)((const unsigned char *)field->data - csv->source.block);
    unsigned char *to = csv->source.block + at;
    const unsigned char *from = to, *end = to + field->size, *start = to;

    while (from < end) {
        if (*from == (unsigned char)csv->quote)
            from++;
        *to++ = *from++;
    }
    field->size = (size_t)(to - start);
}

static enum status check_text(const struct delimited *csv, const struct scan *scan)
{
    struct slice record = slice_of(scan->start, (size_t)(scan->at - scan->start));
    size_t bad;

    if (is_plain(record.data, record.size))
        return STATUS_OK;
    if (memchr(record.data, 0, record.size))
        return fail(STATUS_INVALID, "the record holds a NUL byte");
    if (text_valid_utf8(record, &bad))
        return STATUS_OK;
    return fail(STATUS_INVALID, "byte %llu is not UTF-8",
                (unsigned long long)(csv->offset + bad));
}

enum status delimited_next(struct delimited *csv)
{
    struct scan scan;
    enum outcome outcome;
    enum status status;

    status = pass_blank_lines(csv);
    if (status != STATUS_OK)
        return status;
    csv->line = csv->source.line;
    csv->offset = source_offset(&csv->source);
    TRY(scan_whole(csv, &scan, &outcome));
    if (outcome != RECORD_WHOLE)
        return report(csv, &scan, outcome);
    consume(csv, &scan);
    TRY(check_text(csv, &scan));
    for (size_t i = 0; i < csv->n_fields; i++)
        if (csv->doubled[i])
            undouble(csv, i);
    return STATUS_OK;
}
