#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole kit, where it is at hand; skipped, visibly, where not.
kit=${RINGFENCE_SHARED:-$(cd "$(dirname "$0")/../../.." && pwd)/shared}/tck
if [ ! -d "$kit/features" ]; then
    echo "skipped: no openCypher kit in $kit (set RINGFENCE_SHARED)"
    exit 77
fi
exec "$1" --list-failures "$kit/features"
