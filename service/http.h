/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * HTTP by libmicrohttpd: reads requests into exchanges, hands them on, sends their answers.
 * Every callback returns MHD_YES first and answers on a later call: a response queued on the first
 * one would close the connection.
 */

#include "service/exchange.h"

struct http;
struct server;

/* Starts listening; keeps `server`. STATUS_IO names the address that is taken. */
MUST_CHECK enum status http_open(struct http **out, struct server *server);
/* Every exchange must have been answered. Accepts NULL. */
void http_close(struct http *http);
/* Connections are no longer accepted; those open go on. */
void http_stop_accepting(struct http *http);
uint16_t http_port(const struct http *http);
/* Requests that are being read or answered. */
size_t http_in_flight(const struct http *http);

/* A lane has answered the exchange: it goes back to the HTTP thread. */
void http_answer(struct exchange *exchange);
/* For streams. */
void http_suspend(struct exchange *exchange);
void http_resume(struct exchange *exchange);
