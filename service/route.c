/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/route.h"

#include "base/text.h"

#define SCREEN ROLE_BIT(ROLE_SCREEN)
#define INVESTIGATE ROLE_BIT(ROLE_INVESTIGATE)
#define WRITE ROLE_BIT(ROLE_WRITE)
#define ADMIN ROLE_BIT(ROLE_ADMIN)

const struct route routes[ENDPOINT_COUNT_] = {
    { ENDPOINT_SCREENINGS, "POST", "/v1/screenings", SCREEN | ADMIN, LANE_DRAFT, "record" },
    { ENDPOINT_DECISION, "GET", "/v1/decisions/{}", SCREEN | INVESTIGATE | ADMIN, LANE_HTTP,
      NULL },
    { ENDPOINT_TAGS, "GET", "/v1/entities/{}/{}/tags", SCREEN | INVESTIGATE | ADMIN, LANE_HTTP,
      "all" },
    { ENDPOINT_EVENTS, "POST", "/v1/events", WRITE | ADMIN, LANE_WRITE, NULL },
    { ENDPOINT_QUERY, "POST", "/v1/query", INVESTIGATE | ADMIN, LANE_QUERY, NULL },
    { ENDPOINT_HEALTH, "GET", "/healthz", 0, LANE_HTTP, NULL },
    { ENDPOINT_READY, "GET", "/readyz", 0, LANE_HTTP, NULL },
    { ENDPOINT_METRICS, "GET", "/metrics", 0, LANE_HTTP, NULL },
    { ENDPOINT_OPENAPI, "GET", "/openapi.json", 0, LANE_HTTP, NULL },
};

bool route_allows(const struct route *route, enum role role)
{
    return !route->roles || (route->roles & ROLE_BIT(role)) != 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum status decode(struct slice *out, char *to, size_t room, struct slice part)
{
    const char *at = part.data, *end = at + part.size;
    size_t n = 0;

    while (at < end) {
        char c = *at++;

        if (c == '%') {
            int high = end - at >= 2 ? hex_digit(at[0]) : -1;
            int low = end - at >= 2 ? hex_digit(at[1]) : -1;

            if (high < 0 || low < 0)
                return fail(STATUS_INVALID, "the path has a %% that two hex digits do not follow");
            c = (char)(high << 4 | low);
            at += 2;
        }
        if (n == room)
            return fail(STATUS_INVALID, "a key in the path is longer than %d bytes",
                        ROUTE_PART_BYTES_MAX);
        to[n++] = c;
    }
    if (!n || !text_valid_utf8(slice_of(to, n), NULL))
        return fail(STATUS_INVALID, "a key in the path is empty or not UTF-8");
    *out = slice_of(to, n);
    return STATUS_OK;
}

/* Up to the next slash; moves past it. */
static struct slice next_part(const char **at, const char *end)
{
    const char *start = *at;
    const char *slash = memchr(start, '/', (size_t)(end - start));

    *at = slash ? slash + 1 : end + 1;
    return slice_of(start, (size_t)((slash ? slash : end) - start));
}

/* Compares part by part; what stands for {} is kept raw. */
static bool matches(struct slice raw[ROUTE_PARTS_MAX], size_t *n, const char *pattern,
                    struct slice path)
{
    const char *p = pattern, *p_end = p + strlen(p);
    const char *at = path.data, *end = at + path.size;

    *n = 0;
    while (p <= p_end && at <= end) {
        struct slice want = next_part(&p, p_end), have = next_part(&at, end);

        if (slice_equal(want, SLICE("{}")))
            raw[(*n)++] = have;
        else if (!slice_equal(want, have))
            return false;
    }
    return p > p_end && at > end;
}

enum status route_find(struct route_match *out, struct slice method, struct slice path)
{
    struct slice raw[ROUTE_PARTS_MAX];
    size_t used = 0, n = 0;

    out->route = NULL;
    out->method_differs = false;
    if (slice_equal(method, SLICE("HEAD")))
        method = SLICE("GET");
    for (size_t i = 0; i < ENDPOINT_COUNT_ && !out->route; i++)
        if (matches(raw, &n, routes[i].path, path))
            out->route = &routes[i];
    if (!out->route)
        return STATUS_OK;
    out->method_differs = !slice_equal(method, slice_str(out->route->method));
    out->n_parts = n;
    for (size_t i = 0; i < n; i++) {
        TRY(decode(&out->parts[i], out->bytes + used, sizeof out->bytes - used, raw[i]));
        used += out->parts[i].size;
    }
    return STATUS_OK;
}
