/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/zone.h"

#include "base/time.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ZONE_DIR "/usr/share/zoneinfo/"
#define ZONE_FILE_MAX 65536
#define SECONDS_PER_DAY ((int64_t)86400)

/* One end of daylight saving in a POSIX TZ string: Mm.w.d/time, Jn/time or n/time. */
struct rule {
    char kind; /* 'M', 'J', or '0' for the zero-based day */
    int month, week, day;
    int64_t time;
};

struct zone_rules {
    struct zone_rules *next;
    const struct zone_rules *before_1970; /* another zone's rules, or NULL */
    char *name;
    int64_t *at;       /* transitions, ascending */
    int32_t *offsets;  /* after each transition */
    size_t n;
    int32_t first;     /* before the first transition */
    bool has_tail;     /* what holds after the last transition */
    bool tail_saves;
    int32_t standard, saving;
    struct rule start, end;
};

/*
 * Zones that agree with another one since 1970, which alone the tz project vouches for. Its own
 * builds link them; some distributions restore what is told of their earlier years. Before 1970
 * the link is followed, so that an answer does not depend on who built the database.
 */
static const char *const links[][2] = {
    { "Africa/Accra", "Africa/Abidjan" },
    { "America/Atikokan", "America/Panama" },
    { "America/Blanc-Sablon", "America/Puerto_Rico" },
    { "America/Creston", "America/Phoenix" },
    { "America/Curacao", "America/Puerto_Rico" },
    { "America/Nassau", "America/Toronto" },
    { "America/Port_of_Spain", "America/Puerto_Rico" },
    { "Antarctica/DumontDUrville", "Pacific/Port_Moresby" },
    { "Antarctica/Syowa", "Asia/Riyadh" },
    { "Asia/Brunei", "Asia/Kuching" },
    { "Asia/Kuala_Lumpur", "Asia/Singapore" },
    { "Atlantic/Reykjavik", "Africa/Abidjan" },
    { "Europe/Amsterdam", "Europe/Brussels" },
    { "Europe/Copenhagen", "Europe/Berlin" },
    { "Europe/Luxembourg", "Europe/Brussels" },
    { "Europe/Monaco", "Europe/Paris" },
    { "Europe/Oslo", "Europe/Berlin" },
    { "Europe/Stockholm", "Europe/Berlin" },
    { "Indian/Christmas", "Asia/Bangkok" },
    { "Indian/Cocos", "Asia/Yangon" },
    { "Indian/Kerguelen", "Indian/Maldives" },
    { "Indian/Mahe", "Asia/Dubai" },
    { "Indian/Reunion", "Asia/Dubai" },
    { "Pacific/Chuuk", "Pacific/Port_Moresby" },
    { "Pacific/Funafuti", "Pacific/Tarawa" },
    { "Pacific/Majuro", "Pacific/Tarawa" },
    { "Pacific/Pohnpei", "Pacific/Guadalcanal" },
    { "Pacific/Wake", "Pacific/Tarawa" },
    { "Pacific/Wallis", "Pacific/Tarawa" },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone_rules *zones;

/* ---- Reading TZif ------------------------------------------------------------------------ */

static int64_t big_endian(const unsigned char *at, int bytes)
{
    uint64_t number = at[0] & 0x80 ? UINT64_MAX : 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return (int64_t)number;
}

static const char *read_offset(const char *at, int64_t *seconds)
{
    int sign = 1;
    int64_t unit = 3600;

    if (*at == '-' || *at == '+')
        sign = *at++ == '-' ? -1 : 1;
    *seconds = 0;
    for (int i = 0; i < 3 && isdigit((unsigned char)*at); i++) {
        *seconds += strtol(at, (char **)&at, 10) * unit;
        unit /= 60;
        if (*at == ':')
            at++;
    }
    *seconds *= sign;
    return at;
}

static const char *skip_abbreviation(const char *at)
{
    if (*at == '<') {
        while (*at && *at != '>')
            at++;
        return *at ? at + 1 : at;
    }
    while (isalpha((unsigned char)*at))
        at++;
    return at;
}

static const char *read_rule(const char *at, struct rule *rule)
{
    rule->time = 7200;
    if (*at == 'M') {
        rule->kind = 'M';
        rule->month = (int)strtol(at + 1, (char **)&at, 10);
        if (*at == '.')
            rule->week = (int)strtol(at + 1, (char **)&at, 10);
        if (*at == '.')
            rule->day = (int)strtol(at + 1, (char **)&at, 10);
        if (rule->month < 1 || rule->month > 12)
            rule->month = 1;
    } else {
        rule->kind = *at == 'J' ? 'J' : '0';
        rule->day = (int)strtol(at + (*at == 'J'), (char **)&at, 10);
    }
    return *at == '/' ? read_offset(at + 1, &rule->time) : at;
}

/* The footer: std offset [dst [offset] , start , end]; offsets count west. */
static void read_footer(struct zone_rules *zone, const char *at)
{
    int64_t west;

    if (!*at)
        return;
    at = read_offset(skip_abbreviation(at), &west);
    zone->has_tail = true;
    zone->standard = (int32_t)-west;
    zone->saving = zone->standard + 3600;
    if (!*at)
        return;
    at = skip_abbreviation(at);
    if (*at && *at != ',') {
        at = read_offset(at, &west);
        zone->saving = (int32_t)-west;
    }
    if (*at != ',')
        return;
    at = read_rule(at + 1, &zone->start);
    if (*at != ',')
        return;
    read_rule(at + 1, &zone->end);
    zone->tail_saves = true;
}

struct header {
    size_t isut, isstd, leap, times, types, chars;
};

static bool read_header(struct header *header, const unsigned char *at, size_t size)
{
    if (size < 44 || memcmp(at, "TZif", 4) != 0)
        return false;
    header->isut = (size_t)(uint32_t)big_endian(at + 20, 4);
    header->isstd = (size_t)(uint32_t)big_endian(at + 24, 4);
    header->leap = (size_t)(uint32_t)big_endian(at + 28, 4);
    header->times = (size_t)(uint32_t)big_endian(at + 32, 4);
    header->types = (size_t)(uint32_t)big_endian(at + 36, 4);
    header->chars = (size_t)(uint32_t)big_endian(at + 40, 4);
    return header->types > 0;
}

static size_t body_size(const struct header *header, size_t time_bytes)
{
    return header->times * (time_bytes + 1) + header->types * 6 + header->chars +
           header->leap * (time_bytes + 4) + header->isstd + header->isut;
}

static enum status read_body(struct zone_rules *zone, const struct header *header,
                             const unsigned char *at, size_t time_bytes)
{
    const unsigned char *kinds = at + header->times * time_bytes;
    const unsigned char *types = kinds + header->times;

    zone->at = calloc(header->times + 1, sizeof *zone->at);
    zone->offsets = calloc(header->times + 1, sizeof *zone->offsets);
    if (!zone->at || !zone->offsets)
        return fail_memory(header->times * sizeof *zone->at);
    zone->n = header->times;
    zone->first = (int32_t)big_endian(types, 4);
    for (size_t i = 0; i < zone->n; i++) {
        zone->at[i] = big_endian(at + i * time_bytes, (int)time_bytes);
        if (kinds[i] >= header->types)
            return fail(STATUS_CORRUPT, "time zone %s does not decode", zone->name);
        zone->offsets[i] = (int32_t)big_endian(types + kinds[i] * 6, 4);
    }
    return STATUS_OK;
}

static enum status read_zone(struct zone_rules *zone, unsigned char *bytes, size_t size)
{
    struct header header;
    size_t skip;

    if (!read_header(&header, bytes, size) || 44 + body_size(&header, 4) > size)
        return fail(STATUS_CORRUPT, "time zone %s does not decode", zone->name);
    if (bytes[4] < '2')
        return read_body(zone, &header, bytes + 44, 4);
    skip = 44 + body_size(&header, 4);
    if (!read_header(&header, bytes + skip, size - skip) ||
        skip + 44 + body_size(&header, 8) > size)
        return fail(STATUS_CORRUPT, "time zone %s does not decode", zone->name);
    TRY(read_body(zone, &header, bytes + skip + 44, 8));
    skip += 44 + body_size(&header, 8);
    if (skip + 1 < size && bytes[skip] == '\n') {
        char *end = memchr(bytes + skip + 1, '\n', size - skip - 1);
        if (end) {
            *end = 0;
            read_footer(zone, (char *)bytes + skip + 1);
        }
    }
    return STATUS_OK;
}

static void zone_free(struct zone_rules *zone)
{
    if (!zone)
        return;
    free(zone->name);
    free(zone->at);
    free(zone->offsets);
    free(zone);
}

static enum status load_file(struct zone_rules *zone, FILE *file)
{
    unsigned char *bytes = malloc(ZONE_FILE_MAX);
    enum status status;
    size_t size;

    if (!bytes)
        return fail_memory(ZONE_FILE_MAX);
    size = fread(bytes, 1, ZONE_FILE_MAX - 1, file);
    bytes[size] = 0;
    status = read_zone(zone, bytes, size);
    free(bytes);
    return status;
}

/* A name of the database: letters, digits and _+-/ only, no part that begins with a dot. */
static bool good_name(struct slice name)
{
    const char *at = name.data;

    if (name.size == 0 || name.size > 64 || at[0] == '/')
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (!isalnum((unsigned char)at[i]) && !strchr("_+-/", at[i]))
            return false;
    return isupper((unsigned char)at[0]);
}

static enum status load_zone(struct zone_rules **out, struct slice name)
{
    char path[sizeof ZONE_DIR + 80];
    struct zone_rules *zone;
    enum status status;
    FILE *file;

    snprintf(path, sizeof path, ZONE_DIR "%.*s", (int)name.size, (const char *)name.data);
    file = fopen(path, "re");
    if (!file)
        return STATUS_NOT_FOUND;
    zone = calloc(1, sizeof *zone);
    if (zone)
        zone->name = strndup(name.data, name.size);
    status = zone && zone->name ? load_file(zone, file) : fail_memory(sizeof *zone);
    fclose(file);
    if (status == STATUS_OK)
        *out = zone;
    else
        zone_free(zone);
    return status == STATUS_CORRUPT ? STATUS_NOT_FOUND : status;
}

/* Under the lock. */
static enum status find_locked(struct zone_rules **out, struct slice name)
{
    struct zone_rules *zone, *link = NULL;

    for (zone = zones; zone; zone = zone->next)
        if (slice_equal(slice_str(zone->name), name)) {
            *out = zone;
            return STATUS_OK;
        }
    TRY(load_zone(&zone, name));
    zone->next = zones;
    zones = zone;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (slice_equal(slice_str(links[i][0]), name) &&
            find_locked(&link, slice_str(links[i][1])) == STATUS_OK)
            zone->before_1970 = link;
    *out = zone;
    return STATUS_OK;
}

enum status zone_find(const struct zone_rules **out, struct slice name)
{
    struct zone_rules *zone;
    enum status status;

    if (!good_name(name))
        return STATUS_NOT_FOUND;
    pthread_mutex_lock(&lock);
    status = find_locked(&zone, name);
    pthread_mutex_unlock(&lock);
    if (status == STATUS_OK)
        *out = zone;
    return status;
}

const char *zone_name(const struct zone_rules *zone)
{
    return zone->name;
}

/* ---- Offsets ----------------------------------------------------------------------------- */

/* Day since 1970 on which the rule falls in the year. */
static int64_t rule_day(const struct rule *rule, int64_t year)
{
    int64_t day;
    unsigned weekday, length;

    if (rule->kind == '0')
        return days_from_civil(year, 1, 1) + rule->day;
    if (rule->kind == 'J') {
        bool leap = days_in_month(year, 2) == 29;
        return days_from_civil(year, 1, 1) + rule->day - 1 + (leap && rule->day >= 60);
    }
    day = days_from_civil(year, (unsigned)rule->month, 1);
    length = days_in_month(year, (unsigned)rule->month);
    weekday = (unsigned)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    day += (rule->day - (int)weekday + 7) % 7 + (rule->week - 1) * 7;
    while (day >= days_from_civil(year, (unsigned)rule->month, 1) + length)
        day -= 7;
    return day;
}

static int32_t tail_offset(const struct zone_rules *zone, int64_t utc)
{
    int64_t year, start, end, days = (utc + zone->standard) / SECONDS_PER_DAY;
    unsigned month, day;
    bool saves;

    if (!zone->tail_saves)
        return zone->standard;
    if ((utc + zone->standard) % SECONDS_PER_DAY < 0)
        days--;
    civil_from_days(&year, &month, &day, days);
    start = rule_day(&zone->start, year) * SECONDS_PER_DAY + zone->start.time - zone->standard;
    end = rule_day(&zone->end, year) * SECONDS_PER_DAY + zone->end.time - zone->saving;
    saves = start < end ? utc >= start && utc < end : utc >= start || utc < end;
    return saves ? zone->saving : zone->standard;
}

int32_t zone_offset(const struct zone_rules *zone, int64_t utc)
{
    size_t low = 0, high;

    if (utc < 0 && zone->before_1970)
        zone = zone->before_1970;
    for (high = zone->n; low < high;) {
        size_t middle = (low + high) / 2;
        if (zone->at[middle] <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->n && zone->has_tail)
        return tail_offset(zone, utc);
    return low == 0 ? zone->first : zone->offsets[low - 1];
}

int32_t zone_offset_local(const struct zone_rules *zone, int64_t local)
{
    /* The offsets in force a day before and after are those between which a change may lie. */
    int32_t before = zone_offset(zone, local - SECONDS_PER_DAY);
    int32_t after = zone_offset(zone, local + SECONDS_PER_DAY);

    if (zone_offset(zone, local - before) == before)
        return before;
    if (zone_offset(zone, local - after) == after)
        return after;
    return before;
}
