#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/check.md lists every rule of the check, with its severity, and no other.
set -u
cd "$(dirname "$0")/.." || exit 1
listed=$(mktemp) && coded=$(mktemp) || exit 1
trap 'rm -f "$listed" "$coded"' EXIT
sed -n 's/^| `\([a-z-]*\)` | \([a-z]*\) |.*/\1 \2/p' docs/check.md | sort > "$listed"
# X(NAME, "id", SEVERITY, ... and rules of other parts: { "id", CHECK_SEVERITY, ...
cat graph/check.h graph/*.c screening/*.c 2>/dev/null |
    sed -nE 's/^ *(X\([A-Z_]+, |\{ )"([a-z]+-?[a-z-]*)", (CHECK_)?(DAMAGE|DERIVED),.*/\2 \4/p' |
    tr 'A-Z' 'a-z' | sort > "$coded"
[ -s "$coded" ] || { echo "no rules found in graph/check.h"; exit 1; }
diff "$listed" "$coded" > /dev/null || { echo "docs/check.md (<) and the code (>) differ:"; diff "$listed" "$coded"; exit 1; }
