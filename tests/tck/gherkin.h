/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A reader of Gherkin feature files: scenarios with their steps, outlines expanded. */

#include "base/arena.h"

struct cells {
    struct slice *items; /* n_rows * n_columns */
    size_t n_rows, n_columns;
};

struct step {
    struct slice text;  /* without Given, When, Then, And */
    struct slice body;  /* of """ ... """ */
    bool has_body;
    struct cells table;
    int line;
};

struct scenario {
    struct slice name;
    int line;
    bool ignored;       /* tagged @ignore */
    struct step *steps; /* those of the background first */
    size_t n_steps;
};

struct feature {
    struct scenario *scenarios;
    size_t n_scenarios;
};

/* Everything lies in `arena`; `text` must outlive it. */
MUST_CHECK enum status gherkin_read(struct feature *out, struct slice text, struct arena *arena);
