/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "service/config.h"
#include "tests/support/leaks.h"

TestSuite(config, .fini = leaks_check);

static enum status read_text(struct config *out, struct arena *arena, const char *text)
{
    return config_read(out, arena, "f.yaml", slice_str(text));
}

Test(config, has_defaults_for_everything)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct config config;

    cr_assert_eq(config_load(&config, &arena, NULL), STATUS_OK);
    cr_assert_str_eq(config.host, "127.0.0.1");
    cr_assert_eq(config.port, 8080);
    cr_assert(config.loopback);
    cr_assert_eq(config.screening_deadline_ms, 50);
}

Test(config, written_and_read_again_is_the_same)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf one = { 0 };
    AUTO(buf_fini) struct buf two = { 0 };
    struct config config;
    const char *text;

    cr_assert_eq(read_text(&config, &arena, "listen: '[::1]:99'\nqueue_wait_ms: 7\n"
                           "policy: 'a\"b\\c.yaml'\n"), STATUS_OK);
    cr_assert_str_eq(config.host, "::1");
    cr_assert_eq(config_write(&one, &config), STATUS_OK);
    cr_assert_eq(buf_string(&text, &one), STATUS_OK);
    cr_assert_eq(read_text(&config, &arena, text), STATUS_OK);
    cr_assert_eq(config_write(&two, &config), STATUS_OK);
    cr_assert(slice_equal(buf_slice(&one), buf_slice(&two)));
}

Test(config, names_line_and_key_of_what_is_wrong)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "listen: 0.0.0.0:80", "f.yaml:1: listen: 0.0.0.0:80 lies beyond" },
        { "listen: '[::]:80'", "f.yaml:1: listen" },
        { "listen: 10.1.2.3:80\ntls_certificate: a\ntls_key: b", "f.yaml:1: listen" },
        { "listen: localhost:80", "f.yaml:1: listen" },
        { "listen: 127.0.0.1", "f.yaml:1: listen" },
        { "listen: 127.0.0.1:70000", "f.yaml:1: listen" },
        { "listen: 127.0.0.1:8x", "f.yaml:1: listen" },
        { "listen: ''", "f.yaml:1: listen" },
        { "\n\nqueue_length: 0", "f.yaml:3: queue_length: 0 is out of range" },
        { "queue_wait_ms: 1\nqueue_length: -1", "f.yaml:2: queue_length" },
        { "max_connections_per_address: 9\nmax_connections: 1", "f.yaml:2: max_connections: 1 " },
        { "\"queue_length\": 0", "f.yaml:1: queue_length: 0 is" },
        { "tls_certificate: a", "f.yaml:1: tls_certificate and tls_key go together" },
        { "tls_client_ca: a", "f.yaml:1: tls_client_ca" },
        { "listen: 'unix:'", "f.yaml:1: listen" },
        { "socket_roles: x=screen", "f.yaml:1: socket_roles: only users at a socket" },
        { "listen: unix:/x\nsocket_roles: x=nobody", "f.yaml:2: socket_roles: \"nobody\"" },
        { "listen: unix:/x\nsocket_roles: screen", "f.yaml:2: socket_roles: \"screen\" is not" },
        { "listen: unix:/x\nsocket_roles: =screen", "f.yaml:2: socket_roles: \"=screen\" is not" },
        { "certificate_roles: x=screen", "f.yaml:1: certificate_roles: give tls_client_ca" },
        { "queue_length: many", "f.yaml:1" },
        { "no_such: 1", "f.yaml:1" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        struct config config;

        cr_assert_eq(read_text(&config, &arena, cases[i].text), STATUS_INVALID, "%s",
                     cases[i].text);
        cr_assert(strstr(error_detail(), cases[i].said), "%s: %s", cases[i].text, error_detail());
    }
}

Test(config, goes_beyond_loopback_with_tls_and_client_certificates)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct config config;

    cr_assert_eq(read_text(&config, &arena, "listen: 0.0.0.0:443\ntls_certificate: a\ntls_key: b\n"
                                            "tls_client_ca: c\n"),
                 STATUS_OK);
    cr_assert_eq(config_listen(&config, &arena, "127.9.9.9:1"), STATUS_OK);
    cr_assert(config.loopback);
}
