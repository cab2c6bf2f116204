/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* SHA-256 (FIPS 180-4) of whole files, for manifests that other tools can check (sha256sum). */

#include "base/status.h"

#define SHA256_HEX_BYTES 65

/* Lower-case hex and the number of bytes hashed; the detail of a failure names the path. */
MUST_CHECK enum status sha256_file(char hex[SHA256_HEX_BYTES], uint64_t *n_bytes,
                                   const char *path);
