#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/features.md lists every column of `features --dictionary`, as it says it. --update writes it.
set -u
ringfence=$1
cd "$(dirname "$0")/.." || exit 1
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
rows='s/^\{"name":"(.*)","type":"(.*)","unit":"(.*)","window_days":(.*),"meaning":"(.*)"\}$/| `\1` | \2 | \3 | \4 | \5 |/'
"$ringfence" --quiet --db "$place/db" init &&
    "$ringfence" --db "$place/db" features --dictionary --format ndjson > "$place/printed" || exit 1
sed -E "$rows; s/ null / /" "$place/printed" > "$place/told"
[ -s "$place/told" ] || { echo "the dictionary is empty"; exit 1; }
if [ "${2-}" = --update ]; then
    sed '/^| `/d' docs/features.md > "$place/page"
    cat "$place/page" "$place/told" > docs/features.md
fi
grep '^| `' docs/features.md > "$place/listed"
diff "$place/listed" "$place/told" > "$place/diff" && exit 0
echo "docs/features.md (<) and the dictionary (>) differ; tests/check_features.sh RINGFENCE --update writes it:"
cat "$place/diff"
exit 1
