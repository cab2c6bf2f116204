/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/schema.h"

#include <criterion/criterion.h>

#include "graph/catalog.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

static char *place;
static struct graph *graph;

static void start(void)
{
    const struct graph_options options = { .map_size = (uint64_t)64 << 20 };

    place = place_new();
    graph = fresh_graph(place_in(place, "g"), schema_builtin_text(), &options);
}

static void stop(void)
{
    graph_close(graph);
    place_remove(place);
    leaks_check();
}

TestSuite(schema, .init = start, .fini = stop);

static uint32_t symbol(const char *name)
{
    return catalog_find(graph_catalog(graph), slice_str(name));
}

Test(schema, the_built_in_one_says_what_detectors_need)
{
    const struct schema *schema = graph_schema(graph);
    const struct schema_label *person = schema_label_of(schema, symbol("Person"));
    size_t dated = 0, through = 0;

    cr_assert_not_null(person);
    cr_expect(person->role == LABEL_PRINCIPAL && person->keyed && person->sensitive_key);
    cr_expect_eq(schema->n_labels, 9);
    cr_expect_eq(schema->n_types, 24);
    cr_expect_eq(schema->n_kinds, 4);
    cr_expect_eq(schema->n_links, 9);
    for (size_t i = 0; i < schema->n_links; i++) {
        dated += schema->links[i].dated;
        through += schema->links[i].through_application;
    }
    cr_expect_eq(dated, 5);
    cr_expect_eq(through, 3);
    cr_expect_eq(schema->roles.ownership[0], symbol("SHAREHOLDER"));
    cr_expect_eq(schema->roles.ownership[1], symbol("INVESTS"));
    cr_expect_eq(schema->roles.ownership[2], 0);
    cr_expect_eq(schema->roles.guarantees[0], symbol("GUARANTEES"));
    cr_expect_null(schema_label_of(schema, symbol("GUARANTEES")));
    cr_expect(schema_type_of(schema, symbol("SIGNED_IN"))->event);
    cr_expect_null(schema_type_of(schema, 60000));
    cr_expect_eq(schema_class_of(schema, SLICE("incubator"))->evidence_cap, 0);
    cr_expect_null(schema_class_of(schema, SLICE("guarantee_company")));
    cr_expect(schema_is_sensitive(schema, SLICE("birthday")));
    cr_expect_not(schema_is_sensitive(schema, SLICE("Person")));
    cr_expect_neq(symbol("birthday"), 0);
}

static const struct {
    const char *label, *raw, *key;
    bool valid;
} keys[] = {
    { "Enterprise", "91350100M000100Y43", "91350100M000100Y43", true },
    { "Enterprise", " 91350100m000100y43\t", "91350100M000100Y43", true },
    { "Enterprise", "９１３５０１００Ｍ０００１００Ｙ４３　", "91350100M000100Y43", true },
    { "Enterprise", "91350100M000100Y44", "91350100M000100Y44", false },
    { "Enterprise", "cust-237", "CUST-237", true },
    { "Enterprise", "237", "237", true },
    { "Person", "11010519491231002x", "11010519491231002X", true },
    { "Person", "110105194912310021", "110105194912310021", false },
    { "Device", "  9F3C-aBc ", "9f3c-abc", true },
    { "Phone", "13800000000", "+8613800000000", true },
    { "Phone", "138-0000 0000", "+8613800000000", true },
    { "Phone", "＋８６　１３８００００００００", "+8613800000000", true },
    { "Phone", "86 138 0000 0000", "+8613800000000", true },
    { "Phone", "0086-13800000000", "+8613800000000", true },
    { "Phone", "+86 (0755) 8888-9999", "+8675588889999", true },
    { "Phone", "0755-88889999", "+8675588889999", true },
    { "Phone", "+1 415 555 2671", "+14155552671", true },
    { "Phone", "no phone", "nophone", false },
    { "Phone", "110", "110", false },
    { "Address", "上海市 浦东新区　张江路８８号，3-502室", "上海市浦东新区张江路88号3-502室", true },
    { "Address", "上海市浦东新区张江路88号3－502室", "上海市浦东新区张江路88号3-502室", true },
    { "Address", "上海市浦东新区张江路88号35-02室", "上海市浦东新区张江路88号35-02室", true },
    { "Address", "，--", ",--", false },
    { "Address", "x-]d\x12\x07--", "xd", true },
    { "Address", "\xef\xb8\xa8\xef\xb9\xb0", "\xd9\x8b\xef\xb8\xa8", true }, /* marks once apart */
    { "Account", "  6222 0001 ", "6222 0001", true },
    { "Loan", "\xef\xbb\xbf\xe3\x80\x80L-1\xe3\x80\x80", "L-1", true },
    { "Concept", " as is ", "as is", true },
    { "Enterprise", "   ", "", true },
};

Test(schema, keys_are_made_equal_flagged_and_stay_so)
{
    const struct schema *schema = graph_schema(graph);
    AUTO(buf_fini) struct buf key = { 0 };
    AUTO(buf_fini) struct buf again = { 0 };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint32_t label = symbol(keys[i].label);
        bool valid = !keys[i].valid, same;

        cr_assert_eq(schema_normalise(&key, &valid, schema, label, slice_str(keys[i].raw)),
                     STATUS_OK, "%s: %s", keys[i].raw, error_detail());
        cr_expect(slice_equal(buf_slice(&key), slice_str(keys[i].key)), "%s gave %.*s",
                  keys[i].raw, (int)key.size, (const char *)key.data);
        cr_expect_eq(valid, keys[i].valid, "%s", keys[i].raw);
        cr_assert_eq(schema_normalise(&again, &same, schema, label, buf_slice(&key)), STATUS_OK);
        cr_expect(slice_equal(buf_slice(&again), buf_slice(&key)), "again: %s", keys[i].raw);
        cr_expect_eq(same, valid, "again: %s", keys[i].raw);
    }
}

Test(schema, a_key_too_long_for_patterns_is_kept_and_flagged)
{
    AUTO(buf_fini) struct buf key = { 0 };
    char raw[6001];
    bool valid = true;

    memset(raw, '1', 6000);
    raw[6000] = 0;
    cr_assert_eq(schema_normalise(&key, &valid, graph_schema(graph), symbol("Address"),
                                  slice_str(raw)), STATUS_OK);
    cr_expect_eq(key.size, 6000);
    cr_expect_not(valid);
}

Test(schema, mistakes_in_the_file_name_their_line)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "name: x\nlabels:\n  - {name: A, key: nix}\n",
          "f.yaml:3: label A: there is no normaliser" },
        { "name: x\nlabels:\n  - {name: A}\n  - {name: A}\n",
          "f.yaml:4: label A is declared twice" },
        { "name: x\nlabels: []\nedges:\n  - {type: E}\n  - {type: E}\n",
          "f.yaml:5: edge type E is" },
        { "name: x\nlabels: []\nnormalisers:\n  - {name: n, fold: [sideways]}\n", "f.yaml:4:" },
        { "name: x\nlabels: []\nnormalisers:\n  - {name: n, valid: 'a('}\n", "f.yaml:4: pattern" },
        { "name: x\nlabels: []\nnormalisers:\n  - name: n\n    replace:\n"
          "      - {pattern: '[', with: ''}\n", "f.yaml:6: pattern" },
        { "name: x\nlabels: []\nkinds:\n  - {name: k, label: L, weight: 1, candidate_cap: 1, "
          "evidence_cap: 1}\n", "f.yaml:4: kind k: there is no label L" },
        { "name: x\nlabels: [{name: L}]\nkinds:\n  - {name: k, label: L, weight: 1, "
          "candidate_cap: -1, evidence_cap: 1}\n", "f.yaml:4: caps" },
        { "name: x\nlabels: []\nlinks:\n  - {name: l, kind: k, steps: [A]}\n", "no kind k" },
        { "name: x\nlabels: []\nclasses:\n  - {name: c}\n", "candidate_cap" },
        { "name: x\nlabels: []\ndefault_country: China\n", "calling code" },
        { "name: x\n", "\"labels\" is missing" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(schema_check(slice_str(cases[i].text), "f.yaml"), STATUS_INVALID,
                     "case %zu", i);
        cr_expect(strstr(error_detail(), cases[i].wanted), "case %zu: %s", i, error_detail());
    }
}

Test(schema, another_banks_schema_needs_no_code)
{
    static const char text[] = "name: mini\n"
                               "normalisers: [{name: up, fold: [upper]}]\n"
                               "labels:\n"
                               "  - {name: Firma, role: principal, key: up}\n"
                               "  - {name: Geraet, role: identifier, key: up}\n"
                               "edges: [{type: NUTZT, event: true, identity: [nr]}]\n"
                               "kinds: [{name: geraet, label: Geraet, weight: 2, "
                               "candidate_cap: 3, evidence_cap: 4}]\n"
                               "links: [{name: nutzt, kind: geraet, steps: [NUTZT]}]\n";
    const struct graph_options options = { .map_size = (uint64_t)64 << 20 };
    AUTO(graph_closep) struct graph *other = NULL;
    const struct schema *schema;

    cr_assert_eq(schema_check(SLICE(text), "t"), STATUS_OK, "%s", error_detail());
    other = fresh_graph(place_in(place, "h"), SLICE(text), &options);
    schema = graph_schema(other);
    cr_expect_eq(schema->links[0].steps[0].type,
                 catalog_find(graph_catalog(other), SLICE("NUTZT")));
    cr_expect_eq(schema->types[0].n_identity, 1);
    cr_expect_eq(schema->types[0].identity[0], catalog_find(graph_catalog(other), SLICE("nr")));
    cr_expect_float_eq(schema->kinds[0].weight, 2.0, 0);
}

static enum status check_builtin(void *context)
{
    (void)context;
    return schema_check(schema_builtin_text(), "built in");
}

Test(schema, survives_failing_allocations)
{
    cr_expect_geq(sweep_allocations(check_builtin, NULL), 10);
}
