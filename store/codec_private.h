/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the codec share. */

#include "store/codec.h"

/* Reads a value that scan_value() found to fill `bytes` exactly. */
MUST_CHECK enum status codec_unpack(struct value *out, struct arena *arena, struct slice bytes);
