#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds the tree to its rules: layers, one door per library, rooted includes, licence lines, no
# weak durability flags, short READMEs, layout. Prints each breach as file:line and fails if there is any.
set -u
cd "$(dirname "$0")/.." || exit 1
breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT

sources() { # tracked or not: what lies in the folders now
    find base book store graph query detectors screening service cli tests \
        -name '*.[ch]' -o -name '*.inc' | sort
}

# A folder may include itself and what stands to its right; book may include base only.
sources | xargs awk '
    BEGIN {
        n = split("cli service screening detectors query graph store base", order)
        for (i = 1; i <= n; i++) rank[order[i]] = i
        rank["book"] = rank["store"]
    }
    function breach(text) { printf "%s:%d: %s\n", FILENAME, FNR, text }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\""); target = quoted[2]
        split(FILENAME, from, "/"); slash = index(target, "/")
        if (!slash) { breach("\"" target "\" is not rooted: name its folder"); next }
        to = substr(target, 1, slash - 1)
        if (from[1] == "tests") next
        if (to == "tests") { breach("code includes a test helper: " target); next }
        if (!(to in rank)) { breach("\"" target "\": no such folder"); next }
        if (from[1] == "book" && to != "book" && to != "base" ||
            rank[to] < rank[from[1]] ||
            to == "book" && from[1] != "book" && from[1] != "cli")
            breach(from[1] " may not include \"" target "\"")
    }
    /^typedef struct/ { breach("a struct is not hidden behind a typedef") }
    FNR == 1 && !/SPDX-License-Identifier: GPL-2.0-or-later/ { breach("no SPDX line") }
' >> "$breaches"

# Each third-party library comes in through one door, and no header of ours shows its types.
door() { # header pattern, where it may be included
    sources | grep -v '^tests/' | xargs grep -nE "^[ ]*#[ ]*include[ ]*<$1" /dev/null |
        grep -vE "^$2" | sed 's/$/ (wrong door)/' >> "$breaches"
}
door 'lmdb' 'store/lmdb_private\.h:'
sources | grep -v '^store/lmdb_' | xargs grep -n 'include "store/lmdb_' /dev/null |
    sed 's/$/ (wrong door)/' >> "$breaches"
door 'msgpack' 'store/codec_(read|write)\.c:'
door 'igraph' 'graph/analytics/[a-z_]*\.c:'
door 'pcre2' 'graph/pattern\.c:'
door 'jansson' 'base/json\.c:'
door 'cyaml' 'base/yaml\.c:'
door 'yaml' 'base/yaml\.c:'
door 'utf8proc' 'base/text\.c:'
door 'sodium' 'base/[a-z_0-9]*\.c:'
door 'microhttpd' 'service/[a-z_]*\.c:'
door 'gnutls' 'service/[a-z_]*\.c:'
door '(histedit|editline)' 'cli/[a-z_]*\.c:'

# What acknowledges must be durable: these flags are refused wherever they appear.
sources | grep -v '^tests/' |
    xargs grep -nE 'MDB_(WRITEMAP|NOSYNC|NOMETASYNC|MAPASYNC|NOMEMINIT)' /dev/null |
    sed 's/$/ (weak durability)/' >> "$breaches"
sources | xargs grep -nE '\b(TODO|FIXME|XXX)\b' /dev/null >> "$breaches"
sources | xargs grep -nE "$(printf '\t')|[[:blank:]]\$" /dev/null |
    sed 's/:\([0-9]*\):.*/:\1: a tab, or a blank at the end/' >> "$breaches"
sources | LC_ALL=C.UTF-8 xargs grep -nE '^.{101,}' /dev/null |
    sed 's/:\([0-9]*\):.*/:\1: more than 100 columns/' >> "$breaches"
find base book store graph query detectors screening service cli -name '*.h' |
    xargs grep -L '^#pragma once' | sed 's/$/: no #pragma once/' >> "$breaches"

for script in $(find . -path ./.git -prune -o -path './build*' -prune -o \
        \( -name '*.sh' -o -name '*.py' -o -name 'meson.build' \) -print) runtests quickstart .ci/run; do
    [ ! -f "$script" ] || sed 2q "$script" | grep -q SPDX-License-Identifier ||
        echo "$script: no SPDX line" >> "$breaches"
done
for readme in base/README.md book/README.md store/README.md graph/README.md query/README.md \
        detectors/README.md screening/README.md service/README.md cli/README.md tests/README.md; do
    [ ! -f "$readme" ] || [ "$(wc -l < "$readme")" -le 40 ] ||
        echo "$readme: more than 40 lines" >> "$breaches"
done

# ARCHITECTURE.md has a line for every table on disk.
for table in $(sed -n 's/^    X([A-Z_]*, "\([a-z_]*\)").*/\1/p' store/store.h); do
    grep -q "^| \`$table\` |" ARCHITECTURE.md ||
        echo "ARCHITECTURE.md: the table $table is missing" >> "$breaches"
done

cat "$breaches"
[ ! -s "$breaches" ]
