#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts test cases in meson's logs and prints "N passed, N failed[, N skipped]".

A Criterion program counts by its cases, the transcripts by files, any other test as one. Exits
with 1 when anything failed or nothing ran.
"""
import json
import re
import sys


def count_cases(result, text):
    """Gives (passed, failed, skipped) of one test program."""
    synthesis = re.search(r"Synthesis: Tested: \D*(\d+)\D+Passing: \D*(\d+)\D+Failing: \D*(\d+)"
                          r"\D+Crashing: \D*(\d+)", text)
    transcripts = re.search(r"^transcripts: (.*)$", text, re.M)
    skipped = len(re.findall(r"^\[SKIP\]", text, re.M))
    if synthesis:
        _, passed, failed, crashed = map(int, synthesis.groups())
        counts = passed, failed + crashed, skipped
    elif transcripts:
        named = {what: int(n) for n, what in re.findall(r"(\d+) (\w+)", transcripts.group(1))}
        counts = named.get("passed", 0), named.get("failed", 0), named.get("skipped", 0)
    else:
        return {"OK": (1, 0, 0), "SKIP": (0, 0, 1)}.get(result, (0, 1, 0))
    # A program that dies outside its cases has failed all the same.
    if result not in ("OK", "SKIP") and counts[1] == 0:
        counts = counts[0], 1, counts[2]
    return counts


def count_log(path):
    """Gives (passed, failed, skipped) of a log, one JSON object a line."""
    total = 0, 0, 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            text = test.get("stdout", "") + "\n" + test.get("stderr", "")
            counts = count_cases(test["result"], re.sub(r"\x1b\[[0-9;]*m", "", text))
            total = tuple(a + b for a, b in zip(total, counts))
    return total


def main():
    passed = failed = skipped = 0
    for path in sys.argv[1:]:
        try:
            total = count_log(path)
        except OSError as error:
            print(f"no test ran: {error}")
            total = 0, 1, 0
        passed, failed, skipped = (a + b for a, b in zip((passed, failed, skipped), total))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
