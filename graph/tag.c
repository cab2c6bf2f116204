/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/tag.h"

#include <stdlib.h>
#include <string.h>

#include "graph/overlay.h"
#include "graph/publication.h"
#include "graph/tag_row.h"
#include "store/codec.h"
#include "store/store.h"

/*
 * TAG        subject(8) code 00 origin(1) born(8)  -> record
 * TAG_INDEX  'C' code 00 subject(8) origin(1)      -> (one byte)
 *            'R' ring(8) subject(8) code 00 origin -> (one byte)
 *            'P' run(8) subject(8) code 00 origin  -> (one byte)   what a publication brought
 *            'I' subject(8) code 00 origin         -> (one byte)   not found by a detector
 * Index entries name tags that once had the property; the visible version decides.
 */

#define RECORD_VERSION 1
#define EDGE_NUMBERS 5

enum field {
    FIELD_VERSION, FIELD_LEVEL, FIELD_SCORE, FIELD_RING, FIELD_STATE, FIELD_EDGES, FIELD_NUMBERS,
    FIELD_BY, FIELD_PARAMETERS, FIELD_RUN, FIELD_PERSON, FIELD_NOTE, FIELD_REASON,
    FIELD_FIRST_SEEN, FIELD_LAST_SEEN, FIELD_EXPIRES, FIELD_TEXT, FIELD_COUNT
};

static const char *const level_names[] = { "none", "hint", "attention", "alert" };
static const char *const origin_names[] = { "detector", "person", "import" };
static const char *const state_names[] = { "proposed", "confirmed", "dismissed", "expired",
                                           "withdrawn" };

const char *tag_level_name(enum tag_level level)
{
    return (size_t)level < 4 ? level_names[level] : "unknown";
}

const char *tag_origin_name(enum tag_origin origin)
{
    return (size_t)origin < 3 ? origin_names[origin] : "unknown";
}

const char *tag_state_name(enum tag_state state)
{
    return (size_t)state < 5 ? state_names[state] : "unknown";
}

enum status tag_level_parse(enum tag_level *level, struct slice text)
{
    for (int i = TAG_HINT; i <= TAG_ALERT; i++)
        if (slice_equal(text, slice_str(level_names[i]))) {
            *level = (enum tag_level)i;
            return STATUS_OK;
        }
    return fail(STATUS_INVALID, "\"%.*s\" is not a level: expected alert, attention or hint",
                (int)(text.size < 64 ? text.size : 64), (const char *)text.data);
}

enum status tag_state_parse(enum tag_state *state, struct slice text)
{
    for (int i = TAG_PROPOSED; i <= TAG_WITHDRAWN; i++)
        if (slice_equal(text, slice_str(state_names[i]))) {
            *state = (enum tag_state)i;
            return STATUS_OK;
        }
    return fail(STATUS_INVALID, "\"%.*s\" is not a state: expected proposed, confirmed, "
                "dismissed, expired or withdrawn",
                (int)(text.size < 64 ? text.size : 64), (const char *)text.data);
}

enum status tag_code_check(struct slice code)
{
    const char *text = code.data;
    bool good = code.size >= 1 && code.size <= TAG_CODE_MAX && text[0] >= 'A' && text[0] <= 'Z';

    for (size_t i = 0; good && i < code.size; i++)
        good = (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= '0' && text[i] <= '9') ||
               text[i] == '_';
    if (good)
        return STATUS_OK;
    return fail(STATUS_INVALID, "\"%.*s\" is not a signal code: expected capitals, digits and _, "
                "as in SHARED_DEVICE", (int)(code.size < 64 ? code.size : 64), text);
}

int tag_edge_compare(const struct tag_edge *a, const struct tag_edge *b)
{
#define ORDER(field)                                                                               \
    if (a->field != b->field)                                                                      \
        return a->field < b->field ? -1 : 1
    ORDER(type);
    ORDER(from.value);
    ORDER(valid_from_us);
    ORDER(id.value);
    ORDER(to.value);
#undef ORDER
    return 0;
}

/* Keys */

void tag_key_u64(unsigned char *at, uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        at[i] = (unsigned char)number;
}

uint64_t tag_key_read(const unsigned char *at)
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | at[i];
    return number;
}

static size_t put_u64(unsigned char *at, uint64_t number)
{
    tag_key_u64(at, number);
    return 8;
}

static size_t put_code(unsigned char *at, struct slice code)
{
    memcpy(at, code.data, code.size);
    at[code.size] = 0;
    return code.size + 1;
}

/* subject code 00 origin: what every version of one tag begins with. */
static size_t row_prefix(unsigned char *key, struct node_id subject, struct slice code,
                         enum tag_origin origin)
{
    size_t size = put_u64(key, subject.value);

    size += put_code(key + size, code);
    key[size++] = (unsigned char)origin;
    return size;
}

static struct slice row_key(unsigned char *key, const struct tag *tag)
{
    size_t size = row_prefix(key, tag->subject, tag->code, tag->origin);

    size += put_u64(key + size, tag->born);
    return slice_of(key, size);
}

struct slice tag_index_code(unsigned char *key, const struct tag *tag)
{
    size_t size = 0;

    key[size++] = 'C';
    size += put_code(key + size, tag->code);
    size += put_u64(key + size, tag->subject.value);
    key[size++] = (unsigned char)tag->origin;
    return slice_of(key, size);
}

/* 'R' and 'P' entries: a number, then the tag. */
struct slice tag_index_number(unsigned char *key, char kind, uint64_t number,
                              const struct tag *tag)
{
    size_t size = 0;

    key[size++] = (unsigned char)kind;
    size += put_u64(key + size, number);
    size += row_prefix(key + size, tag->subject, tag->code, tag->origin);
    return slice_of(key, size);
}

static struct slice apart_key(unsigned char *key, const struct tag *tag)
{
    key[0] = 'I';
    return slice_of(key, 1 + row_prefix(key + 1, tag->subject, tag->code, tag->origin));
}

/* Reads subject, code and origin from a row prefix at `at`; the code is lent by it. */
static enum status parse_identity(struct tag *tag, const unsigned char *at, size_t size)
{
    const unsigned char *end = size > 8 ? memchr(at + 8, 0, size - 8) : NULL;

    if (!end || (size_t)(end - at) + 2 > size || end[1] > TAG_IMPORT)
        return fail(STATUS_CORRUPT, "a tag's key does not decode; run check");
    tag->subject.value = tag_key_read(at);
    tag->code = slice_of(at + 8, (size_t)(end - at) - 8);
    tag->origin = (enum tag_origin)end[1];
    return STATUS_OK;
}

static enum status parse_code_key(struct tag *tag, struct slice key)
{
    const unsigned char *at = key.data;
    const unsigned char *end = memchr(at + 1, 0, key.size - 1);

    if (!end || (size_t)(end - at) + 10 != key.size || end[9] > TAG_IMPORT)
        return fail(STATUS_CORRUPT, "a tag index key does not decode; run check");
    tag->code = slice_of(at + 1, (size_t)(end - at) - 1);
    tag->subject.value = tag_key_read(end + 1);
    tag->origin = (enum tag_origin)end[9];
    return STATUS_OK;
}

/* Records */

enum status tag_edges_encode(struct value *out, struct arena *arena, const struct tag_edge *edges,
                             size_t n)
{
    struct value *items = arena_array(arena, n * EDGE_NUMBERS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct value *at = items + i * EDGE_NUMBERS;
        at[0] = value_int(edges[i].type);
        at[1] = value_int((int64_t)edges[i].from.value);
        at[2] = value_int((int64_t)edges[i].to.value);
        at[3] = value_int(edges[i].valid_from_us);
        at[4] = value_int((int64_t)edges[i].id.value);
    }
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)(n * EDGE_NUMBERS),
                           .items = items };
    return STATUS_OK;
}

enum status tag_edges_decode(const struct tag_edge **out, size_t *n, struct arena *arena,
                             const struct value *value)
{
    size_t count = value->type == VALUE_LIST ? value->count / EDGE_NUMBERS : 0;
    struct tag_edge *edges;

    if (value->type != VALUE_LIST || value->count % EDGE_NUMBERS)
        return fail(STATUS_CORRUPT, "evidence of a tag does not decode; run check");
    edges = arena_array(arena, count + 1, sizeof *edges);
    if (!edges)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct value *at = value->items + i * EDGE_NUMBERS;
        edges[i] = (struct tag_edge){ .type = (uint32_t)at[0].integer,
                                      .from = { (uint64_t)at[1].integer },
                                      .to = { (uint64_t)at[2].integer },
                                      .valid_from_us = at[3].integer,
                                      .id = { (uint64_t)at[4].integer } };
    }
    *out = edges;
    *n = count;
    return STATUS_OK;
}

static enum status encode(struct buf *out, struct arena *arena, const struct tag *tag)
{
    struct value fields[FIELD_COUNT] = {
        [FIELD_VERSION] = value_int(RECORD_VERSION),
        [FIELD_LEVEL] = value_int(tag->level),
        [FIELD_SCORE] = value_int(tag->score),
        [FIELD_RING] = value_int((int64_t)tag->ring),
        [FIELD_STATE] = value_int(tag->state),
        [FIELD_NUMBERS] = tag->numbers,
        [FIELD_BY] = value_text(tag->by),
        [FIELD_PARAMETERS] = value_text(tag->parameters),
        [FIELD_RUN] = value_int((int64_t)tag->run),
        [FIELD_PERSON] = value_text(tag->person),
        [FIELD_NOTE] = value_text(tag->note),
        [FIELD_REASON] = value_text(tag->reason),
        [FIELD_FIRST_SEEN] = value_int(tag->first_seen_us),
        [FIELD_LAST_SEEN] = value_int(tag->last_seen_us),
        [FIELD_EXPIRES] = value_int(tag->expires_us),
        [FIELD_TEXT] = value_text(tag->text),
    };
    struct value record = { .type = VALUE_LIST, .count = FIELD_COUNT, .items = fields };

    TRY(tag_edges_encode(&fields[FIELD_EDGES], arena, tag->edges, tag->n_edges));
    return codec_encode(out, &record);
}

static enum status decode(struct tag *tag, struct arena *arena, struct slice bytes)
{
    struct value record;
    const struct value *at;

    TRY(codec_decode(&record, arena, bytes));
    if (record.type != VALUE_LIST || record.count < FIELD_COUNT)
        return fail(STATUS_CORRUPT, "a tag record does not decode; run check");
    at = record.items;
    if (at[FIELD_VERSION].integer != RECORD_VERSION)
        return fail(STATUS_CORRUPT, "a tag record has format %lld, this build reads %d",
                    (long long)at[FIELD_VERSION].integer, RECORD_VERSION);
    tag->level = (enum tag_level)at[FIELD_LEVEL].integer;
    tag->score = (uint32_t)at[FIELD_SCORE].integer;
    tag->ring = (uint64_t)at[FIELD_RING].integer;
    tag->state = (enum tag_state)at[FIELD_STATE].integer;
    tag->numbers = at[FIELD_NUMBERS];
    tag->by = value_slice(&at[FIELD_BY]);
    tag->parameters = value_slice(&at[FIELD_PARAMETERS]);
    tag->run = (uint64_t)at[FIELD_RUN].integer;
    tag->person = value_slice(&at[FIELD_PERSON]);
    tag->note = value_slice(&at[FIELD_NOTE]);
    tag->reason = value_slice(&at[FIELD_REASON]);
    tag->first_seen_us = at[FIELD_FIRST_SEEN].integer;
    tag->last_seen_us = at[FIELD_LAST_SEEN].integer;
    tag->expires_us = at[FIELD_EXPIRES].integer;
    tag->text = value_slice(&at[FIELD_TEXT]);
    return tag_edges_decode(&tag->edges, &tag->n_edges, arena, &at[FIELD_EDGES]);
}

/* Writing */

static enum status check_tag(const struct tag *tag)
{
    TRY(tag_code_check(tag->code));
    if (!tag->subject.value || tag->level < TAG_HINT || tag->level > TAG_ALERT ||
        tag->score > TAG_SCORE_ONE || (unsigned)tag->origin > TAG_IMPORT)
        return fail(STATUS_INVALID, "tag %.*s: subject, level or score out of range",
                    (int)tag->code.size, (const char *)tag->code.data);
    return STATUS_OK;
}

static enum status put_index(struct graph_txn *txn, struct slice key)
{
    return store_put(txn_store(txn), TABLE_TAG_INDEX, key, SLICE("\1"));
}

enum status tag_put(struct graph_txn *txn, const struct tag *tag)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf record = { 0 };

    TRY(check_tag(tag));
    TRY(encode(&record, &arena, tag));
    return tag_put_record(txn, tag, buf_slice(&record));
}

enum status tag_record(struct buf *out, struct arena *arena, const struct tag *tag)
{
    TRY(check_tag(tag));
    return encode(out, arena, tag);
}

enum status tag_put_record(struct graph_txn *txn, const struct tag *tag, struct slice record)
{
    unsigned char key[TAG_KEY_MAX];

    TRY(store_put(txn_store(txn), TABLE_TAG, row_key(key, tag), record));
    TRY(put_index(txn, tag_index_code(key, tag)));
    if (tag->ring)
        TRY(put_index(txn, tag_index_number(key, 'R', tag->ring, tag)));
    if (tag->origin != TAG_DETECTOR)
        TRY(put_index(txn, apart_key(key, tag)));
    if (tag->origin == TAG_PERSON)
        return STATUS_OK;
    return put_index(txn, tag_index_number(key, 'P', tag->born, tag));
}

static enum status drop(struct graph_txn *txn, enum store_table table, struct slice key)
{
    enum status status = store_delete(txn_store(txn), table, key);

    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status tag_remove(struct graph_txn *txn, struct node_id subject, struct slice code,
                       enum tag_origin origin, uint64_t born)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    unsigned char key[TAG_KEY_MAX];
    struct tag gone, left;
    enum status status = tag_version(&gone, &arena, txn, subject, code, origin, born);

    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && gone.born != born))
        return STATUS_OK;
    TRY(status);
    TRY(drop(txn, TABLE_TAG, row_key(key, &gone)));
    TRY(drop(txn, TABLE_TAG_INDEX, tag_index_number(key, 'P', born, &gone)));
    status = tag_version(&left, &arena, txn, subject, code, origin, UINT64_MAX - 1);
    /* Entries that an older version may still need stay: the visible version decides. */
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(drop(txn, TABLE_TAG_INDEX, tag_index_code(key, &gone)));
    TRY(drop(txn, TABLE_TAG_INDEX, apart_key(key, &gone)));
    if (gone.ring)
        TRY(drop(txn, TABLE_TAG_INDEX, tag_index_number(key, 'R', gone.ring, &gone)));
    return STATUS_OK;
}

/* Reading */

static enum status read_version(struct tag *out, struct arena *arena, struct store_cursor *rows,
                                const struct tag *identity, uint64_t born_max)
{
    unsigned char key[TAG_KEY_MAX];
    size_t prefix = row_prefix(key, identity->subject, identity->code, identity->origin);
    struct slice found, record;
    struct tag tag = { .subject = identity->subject, .origin = identity->origin };
    enum status status;

    put_u64(key + prefix, born_max + 1);
    status = store_cursor_seek_before(&found, &record, rows, slice_of(key, prefix + 8));
    if (status == STATUS_END)
        return STATUS_NOT_FOUND;
    TRY(status);
    if (found.size != prefix + 8 || memcmp(found.data, key, prefix) != 0)
        return STATUS_NOT_FOUND;
    tag.born = tag_key_read((const unsigned char *)found.data + prefix);
    tag.code = slice_of((const unsigned char *)found.data + 8, identity->code.size);
    TRY(decode(&tag, arena, record));
    *out = tag;
    return STATUS_OK;
}

/* Text that must outlive the next write lies in the arena. */
static enum status own_code(struct tag *tag, struct arena *arena)
{
    char *copy = arena_copy(arena, tag->code);

    if (!copy)
        return STATUS_NO_MEMORY;
    tag->code.data = copy;
    return STATUS_OK;
}

enum status tag_version(struct tag *out, struct arena *arena, struct graph_txn *txn,
                        struct node_id subject, struct slice code, enum tag_origin origin,
                        uint64_t born_max)
{
    AUTO(store_cursor_closep) struct store_cursor *rows = NULL;
    struct tag identity = { .subject = subject, .code = code, .origin = origin };

    TRY(tag_code_check(code));
    TRY(store_cursor_open(&rows, txn_store(txn), TABLE_TAG));
    TRY(read_version(out, arena, rows, &identity, born_max));
    return own_code(out, arena);
}

static uint64_t newest(const struct tag_view *view, enum tag_origin origin)
{
    return origin == TAG_PERSON ? view->overlay : view->publication;
}

static enum status join(struct tag *tag, struct arena *arena, struct graph_txn *txn,
                        const struct tag_view *view)
{
    struct overlay *overlays = NULL;
    size_t n = 0;

    if (view->overlay)
        TRY(overlay_list(&overlays, &n, arena, txn, tag->subject, view->overlay));
    overlay_join(tag, overlays, n, view->at_us);
    return STATUS_OK;
}

enum status tag_find(struct tag *out, struct arena *arena, struct graph_txn *txn,
                     const struct tag_view *view, struct node_id subject, struct slice code,
                     enum tag_origin origin)
{
    struct tag tag;

    TRY(tag_version(&tag, arena, txn, subject, code, origin, newest(view, origin)));
    TRY(join(&tag, arena, txn, view));
    *out = tag;
    return STATUS_OK;
}

enum status tag_meta_number(uint64_t *number, struct graph_txn *txn, const char *name)
{
    struct slice value;
    enum status status = store_get(&value, txn_store(txn), TABLE_META, slice_str(name));

    *number = 0;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (value.size != 8)
        return fail(STATUS_CORRUPT, "the number of the current %s does not decode", name);
    *number = tag_key_read(value.data);
    return STATUS_OK;
}

enum status tag_meta_set(struct graph_txn *txn, const char *name, uint64_t number)
{
    unsigned char bytes[8];

    tag_key_u64(bytes, number);
    return store_put(txn_store(txn), TABLE_META, slice_str(name), slice_of(bytes, 8));
}

enum status tag_view_now(struct tag_view *view, struct graph_txn *txn)
{
    TRY(tag_meta_number(&view->publication, txn, META_PUBLICATION));
    TRY(tag_meta_number(&view->overlay, txn, META_OVERLAY));
    view->at_us = txn_moment(txn)->as_of_us;
    return STATUS_OK;
}

enum status tag_standing(struct tag_standing *out, struct graph_txn *txn,
                         const struct tag_view *view, struct node_id subject)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    const struct overlay *block;
    struct overlay *overlays = NULL;
    size_t n = 0;

    *out = (struct tag_standing){ 0 };
    if (view->overlay)
        TRY(overlay_list(&overlays, &n, &arena, txn, subject, view->overlay));
    block = overlay_in_force(overlays, n, OVERLAY_BLOCK, SLICE(""), view->at_us);
    out->blocked = block ? block->number : 0;
    for (tag_iter_subject(&it, txn, view, subject); tag_iter_next(&it);)
        out->confirmed |= it.tag.state == TAG_CONFIRMED;
    return it.status;
}

static enum status add_node(struct node_id **list, size_t *n, size_t *capacity,
                            struct node_id node)
{
    if (*n && (*list)[*n - 1].value == node.value)
        return STATUS_OK;
    TRY(array_reserve(list, capacity, *n + 1));
    (*list)[(*n)++] = node;
    return STATUS_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct node_id *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* An end date at which a standing may change narrows the time for which it holds. */
static void note_end(struct tag_standings *standings, int64_t end_us, int64_t at_us)
{
    if (end_us <= at_us && end_us > standings->since_us)
        standings->since_us = end_us;
    if (end_us > at_us && end_us < standings->until_us)
        standings->until_us = end_us;
}

static enum status add_overlaid(struct tag_standings *candidates, struct graph_txn *txn,
                                const struct tag_view *view)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    size_t n;

    TRY(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 0 }, view->overlay));
    for (size_t i = 0; i < n; i++) {
        if (overlays[i].kind != OVERLAY_CONFIRM && overlays[i].kind != OVERLAY_BLOCK &&
            overlays[i].kind != OVERLAY_ADD)
            continue;
        note_end(candidates, overlays[i].until_us, view->at_us);
        TRY(add_node(&candidates->confirmed, &candidates->n_confirmed,
                     &candidates->confirmed_capacity, overlays[i].subject));
    }
    return STATUS_OK;
}

/* Subjects of tags that people or other systems set. */
static enum status add_apart(struct tag_standings *candidates, struct graph_txn *txn)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_TAG_INDEX));
    status = store_cursor_seek(&key, &value, cursor, SLICE("I"));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        if (key.size < 9 || *(const char *)key.data != 'I')
            return STATUS_OK;
        TRY(add_node(&candidates->confirmed, &candidates->n_confirmed,
                     &candidates->confirmed_capacity,
                     (struct node_id){ tag_key_read((const unsigned char *)key.data + 1) }));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Like tag_standing(), noting when it may change. */
static enum status standing_until(struct tag_standing *out, struct tag_standings *standings,
                                  struct graph_txn *txn, const struct tag_view *view,
                                  struct node_id subject)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    for (tag_iter_subject(&it, txn, view, subject); tag_iter_next(&it);)
        note_end(standings, it.tag.expires_us, view->at_us);
    TRY(it.status);
    return tag_standing(out, txn, view, subject);
}

enum status tag_standings(struct tag_standings *out, struct graph_txn *txn,
                          const struct tag_view *view)
{
    AUTO(tag_standings_fini) struct tag_standings candidates = { .since_us = TIME_MIN,
                                                                 .until_us = TIME_MAX };
    struct node_id last = { 0 };

    if (view->overlay)
        TRY(add_overlaid(&candidates, txn, view));
    TRY(add_apart(&candidates, txn));
    if (candidates.n_confirmed)
        qsort(candidates.confirmed, candidates.n_confirmed, sizeof last, by_id);
    for (size_t i = 0; i < candidates.n_confirmed; i++) {
        struct node_id node = candidates.confirmed[i];
        struct tag_standing standing;

        if (node.value == last.value)
            continue;
        last = node;
        TRY(standing_until(&standing, &candidates, txn, view, node));
        if (standing.confirmed)
            TRY(add_node(&out->confirmed, &out->n_confirmed, &out->confirmed_capacity, node));
        if (standing.blocked)
            TRY(add_node(&out->blocked, &out->n_blocked, &out->blocked_capacity, node));
    }
    out->since_us = candidates.since_us;
    out->until_us = candidates.until_us;
    return STATUS_OK;
}

void tag_standings_fini(struct tag_standings *standings)
{
    free(standings->confirmed);
    free(standings->blocked);
    *standings = (struct tag_standings){ 0 };
}

/* Iterators */

static void iter_start(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                       enum tag_walk walk)
{
    *it = (struct tag_iter){ .txn = txn, .view = *view, .walk = walk };
    it->status = store_cursor_open(&it->rows, txn_store(txn), TABLE_TAG);
    if (it->status == STATUS_OK)
        it->status = store_cursor_open(&it->index, txn_store(txn),
                                       walk == TAG_WALK_SUBJECT ? TABLE_TAG : TABLE_TAG_INDEX);
}

void tag_iter_all(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view)
{
    iter_start(it, txn, view, TAG_WALK_ALL);
    it->prefix[0] = 'C';
    it->prefix_size = 1;
}

void tag_iter_subject(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                      struct node_id subject)
{
    iter_start(it, txn, view, TAG_WALK_SUBJECT);
    it->prefix_size = put_u64(it->prefix, subject.value);
}

void tag_iter_code(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                   struct slice code)
{
    iter_start(it, txn, view, TAG_WALK_CODE);
    if (it->status == STATUS_OK)
        it->status = tag_code_check(code);
    if (it->status != STATUS_OK)
        return;
    it->prefix[0] = 'C';
    it->prefix_size = 1 + put_code(it->prefix + 1, code);
}

static void iter_number(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                        enum tag_walk walk, char kind, uint64_t number)
{
    iter_start(it, txn, view, walk);
    it->prefix[0] = (unsigned char)kind;
    it->prefix_size = 1 + put_u64(it->prefix + 1, number);
}

void tag_iter_ring(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                   uint64_t ring)
{
    iter_number(it, txn, view, TAG_WALK_RING, 'R', ring);
}

void tag_iter_changed(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                      uint64_t number)
{
    iter_number(it, txn, view, TAG_WALK_CHANGED, 'P', number);
}

/* To the next index key with the walk's prefix; STATUS_END. */
static enum status iter_advance(struct slice *key, struct tag_iter *it)
{
    struct slice value;
    enum status status;

    if (!it->started)
        status = store_cursor_seek(key, &value, it->index, slice_of(it->prefix, it->prefix_size));
    else
        status = store_cursor_next(key, &value, it->index);
    it->started = true;
    TRY(status);
    if (key->size < it->prefix_size || memcmp(key->data, it->prefix, it->prefix_size) != 0)
        return STATUS_END;
    return STATUS_OK;
}

/* A subject's rows hold every version: goes to the last one of the tag at `key`. */
static enum status iter_skip_versions(struct tag_iter *it, const struct tag *identity)
{
    unsigned char key[TAG_KEY_MAX];
    size_t size = row_prefix(key, identity->subject, identity->code, identity->origin);
    struct slice found, value;

    memset(key + size, 0xff, 8);
    return store_cursor_seek_before(&found, &value, it->index, slice_of(key, size + 8));
}

static enum status iter_step(struct tag_iter *it)
{
    struct tag identity = { 0 };
    struct slice key;
    enum status status;

    arena_reset(&it->arena);
    TRY(iter_advance(&key, it));
    if (it->walk == TAG_WALK_ALL || it->walk == TAG_WALK_CODE)
        TRY(parse_code_key(&identity, key));
    else if (it->walk == TAG_WALK_SUBJECT)
        TRY(parse_identity(&identity, key.data, key.size - 8));
    else
        TRY(parse_identity(&identity, (const unsigned char *)key.data + 9, key.size - 9));
    status = read_version(&it->tag, &it->arena, it->rows, &identity,
                          newest(&it->view, identity.origin));
    if (it->walk == TAG_WALK_SUBJECT)
        TRY(iter_skip_versions(it, &identity));
    TRY(status);
    if (it->walk == TAG_WALK_RING && it->tag.ring != tag_key_read(it->prefix + 1))
        return STATUS_NOT_FOUND;
    return join(&it->tag, &it->arena, it->txn, &it->view);
}

bool tag_iter_next(struct tag_iter *it)
{
    enum status status;

    if (it->status != STATUS_OK)
        return false;
    do
        status = iter_step(it);
    while (status == STATUS_NOT_FOUND);
    if (status == STATUS_OK)
        return true;
    it->status = status == STATUS_END ? STATUS_OK : status;
    if (status == STATUS_END)
        it->prefix_size = sizeof it->prefix; /* stays over */
    return false;
}

void tag_iter_stop(struct tag_iter *it)
{
    store_cursor_close(it->index);
    store_cursor_close(it->rows);
    it->index = it->rows = NULL;
    arena_fini(&it->arena);
}

enum status tag_history(const struct tag **out, size_t *n, struct arena *arena,
                        struct graph_txn *txn, const struct tag_view *view, struct node_id subject,
                        struct slice code, enum tag_origin origin)
{
    struct tag *tags;
    struct tag found;
    size_t count = 0;
    uint64_t born = newest(view, origin);
    enum status status;

    while ((status = tag_version(&found, arena, txn, subject, code, origin, born)) == STATUS_OK) {
        count++;
        if (found.born == 0)
            break;
        born = found.born - 1;
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    tags = arena_array(arena, count + 1, sizeof *tags);
    if (!tags)
        return STATUS_NO_MEMORY;
    born = newest(view, origin);
    for (size_t i = count; i-- > 0; born = tags[i].born - 1)
        TRY(tag_version(&tags[i], arena, txn, subject, code, origin, born));
    *out = tags;
    *n = count;
    return STATUS_OK;
}
