#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: run.sh FUZZ_EXE CORPUS SECONDS: libFuzzer on a kept corpus. What it finds on the way goes
# into a folder of its own; what breaks the target is printed as base64 by libFuzzer itself, whose
# own exit code for it is the one by which a test says that it was skipped.
set -eu
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
"$1" -error_exitcode=1 -max_total_time="$3" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$found/" "$found" "$2"
