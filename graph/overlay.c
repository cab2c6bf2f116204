/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "graph/tag_row.h"
#include "store/codec.h"
#include "store/store.h"

/*
 * OVERLAY  subject(8) number(8) -> record
 *          0(8) number(8)       -> subject(8)      the log, in order of number
 */

#define KEY_BYTES 16
#define RECORD_VERSION 1

enum field {
    FIELD_VERSION, FIELD_KIND, FIELD_CODE, FIELD_PERSON, FIELD_NOTE, FIELD_AT, FIELD_UNTIL,
    FIELD_ENDS, FIELD_ORIGIN, FIELD_LEVEL, FIELD_EDGES, FIELD_COUNT
};

#define RECORD_TYPES "iisssiiiii." /* codec_decode_record() */
_Static_assert(sizeof RECORD_TYPES - 1 == FIELD_COUNT, "a letter a field");

const char *overlay_kind_name(enum overlay_kind kind)
{
    static const char *const names[] = { "confirm", "dismiss", "allow", "block", "end", "add" };

    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

static struct slice row_key(unsigned char key[KEY_BYTES], struct node_id subject, uint64_t number)
{
    key_put_u64(key, subject.value);
    key_put_u64(key + 8, number);
    return slice_of(key, KEY_BYTES);
}

static enum status encode(struct buf *out, const struct overlay *overlay)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value fields[FIELD_COUNT] = {
        [FIELD_VERSION] = value_int(RECORD_VERSION),
        [FIELD_KIND] = value_int(overlay->kind),
        [FIELD_CODE] = value_text(overlay->code),
        [FIELD_PERSON] = value_text(overlay->person),
        [FIELD_NOTE] = value_text(overlay->note),
        [FIELD_AT] = value_int(overlay->at_us),
        [FIELD_UNTIL] = value_int(overlay->until_us),
        [FIELD_ENDS] = value_int((int64_t)overlay->ends),
        [FIELD_ORIGIN] = value_int(overlay->origin),
        [FIELD_LEVEL] = value_int(overlay->level),
    };
    struct value record = { .type = VALUE_LIST, .count = FIELD_COUNT, .items = fields };

    TRY(tag_edges_encode(&fields[FIELD_EDGES], &arena, overlay->edges, overlay->n_edges));
    return codec_encode(out, &record);
}

static enum status decode(struct overlay *overlay, struct arena *arena, struct slice bytes)
{
    struct value record;
    const struct value *at;

    TRY(codec_decode_record(&record, arena, bytes, RECORD_TYPES, "an overlay record"));
    at = record.items;
    overlay->kind = (enum overlay_kind)at[FIELD_KIND].integer;
    overlay->code = value_slice(&at[FIELD_CODE]);
    overlay->person = value_slice(&at[FIELD_PERSON]);
    overlay->note = value_slice(&at[FIELD_NOTE]);
    overlay->at_us = at[FIELD_AT].integer;
    overlay->until_us = at[FIELD_UNTIL].integer;
    overlay->ends = (uint64_t)at[FIELD_ENDS].integer;
    overlay->origin = (enum tag_origin)at[FIELD_ORIGIN].integer;
    overlay->level = (enum tag_level)at[FIELD_LEVEL].integer;
    return tag_edges_decode(&overlay->edges, &overlay->n_edges, arena, &at[FIELD_EDGES]);
}

enum status overlay_add(uint64_t *number, struct graph_txn *txn, const struct overlay *overlay)
{
    AUTO(buf_fini) struct buf record = { 0 };
    unsigned char key[KEY_BYTES], subject[8];
    uint64_t next;

    if (!overlay->subject.value)
        return fail(STATUS_INVALID, "%s: no subject given", overlay_kind_name(overlay->kind));
    if (!overlay->person.size)
        return fail(STATUS_INVALID, "%s: no person given; say who decides, with --by NAME",
                    overlay_kind_name(overlay->kind));
    if (overlay->code.size)
        TRY(tag_code_check(overlay->code));
    TRY(tag_meta_number(&next, txn, META_OVERLAY));
    next++;
    TRY(encode(&record, overlay));
    TRY(store_put(txn_store(txn), TABLE_OVERLAY, row_key(key, overlay->subject, next),
                  buf_slice(&record)));
    key_put_u64(subject, overlay->subject.value);
    TRY(store_put(txn_store(txn), TABLE_OVERLAY, row_key(key, (struct node_id){ 0 }, next),
                  slice_of(subject, sizeof subject)));
    TRY(tag_meta_set(txn, META_OVERLAY, next));
    *number = next;
    return STATUS_OK;
}

static int by_edge(const void *a, const void *b)
{
    return tag_edge_compare(a, b);
}

static enum status copy_basis(struct overlay *overlay, struct arena *arena, const struct tag *tag)
{
    struct tag_edge *edges = arena_array(arena, tag->n_edges + 1, sizeof *edges);

    if (!edges)
        return STATUS_NO_MEMORY;
    if (tag->n_edges) {
        memcpy(edges, tag->edges, tag->n_edges * sizeof *edges);
        qsort(edges, tag->n_edges, sizeof *edges, by_edge);
    }
    overlay->edges = edges;
    overlay->n_edges = tag->n_edges;
    return STATUS_OK;
}

enum status overlay_judge(uint64_t *number, struct graph_txn *txn, enum overlay_kind kind,
                          struct node_id subject, struct slice code, struct slice person,
                          struct slice note)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct tag_view view;
    uint64_t given = 0;

    TRY(tag_view_now(&view, txn));
    for (int origin = TAG_DETECTOR; origin <= TAG_IMPORT; origin++) {
        struct tag tag;
        struct overlay overlay = { .subject = subject, .kind = kind, .code = code,
                                   .person = person, .note = note, .at_us = time_now_us(),
                                   .until_us = TIME_MAX, .origin = (enum tag_origin)origin };
        enum status status = tag_find(&tag, &arena, txn, &view, subject, code,
                                      (enum tag_origin)origin);

        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && tag.state == TAG_WITHDRAWN))
            continue;
        TRY(status);
        overlay.level = tag.level;
        TRY(copy_basis(&overlay, &arena, &tag));
        TRY(overlay_add(&given, txn, &overlay));
    }
    if (!given)
        return STATUS_NOT_FOUND;
    *number = given;
    return STATUS_OK;
}

enum status overlay_add_tag(uint64_t *number, struct graph_txn *txn, const struct tag *tag)
{
    struct overlay overlay = { .subject = tag->subject, .kind = OVERLAY_ADD, .code = tag->code,
                               .person = tag->person, .note = tag->note, .at_us = time_now_us(),
                               .until_us = tag->expires_us, .origin = TAG_PERSON };
    struct tag own = *tag;

    TRY(overlay_add(number, txn, &overlay));
    own.origin = TAG_PERSON;
    own.state = TAG_CONFIRMED;
    own.born = *number;
    return tag_put(txn, &own);
}

enum status overlay_end(uint64_t *number, struct graph_txn *txn, uint64_t ends,
                        struct slice person, struct slice note)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay entry = { 0 }, end;
    struct overlay *all;
    size_t n;
    enum status status = overlay_find(&entry, &arena, txn, ends);

    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && entry.kind != OVERLAY_ALLOW && entry.kind != OVERLAY_BLOCK))
        return fail(STATUS_INVALID, "entry %llu is not an allow or block entry; the list commands "
                    "show their numbers", (unsigned long long)ends);
    TRY(status);
    TRY(overlay_list(&all, &n, &arena, txn, entry.subject, UINT64_MAX));
    for (size_t i = 0; i < n; i++)
        if (all[i].kind == OVERLAY_END && all[i].ends == ends)
            return fail(STATUS_INVALID, "entry %llu was ended already by %.*s",
                        (unsigned long long)ends, (int)all[i].person.size,
                        (const char *)all[i].person.data);
    end = (struct overlay){ .subject = entry.subject, .kind = OVERLAY_END, .code = entry.code,
                            .person = person, .note = note, .at_us = time_now_us(),
                            .until_us = TIME_MAX, .ends = ends };
    return overlay_add(number, txn, &end);
}

/* One of the two rows of an entry: by its number alone (subject 0), or of its subject. */
static enum status get_row(struct slice *value, struct graph_txn *txn, struct node_id subject,
                           uint64_t number)
{
    unsigned char key[KEY_BYTES];
    enum status status = store_get(value, txn_store(txn), TABLE_OVERLAY,
                                   row_key(key, subject, number));
    uint64_t newest;

    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(tag_meta_number(&newest, txn, META_OVERLAY));
    return number == 0 || number > newest
               ? STATUS_NOT_FOUND
               : fail(STATUS_CORRUPT, "entry %llu of what people said is missing; run check",
                      (unsigned long long)number);
}

enum status overlay_find(struct overlay *out, struct arena *arena, struct graph_txn *txn,
                         uint64_t number)
{
    struct overlay overlay = { .number = number };
    struct slice value;

    TRY(get_row(&value, txn, (struct node_id){ 0 }, number));
    if (value.size != 8)
        return fail(STATUS_CORRUPT, "overlay %llu does not decode", (unsigned long long)number);
    overlay.subject.value = key_get_u64(value.data);
    TRY(get_row(&value, txn, overlay.subject, number));
    TRY(decode(&overlay, arena, value));
    *out = overlay;
    return STATUS_OK;
}

struct overlay_list {
    struct overlay *items;
    size_t n, capacity;
};

static enum status list_add(struct overlay_list *list, struct arena *arena,
                            const struct overlay *overlay)
{
    TRY(arena_reserve(arena, &list->items, &list->capacity, list->n));
    list->items[list->n++] = *overlay;
    return STATUS_OK;
}

static enum status list_subject(struct overlay_list *list, struct arena *arena,
                                struct graph_txn *txn, struct node_id subject, uint64_t last)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char at[KEY_BYTES];
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_OVERLAY));
    status = store_cursor_seek(&key, &value, cursor, row_key(at, subject, 0));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct overlay overlay = { .subject = subject };

        if (key.size != KEY_BYTES || memcmp(key.data, at, 8) != 0)
            return STATUS_OK;
        overlay.number = key_get_u64((const unsigned char *)key.data + 8);
        if (overlay.number > last)
            return STATUS_OK;
        TRY(decode(&overlay, arena, value));
        TRY(list_add(list, arena, &overlay));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status list_all(struct overlay_list *list, struct arena *arena, struct graph_txn *txn,
                            uint64_t last)
{
    uint64_t newest;

    TRY(tag_meta_number(&newest, txn, META_OVERLAY));
    if (last < newest)
        newest = last;
    for (uint64_t number = 1; number <= newest; number++) {
        struct overlay overlay;

        TRY(overlay_find(&overlay, arena, txn, number));
        TRY(list_add(list, arena, &overlay));
    }
    return STATUS_OK;
}

enum status overlay_list(struct overlay **out, size_t *n, struct arena *arena,
                         struct graph_txn *txn, struct node_id subject, uint64_t last)
{
    struct overlay_list list = { 0 };

    if (subject.value)
        TRY(list_subject(&list, arena, txn, subject, last));
    else
        TRY(list_all(&list, arena, txn, last));
    *out = list.items;
    *n = list.n;
    return STATUS_OK;
}

static bool was_ended(const struct overlay *overlays, size_t n, uint64_t number)
{
    for (size_t i = 0; i < n; i++)
        if (overlays[i].kind == OVERLAY_END && overlays[i].ends == number)
            return true;
    return false;
}

const struct overlay *overlay_in_force(const struct overlay *overlays, size_t n,
                                       enum overlay_kind kind, struct slice code, int64_t at_us)
{
    for (size_t i = n; i-- > 0;) {
        const struct overlay *entry = &overlays[i];

        if (entry->kind == kind && entry->at_us <= entry->until_us && at_us < entry->until_us &&
            (!entry->code.size || slice_equal(entry->code, code)) &&
            !was_ended(overlays, n, entry->number))
            return entry;
    }
    return NULL;
}

/* The basis is sorted. */
static bool edges_within(const struct tag_edge *edges, size_t n, const struct tag_edge *basis,
                         size_t n_basis)
{
    for (size_t i = 0; i < n; i++)
        if (!n_basis || !bsearch(&edges[i], basis, n_basis, sizeof *basis, by_edge))
            return false;
    return true;
}

static const struct overlay *last_judgement(const struct overlay *overlays, size_t n,
                                            const struct tag *tag)
{
    for (size_t i = n; i-- > 0;) {
        const struct overlay *entry = &overlays[i];

        if ((entry->kind == OVERLAY_CONFIRM || entry->kind == OVERLAY_DISMISS) &&
            entry->origin == tag->origin && slice_equal(entry->code, tag->code) &&
            (tag->origin != TAG_PERSON || entry->number > tag->born))
            return entry;
    }
    return NULL;
}

void overlay_join(struct tag *tag, const struct overlay *overlays, size_t n, int64_t at_us)
{
    const struct overlay *judgement = last_judgement(overlays, n, tag);
    const struct overlay *allow = overlay_in_force(overlays, n, OVERLAY_ALLOW, tag->code, at_us);

    tag->overlay = tag->overlay_past = 0;
    tag->allowed = allow ? allow->number : 0;
    if (tag->state == TAG_WITHDRAWN)
        return;
    if (judgement && judgement->level == tag->level &&
        edges_within(tag->edges, tag->n_edges, judgement->edges, judgement->n_edges)) {
        tag->state = judgement->kind == OVERLAY_CONFIRM ? TAG_CONFIRMED : TAG_DISMISSED;
        tag->overlay = judgement->number;
    } else if (judgement) {
        tag->overlay_past = judgement->number;
    }
    if (tag->expires_us <= at_us)
        tag->state = TAG_EXPIRED;
}
