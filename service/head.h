/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What can be said of a request before its body comes: path, method, caller, role, size, form. */

#include "service/exchange.h"

struct server;

/*
 * Fills the exchange from its connection (a struct MHD_Connection); exchange->caller is who the
 * connection itself shows, and a token comes before that. Sets a problem where something is wrong.
 */
void head_judge(struct exchange *exchange, struct server *server, const char *url,
                const char *method);
/*
 * Whether a refusal is sent without waiting for the body: more is announced than is even read, its
 * coding has no end that is known, or the client itself waits to be told (Expect: 100-continue).
 */
bool head_is_last_word(const struct exchange *exchange);
