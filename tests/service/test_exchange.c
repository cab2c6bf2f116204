/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "service/exchange.h"
#include "tests/support/leaks.h"

TestSuite(exchange, .fini = leaks_check);

static bool says(const struct exchange *exchange, const char *words)
{
    return memmem(exchange->answer.data, exchange->answer.size, words, strlen(words)) != NULL;
}

Test(exchange, a_screening_that_fails_never_goes_without_a_decision)
{
    static const struct {
        enum status status;
        unsigned http;
        bool decides;
    } cases[] = {
        { STATUS_INVALID, 400, false }, { STATUS_CONFLICT, 422, false },
        { STATUS_LIMIT, 503, true },    { STATUS_NO_MEMORY, 503, true },
        { STATUS_IO, 503, true },       { STATUS_CORRUPT, 500, true },
        { STATUS_RESTART, 503, true },  { STATUS_NOT_FOUND, 500, true },
        { STATUS_END, 500, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct exchange exchange = { .match.route = &routes[ENDPOINT_SCREENINGS] };

        exchange_fail(&exchange, fail(cases[i].status, "some detail"));
        cr_assert_eq(exchange.status, cases[i].http, "%s", status_name(cases[i].status));
        cr_assert_eq(says(&exchange, "\"decision\":\"review\""), cases[i].decides, "%s",
                     status_name(cases[i].status));
        cr_assert(says(&exchange, "\"detail\":\""), "%s", status_name(cases[i].status));
        buf_fini(&exchange.answer);
    }
}
