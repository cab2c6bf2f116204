/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The catalogue: all detectors, by number. */

#include "detectors/detector.h"

/* NULL-terminated, in the order of DETECTORS: D1, D2, ... */
extern const struct detector *const registry[];

size_t registry_size(void);
/* By id ("D1") or code ("SHARED_DEVICE"), or NULL. */
const struct detector *registry_find(struct slice name);
/* Position in the registry; the detector must be registered. */
size_t registry_index(const struct detector *detector);
