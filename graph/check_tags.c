/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invariants of the tag tables: tags with their index, rings, runs, and what people said. */

#include <stdio.h>

#include "graph/check_private.h"
#include "graph/overlay.h"
#include "graph/publication.h"
#include "graph/tag_row.h"
#include "store/store.h"

enum rule { RULE_TAG_ROW, RULE_TAG_SUBJECT, RULE_TAG_BORN, RULE_TAG_INDEX, RULE_RING_ROW,
            RULE_RUN_DENSE, RULE_OVERLAY_LOG };

static const struct check_rule rules[] = {
    { "tag-row", CHECK_DAMAGE, "a tag version decodes", CHECK_RESTORE },
    { "tag-subject", CHECK_DAMAGE, "a tag's subject is a node that was given out", CHECK_RESTORE },
    { "tag-born", CHECK_DAMAGE, "no tag version is younger than the run under way", CHECK_RESTORE },
    { "tag-index", CHECK_DERIVED, "a tag is found by its code, ring and run", CHECK_RELOAD },
    { "ring-row", CHECK_DAMAGE, "a ring's version decodes", CHECK_RESTORE },
    { "run-dense", CHECK_DAMAGE, "every run up to the current publication has its record",
      CHECK_RESTORE },
    { "overlay-log", CHECK_DAMAGE, "everything people said is numbered without gaps and decodes",
      CHECK_RESTORE },
};

struct walk {
    struct check *check;
    struct graph_txn *txn;
    struct tag_view view;
    uint64_t next_node;
    uint64_t n;
    char place[PLACE_BYTES];
};

static enum status found(struct walk *walk, enum rule rule, const char *what)
{
    return check_found(walk->check, &rules[rule], walk->place, "%s", what);
}

/* Subject, code, origin and birth, from a row's key. */
static bool parse_key(struct tag *tag, struct slice key)
{
    const unsigned char *at = key.data;
    size_t prefix = key.size < 8 ? 0 : key.size - 8;

    if (tag_parse_row(tag, at, prefix) != STATUS_OK || 8 + tag->code.size + 2 != prefix)
        return false;
    tag->born = key_get_u64(at + prefix);
    return tag_code_check(tag->code) == STATUS_OK;
}

static enum status has_entry(bool *has, struct walk *walk, struct slice key)
{
    struct slice value;
    enum status status = store_get(&value, txn_store(walk->txn), TABLE_TAG_INDEX, key);

    *has = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status check_entries(struct walk *walk, const struct tag *tag)
{
    unsigned char key[TAG_KEY_MAX];
    bool by_code, by_ring = true, by_run = true;

    TRY(has_entry(&by_code, walk, tag_index_code(key, tag)));
    if (tag->ring)
        TRY(has_entry(&by_ring, walk, tag_index_number(key, 'R', tag->ring, tag)));
    if (tag->origin != TAG_PERSON)
        TRY(has_entry(&by_run, walk, tag_index_number(key, 'P', tag->born, tag)));
    if (by_code && by_ring && by_run)
        return STATUS_OK;
    return found(walk, RULE_TAG_INDEX, !by_code   ? "it is not listed under its code"
                                       : !by_ring ? "it is not listed under its ring"
                                                  : "it is not listed under its run");
}

static enum status check_tag(void *context, struct slice key, struct slice value)
{
    struct walk *walk = context;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct tag identity, tag;
    enum status status;
    uint64_t newest;

    (void)value;
    snprintf(walk->place, sizeof walk->place, "tag version %llu", (unsigned long long)++walk->n);
    if (!parse_key(&identity, key))
        return found(walk, RULE_TAG_ROW, "its key does not decode");
    status = tag_version(&tag, &arena, walk->txn, identity.subject, identity.code,
                         identity.origin, identity.born);
    if (check_stops(status))
        return status;
    if (status != STATUS_OK)
        return found(walk, RULE_TAG_ROW, "its record does not decode");
    if (!tag.subject.value || tag.subject.value >= walk->next_node)
        TRY(found(walk, RULE_TAG_SUBJECT, "it is of a node that was never given out"));
    /* A killed run may have left versions of the next publication, which nobody sees. */
    newest = tag.origin == TAG_PERSON ? walk->view.overlay : walk->view.publication + 1;
    if (tag.born > newest)
        TRY(found(walk, RULE_TAG_BORN, "it is younger than what is published"));
    return check_entries(walk, &tag);
}

static enum status check_ring(void *context, struct slice key, struct slice value)
{
    struct walk *walk = context;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct tag_view then = { 0 };
    struct ring_record ring;
    enum status status;

    (void)value;
    snprintf(walk->place, sizeof walk->place, "ring version %llu", (unsigned long long)++walk->n);
    if (key.size != 16)
        return found(walk, RULE_RING_ROW, "its key does not decode");
    then.publication = key_get_u64((const unsigned char *)key.data + 8);
    status = ring_find(&ring, &arena, walk->txn, &then, key_get_u64(key.data));
    if (check_stops(status))
        return status;
    if (status != STATUS_OK)
        return found(walk, RULE_RING_ROW, "its record does not decode");
    return STATUS_OK;
}

static enum status check_runs(struct walk *walk)
{
    for (uint64_t number = 1; number <= walk->view.publication; number++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        struct run run;
        enum status status = run_find(&run, &arena, walk->txn, number);

        if (check_stops(status))
            return status;
        snprintf(walk->place, sizeof walk->place, "run %llu", (unsigned long long)number);
        if (status != STATUS_OK)
            TRY(found(walk, RULE_RUN_DENSE, "its record is missing, or does not decode"));
    }
    return STATUS_OK;
}

static enum status check_overlays(struct walk *walk)
{
    for (uint64_t number = 1; number <= walk->view.overlay; number++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        struct overlay overlay;
        enum status status = overlay_find(&overlay, &arena, walk->txn, number);

        if (check_stops(status))
            return status;
        snprintf(walk->place, sizeof walk->place, "entry %llu", (unsigned long long)number);
        if (status != STATUS_OK)
            TRY(found(walk, RULE_OVERLAY_LOG, "it is missing, or does not decode"));
    }
    return STATUS_OK;
}

static enum status run_check(struct check *check, struct graph_txn *txn)
{
    struct walk walk = { .check = check, .txn = txn, .next_node = txn_counts(txn).next_node };

    TRY(tag_view_now(&walk.view, txn));
    TRY(check_each_row(check, TABLE_TAG, check_tag, &walk));
    walk.n = 0;
    TRY(check_each_row(check, TABLE_RING, check_ring, &walk));
    TRY(check_runs(&walk));
    return check_overlays(&walk);
}

const struct check_part check_part_tags = { "tags", rules, sizeof rules / sizeof *rules,
                                            run_check };
