/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/publication.h"

#include <string.h>

#include "graph/tag_row.h"
#include "store/codec.h"
#include "store/store.h"

/*
 * RUN        number(8) -> record of the run and its publication
 * META       publication -> number of the current one
 */

#define RECORD_VERSION 1
#define RECORD_NAME "the record of a run"

enum field {
    FIELD_VERSION, FIELD_KIND, FIELD_COMMIT_SEQ, FIELD_AS_OF, FIELD_STARTED, FIELD_FINISHED,
    FIELD_NEXT_RING, FIELD_UNDOES, FIELD_PARAMETERS, FIELD_PARAMETERS_HASH, FIELD_PERSON,
    FIELD_NOTE, FIELD_CODES, FIELD_EXAMINED, FIELD_BASES, FIELD_COUNT
};

/* Records of earlier versions end before the last field. */
#define RECORD_TYPES "iiiiiiiissssll" /* codec_decode_record() */
_Static_assert(sizeof RECORD_TYPES - 1 == FIELD_BASES, "a letter a field");

#define CODE_FIELDS 6
#define EXAMINED_FIELDS 2
#define BASIS_FIELDS 6
/* Bits of one field. */
#define BASIS_CUT 1
#define BASIS_AGES 2

const char *run_kind_name(enum run_kind kind)
{
    static const char *const names[] = { "retag", "undo", "import" };

    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

/* Records */

static enum status encode_codes(struct value *out, struct arena *arena, const struct run *run)
{
    struct value *items = arena_array(arena, run->n_codes * CODE_FIELDS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_codes; i++) {
        struct value *at = items + i * CODE_FIELDS;
        at[0] = value_text(run->codes[i].code);
        at[1] = value_int((int64_t)run->codes[i].found);
        at[2] = value_int((int64_t)run->codes[i].added);
        at[3] = value_int((int64_t)run->codes[i].kept);
        at[4] = value_int((int64_t)run->codes[i].changed);
        at[5] = value_int((int64_t)run->codes[i].withdrawn);
    }
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)(run->n_codes * CODE_FIELDS),
                           .items = items };
    return STATUS_OK;
}

static enum status encode_examined(struct value *out, struct arena *arena, const struct run *run)
{
    struct value *items =
        arena_array(arena, run->n_examined * EXAMINED_FIELDS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_examined; i++) {
        items[2 * i] = value_text(run->examined[i].code);
        items[2 * i + 1] = value_int(run->examined[i].as_of_us);
    }
    *out = (struct value){ .type = VALUE_LIST,
                           .count = (uint32_t)(run->n_examined * EXAMINED_FIELDS),
                           .items = items };
    return STATUS_OK;
}

static enum status encode_bases(struct value *out, struct arena *arena, const struct run *run)
{
    struct value *items = arena_array(arena, run->n_examined * BASIS_FIELDS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_examined; i++) {
        const struct run_examined *examined = &run->examined[i];
        struct value *at = items + i * BASIS_FIELDS;

        at[0] = value_int((int64_t)examined->run);
        at[1] = value_int((int64_t)examined->commit_seq);
        at[2] = value_int((int64_t)examined->overlay);
        at[3] = value_int((int64_t)examined->found);
        at[4] = value_int((examined->cut ? BASIS_CUT : 0) | (examined->ages ? BASIS_AGES : 0));
        at[5] = value_text(examined->basis);
    }
    *out = (struct value){ .type = VALUE_LIST,
                           .count = (uint32_t)(run->n_examined * BASIS_FIELDS), .items = items };
    return STATUS_OK;
}

static enum status encode(struct buf *out, const struct run *run)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value fields[FIELD_COUNT] = {
        [FIELD_VERSION] = value_int(RECORD_VERSION),
        [FIELD_KIND] = value_int(run->kind),
        [FIELD_COMMIT_SEQ] = value_int((int64_t)run->commit_seq),
        [FIELD_AS_OF] = value_int(run->as_of_us),
        [FIELD_STARTED] = value_int(run->started_us),
        [FIELD_FINISHED] = value_int(run->finished_us),
        [FIELD_NEXT_RING] = value_int((int64_t)run->next_ring),
        [FIELD_UNDOES] = value_int((int64_t)run->undoes),
        [FIELD_PARAMETERS] = value_text(run->parameters),
        [FIELD_PARAMETERS_HASH] = value_text(run->parameters_hash),
        [FIELD_PERSON] = value_text(run->person),
        [FIELD_NOTE] = value_text(run->note),
    };
    struct value record = { .type = VALUE_LIST, .count = FIELD_COUNT, .items = fields };

    TRY(encode_codes(&fields[FIELD_CODES], &arena, run));
    TRY(encode_examined(&fields[FIELD_EXAMINED], &arena, run));
    TRY(encode_bases(&fields[FIELD_BASES], &arena, run));
    return codec_encode(out, &record);
}

enum status run_put(struct graph_txn *txn, const struct run *run)
{
    AUTO(buf_fini) struct buf record = { 0 };
    unsigned char key[8];

    TRY(encode(&record, run));
    key_put_u64(key, run->number);
    return store_put(txn_store(txn), TABLE_RUN, slice_of(key, sizeof key), buf_slice(&record));
}

static enum status check_list(const struct value *list, const char *types)
{
    return codec_is_list_of(list, types)
               ? STATUS_OK
               : fail(STATUS_CORRUPT, RECORD_NAME " does not decode; run check");
}

static enum status decode_codes(struct run *run, struct arena *arena, const struct value *list)
{
    size_t n = list->count / CODE_FIELDS;
    struct run_code *codes = arena_array(arena, n + 1, sizeof *codes);

    TRY(check_list(list, "siiiii"));
    if (!codes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct value *at = list->items + i * CODE_FIELDS;
        codes[i] = (struct run_code){ value_slice(&at[0]),          (uint64_t)at[1].integer,
                                      (uint64_t)at[2].integer, (uint64_t)at[3].integer,
                                      (uint64_t)at[4].integer, (uint64_t)at[5].integer };
    }
    run->codes = codes;
    run->n_codes = n;
    return STATUS_OK;
}

static void decode_bases(struct run_examined *examined, size_t n, const struct value *list)
{
    for (size_t i = 0; i < n && (i + 1) * BASIS_FIELDS <= list->count; i++) {
        const struct value *at = list->items + i * BASIS_FIELDS;

        examined[i].run = (uint64_t)at[0].integer;
        examined[i].commit_seq = (uint64_t)at[1].integer;
        examined[i].overlay = (uint64_t)at[2].integer;
        examined[i].found = (uint64_t)at[3].integer;
        examined[i].cut = at[4].integer & BASIS_CUT;
        examined[i].ages = at[4].integer & BASIS_AGES;
        examined[i].basis = value_slice(&at[5]);
    }
}

static enum status decode_examined(struct run *run, struct arena *arena, const struct value *list,
                                   const struct value *bases)
{
    size_t n = list->count / EXAMINED_FIELDS;
    struct run_examined *examined = arena_array(arena, n + 1, sizeof *examined);

    TRY(check_list(list, "si"));
    if (bases)
        TRY(check_list(bases, "iiiiis"));
    if (!examined)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        examined[i] = (struct run_examined){ .code = value_slice(&list->items[2 * i]),
                                             .as_of_us = list->items[2 * i + 1].integer };
    if (bases)
        decode_bases(examined, n, bases);
    run->examined = examined;
    run->n_examined = n;
    return STATUS_OK;
}

static enum status decode(struct run *run, struct arena *arena, struct slice bytes)
{
    struct value record;
    const struct value *at;

    TRY(codec_decode_record(&record, arena, bytes, RECORD_TYPES, RECORD_NAME));
    at = record.items;
    run->kind = (enum run_kind)at[FIELD_KIND].integer;
    run->commit_seq = (uint64_t)at[FIELD_COMMIT_SEQ].integer;
    run->as_of_us = at[FIELD_AS_OF].integer;
    run->started_us = at[FIELD_STARTED].integer;
    run->finished_us = at[FIELD_FINISHED].integer;
    run->next_ring = (uint64_t)at[FIELD_NEXT_RING].integer;
    run->undoes = (uint64_t)at[FIELD_UNDOES].integer;
    run->parameters = value_slice(&at[FIELD_PARAMETERS]);
    run->parameters_hash = value_slice(&at[FIELD_PARAMETERS_HASH]);
    run->person = value_slice(&at[FIELD_PERSON]);
    run->note = value_slice(&at[FIELD_NOTE]);
    TRY(decode_codes(run, arena, &at[FIELD_CODES]));
    return decode_examined(run, arena, &at[FIELD_EXAMINED],
                           record.count > FIELD_BASES ? &at[FIELD_BASES] : NULL);
}

enum status publication_now(uint64_t *number, struct graph_txn *txn)
{
    return tag_meta_number(number, txn, META_PUBLICATION);
}

enum status run_find(struct run *out, struct arena *arena, struct graph_txn *txn, uint64_t number)
{
    struct run run = { .number = number, .as_of_us = TIME_MIN, .next_ring = 1 };
    unsigned char key[8];
    struct slice value;
    enum status status;

    if (number) {
        key_put_u64(key, number);
        status = store_get(&value, txn_store(txn), TABLE_RUN, slice_of(key, sizeof key));
        if (status == STATUS_NOT_FOUND)
            return fail(STATUS_CORRUPT, "run %llu has no record; run check",
                        (unsigned long long)number);
        TRY(status);
        TRY(decode(&run, arena, value));
    }
    *out = run;
    return STATUS_OK;
}

enum status publication_at(uint64_t *number, struct graph_txn *txn, int64_t clock_us)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    uint64_t at;

    TRY(publication_now(&at, txn));
    for (; at; at--) {
        struct run run;

        TRY(run_find(&run, &arena, txn, at));
        if (run.finished_us <= clock_us)
            break;
        arena_reset(&arena);
    }
    *number = at;
    return STATUS_OK;
}

static enum status own_text(struct slice *text, struct arena *arena)
{
    char *copy = arena_copy(arena, *text);

    if (!copy)
        return STATUS_NO_MEMORY;
    text->data = copy;
    return STATUS_OK;
}

enum status run_examined_copy(struct run_examined **list, struct run *to, const struct run *from,
                              size_t extra, struct arena *arena)
{
    struct run_examined *copy = arena_array(arena, from->n_examined + extra + 1, sizeof *copy);

    if (!copy)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < from->n_examined; i++) {
        copy[i] = from->examined[i];
        TRY(own_text(&copy[i].code, arena));
        TRY(own_text(&copy[i].basis, arena));
    }
    to->examined = copy;
    to->n_examined = from->n_examined;
    if (list)
        *list = copy;
    return STATUS_OK;
}

const struct run_examined *run_examined_of(const struct run *run, struct slice code)
{
    for (size_t i = 0; i < run->n_examined; i++)
        if (slice_equal(run->examined[i].code, code))
            return &run->examined[i];
    return NULL;
}

int64_t run_examined_at(const struct run *run, struct slice code)
{
    const struct run_examined *examined = run_examined_of(run, code);

    return examined ? examined->as_of_us : TIME_MIN;
}
