#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every header compiles alone: it includes what it needs. Arguments: the compiler's command.
set -u
cd "$(dirname "$0")/.." || exit 1
result=0
for header in $(find base book store graph query detectors screening service cli tests -name '*.h' | sort); do
    "$@" -std=gnu17 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fsyntax-only -x c -include "$header" \
        /dev/null || { echo "$header does not compile alone"; result=1; }
done
exit $result
