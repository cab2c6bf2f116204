#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Complex reads of LDBC FinBench in Cypher against the answers at hand, and those without answers
against a plain computation (finbench_oracle.py).

usage: finbench.py RINGFENCE PROJECT [STEP]     (every STEPth row; default all)
"""
import json
import os
import subprocess
import sys
import tempfile

import finbench_oracle as oracle

NAMES = {
    1: ["id", "start", "end", "limit", "order"],
    3: ["id1", "id2", "start", "end"],
    6: ["id", "threshold1", "threshold2", "start", "end", "limit", "order"],
    11: ["id", "start", "end", "limit", "order"],
}
TEXT = {"id", "id1", "id2", "order"}


def close(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return abs(a - b) <= 0.002 + 1e-9 * abs(a)
    return a == b


def same(a, b):
    return len(a) == len(b) and all(
        len(x) == len(y) and all(k in y and close(x[k], y[k]) for k in x) for x, y in zip(a, b))


def key(row):
    return sorted((k, str(v)) for k, v in row.items())


def ask(run, query, params):
    """The rows, and what went wrong."""
    out = subprocess.run(run + ["query", "--file", query] + params, capture_output=True, text=True)
    return [json.loads(row) for row in out.stdout.splitlines()], out.returncode and out.stderr


def compare(run, query, params, expected, number, shown):
    got, error = ask(run, query, params)
    if not error and same(sorted(got, key=key), sorted(expected, key=key)):
        return 0
    if shown < 3:
        print("complex read", number, params, "\n  expected", expected, "\n  got     ", got, error)
    return 1


def computed_cases(run, project, snapshot, step):
    """(wrong, total) of the reads without answers at hand; at most 300 // step cases each."""
    book, wrong, total = oracle.Book(snapshot), 0, 0
    for number, (names, _, compute) in sorted(oracle.READS.items()):
        query = "%s/data/finbench/queries/complex_%d.cypher" % (project, number)
        every = list(oracle.cases(book, number))
        chosen = every[::max(1, len(every) * step // 300)]
        bad = rows = 0
        for case in chosen:
            params = []
            for name, value in zip(names, case):
                params += ["-P", "%s=%s" % (name, json.dumps(str(value) if name in TEXT else value))]
            expected = list(compute(book, *case))
            rows += len(expected)
            bad += compare(run, query, params, expected, number, bad)
        print("complex read %d: %d of %d cases right, %d rows computed"
              % (number, len(chosen) - bad, len(chosen), rows))
        wrong += bad
        total += len(chosen)
    return wrong, total


def main():
    ringfence, project = sys.argv[1], sys.argv[2]
    step = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    shared = os.environ.get("RINGFENCE_SHARED") or os.path.join(project, "..", "shared")
    data = os.path.join(shared, "data", "finbench-sf0.01")
    if not os.path.isdir(data):
        print("skipped: no FinBench data in", data, "(set RINGFENCE_SHARED)")
        sys.exit(77)
    wrong = total = 0
    with tempfile.TemporaryDirectory() as folder:
        db = os.path.join(folder, "db")
        run = [ringfence, "--quiet", "--db", db]
        subprocess.run(run + ["init"], check=True)
        subprocess.run(run + ["import", "--mapping", project + "/data/finbench/mapping.yaml",
                              data + "/snapshot"], check=True, stdout=subprocess.DEVNULL)
        for number, names in NAMES.items():
            query = "%s/data/finbench/queries/complex_%d.cypher" % (project, number)
            rows = open("%s/answers/tcr%d.jsonl" % (data, number)).readlines()
            bad = 0
            for line in rows[::step]:
                case = json.loads(line)
                params = []
                for name, value in zip(names, case["params"]):
                    params += ["-P", name + "=" + (json.dumps(value) if name in TEXT else value)]
                total += 1
                bad += compare(run, query, params, case["result"], number, bad)
            print("complex read %d: %d of %d rows right" % (number, len(rows[::step]) - bad,
                                                             len(rows[::step])))
            wrong += bad
        more = computed_cases(run, project, data + "/snapshot", step)
        wrong, total = wrong + more[0], total + more[1]
    print(total, "cases,", wrong, "wrong")
    sys.exit(1 if wrong else 0)


main()
