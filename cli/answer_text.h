/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A screening's answer for people: `screen` on a terminal. */

#include "cli/output.h"

/* Prints the answer, one JSON object as screening writes it, as a few lines of text. */
MUST_CHECK enum status answer_print(struct output *output, struct slice json);
