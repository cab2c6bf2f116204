/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/truth.h"

#include "book/party.h"

void truth_ring(struct world *world, const char *ring, const char *code)
{
    struct emit *emit = lines_start(&world->truth);

    emit_key(emit, "ring");
    emit_string(emit, ring);
    emit_key(emit, "code");
    emit_string(emit, code);
    emit_key(emit, "members");
    emit_list(emit);
    world->n_rings++;
}

void truth_trap(struct world *world, const char *trap)
{
    struct emit *emit = lines_start(&world->truth);

    emit_key(emit, "trap");
    emit_string(emit, trap);
    emit_key(emit, "members");
    emit_list(emit);
    world->n_traps++;
}

void truth_member(struct world *world, uint64_t index)
{
    struct key key;

    party_key(&key, world, index);
    emit_slice(&world->truth.emit, key_slice(&key));
}

void truth_identifier(struct world *world, const char *label, const struct key *key)
{
    struct emit *emit = &world->truth.emit;

    emit_object(emit);
    emit_key(emit, "label");
    emit_string(emit, label);
    emit_key(emit, "key");
    emit_slice(emit, key_slice(key));
    emit_end(emit);
}

enum status truth_end(struct world *world)
{
    emit_end(&world->truth.emit);
    return lines_end(&world->truth);
}

enum status truth_flagged(struct world *world, const char *ring, const char *code,
                          const uint64_t *indices, const bool *flags, size_t n)
{
    bool started = false;

    for (size_t i = 0; i < n; i++) {
        if (flags && !flags[i])
            continue;
        if (!started)
            truth_ring(world, ring, code);
        started = true;
        truth_member(world, indices[i]);
    }
    return started ? truth_end(world) : STATUS_OK;
}

static bool inside(const struct use *use, int64_t start, int64_t window_us)
{
    return use->when >= start && use->when < start + window_us;
}

/* Different members with a use in [start, start + window_us). */
static size_t count_window(const struct use *uses, size_t n, int64_t start, int64_t window_us)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        bool seen = !inside(&uses[i], start, window_us);
        for (size_t j = 0; j < i && !seen; j++)
            seen = uses[j].who == uses[i].who && inside(&uses[j], start, window_us);
        count += !seen;
    }
    return count;
}

bool truth_window(bool *flags, const struct use *uses, size_t n, int64_t window_us, size_t least)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        if (count_window(uses, n, uses[i].when, window_us) < least)
            continue;
        any = true;
        for (size_t j = 0; j < n; j++)
            if (inside(&uses[j], uses[i].when, window_us))
                flags[uses[j].who] = true;
    }
    return any;
}

struct trail {
    const struct trail *before;
    size_t at;
};

static bool on_trail(const struct trail *trail, size_t who)
{
    for (; trail; trail = trail->before)
        if (trail->at == who)
            return true;
    return false;
}

static bool walk(const struct promise *promises, size_t n, const struct trail *trail, size_t left)
{
    if (left == 0)
        return true;
    for (size_t i = 0; i < n; i++) {
        struct trail next = { trail, promises[i].to };
        if (promises[i].from == trail->at && !on_trail(trail, promises[i].to) &&
            walk(promises, n, &next, left - 1))
            return true;
    }
    return false;
}

bool truth_chain(const struct promise *promises, size_t n, size_t from, size_t length)
{
    struct trail start = { NULL, from };

    return walk(promises, n, &start, length);
}
