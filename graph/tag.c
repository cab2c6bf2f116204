/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/tag.h"

#include <string.h>

#include "graph/overlay.h"
#include "graph/tag_row.h"
#include "store/store.h"

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
    TRY(tag_encode(&record, &arena, tag));
    return tag_put_record(txn, tag, buf_slice(&record));
}

enum status tag_record(struct buf *out, struct arena *arena, const struct tag *tag)
{
    TRY(check_tag(tag));
    return tag_encode(out, arena, tag);
}

enum status tag_put_record(struct graph_txn *txn, const struct tag *tag, struct slice record)
{
    unsigned char key[TAG_KEY_MAX];

    TRY(store_put(txn_store(txn), TABLE_TAG, tag_row_key(key, tag), record));
    TRY(put_index(txn, tag_index_code(key, tag)));
    if (tag->ring)
        TRY(put_index(txn, tag_index_number(key, 'R', tag->ring, tag)));
    if (tag->origin != TAG_DETECTOR)
        TRY(put_index(txn, tag_index_apart(key, tag)));
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
    TRY(drop(txn, TABLE_TAG, tag_row_key(key, &gone)));
    TRY(drop(txn, TABLE_TAG_INDEX, tag_index_number(key, 'P', born, &gone)));
    status = tag_version(&left, &arena, txn, subject, code, origin, UINT64_MAX - 1);
    /* Entries that an older version may still need stay: the visible version decides. */
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(drop(txn, TABLE_TAG_INDEX, tag_index_code(key, &gone)));
    TRY(drop(txn, TABLE_TAG_INDEX, tag_index_apart(key, &gone)));
    if (gone.ring)
        TRY(drop(txn, TABLE_TAG_INDEX, tag_index_number(key, 'R', gone.ring, &gone)));
    return STATUS_OK;
}

/* Reading */

enum status tag_read_version(struct tag *out, struct arena *arena, struct store_cursor *rows,
                                const struct tag *identity, uint64_t born_max)
{
    unsigned char key[TAG_KEY_MAX];
    size_t prefix = tag_row_prefix(key, identity->subject, identity->code, identity->origin);
    struct slice found, record;
    struct tag tag = { .subject = identity->subject, .origin = identity->origin };
    enum status status;

    key_put_u64(key + prefix, born_max + 1);
    status = store_cursor_seek_before(&found, &record, rows, slice_of(key, prefix + 8));
    if (status == STATUS_END)
        return STATUS_NOT_FOUND;
    TRY(status);
    if (found.size != prefix + 8 || memcmp(found.data, key, prefix) != 0)
        return STATUS_NOT_FOUND;
    tag.born = key_get_u64((const unsigned char *)found.data + prefix);
    tag.code = slice_of((const unsigned char *)found.data + 8, identity->code.size);
    TRY(tag_decode(&tag, arena, record));
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
    TRY(tag_read_version(out, arena, rows, &identity, born_max));
    return own_code(out, arena);
}

uint64_t tag_newest(const struct tag_view *view, enum tag_origin origin)
{
    return origin == TAG_PERSON ? view->overlay : view->publication;
}

enum status tag_join(struct tag *tag, struct arena *arena, struct graph_txn *txn,
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

    TRY(tag_version(&tag, arena, txn, subject, code, origin, tag_newest(view, origin)));
    TRY(tag_join(&tag, arena, txn, view));
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
    *number = key_get_u64(value.data);
    return STATUS_OK;
}

enum status tag_meta_set(struct graph_txn *txn, const char *name, uint64_t number)
{
    unsigned char bytes[8];

    key_put_u64(bytes, number);
    return store_put(txn_store(txn), TABLE_META, slice_str(name), slice_of(bytes, 8));
}

enum status tag_view_now(struct tag_view *view, struct graph_txn *txn)
{
    TRY(tag_meta_number(&view->publication, txn, META_PUBLICATION));
    TRY(tag_meta_number(&view->overlay, txn, META_OVERLAY));
    view->at_us = txn_moment(txn)->as_of_us;
    return STATUS_OK;
}

enum status tag_history(const struct tag **out, size_t *n, struct arena *arena,
                        struct graph_txn *txn, const struct tag_view *view, struct node_id subject,
                        struct slice code, enum tag_origin origin)
{
    struct tag *tags;
    struct tag found;
    size_t count = 0;
    uint64_t born = tag_newest(view, origin);
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
    born = tag_newest(view, origin);
    for (size_t i = count; i-- > 0; born = tags[i].born - 1)
        TRY(tag_version(&tags[i], arena, txn, subject, code, origin, born));
    *out = tags;
    *n = count;
    return STATUS_OK;
}
