/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A long answer that is sent while it is made. The maker waits when the client is slow, and is
 * told when he went away; at most STREAM_BYTES_MAX lie in memory.
 */

#include "service/exchange.h"

#define STREAM_BYTES_MAX ((size_t)256 << 10)

struct stream;

/*
 * Gives a stream with three holders: who makes the answer (ends with stream_end()), and of the HTTP
 * side the exchange and the response (each ends with stream_drop()).
 */
MUST_CHECK enum status stream_new(struct stream **out, struct exchange *exchange);
/* Whether stream_write() would not wait. */
bool stream_has_room(struct stream *stream);
/*
 * Appends. Waits while too much lies there, but not past `deadline_us` (monotonic; STATUS_LIMIT).
 * STATUS_END: the client went away.
 */
MUST_CHECK enum status stream_write(struct stream *stream, struct slice bytes,
                                    int64_t deadline_us);
/*
 * The maker's last call: nothing more comes, and he lets go. What is not whole must not look so:
 * its connection is cut instead of the answer ended.
 */
void stream_end(struct stream *stream, bool whole);

enum { STREAM_WAITS = 0, STREAM_OVER = -1, STREAM_CUT = -2 };

/* For the HTTP side: bytes copied, or one of these. */
long stream_read(struct stream *stream, char *to, size_t room);
/* One of the HTTP side lets go: the client has it all, or went away. */
void stream_drop(struct stream *stream);
