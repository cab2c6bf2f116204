/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Findings in the form of tags: what retag publishes and screening shows beside them. */

#include "detectors/finding.h"
#include "graph/tag.h"

/* Numbers as a map in key order, with `role` (may be NULL) among them; in `arena`. */
MUST_CHECK enum status tagging_numbers(struct value *out, struct arena *arena,
                                       const struct findings *findings, struct span span,
                                       const char *role);
/*
 * Subject, code, level, score, text, evidence and numbers of a finding; ring, provenance and times
 * are left empty. Lists lie in `arena`, text is lent by the findings.
 */
MUST_CHECK enum status tagging_tag(struct tag *out, struct arena *arena,
                                   const struct findings *findings, const struct finding *finding);
