/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What the call wrote to stderr. */
#define SAID(out, call)                                                                            \
    do {                                                                                           \
        FILE *file = tmpfile();                                                                    \
        int kept = dup(STDERR_FILENO);                                                             \
        ssize_t size;                                                                              \
        dup2(fileno(file), STDERR_FILENO);                                                         \
        call;                                                                                      \
        dup2(kept, STDERR_FILENO);                                                                 \
        close(kept);                                                                               \
        size = pread(fileno(file), out, sizeof out - 1, 0);                                        \
        out[size > 0 ? size : 0] = '\0';                                                           \
        fclose(file);                                                                              \
    } while (0)

Test(log, a_name_makes_no_line_and_no_command)
{
    char said[4096];

    SAID(said, log_note("met %s", "a\nwarning: b\x1b[2J\x7f\xc2\x9b" "c\xc2\xa0\xe4\xb8\xad"));
    cr_assert_str_eq(said, "note: met a warning: b [2J   c\xc2\xa0\xe4\xb8\xad\n");
}

Test(log, a_long_line_is_cut_and_still_one)
{
    char said[4096], name[3000];

    memset(name, '\n', sizeof name);
    name[sizeof name - 1] = '\0';
    SAID(said, log_warning("%s", name));
    cr_assert_eq(strlen(said), 2047);
    cr_assert_eq(strchr(said, '\n'), said + 2046);
}
