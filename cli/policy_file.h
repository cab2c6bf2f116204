/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Policies as commands name them: a file, or the built-in one. */

#include "screening/policy.h"

/* `path` NULL: the built-in policy. */
MUST_CHECK enum status policy_open(struct policy **out, const char *path);
