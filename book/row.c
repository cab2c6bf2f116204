/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/row.h"

#include "book/names.h"

static const char *const types[N_SHEETS] = {
    [SHEET_LEGAL_REP] = "LEGAL_REP",
    [SHEET_EXECUTIVE] = "EXECUTIVE",
    [SHEET_CONTACT] = "CONTACT",
    [SHEET_SHAREHOLDER] = "SHAREHOLDER",
    [SHEET_INVESTS] = "INVESTS",
    [SHEET_KIN] = "KIN",
    [SHEET_MEMBER_OF] = "MEMBER_OF",
    [SHEET_HAS_PHONE] = "HAS_PHONE",
    [SHEET_LOCATED_AT] = "LOCATED_AT",
    [SHEET_USES_DEVICE] = "USES_DEVICE",
    [SHEET_APPLIED] = "APPLIED",
    [SHEET_SUBMITTED_FROM] = "SUBMITTED_FROM",
    [SHEET_STATES_PHONE] = "STATES_PHONE",
    [SHEET_STATES_ADDRESS] = "STATES_ADDRESS",
    [SHEET_GUARANTEES] = "GUARANTEES",
    [SHEET_GUARANTEES_PERSON] = "GUARANTEES",
    [SHEET_OWNS] = "OWNS",
    [SHEET_BORROWED] = "BORROWED",
    [SHEET_SIGNED_IN] = "SIGNED_IN",
    [SHEET_RESULTED_IN] = "RESULTED_IN",
    [SHEET_DEPOSITED] = "DEPOSITED",
    [SHEET_REPAID] = "REPAID",
    [SHEET_TRANSFERRED] = "TRANSFERRED",
    [SHEET_SUPPLIES] = "SUPPLIES",
};

uint64_t world_serial(struct world *world, enum key_kind kind)
{
    return key_serial(kind, OWNER_SCHEME, world->next_serial[kind]++);
}

static struct csv *edge_start(struct world *world, enum sheet_id sheet, const struct key *from,
                              const struct key *to)
{
    struct csv *csv = &world->sheets[sheet];

    csv_word(csv, key_slice(from));
    csv_word(csv, key_slice(to));
    return csv;
}

/* An edge that begins `from_us`; those of the last weeks may go into the stream. */
static void edge_end(struct world *world, enum sheet_id sheet, int64_t from_us)
{
    struct csv *csv = &world->sheets[sheet];

    csv_word(csv, slice_str(types[sheet]));
    if (from_us == TIME_MIN || from_us < world->tail.since_us)
        csv_end(csv);
    else
        tail_take(&world->tail, sheet, csv_take(csv), from_us);
}

static void put_interval(struct csv *csv, struct interval when)
{
    csv_time(csv, when.from);
    csv_time(csv, when.to);
}

void row_person(struct world *world, const struct key *person)
{
    struct csv *csv = &world->sheets[SHEET_PERSON];
    struct rng rng = rng_at(world->options.seed, STREAM_PERSON, world->sheets[SHEET_PERSON].rows);
    struct key name;

    name_person(&name, &rng);
    csv_word(csv, key_slice(person));
    csv_text(csv, key_slice(&name));
    csv_word(csv, SLICE("Person"));
    csv_end(csv);
}

static void node_class(struct csv *csv, const struct key *key, const char *level,
                       const char *class_, struct slice label)
{
    csv_word(csv, key_slice(key));
    if (level)
        csv_word(csv, slice_str(level));
    csv_word(csv, slice_str(class_));
    csv_word(csv, label);
    csv_end(csv);
}

void row_device(struct world *world, const struct key *device, const char *class_)
{
    node_class(&world->sheets[SHEET_DEVICE], device, NULL, class_, SLICE("Device"));
}

void row_phone(struct world *world, const struct key *phone, const char *class_)
{
    node_class(&world->sheets[SHEET_PHONE], phone, NULL, class_, SLICE("Phone"));
}

void row_address(struct world *world, const struct key *address, const char *level,
                 const char *class_)
{
    node_class(&world->sheets[SHEET_ADDRESS], address, level, class_, SLICE("Address"));
}

void row_account(struct world *world, const struct key *account)
{
    csv_word(&world->sheets[SHEET_ACCOUNT], key_slice(account));
    csv_word(&world->sheets[SHEET_ACCOUNT], SLICE("Account"));
    csv_end(&world->sheets[SHEET_ACCOUNT]);
}

void row_group(struct world *world, struct key *group, const char *name)
{
    struct csv *csv = &world->sheets[SHEET_GROUP];

    key_number(group, 'G', ++world->next_group);
    csv_word(csv, key_slice(group));
    csv_text(csv, slice_str(name));
    csv_word(csv, SLICE("Group"));
    csv_end(csv);
}

void row_link(struct world *world, enum sheet_id sheet, const struct key *from,
              const struct key *to, struct interval when)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    put_interval(csv, when);
    edge_end(world, sheet, when.from);
}

void row_role(struct world *world, enum sheet_id sheet, const struct key *from,
              const struct key *to, const char *role, struct interval when)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    csv_word(csv, slice_str(role));
    put_interval(csv, when);
    edge_end(world, sheet, when.from);
}

void row_held(struct world *world, enum sheet_id sheet, const struct key *from,
              const struct key *to, struct held held)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    csv_word(csv, slice_str(held.role));
    if (held.verified)
        csv_bool(csv, true);
    else
        csv_none(csv);
    put_interval(csv, held.when);
    edge_end(world, sheet, held.when.from);
}

void row_share(struct world *world, enum sheet_id sheet, const struct key *from,
               const struct key *to, int64_t ratio, struct interval when)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    csv_ratio(csv, ratio);
    put_interval(csv, when);
    edge_end(world, sheet, when.from);
}

void row_kin(struct world *world, const struct key *from, const struct key *to,
             const char *relation)
{
    struct csv *csv = edge_start(world, SHEET_KIN, from, to);

    csv_word(csv, slice_str(relation));
    edge_end(world, SHEET_KIN, TIME_MIN);
}

void row_event(struct world *world, enum sheet_id sheet, const struct key *from,
               const struct key *to, int64_t when)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    csv_time(csv, when);
    edge_end(world, sheet, when);
}

void row_event_text(struct world *world, enum sheet_id sheet, const struct key *from,
                    const struct key *to, const char *text, int64_t when)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    csv_word(csv, slice_str(text));
    csv_time(csv, when);
    edge_end(world, sheet, when);
}

void row_event_amount(struct world *world, enum sheet_id sheet, const struct key *from,
                      const struct key *to, int64_t amount_minor, int64_t when)
{
    struct csv *csv = edge_start(world, sheet, from, to);

    csv_int(csv, amount_minor);
    csv_time(csv, when);
    edge_end(world, sheet, when);
}

void row_transfer(struct world *world, const struct key *from, const struct key *to,
                  int64_t amount_minor, int64_t when)
{
    struct csv *csv = edge_start(world, SHEET_TRANSFERRED, from, to);
    struct key number;

    key_number(&number, 'T', ++world->next_transfer);
    csv_word(csv, key_slice(&number));
    csv_int(csv, amount_minor);
    csv_time(csv, when);
    edge_end(world, SHEET_TRANSFERRED, when);
}

void row_guarantee(struct world *world, enum sheet_id sheet, const struct key *from,
                   const struct key *to, const struct guarantee *guarantee)
{
    struct csv *csv = edge_start(world, sheet, from, to);
    struct key number;

    key_number(&number, 'C', ++world->next_guarantee);
    csv_word(csv, key_slice(&number));
    csv_int(csv, guarantee->amount_minor);
    csv_word(csv, SLICE("CNY"));
    csv_word(csv, slice_str(guarantee->kind));
    csv_word(csv, slice_str(guarantee->status));
    put_interval(csv, guarantee->when);
    edge_end(world, sheet, guarantee->when.from);
}
