/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/yaml.h"

#include <criterion/criterion.h>

struct part {
    const char *name;
    int64_t n;
    const double *limit;
    bool on;
    int colour;
    const char **words;
    size_t n_words;
    uint32_t line;
};

struct whole {
    const char *title;
    struct part *parts;
    size_t n_parts;
    struct part *main;
    const int64_t *numbers;
    size_t n_numbers;
};

static const char *const colours[] = { "red", "green", NULL };

static const struct yaml_field part_fields[] = {
    { YAML_KEY(struct part, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct part, n), .type = YAML_INT },
    { YAML_KEY(struct part, limit), .type = YAML_FLOAT, .maybe = true },
    { YAML_KEY(struct part, on), .type = YAML_BOOL },
    { YAML_KEY(struct part, colour), .type = YAML_CHOICE, .words = colours },
    { YAML_LIST_KEY(struct part, words, n_words), .item = YAML_TEXT },
    { .type = YAML_LINE, .offset = offsetof(struct part, line) },
    { 0 },
};
static const struct yaml_shape part_shape = { part_fields, sizeof(struct part) };

static const struct yaml_field whole_fields[] = {
    { YAML_KEY(struct whole, title), .type = YAML_TEXT, .required = true },
    { YAML_LIST_KEY(struct whole, parts, n_parts), .item = YAML_MAP, .shape = &part_shape },
    { YAML_KEY(struct whole, main), .type = YAML_MAP, .shape = &part_shape },
    { YAML_LIST_KEY(struct whole, numbers, n_numbers), .item = YAML_INT },
    { 0 },
};
static const struct yaml_shape whole_shape = { whole_fields, sizeof(struct whole) };

static enum status load(struct whole **out, struct arena *arena, const char *text)
{
    void *loaded;
    enum status status = yaml_load(&loaded, arena, &whole_shape, "t.yaml", slice_str(text));

    if (status == STATUS_OK)
        *out = loaded;
    return status;
}

Test(yaml, fills_structures_with_values_and_lines)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct whole *whole;

    cr_assert_eq(load(&whole, &arena,
                      "title: 反欺诈\n"
                      "parts:\n"
                      "  - {name: a, n: -3, limit: 0.5, on: yes, colour: green}\n"
                      "  - words: [x, \"y z\"]\n"
                      "    name: b\n"
                      "numbers: [1, 2, 3, 4, 5]\n"
                      "main:\n"
                      "  name: m\n"),
                 STATUS_OK, "%s", error_detail());
    cr_assert_str_eq(whole->title, "反欺诈");
    cr_assert_eq(whole->n_parts, 2);
    cr_assert_eq(whole->parts[0].n, -3);
    cr_assert_float_eq(*whole->parts[0].limit, 0.5, 0);
    cr_assert(whole->parts[0].on);
    cr_assert_eq(whole->parts[0].colour, 1);
    cr_assert_eq(whole->parts[0].line, 3);
    cr_assert_null(whole->parts[1].limit);
    cr_assert_eq(whole->parts[1].n_words, 2);
    cr_assert_str_eq(whole->parts[1].words[1], "y z");
    cr_assert_eq(whole->parts[1].line, 4);
    cr_assert_eq(whole->n_numbers, 5);
    cr_assert_eq(whole->numbers[4], 5);
    cr_assert_eq(whole->main->line, 8);
}

Test(yaml, long_lists_cost_no_more_than_their_length)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct whole *whole;
    const char *string;

    cr_assert_eq(buf_printf(&text, "title: x\nparts:\n"), STATUS_OK);
    for (int i = 0; i < 20000; i++)
        cr_assert_eq(buf_printf(&text, "  - name: n%d\n", i), STATUS_OK);
    cr_assert_eq(buf_string(&string, &text), STATUS_OK);
    cr_assert_eq(load(&whole, &arena, string), STATUS_OK, "%s", error_detail());
    cr_assert_eq(whole->n_parts, 20000);
    cr_assert_eq(whole->parts[19999].line, 20002);
    cr_assert_lt(arena.total_bytes, 32u << 20);
}

Test(yaml, names_the_place_of_a_mistake)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "", "t.yaml:1: the file is empty" },
        { "- x\n", "t.yaml:1: expected keys and values" },
        { "title: x\nnom: y\n", "t.yaml:2: unknown key \"nom\"; known here: title, parts" },
        { "title: x\ntitle: y\n", "t.yaml:2: the key \"title\" is given twice" },
        { "main: {name: x}\n", "t.yaml:1: the key \"title\" is missing here" },
        { "title: x\nparts:\n  - name: a\n    n: zz\n",
          "t.yaml:4: n: \"zz\" is not a whole number" },
        { "title: x\nmain: {name: a, n: 99999999999999999999}\n", "t.yaml:2: n: " },
        { "title: x\nmain: {name: a, limit: 1.5z}\n", "t.yaml:2: limit: " },
        { "title: x\nmain: {name: a, limit: 1e999}\n", "t.yaml:2: limit: " },
        { "title: x\nmain: {name: a, on: perhaps}\n",
          "t.yaml:2: on: \"perhaps\" is not true or false" },
        { "title: x\nmain: {name: a, colour: blue}\n", "is not one of red, green" },
        { "title: x\nparts: {name: a}\n", "t.yaml:2: parts: expected a list" },
        { "title: x\nparts: [a]\n", "t.yaml:2: parts: expected a list of mappings" },
        { "title: x\nparts:\n", "t.yaml:2: parts: expected a list" },
        { "title: x\nmain: 5\n", "t.yaml:2: main: expected a mapping" },
        { "title: [x]\n", "t.yaml:1: title: expected a plain value" },
        { "title: x\n  bad: [\n", "t.yaml:2:" },
        { "title: \"x\n", "not YAML" },
        { "title: &a x\nmain: *a\n", "t.yaml:2: aliases are not supported" },
        { "title: x\n---\ntitle: y\n", "t.yaml:2: a second document" },
        { "title: \"x\\0y\"\n", "NUL" },
        { "title: \xff\xfe\n", "not YAML" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        struct whole *whole;

        cr_expect_eq(load(&whole, &arena, cases[i].text), STATUS_INVALID, "case %zu", i);
        cr_expect(strstr(error_detail(), cases[i].wanted), "case %zu: %s", i, error_detail());
    }
}
