/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "service/mask.h"
#include "tests/support/leaks.h"

TestSuite(mask, .fini = leaks_check);

static const struct schema_label labels[] = {
    { .name = "Enterprise", .symbol = 1, .keyed = true },
    { .name = "Phone", .symbol = 2, .keyed = true, .sensitive_key = true },
    { .name = "Address", .symbol = 3, .keyed = true, .sensitive_key = true },
};
static const char *const properties[] = { "net_assets_minor", "text", NULL };
static const struct schema schema = { .name = "test", .labels = labels, .n_labels = 3,
                                      .sensitive_properties = properties };

Test(mask, keeps_little_of_a_key)
{
    static const struct {
        const char *key, *shown;
    } cases[] = {
        { "+8613800001234", "+86****1234" },
        { "440301199001011234", "440****1234" },
        { "1234567890", "****" },
        { "13800001111", "138****1111" },
        { "x", "****" },
        { "深圳市南山区1号502室", "深圳市****" },
        { "深圳市", "****" },
    };
    AUTO(arena_fini) struct arena arena = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice shown;

        cr_assert_eq(mask_key(&shown, &arena, slice_str(cases[i].key)), STATUS_OK);
        cr_assert(slice_equal(shown, slice_str(cases[i].shown)), "%s gave %.*s", cases[i].key,
                  (int)shown.size, (const char *)shown.data);
    }
}

static void check(const char *answer, const char *request, const char *wanted)
{
    AUTO(buf_fini) struct buf buf = { 0 };

    cr_assert_eq(buf_append(&buf, answer, strlen(answer)), STATUS_OK);
    cr_assert_eq(mask_answer(&buf, &schema, slice_str(request)), STATUS_OK);
    cr_assert(slice_equal(buf_slice(&buf), slice_str(wanted)), "%.*s", (int)buf.size, buf.data);
}

Test(mask, hides_others_wherever_they_stand_and_touches_nothing_else)
{
    check("{\"n\":13800001111,\"text\":\"phone 13800001111 (x138000011112)\",\"evidence\":"
          "[{\"label\":\"Phone\",\"key\":\"13800001111\"}],\"edges\":[{\"to\":\"13800001111\"}]}",
          "{}",
          "{\"n\":13800001111,\"text\":\"phone 138****1111 (x138000011112)\",\"evidence\":"
          "[{\"label\":\"Phone\",\"key\":\"138****1111\"}],\"edges\":[{\"to\":\"138****1111\"}]}");
}

Test(mask, leaves_what_the_request_states_itself)
{
    const char *answer = "{\"a\":{\"label\":\"Phone\",\"key\":\"13800001111\"}}";

    check(answer, "{\"phones\":[{\"key\":\"13800001111\"}]}", answer);
    check(answer, "{\"phones\":[\"13800001111\"]}", answer);
}

Test(mask, takes_no_guesses_for_statements)
{
    const char *answer = "{\"a\":{\"label\":\"Phone\",\"key\":\"13800001111\"}}";
    const char *masked = "{\"a\":{\"label\":\"Phone\",\"key\":\"138****1111\"}}";

    check(answer, "{\"junk\":[\"13800001110\",\"13800001111\"]}", masked);
    check(answer, "{\"phones\":[[\"13800001111\"]]}", masked);
    check(answer, "[\"13800001111\"]", masked);
}

Test(mask, leaves_what_is_not_sensitive)
{
    const char *answer = "{ \"a\": {\"label\":\"Enterprise\",\"key\":\"91440300000000000X\"} }";

    check(answer, "{}", answer);
    check("{\"decision\":\"pass\"}", "{}", "{\"decision\":\"pass\"}");
}

Test(mask, hides_numbers_that_are_sensitive_properties_and_their_digits_in_sentences)
{
    check("{\"reasons\":[{\"text\":\"12 against assets of -26\",\"numbers\":"
          "{\"guaranteed\":12,\"net_assets_minor\":-26,\"text\":7},\"at\":\"2026-11-26\"}],"
          "\"net_assets_minor\":-26,\"n\":7}",
          "{}",
          "{\"reasons\":[{\"text\":\"12 against assets of ****\",\"numbers\":"
          "{\"guaranteed\":12,\"net_assets_minor\":null,\"text\":null},\"at\":\"2026-11-26\"}],"
          "\"net_assets_minor\":-26,\"n\":7}");
    check("[{\"numbers\":{\"limit\":0.5,\"net_assets_minor\":26,\"ratio\":4.6e-1,\"n\":-3}},"
          "{\"numbers\":{\"ratio\":0.46},\"ratio\":0.46}]", "{}",
          "[{\"numbers\":{\"limit\":null,\"net_assets_minor\":null,\"ratio\":null,\"n\":-3}},"
          "{\"numbers\":{\"ratio\":0.46},\"ratio\":0.46}]");
    check("{\"numbers\":{},\"x\":{\"net_assets_minor\":1}}", "{}",
          "{\"numbers\":{},\"x\":{\"net_assets_minor\":1}}");
    check("[{\"numbers\":{\"net_assets_minor\":13800001111}},{\"label\":\"Phone\","
          "\"key\":\"13800001111\"}]", "{}",
          "[{\"numbers\":{\"net_assets_minor\":null}},{\"label\":\"Phone\","
          "\"key\":\"138****1111\"}]");
    check("{\"numbers\":{\"net_assets_minor\":\"about 3\"},\"text\":\"about 3\"}", "{}",
          "{\"numbers\":{\"net_assets_minor\":\"****\"},\"text\":\"about 3\"}");
}

Test(mask, knows_escaped_text)
{
    check("{\"t\":\"at \\\"A\\\\B\\\" 123456\",\"a\":{\"label\":\"Address\","
          "\"key\":\"\\\"A\\\\B\\\" 123456\"}}",
          "{}", "{\"t\":\"at \\\"A\\\\****3456\",\"a\":{\"label\":\"Address\","
          "\"key\":\"\\\"A\\\\****3456\"}}");
}

Test(mask, hides_ends_of_edges_whose_nodes_are_not_listed)
{
    static const uint32_t from[] = { 1, 0 }, to[] = { 2, 0 };
    static const struct schema_type types[] = { { .name = "HAS_PHONE", .from = from, .to = to } };
    static const struct schema typed = { .labels = labels, .n_labels = 3, .types = types,
                                         .n_types = 1 };
    AUTO(buf_fini) struct buf buf = { 0 };

    cr_assert_eq(buf_printf(&buf, "{\"nodes\":[{\"label\":\"Enterprise\",\"key\":\"E1\"}],"
                                  "\"edges\":[{\"type\":\"HAS_PHONE\",\"from\":\"E1\","
                                  "\"to\":\"13800001111\"}]}"), STATUS_OK);
    cr_assert_eq(mask_answer(&buf, &typed, SLICE("{}")), STATUS_OK);
    cr_assert(memmem(buf.data, buf.size, "138****1111", 11), "%.*s", (int)buf.size, buf.data);
    cr_assert_null(memmem(buf.data, buf.size, "13800001111", 11));
    cr_assert(memmem(buf.data, buf.size, "\"from\":\"E1\"", 11));
}
