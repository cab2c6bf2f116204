/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/decision.h"

#include <inttypes.h>

#include "base/arena.h"
#include "store/codec.h"
#include "store/row.h"
#include "store/store.h"

/*
 * DECISION        seq(8)                         -> hash(32) body
 * DECISION_INDEX  'D' decision id                -> seq(8)
 *                 'K' BLAKE2b of idempotency key -> seq(8)
 *                 'A' BLAKE2b of application id, seq(8) -> seq(8)
 * INPUT           seq(8)                         -> list [input, answer]
 */

#define SEQ_BYTES 8
#define INDEX_MAX 64

static struct slice seq_key(unsigned char key[SEQ_BYTES], uint64_t seq)
{
    key_put_u64(key, seq);
    return slice_of(key, SEQ_BYTES);
}

static void chain(unsigned char out[HASH_BYTES], const unsigned char previous[HASH_BYTES],
                  uint64_t seq, const unsigned char body[HASH_BYTES])
{
    unsigned char bytes[HASH_BYTES + SEQ_BYTES + HASH_BYTES];

    memcpy(bytes, previous, HASH_BYTES);
    key_put_u64(bytes + HASH_BYTES, seq);
    memcpy(bytes + HASH_BYTES + SEQ_BYTES, body, HASH_BYTES);
    hash256(out, slice_of(bytes, sizeof bytes));
}

static void record_hash(unsigned char out[HASH_BYTES], const unsigned char previous[HASH_BYTES],
                        uint64_t seq, struct slice body)
{
    unsigned char digest[HASH_BYTES];

    hash256(digest, body);
    chain(out, previous, seq, digest);
}

/* Index keys of fixed length, whatever the text's. */
static struct slice index_key(unsigned char key[INDEX_MAX], char kind, struct slice text,
                              uint64_t seq)
{
    key[0] = (unsigned char)kind;
    hash256(key + 1, text);
    if (!seq)
        return slice_of(key, 1 + HASH_BYTES);
    key_put_u64(key + 1 + HASH_BYTES, seq);
    return slice_of(key, 1 + HASH_BYTES + SEQ_BYTES);
}

static enum status put_index(struct graph_txn *txn, char kind, struct slice text, uint64_t seq)
{
    unsigned char key[INDEX_MAX], value[SEQ_BYTES];

    if (!text.size)
        return STATUS_OK;
    return store_put(txn_store(txn), TABLE_DECISION_INDEX,
                     index_key(key, kind, text, kind == 'A' ? seq : 0), seq_key(value, seq));
}

static enum status put_input(struct graph_txn *txn, uint64_t seq,
                             const struct decision_entry *entry)
{
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct value items[2] = { value_text(entry->input), value_text(entry->answer) };
    struct value list = { .type = VALUE_LIST, .count = 2, .items = items };
    unsigned char key[SEQ_BYTES];

    if (!entry->input.size)
        return STATUS_OK;
    TRY(codec_encode(&bytes, &list));
    return store_put(txn_store(txn), TABLE_INPUT, seq_key(key, seq), buf_slice(&bytes));
}

enum status decision_last(uint64_t *seq, struct graph_txn *txn)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_DECISION));
    status = store_cursor_seek_before(&key, &value, cursor, SLICE(""));
    *seq = status == STATUS_OK && key.size == SEQ_BYTES ? key_get_u64(key.data) : 0;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status load_row(unsigned char hash[HASH_BYTES], struct slice *body,
                            struct graph_txn *txn, uint64_t seq)
{
    unsigned char key[SEQ_BYTES];
    struct slice value;
    enum status status = store_get(&value, txn_store(txn), TABLE_DECISION, seq_key(key, seq));

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CORRUPT, "decision record %" PRIu64 " is missing", seq);
    TRY(status);
    if (value.size < HASH_BYTES)
        return fail(STATUS_CORRUPT, "decision record %" PRIu64 " is cut short", seq);
    memcpy(hash, value.data, HASH_BYTES);
    *body = slice_of((const unsigned char *)value.data + HASH_BYTES, value.size - HASH_BYTES);
    return STATUS_OK;
}

enum status decision_load(struct decision_record *out, struct graph_txn *txn, uint64_t seq)
{
    struct decision_record record = { .seq = seq };
    struct slice before;

    TRY(load_row(record.hash, &record.body, txn, seq));
    if (seq > 1)
        TRY(load_row(record.previous, &before, txn, seq - 1));
    *out = record;
    return STATUS_OK;
}

enum status decision_append(uint64_t *seq, struct graph_txn *txn,
                            const struct decision_entry *entry)
{
    AUTO(buf_fini) struct buf row = { 0 };
    unsigned char previous[HASH_BYTES] = { 0 }, hash[HASH_BYTES], key[SEQ_BYTES];
    struct slice before;
    uint64_t last;

    TRY(decision_last(&last, txn));
    if (last)
        TRY(load_row(previous, &before, txn, last));
    last++;
    record_hash(hash, previous, last, entry->body);
    TRY(buf_append(&row, hash, sizeof hash));
    TRY(buf_append_slice(&row, entry->body));
    TRY(store_put(txn_store(txn), TABLE_DECISION, seq_key(key, last), buf_slice(&row)));
    TRY(put_index(txn, 'D', entry->decision_id, last));
    TRY(put_index(txn, 'K', entry->idempotency_key, last));
    TRY(put_index(txn, 'A', entry->application_id, last));
    TRY(put_input(txn, last, entry));
    *seq = last;
    return STATUS_OK;
}

static enum status by_index(uint64_t *seq, struct graph_txn *txn, char kind, struct slice text)
{
    unsigned char key[INDEX_MAX];
    struct slice value;

    TRY(store_get(&value, txn_store(txn), TABLE_DECISION_INDEX, index_key(key, kind, text, 0)));
    if (value.size != SEQ_BYTES)
        return fail(STATUS_CORRUPT, "an entry of the decision index does not decode; run check");
    *seq = key_get_u64(value.data);
    return STATUS_OK;
}

enum status decision_by_id(uint64_t *seq, struct graph_txn *txn, struct slice id)
{
    return by_index(seq, txn, 'D', id);
}

enum status decision_by_key(uint64_t *seq, struct graph_txn *txn, struct slice idempotency_key)
{
    return by_index(seq, txn, 'K', idempotency_key);
}

enum status decision_by_application(struct graph_txn *txn, struct slice application_id,
                                    enum status (*each)(void *context, uint64_t seq),
                                    void *context)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char prefix[INDEX_MAX];
    struct slice at = index_key(prefix, 'A', application_id, 0), key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_DECISION_INDEX));
    status = store_cursor_seek(&key, &value, cursor, at);
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        if (key.size != at.size + SEQ_BYTES || memcmp(key.data, prefix, at.size) != 0)
            return STATUS_OK;
        TRY(each(context, key_get_u64((const unsigned char *)key.data + at.size)));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status decision_input(struct slice *input, struct slice *answer, struct arena *arena,
                           struct graph_txn *txn, uint64_t seq)
{
    unsigned char key[SEQ_BYTES];
    struct slice value;
    struct value list;

    TRY(store_get(&value, txn_store(txn), TABLE_INPUT, seq_key(key, seq)));
    TRY(codec_decode_record(&list, arena, value, "ss", "the input of a decision"));
    *input = value_slice(&list.items[0]);
    *answer = value_slice(&list.items[1]);
    return STATUS_OK;
}

enum status decision_erase(struct graph_txn *txn, uint64_t seq)
{
    unsigned char key[SEQ_BYTES];

    return store_delete(txn_store(txn), TABLE_INPUT, seq_key(key, seq));
}

enum status decision_export_line(struct buf *out, const struct decision_record *record)
{
    char previous[HASH_HEX_MAX], hash[HASH_HEX_MAX];

    TRY(buf_printf(out, "{\"seq\":%" PRIu64 ",\"previous\":\"%s\",\"hash\":\"%s\",\"record\":",
                   record->seq, hash_hex(previous, record->previous, HASH_BYTES),
                   hash_hex(hash, record->hash, HASH_BYTES)));
    TRY(buf_append_slice(out, record->body));
    return buf_append_byte(out, '}');
}

/* What a record says of its input must be true of the input, unless that was erased. */
static enum status verify_input(struct graph_txn *txn, const struct decision_record *record)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    unsigned char digest[HASH_BYTES];
    char hex[HASH_HEX_MAX];
    struct slice texts[2];
    enum status status = decision_input(&texts[0], &texts[1], &arena, txn, record->seq);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (size_t i = 0; i < 2; i++) {
        hash256(digest, texts[i]);
        hash_hex(hex, digest, HASH_BYTES);
        if (!memmem(record->body.data, record->body.size, hex, 2 * HASH_BYTES))
            return fail(STATUS_CORRUPT, "decision record %" PRIu64 ": its %s is not the one that "
                        "was recorded", record->seq, i ? "answer" : "input");
    }
    return STATUS_OK;
}

enum status decision_verify(uint64_t *n, unsigned char last[HASH_BYTES], struct graph_txn *txn)
{
    unsigned char previous[HASH_BYTES] = { 0 }, hash[HASH_BYTES];
    uint64_t newest;

    TRY(decision_last(&newest, txn));
    for (uint64_t seq = 1; seq <= newest; seq++) {
        struct decision_record record = { .seq = seq };

        TRY(load_row(record.hash, &record.body, txn, seq));
        record_hash(hash, previous, seq, record.body);
        if (memcmp(hash, record.hash, HASH_BYTES) != 0)
            return fail(STATUS_CORRUPT, "decision record %" PRIu64 " was changed: its hash does "
                        "not agree with its text and the record before", seq);
        TRY(verify_input(txn, &record));
        memcpy(previous, hash, HASH_BYTES);
    }
    memcpy(last, previous, HASH_BYTES);
    *n = newest;
    return STATUS_OK;
}

/* Exported lines */

/* Takes `text` off the line's front. */
static bool take_text(struct slice *line, const char *text)
{
    size_t n = strlen(text);

    if (line->size < n || memcmp(line->data, text, n) != 0)
        return false;
    *line = slice_of((const char *)line->data + n, line->size - n);
    return true;
}

static bool take_number(struct slice *line, uint64_t *number)
{
    const char *at = line->data;
    size_t n = 0;

    *number = 0;
    for (; n < line->size && n < 19 && at[n] >= '0' && at[n] <= '9'; n++)
        *number = *number * 10 + (uint64_t)(at[n] - '0');
    *line = slice_of(at + n, line->size - n);
    return n > 0 && at[0] != '0';
}

static bool take_hash(struct slice *line, unsigned char hash[HASH_BYTES])
{
    const char *at = line->data;

    if (line->size < 2 * HASH_BYTES)
        return false;
    for (size_t i = 0; i < 2 * HASH_BYTES; i++) {
        int digit = at[i] >= '0' && at[i] <= '9'   ? at[i] - '0'
                    : at[i] >= 'a' && at[i] <= 'f' ? at[i] - 'a' + 10
                                                   : -1;
        if (digit < 0)
            return false;
        hash[i / 2] = (unsigned char)(i % 2 ? hash[i / 2] | digit : digit << 4);
    }
    *line = slice_of(at + 2 * HASH_BYTES, line->size - 2 * HASH_BYTES);
    return true;
}

static bool take_line(struct decision_record *record, struct slice line)
{
    bool good = take_text(&line, "{\"seq\":") && take_number(&line, &record->seq) &&
                take_text(&line, ",\"previous\":\"") && take_hash(&line, record->previous) &&
                take_text(&line, "\",\"hash\":\"") && take_hash(&line, record->hash) &&
                take_text(&line, "\",\"record\":");

    if (!good || line.size < 2 || ((const char *)line.data)[line.size - 1] != '}')
        return false;
    record->body = slice_of(line.data, line.size - 1);
    return true;
}

enum status decision_check_line(struct decision_check *check, struct slice line)
{
    struct decision_record record;
    unsigned char hash[HASH_BYTES];
    uint64_t expected = check->seq + 1;

    if (!take_line(&record, line))
        return fail(STATUS_CORRUPT, "decision record %" PRIu64 ": the line is not as exported",
                    expected);
    if (check->started && record.seq != expected)
        return fail(STATUS_CORRUPT, "decision record %" PRIu64 " is missing or out of its place "
                    "(found %" PRIu64 ")", expected, record.seq);
    if (check->started && memcmp(record.previous, check->hash, HASH_BYTES) != 0)
        return fail(STATUS_CORRUPT, "decision record %" PRIu64 ": it does not follow the record "
                    "before it", record.seq);
    record_hash(hash, record.previous, record.seq, record.body);
    if (memcmp(hash, record.hash, HASH_BYTES) != 0)
        return fail(STATUS_CORRUPT, "decision record %" PRIu64 " was changed: its hash does not "
                    "agree with its text", record.seq);
    check->seq = record.seq;
    memcpy(check->hash, hash, HASH_BYTES);
    check->started = true;
    return STATUS_OK;
}
