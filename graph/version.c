/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of a node's record: those replaced are kept, and found again at a moment. */

#include "graph/private.h"

/*
 * Replaced records: key node(8) ended(8), value as a row without groups. A version that was made
 * and followed by a later one of the world within one commit has its valid_from(8) behind.
 */
#define PAST_KEY_BYTES 16
#define PAST_KEY_MAX 24

static void past_key(unsigned char key[PAST_KEY_MAX], struct node_id id, uint64_t ended,
                     int64_t valid_from_us)
{
    key_put_u64(key, id.value);
    key_put_u64(key + 8, ended);
    key_put_u64(key + PAST_KEY_BYTES, key_time(valid_from_us));
}

static enum status consider(struct record *best, bool *found, struct graph_txn *txn,
                            const struct record *version)
{
    bool sees;

    TRY(txn_sees(&sees, txn, version->born, version->observed_us));
    if (!sees || version->valid_from_us > txn->moment.as_of_us)
        return STATUS_OK;
    if (!*found || version->born > best->born ||
        (version->born == best->born && version->valid_from_us > best->valid_from_us)) {
        *best = *version;
        *found = true;
    }
    return STATUS_OK;
}

enum status version_find(struct record *record, struct graph_txn *txn, struct node_id id)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct record best, current = *record;
    unsigned char at[PAST_KEY_MAX];
    struct slice key, value;
    bool found = false;
    enum status status;

    TRY(consider(&best, &found, txn, &current));
    if (current.has_past) {
        TRY(store_cursor_open(&cursor, txn->store, TABLE_PAST));
        past_key(at, id, 0, TIME_MIN);
        for (status = store_cursor_seek(&key, &value, cursor, slice_of(at, PAST_KEY_BYTES));
             status == STATUS_OK && key.size >= PAST_KEY_BYTES && memcmp(key.data, at, 8) == 0;
             status = store_cursor_next(&key, &value, cursor)) {
            struct record version;
            struct row row;

            TRY(row_decode(&row, value));
            TRY(record_decode(&version, row.record, row.base_born));
            TRY(consider(&best, &found, txn, &version));
        }
        if (status && status != STATUS_END)
            return status;
    }
    if (!found)
        return STATUS_NOT_FOUND;
    *record = best;
    return STATUS_OK;
}

/* The first version made and ended by one commit that starts at or after the moment; STATUS_END. */
static enum status find_overtaken(unsigned char found[PAST_KEY_MAX], struct graph_txn *txn,
                                  struct node_id id, uint64_t commit, int64_t valid_from_us)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char at[PAST_KEY_MAX];
    struct slice key, value;

    past_key(at, id, commit, valid_from_us);
    TRY(store_cursor_open(&cursor, txn->store, TABLE_PAST));
    TRY(store_cursor_seek(&key, &value, cursor, slice_of(at, sizeof at)));
    if (key.size != PAST_KEY_MAX || memcmp(key.data, at, PAST_KEY_BYTES) != 0)
        return STATUS_END;
    memcpy(found, key.data, PAST_KEY_MAX);
    return STATUS_OK;
}

/*
 * Among versions of one commit the last made holds from its start on, so later starts are void. A
 * node of this commit may have none left then; it goes on saying that it has a past, because the
 * index keeps entries that are not its own any more.
 */
static enum status drop_overtaken(struct graph_txn *txn, struct node_id id, uint64_t commit,
                                  int64_t valid_from_us)
{
    unsigned char key[PAST_KEY_MAX];
    enum status status;

    while ((status = find_overtaken(key, txn, id, commit, valid_from_us)) == STATUS_OK)
        TRY(store_delete(txn->store, TABLE_PAST, slice_of(key, sizeof key)));
    return status == STATUS_END ? STATUS_OK : status;
}

enum status version_keep(struct graph_txn *txn, struct node_id id, const struct record *new,
                         const struct record *old)
{
    AUTO(buf_fini) struct buf record = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct row row = { .base_born = old->born, .max_commit = txn->counts.commit_seq };
    bool same_commit = old->born == txn->counts.commit_seq;
    unsigned char key[PAST_KEY_MAX];

    if (same_commit && new->valid_from_us <= old->valid_from_us)
        return drop_overtaken(txn, id, old->born, new->valid_from_us);
    TRY(record_encode(&record, old, row.base_born));
    row.record = buf_slice(&record);
    TRY(row_encode(&bytes, &row));
    past_key(key, id, txn->counts.commit_seq, old->valid_from_us);
    return store_put(txn->store, TABLE_PAST,
                     slice_of(key, same_commit ? PAST_KEY_MAX : PAST_KEY_BYTES),
                     buf_slice(&bytes));
}

enum status version_load(struct record *out, struct buf *copy, struct graph_txn *txn,
                         struct node_id id, uint64_t ended)
{
    unsigned char key[PAST_KEY_MAX];
    struct slice value;
    struct row row;

    past_key(key, id, ended, TIME_MIN);
    TRY(store_get(&value, txn->store, TABLE_PAST, slice_of(key, PAST_KEY_BYTES)));
    TRY(buf_append_slice(copy, value));
    TRY(row_decode(&row, buf_slice(copy)));
    return record_decode(out, row.record, row.base_born);
}

enum status version_drop(struct graph_txn *txn, struct node_id id, uint64_t ended)
{
    unsigned char key[PAST_KEY_MAX];

    past_key(key, id, ended, TIME_MIN);
    TRY(store_delete(txn->store, TABLE_PAST, slice_of(key, PAST_KEY_BYTES)));
    return drop_overtaken(txn, id, ended, TIME_MIN);
}
