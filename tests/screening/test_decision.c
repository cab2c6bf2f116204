/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/decision.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(decision, .fini = leaks_check);

#define N_RECORDS 25

struct log {
    struct graph *graph;
    char *dir;
};

static void append(struct graph_txn *txn, unsigned i)
{
    AUTO(buf_fini) struct buf body = { 0 };
    char id[32], key[32], input[64], answer[64], input_hex[HASH_HEX_MAX], answer_hex[HASH_HEX_MAX];
    unsigned char digest[HASH_BYTES];
    struct decision_entry entry;
    uint64_t seq;

    snprintf(id, sizeof id, "decision%u", i);
    snprintf(key, sizeof key, "key%u", i);
    snprintf(input, sizeof input, "{\"application\":%u}", i);
    snprintf(answer, sizeof answer, "{\"answer\":%u}", i * 7);
    hash256(digest, slice_str(input));
    hash_hex(input_hex, digest, HASH_BYTES);
    hash256(digest, slice_str(answer));
    hash_hex(answer_hex, digest, HASH_BYTES);
    OK(buf_printf(&body, "{\"decision_id\":\"%s\",\"input_hash\":\"%s\",\"answer_hash\":\"%s\"}",
                  id, input_hex, answer_hex));
    entry = (struct decision_entry){ .body = buf_slice(&body), .decision_id = slice_str(id),
                                     .idempotency_key = slice_str(key),
                                     .application_id = SLICE("A-1"), .input = slice_str(input),
                                     .answer = slice_str(answer) };
    OK(decision_append(&seq, txn, &entry));
    cr_assert_eq(seq, i + 1);
}

static void log_open(struct log *log)
{
    struct graph_options options = { .map_size = (uint64_t)256 << 20 };
    struct graph_txn *txn;

    *log = (struct log){ .dir = place_new() };
    log->graph = fresh_graph(place_in(log->dir, "db"), SLICE(""), &options);
    for (unsigned i = 0; i < N_RECORDS; i++) {
        OK(graph_write(&txn, log->graph));
        append(txn, i);
        OK(txn_commit(txn));
    }
}

static void log_close(struct log *log)
{
    graph_close(log->graph);
    place_remove(log->dir);
}

static void export_all(struct buf *out, struct graph *graph)
{
    struct graph_txn *txn;
    uint64_t last;

    OK(graph_read(&txn, graph, NULL));
    OK(decision_last(&last, txn));
    for (uint64_t seq = 1; seq <= last; seq++) {
        struct decision_record record;

        OK(decision_load(&record, txn, seq));
        OK(decision_export_line(out, &record));
        OK(buf_append_byte(out, '\n'));
    }
    txn_end(txn);
}

/* As `decision verify FILE` does: whole lines, each with its end. Gives the records that agree. */
static bool verify(size_t *n, struct slice text)
{
    struct decision_check check = { 0 };
    const char *at = text.data, *end = at + text.size;

    for (*n = 0; at < end; ++*n) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        if (!line_end ||
            decision_check_line(&check, slice_of(at, (size_t)(line_end - at))) != STATUS_OK)
            return false;
        at = line_end + 1;
    }
    return true;
}

Test(decision, every_flipped_byte_is_found_and_its_record_named)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct log log;
    size_t n, line = 0;

    log_open(&log);
    export_all(&text, log.graph);
    cr_assert(verify(&n, buf_slice(&text)));
    cr_assert_eq(n, N_RECORDS);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char was = text.data[i];

        for (unsigned flip = 1; flip < 256; flip = flip * 3 + 2) {
            text.data[i] = (unsigned char)(was ^ flip);
            cr_assert(!verify(&n, buf_slice(&text)), "byte %zu ^ %u", i, flip);
            cr_assert_eq(n, line, "byte %zu ^ %u: record %zu, wanted %zu", i, flip, n + 1,
                         line + 1);
        }
        text.data[i] = was;
        line += was == '\n';
    }
    log_close(&log);
}

/* A log as it is exported, too long to be read from its start for every byte. */
struct long_log {
    struct buf text;
    struct decision_check before[4000]; /* at the start of each line */
    size_t starts[4000], n;
};

static void long_log_make(struct long_log *out, size_t bytes)
{
    struct decision_check check = { 0 };
    struct log log;
    struct graph_txn *txn;

    log_open(&log);
    OK(graph_write(&txn, log.graph));
    for (unsigned i = N_RECORDS; i < sizeof out->starts / sizeof *out->starts; i++)
        append(txn, i);
    for (uint64_t seq = 1; out->text.size < bytes; seq++) {
        struct decision_record record;
        size_t start = out->text.size;

        OK(decision_load(&record, txn, seq));
        OK(decision_export_line(&out->text, &record));
        out->starts[out->n] = start;
        out->before[out->n++] = check;
        OK(decision_check_line(&check, slice_of(out->text.data + start, out->text.size - start)));
        OK(buf_append_byte(&out->text, '\n'));
    }
    txn_end(txn);
    log_close(&log);
}

/* The line at which a reader who read all before `line` stops; log->n: none. */
static size_t bad_line(const struct long_log *log, size_t line)
{
    struct decision_check check = log->before[line];
    const char *at = (const char *)log->text.data + log->starts[line];
    const char *end = (const char *)log->text.data + log->text.size;

    for (; at < end; line++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        if (!line_end ||
            decision_check_line(&check, slice_of(at, (size_t)(line_end - at))) != STATUS_OK)
            return line;
        at = line_end + 1;
    }
    return line;
}

/* RINGFENCE_LONG=1 takes every byte, otherwise every 13th. */
Test(decision, flips_in_a_megabyte_of_log_are_found_and_their_record_named, .timeout = 300)
{
    static struct long_log log;
    size_t step = getenv("RINGFENCE_LONG") ? 1 : 13, line = 0;

    long_log_make(&log, (size_t)1 << 20);
    cr_assert_eq(bad_line(&log, 0), log.n);
    for (size_t i = 0; i < log.text.size; i += step) {
        unsigned char was = log.text.data[i];

        while (line + 1 < log.n && log.starts[line + 1] <= i)
            line++;
        log.text.data[i] = (unsigned char)(was ^ 1u << i % 8);
        cr_assert_eq(bad_line(&log, line), line, "byte %zu: line %zu", i, line);
        log.text.data[i] = was;
    }
    buf_fini(&log.text);
}

Test(decision, a_missing_or_swapped_record_is_found)
{
    AUTO(buf_fini) struct buf text = { 0 };
    AUTO(buf_fini) struct buf without = { 0 };
    struct log log;
    const char *second, *third;
    size_t n;

    log_open(&log);
    export_all(&text, log.graph);
    second = (const char *)memchr(text.data, '\n', text.size) + 1;
    third = (const char *)strchr(second, '\n') + 1;
    OK(buf_append(&without, text.data, (size_t)(second - (const char *)text.data)));
    OK(buf_append(&without, third, text.size - (size_t)(third - (const char *)text.data)));
    cr_assert(!verify(&n, buf_slice(&without)));
    cr_assert_eq(n, 1);
    log_close(&log);
}

Test(decision, the_stored_log_verifies_and_a_changed_one_does_not)
{
    struct log log;
    struct graph_txn *txn;
    unsigned char last[HASH_BYTES], key[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };
    AUTO(buf_fini) struct buf row = { 0 };
    struct slice value;
    uint64_t n;

    log_open(&log);
    OK(graph_read(&txn, log.graph, NULL));
    OK(decision_verify(&n, last, txn));
    cr_assert_eq(n, N_RECORDS);
    txn_end(txn);

    OK(graph_write(&txn, log.graph));
    OK(store_get(&value, txn_store(txn), TABLE_DECISION, slice_of(key, 8)));
    OK(buf_append_slice(&row, value));
    row.data[row.size - 3] ^= 1;
    OK(store_put(txn_store(txn), TABLE_DECISION, slice_of(key, 8), buf_slice(&row)));
    OK(txn_commit(txn));
    OK(graph_read(&txn, log.graph, NULL));
    cr_assert_eq(decision_verify(&n, last, txn), STATUS_CORRUPT);
    cr_assert(strstr(error_detail(), "record 7 "), "%s", error_detail());
    txn_end(txn);
    log_close(&log);
}

Test(decision, a_record_that_is_gone_is_damage_for_whoever_loads_it)
{
    unsigned char key[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };
    struct decision_record record;
    struct graph_txn *txn;
    struct log log;

    log_open(&log);
    OK(graph_write(&txn, log.graph));
    OK(store_delete(txn_store(txn), TABLE_DECISION, slice_of(key, 8)));
    for (uint64_t seq = 7; seq <= 8; seq++) {
        cr_assert_eq(decision_load(&record, txn, seq), STATUS_CORRUPT, "%d", (int)seq);
        cr_assert_str_eq(error_detail(), "decision record 7 is missing");
    }
    txn_end(txn);
    log_close(&log);
}

Test(decision, an_input_that_is_no_text_is_damage)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    unsigned char key[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };
    struct slice input, answer;
    struct graph_txn *txn;
    struct log log;

    log_open(&log);
    OK(graph_write(&txn, log.graph));
    OK(store_put(txn_store(txn), TABLE_INPUT, slice_of(key, 8), SLICE("\x92\x07\xa1x")));
    cr_assert_eq(decision_input(&input, &answer, &arena, txn, 7), STATUS_CORRUPT);
    txn_end(txn);
    log_close(&log);
}

static enum status count_one(void *context, uint64_t seq)
{
    (void)seq;
    ++*(size_t *)context;
    return STATUS_OK;
}

Test(decision, records_are_found_and_inputs_can_be_erased)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct log log;
    struct graph_txn *txn;
    struct slice input, answer;
    unsigned char last[HASH_BYTES];
    uint64_t seq, n;
    size_t count = 0;

    log_open(&log);
    OK(graph_write(&txn, log.graph));
    OK(decision_by_id(&seq, txn, SLICE("decision3")));
    cr_assert_eq(seq, 4);
    OK(decision_by_key(&seq, txn, SLICE("key4")));
    cr_assert_eq(seq, 5);
    cr_assert_eq(decision_by_key(&seq, txn, SLICE("key99")), STATUS_NOT_FOUND);
    OK(decision_by_application(txn, SLICE("A-1"), count_one, &count));
    cr_assert_eq(count, N_RECORDS);
    OK(decision_input(&input, &answer, &arena, txn, 5));
    cr_assert(slice_equal(input, SLICE("{\"application\":4}")));
    OK(decision_erase(txn, 5));
    OK(txn_commit(txn));

    OK(graph_read(&txn, log.graph, NULL));
    cr_assert_eq(decision_input(&input, &answer, &arena, txn, 5), STATUS_NOT_FOUND);
    OK(decision_verify(&n, last, txn));
    txn_end(txn);
    log_close(&log);
}
