/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The built-in procedures, one descriptor each. */

#include "query/procedure.h"

extern const struct procedure procedure_components;
extern const struct procedure procedure_cycles;
extern const struct procedure procedure_tags;
extern const struct procedure procedure_ring;
extern const struct procedure procedure_rings;
extern const struct procedure procedure_neighbourhood;
