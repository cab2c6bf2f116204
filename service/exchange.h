/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * One request and its answer, as handlers see them: nothing of HTTP's library is in here.
 *
 * An exchange has one owner at a time: the HTTP thread that reads and answers it, or between
 * exchange->finish being set up and called the thread of its lane.
 */

#include "screening/policy.h"
#include "service/caller.h"
#include "service/route.h"

enum media { MEDIA_JSON, MEDIA_MSGPACK };

/* Refusals that are said so often under load that they are made once for all. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_QUEUE,  /* too many wait already */
    REFUSAL_CALLER, /* too many of this caller are under way */
    REFUSAL_COUNT_,
};

struct screen_draft;
struct stream;

struct exchange {
    enum lane lane;
    struct caller caller;
    atomic_int *counted;      /* his place among those under way, or NULL */
    bool record;              /* screenings: make it part of the graph and the log */
    bool all;                 /* tags: also those that are over */
    enum media in, out;
    struct buf body;
    size_t body_max;
    int64_t start_us, queued_us; /* monotonic */
    int64_t deadline_us;      /* of a screening's evaluation, from its beginning */
    struct screen_draft *draft; /* of a screening, until it is recorded */
    enum decision unavailable; /* of a screening that can't be answered; never less than review */

    unsigned status;          /* HTTP; 0: not answered yet */
    enum refusal refusal;     /* what is said with that status; the answer is empty then */
    struct buf answer;
    const char *content_type; /* NULL: JSON */
    const char *allow;        /* the Allow header, or NULL */
    unsigned retry_after_s;   /* 0: none */
    bool closes;              /* the connection: what follows may be no request of its own */
    struct stream *stream;    /* the rest of a long answer, or NULL */

    struct exchange *next;    /* in a queue */
    void *connection;         /* of the HTTP library */
    void *http;               /* struct http * */
    struct route_match match; /* the last, so that not all of it must be cleared */
};

/* As good as zeroed memory; what it held is not released. */
void exchange_clear(struct exchange *exchange);

/*
 * Answers with a problem (RFC 9457), replacing what was there; never fails: without memory the
 * body is empty. `detail` may be NULL.
 */
void exchange_problem(struct exchange *exchange, unsigned status, const char *detail);
/* 413. */
void exchange_too_large(struct exchange *exchange);
/*
 * The problem that a failure means, with the thread's error detail. What is not there is an answer
 * for who asked for it: where it comes this far, it is missing.
 */
void exchange_fail(struct exchange *exchange, enum status status);
/* 503 (or 429) with Retry-After: come again, or have a person look. */
void exchange_refuse(struct exchange *exchange, unsigned status, const char *detail);
/* The same of a common one, whose text is made elsewhere: costs nothing. */
void exchange_turn_away(struct exchange *exchange, enum refusal refusal);
/* Writes the text of the exchange's common refusal. */
void exchange_write_refusal(struct exchange *exchange);
/* Whether the answer refuses a screening, so that exchange_unavailable() is what holds. */
bool exchange_falls_back(const struct exchange *exchange);
enum decision exchange_unavailable(const struct exchange *exchange);
/* Whether the body, which came as msgpack, is that and JSON could say the same; STATUS_INVALID. */
MUST_CHECK enum status exchange_check_msgpack(const struct exchange *exchange);
/* The body as JSON text, lent: made from msgpack where it came as that. */
MUST_CHECK enum status exchange_text(struct slice *out, struct exchange *exchange);
/* Puts the answer, JSON until now, into the form the client asked for. */
void exchange_finish_media(struct exchange *exchange);
