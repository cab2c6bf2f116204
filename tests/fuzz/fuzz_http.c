/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes over HTTP: paths, msgpack bodies, answers on their way through the mask; and settings.
 * The first byte chooses. A path gives no empty key and none with a NUL byte, a body that is taken
 * is JSON, a masked answer still parses, no settings open a port to the world unguarded.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/json.h"
#include "service/config.h"
#include "service/exchange.h"
#include "service/mask.h"

static const uint32_t any[] = { 1, 2, 0 };
static const struct schema_label labels[] = {
    { .name = "A", .symbol = 1, .keyed = true },
    { .name = "P", .symbol = 2, .keyed = true, .sensitive_key = true },
};
static const struct schema_type types[] = { { .name = "T", .from = any, .to = any } };
static const char *const properties[] = { "ratio", "text", NULL };
static const struct schema schema = { .name = "fuzz", .labels = labels, .n_labels = 2,
                                      .types = types, .n_types = 1,
                                      .sensitive_properties = properties };

static void path(struct slice text)
{
    struct route_match match;

    if (route_find(&match, SLICE("GET"), text) == STATUS_OK && match.route)
        for (size_t i = 0; i < match.n_parts; i++)
            if (!match.parts[i].size || memchr(match.parts[i].data, 0, match.parts[i].size))
                abort();
}

static void body(struct slice bytes)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct exchange exchange = { .in = MEDIA_MSGPACK };
    struct json_limits limits = { .depth = 64, .bytes = (size_t)64 << 20 };
    struct slice text;
    struct value value;

    /* NUL characters are refused only as JSON; anything else that was taken must parse. */
    if (buf_append_slice(&exchange.body, bytes) == STATUS_OK &&
        exchange_text(&text, &exchange) == STATUS_OK &&
        json_parse(&value, &arena, text, &limits) != STATUS_OK &&
        !memmem(text.data, text.size, "\\u0000", 6))
        abort();
    buf_fini(&exchange.body);
}

static void mask(struct slice text)
{
    AUTO(buf_fini) struct buf answer = { 0 };
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value value;

    if (buf_append_slice(&answer, text) != STATUS_OK)
        return;
    if (mask_answer(&answer, &schema, SLICE("{}")) != STATUS_OK)
        return;
    if (!slice_equal(buf_slice(&answer), text) &&
        json_parse(&value, &arena, buf_slice(&answer), NULL) != STATUS_OK &&
        !strstr(error_detail(), "twice") && !strstr(error_detail(), "duplicate"))
        abort();
}

static void settings(struct slice text)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct config config;

    if (config_read(&config, &arena, "fuzz", text) == STATUS_OK && !config.loopback &&
        !config.tls_client_ca)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const targets[])(struct slice) = { path, body, mask, settings };

    if (size)
        targets[bytes[0] % 4](slice_of(bytes + 1, size - 1));
    return 0;
}
