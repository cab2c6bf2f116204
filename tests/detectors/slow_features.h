/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Features by their definitions, read out slowly. */

#include "detectors/feature.h"
#include "tests/detectors/world.h"

#define SLOW_PHONE_CAP 3 /* as SHARED.cap.Phone=3/100 sets it */

/* Every feature but those of tags; `kind`: index of the kind, `days`: the window. */
int64_t slow_feature(const struct slow *slow, uint32_t party, enum feature_id id, size_t kind,
                     int64_t days);
