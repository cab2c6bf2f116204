/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/request.h"

#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "graph/catalog.h"

const struct request_list request_lists[] = {
    { "persons", "Person", PARTY_PRINCIPAL, NULL },
    { "devices", "Device", PARTY_IDENTIFIER, "SUBMITTED_FROM" },
    { "phones", "Phone", PARTY_IDENTIFIER, "STATES_PHONE" },
    { "addresses", "Address", PARTY_IDENTIFIER, "STATES_ADDRESS" },
    { "guarantors", "Enterprise", PARTY_GUARANTOR, NULL },
    { 0 },
};

bool request_holds_parties(struct slice member)
{
    for (const struct request_list *list = request_lists; list->field; list++)
        if (slice_equal(member, slice_str(list->field)))
            return true;
    return slice_equal(member, SLICE("enterprise"));
}

struct reader {
    struct arena *arena;
    const struct schema *schema;
    struct catalog *catalog;
    struct request *request;
    size_t capacity;
};

#define PLACE_MAX 128
#define NAME_MAX_BYTES 64 /* shown of a field that is not known */

/* The path of a field of the object at `place`; made only for who has something to say of it. */
static const char *path_of(char path[PLACE_MAX], const char *place, const char *name)
{
    snprintf(path, PLACE_MAX, "%s%s%s", place, *place ? "." : "", name);
    return path;
}

static enum status wrong(const char *field, const char *expected, const struct value *found)
{
    return fail(STATUS_INVALID, "%s: expected %s, found %s", field, expected,
                value_type_name(found->type));
}

/* An absent or null field gives the empty text. */
static enum status text_field(struct slice *out, const struct value *object, const char *place,
                              const char *name)
{
    const struct value *value = value_find(object, slice_str(name));
    char path[PLACE_MAX];

    *out = SLICE("");
    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_STRING)
        return wrong(path_of(path, place, name), "a text", value);
    if (value->count > REQUEST_TEXT_MAX)
        return fail(STATUS_INVALID, "%s: %u bytes, more than %d", path_of(path, place, name),
                    value->count, REQUEST_TEXT_MAX);
    *out = value_slice(value);
    return STATUS_OK;
}

/* Bytes of a text's beginning, not more than `room`. */
static size_t whole_characters(struct slice text, size_t room)
{
    size_t n = text.size < room ? text.size : room;

    while (n && n < text.size && (((const unsigned char *)text.data)[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/*
 * Who wrote "device" for "devices" is decided on less than he sent: he is told. Members of an
 * object are in the order of their keys, so that a replay lists the same ones.
 */
static enum status note_ignored(struct reader *reader, const struct value *object,
                                const char *place, const char *const *known)
{
    struct request *request = reader->request;

    for (uint32_t i = 0; i < object->count && request->n_ignored < REQUEST_IGNORED_MAX; i++) {
        struct slice key = object->pairs[i].key;
        char path[2 * PLACE_MAX];
        const char *copy;
        size_t k = 0;

        while (known[k] && !slice_equal(key, slice_str(known[k])))
            k++;
        if (known[k])
            continue;
        snprintf(path, sizeof path, "%s%s%.*s", place, *place ? "." : "",
                 (int)whole_characters(key, NAME_MAX_BYTES), (const char *)key.data);
        copy = arena_copy(reader->arena, slice_str(path));
        if (!request->ignored)
            request->ignored = arena_array(reader->arena, REQUEST_IGNORED_MAX,
                                           sizeof *request->ignored);
        if (!copy || !request->ignored)
            return STATUS_NO_MEMORY;
        request->ignored[request->n_ignored++] = slice_str(copy);
    }
    return STATUS_OK;
}

static enum status required_text(struct slice *out, const struct value *object, const char *name)
{
    TRY(text_field(out, object, "", name));
    if (!out->size)
        return fail(STATUS_INVALID, "%s is missing", name);
    return STATUS_OK;
}

static enum status amount_field(int64_t *out, const struct value *object, const char *place)
{
    const struct value *value = value_find(object, SLICE("amount_minor"));
    char path[PLACE_MAX];

    *out = INT64_MIN;
    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_INT)
        return wrong(path_of(path, place, "amount_minor"), "a whole number of minor units", value);
    if (value->integer < 0)
        return fail(STATUS_INVALID, "%s: %lld is below zero",
                    path_of(path, place, "amount_minor"), (long long)value->integer);
    *out = value->integer;
    return STATUS_OK;
}

static enum status short_key(const char *field, struct slice text)
{
    if (text.size <= REQUEST_KEY_MAX)
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s: %zu bytes, more than %d", field, text.size, REQUEST_KEY_MAX);
}

static enum status label_symbol(uint32_t *symbol, const struct reader *reader, const char *field,
                                struct slice label)
{
    *symbol = catalog_find(reader->catalog, label);
    if (*symbol)
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s: the graph's schema has no label %.*s", field,
                (int)label.size, (const char *)label.data);
}

/* What is no principal can neither apply nor guarantee. */
static enum status check_guarantor(const struct reader *reader, const struct party *party)
{
    const struct schema_label *label = schema_label_of(reader->schema, party->label);

    if (party->kind != PARTY_GUARANTOR || !label || label->role == LABEL_PRINCIPAL)
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s: label: %s is no principal and can't guarantee; give a "
                "principal's, such as Enterprise or Person", party->field, label->name);
}

static enum status normalised_key(struct party *party, const struct reader *reader,
                                  struct slice raw)
{
    AUTO(buf_fini) struct buf key = { 0 };
    char *copy;

    if (!raw.size)
        return fail(STATUS_INVALID, "%s: key is missing", party->field);
    TRY(label_symbol(&party->label, reader, party->field, party->label_name));
    TRY(check_guarantor(reader, party));
    TRY(schema_normalise(&key, &party->key_valid, reader->schema, party->label, raw));
    if (!key.size)
        return fail(STATUS_INVALID, "%s: nothing is left of key \"%.*s\" once it is normalised",
                    party->field, (int)(raw.size < 64 ? raw.size : 64), (const char *)raw.data);
    copy = arena_copy(reader->arena, buf_slice(&key));
    if (!copy)
        return STATUS_NO_MEMORY;
    party->key = slice_of(copy, key.size);
    return STATUS_OK;
}

static struct party *party_add(struct reader *reader)
{
    struct request *request = reader->request;

    if (arena_reserve(reader->arena, &request->parties, &reader->capacity, request->n_parties))
        return NULL;
    request->parties[request->n_parties] = (struct party){ .amount_minor = INT64_MIN };
    return &request->parties[request->n_parties++];
}

static bool is_repeat(const struct request *request, const struct party *party)
{
    for (const struct party *other = request->parties; other < party; other++)
        if (other->kind == party->kind && other->label == party->label &&
            slice_equal(other->key, party->key) && slice_equal(other->role, party->role))
            return true;
    return false;
}

#define OF_GUARANTORS 3 /* the first ones */
static const char *const known_of_party[] = { "label", "amount_minor", "currency",
                                              "key", "name", "role", "industry",
                                              "enterprise_type", NULL };

/* A party is a key alone, or an object with `key`. */
static enum status read_party(struct reader *reader, const struct value *value,
                              enum party_kind kind, const char *field, const char *label)
{
    struct party *party = party_add(reader);
    struct slice raw, own_label;

    if (!party)
        return STATUS_NO_MEMORY;
    party->kind = kind;
    party->field = arena_copy(reader->arena, slice_str(field));
    party->label_name = slice_str(label);
    if (!party->field)
        return STATUS_NO_MEMORY;
    if (value->type == VALUE_STRING) {
        raw = value_slice(value);
    } else if (value->type == VALUE_MAP) {
        TRY(text_field(&raw, value, field, "key"));
        TRY(text_field(&party->name, value, field, "name"));
        TRY(text_field(&party->role, value, field, "role"));
        TRY(text_field(&party->industry, value, field, "industry"));
        TRY(text_field(&party->enterprise_type, value, field, "enterprise_type"));
        TRY(text_field(&party->currency, value, field, "currency"));
        TRY(amount_field(&party->amount_minor, value, field));
        TRY(text_field(&own_label, value, field, "label"));
        if (own_label.size && kind == PARTY_GUARANTOR)
            party->label_name = own_label;
        TRY(note_ignored(reader, value, field,
                         known_of_party + (kind == PARTY_GUARANTOR ? 0 : OF_GUARANTORS)));
    } else {
        return wrong(field, "a key or an object with a key", value);
    }
    TRY(normalised_key(party, reader, raw));
    if (is_repeat(reader->request, party))
        reader->request->n_parties--;
    return STATUS_OK;
}

/* `list`[`at`]: each party has its place at hand. */
static void name_item(char field[PLACE_MAX], const char *list, uint32_t at)
{
    char *end = stpcpy(field, list);

    *end++ = '[';
    end += text_digits(end, at, 1);
    memcpy(end, "]", 2);
}

static enum status read_list(struct reader *reader, const struct value *root,
                             const struct request_list *list)
{
    const struct value *value = value_find(root, slice_str(list->field));

    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_LIST)
        return wrong(list->field, "a list", value);
    if (value->count > REQUEST_PARTIES_MAX)
        return fail(STATUS_INVALID, "%s: %u entries, more than %d", list->field, value->count,
                    REQUEST_PARTIES_MAX);
    for (uint32_t i = 0; i < value->count; i++) {
        char field[PLACE_MAX];

        name_item(field, list->field, i);
        TRY(read_party(reader, &value->items[i], list->kind, field, list->label));
    }
    return STATUS_OK;
}

static enum status read_enterprise(struct reader *reader, const struct value *root)
{
    const struct value *value = value_find(root, SLICE("enterprise"));
    struct request *request = reader->request;

    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    TRY(read_party(reader, value, PARTY_PRINCIPAL, "enterprise", "Enterprise"));
    request->industry = request->parties[0].industry;
    request->enterprise_type = request->parties[0].enterprise_type;
    return STATUS_OK;
}

/* The enterprise applies; where there is none, the persons do. */
static void mark_applicants(struct request *request, bool enterprise)
{
    for (size_t i = 0; i < request->n_principals; i++) {
        struct party *party = &request->parties[i];

        party->applicant = enterprise ? i == 0 : true;
        if (i >= (enterprise ? 1u : 0u) && !request->legal_rep.size &&
            slice_equal(party->role, SLICE("legal_rep")))
            request->legal_rep = party->key;
    }
}

static enum status read_parties(struct reader *reader, const struct value *root)
{
    struct request *request = reader->request;
    bool enterprise;

    TRY(read_enterprise(reader, root));
    enterprise = request->n_parties > 0;
    for (const struct request_list *list = request_lists; list->field; list++) {
        TRY(read_list(reader, root, list));
        if (list->kind == PARTY_PRINCIPAL)
            request->n_principals = request->n_parties;
        if (list->kind == PARTY_IDENTIFIER)
            request->n_identifiers = request->n_parties - request->n_principals;
    }
    request->n_guarantors = request->n_parties - request->n_principals - request->n_identifiers;
    if (!request->n_principals)
        return fail(STATUS_INVALID, "no principal: give enterprise or persons");
    mark_applicants(request, enterprise);
    return STATUS_OK;
}

static const char *const known_of_request[] = {
    "application_id", "idempotency_key", "time", "product", "lender", "amount_minor", "currency",
    "enterprise", "persons", "devices", "phones", "addresses", "guarantors", NULL
};

static enum status read_head(struct request *request, struct reader *reader,
                             const struct value *root)
{
    struct slice time;
    enum status status;

    TRY(required_text(&request->application_id, root, "application_id"));
    TRY(short_key("application_id", request->application_id));
    TRY(text_field(&request->idempotency_key, root, "", "idempotency_key"));
    TRY(short_key("idempotency_key", request->idempotency_key));
    TRY(required_text(&time, root, "time"));
    status = time_parse(&request->time_us, time);
    if (status != STATUS_OK)
        return fail_context(status, "time");
    TRY(text_field(&request->product, root, "", "product"));
    TRY(text_field(&request->lender, root, "", "lender"));
    TRY(text_field(&request->currency, root, "", "currency"));
    TRY(amount_field(&request->amount_minor, root, ""));
    return label_symbol(&request->application_label, reader, "application_id",
                        SLICE("Application"));
}

/* The bank's number as the schema stores it. */
static enum status normalise_application(struct request *request, struct reader *reader)
{
    struct party party = { .field = "application_id", .label_name = SLICE("Application") };

    TRY(normalised_key(&party, reader, request->application_id));
    request->application_id = party.key;
    return STATUS_OK;
}

enum status request_parse(struct request *out, struct arena *arena, const struct schema *schema,
                          struct catalog *catalog, struct slice text)
{
    struct request request = { .amount_minor = INT64_MIN };
    struct reader reader = { arena, schema, catalog, &request, 0 };
    struct value root;

    TRY(json_parse(&root, arena, text, NULL));
    if (root.type != VALUE_MAP)
        return fail(STATUS_INVALID, "expected one JSON object, found %s",
                    value_type_name(root.type));
    TRY(read_head(&request, &reader, &root));
    TRY(normalise_application(&request, &reader));
    TRY(read_parties(&reader, &root));
    TRY(note_ignored(&reader, &root, "", known_of_request));
    *out = request;
    return STATUS_OK;
}
