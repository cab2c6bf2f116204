/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/registry.h"
#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(registry, .fini = leaks_check);

/* Ids are D and a number. */
static long number_of(const struct detector *detector)
{
    return strtol(detector->id + 1, NULL, 10);
}

Test(registry, is_sorted_and_its_codes_are_unique)
{
    for (size_t i = 0; registry[i]; i++) {
        cr_assert(!i || number_of(registry[i - 1]) < number_of(registry[i]));
        cr_assert_eq(registry_index(registry[i]), i);
        for (size_t c = 0; c < DETECTOR_CODES_MAX && registry[i]->codes[c]; c++)
            cr_assert_eq(registry_find(slice_str(registry[i]->codes[c])), registry[i]);
    }
}

Test(registry, defaults_lie_in_their_ranges)
{
    for (size_t i = 0; registry[i]; i++)
        for (const struct param *param = registry[i]->params; param->name; param++) {
            cr_assert(param->min <= param->fallback && param->fallback <= param->max, "%s.%s",
                      registry[i]->id, param->name);
            cr_assert_leq(param->offset + sizeof(int64_t), registry[i]->params_size);
        }
}

/* The row as the page must have it, up to the file's name and from there on. */
static void build_row(struct buf *head, struct buf *tail, const struct detector *detector)
{
    cr_assert_eq(buf_printf(head, "| %s |", detector->id), STATUS_OK);
    for (size_t c = 0; c < DETECTOR_CODES_MAX && detector->codes[c]; c++)
        cr_assert_eq(buf_printf(head, " %s", detector->codes[c]), STATUS_OK);
    cr_assert_eq(buf_printf(head, " | `"), STATUS_OK);
    cr_assert_eq(buf_printf(tail, ".c` | "), STATUS_OK);
    for (const struct param *param = detector->params; param->name; param++) {
        cr_assert_eq(buf_printf(tail, "%s%s ", param == detector->params ? "" : ", ",
                                param->name), STATUS_OK);
        cr_assert_eq(params_print(tail, param, param->fallback), STATUS_OK);
    }
    cr_assert_eq(buf_printf(tail, " |\n"), STATUS_OK);
}

Test(registry, the_page_lists_every_detector_in_order_with_its_defaults)
{
    FILE *file = fopen(DETECTORS_PAGE, "re");
    char *line = NULL;
    size_t capacity = 0, next = 0;

    cr_assert_not_null(file);
    while (getline(&line, &capacity, file) > 0) {
        struct buf head = { 0 }, tail = { 0 };
        const char *begin, *end;

        if (strncmp(line, "| D", 3) != 0)
            continue;
        cr_assert_not_null(registry[next], "the page has more rows than the registry");
        build_row(&head, &tail, registry[next]);
        cr_assert_eq(buf_string(&begin, &head), STATUS_OK);
        cr_assert_eq(buf_string(&end, &tail), STATUS_OK);
        cr_assert(!strncmp(line, begin, head.size) && strlen(line) > tail.size &&
                      !strcmp(line + strlen(line) - tail.size, end),
                  "the row of %s should read %sFILE%s, not %s", registry[next]->id, begin, end,
                  line);
        buf_fini(&head);
        buf_fini(&tail);
        next++;
    }
    cr_assert_null(registry[next], "the page lacks %s", registry[next] ? registry[next]->id : "");
    free(line);
    fclose(file);
}

Test(registry, settings_are_parsed_checked_and_hashed)
{
    static const char *const wrong[] = { "D1", "D1.window_days", "D99.x=1", "D1.nothing=1",
                                         "D1.window_days=0", "D1.window_days=x", "D4.tau=",
                                         "SHARED.cap.x=a", "SHARED.cap.x=5", "SHARED.nothing=1" };
    char before[PARAMS_HASH_MAX], after[PARAMS_HASH_MAX];
    struct params params;

    cr_assert_eq(params_init(&params), STATUS_OK);
    cr_assert_eq(params_hash(before, &params, registry[0]), STATUS_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert_eq(params_set(&params, slice_str(wrong[i])), STATUS_USAGE, "%s", wrong[i]);
    cr_assert_eq(params_hash(after, &params, registry[0]), STATUS_OK);
    cr_assert_str_eq(before, after);
    cr_assert_eq(params_set(&params, SLICE("SHARED_DEVICE.window_days=8")), STATUS_OK);
    cr_assert_eq(params_set(&params, SLICE("GANG_APPLICATION.tau=0.35")), STATUS_OK);
    cr_assert_eq(params_set(&params, SLICE("SHARED.cap.incubator=3/4")), STATUS_OK);
    cr_assert_eq(params_set(&params, SLICE("SHARED.subject_labels=Enterprise,Person")),
                 STATUS_OK);
    cr_assert_eq(params_hash(after, &params, registry[0]), STATUS_OK);
    cr_assert_str_neq(before, after);
    cr_assert_eq(params_check(&params, world_schema()), STATUS_OK);
    cr_assert_eq(params_set(&params, SLICE("SHARED.subject_labels=Device")), STATUS_OK);
    cr_assert_eq(params_check(&params, world_schema()), STATUS_USAGE);
    params_fini(&params);
}
