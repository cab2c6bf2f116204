/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Outcomes and errors.
 *
 * Every fallible function returns an enum status. STATUS_END and STATUS_NOT_FOUND are answers
 * that the direct caller handles; any other non-zero value is a failure, raised once with fail()
 * (which keeps a one-line detail for this thread) and passed up with TRY().
 *
 * A detail names the place (file:line, key, option), what was wrong, and what to do about it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
/* Runs `fn(&variable)` when the variable leaves its scope. */
#define AUTO(fn) __attribute__((cleanup(fn)))

enum status {
    STATUS_OK = 0,
    STATUS_END,       /* answer: the sequence is over */
    STATUS_NOT_FOUND, /* answer: no such thing */
    STATUS_INVALID,   /* input is wrong: a bad row, key, option, file */
    STATUS_USAGE,     /* the command line is wrong */
    STATUS_EXISTS,    /* would overwrite what is there */
    STATUS_CONFLICT,  /* another process or version stands in the way */
    STATUS_LIMIT,     /* a bound on time, rows, memory or reads was reached */
    STATUS_NO_MEMORY,
    STATUS_IO,        /* the operating system refused */
    STATUS_FULL,      /* no space left on the disk */
    STATUS_CORRUPT,   /* stored data does not decode or does not match its checksum */
    STATUS_RESTART,   /* the store can't go on in this process (exit code 75) */
};

/* Sets the thread's detail from a printf format and returns `code`. */
enum status fail(enum status code, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts "context: " before the present detail and returns `code`: for adding file and line. */
enum status fail_context(enum status code, const char *format, ...) PRINTF_LIKE(2, 3);
/* fail(STATUS_NO_MEMORY) with the size that was asked for. */
enum status fail_memory(size_t bytes);
/* fail() from errno: "what: strerror". ENOSPC gives STATUS_FULL, ENOMEM STATUS_NO_MEMORY. */
enum status fail_errno(const char *what);
/* Lends the detail of this thread's last failure; read it right after the failure. */
const char *error_detail(void);
/* A stable lower-case word for `code`, such as "invalid". */
const char *status_name(enum status code);

/* With RINGFENCE_TRACE=1 in the environment each TRY that passes a failure up prints its place. */
void status_trace(enum status code, const char *file, int line);

#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum status try_status_ = (expression);                                                    \
        if (__builtin_expect(try_status_ != STATUS_OK, 0)) {                                       \
            status_trace(try_status_, __FILE__, __LINE__);                                         \
            return try_status_;                                                                    \
        }                                                                                          \
    } while (0)
