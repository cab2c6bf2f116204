#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Complex reads of LDBC FinBench in Cypher against the answers at hand.

usage: finbench.py RINGFENCE PROJECT [STEP]     (every STEPth row; default all)
"""
import json
import os
import subprocess
import sys
import tempfile

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
                out = subprocess.run(run + ["query", "--file", query] + params,
                                     capture_output=True, text=True)
                got = [json.loads(row) for row in out.stdout.splitlines()]
                total += 1
                if out.returncode or not same(sorted(got, key=key), sorted(case["result"], key=key)):
                    bad += 1
                    if bad <= 3:
                        print("complex read", number, case["params"], "\n  expected", case["result"],
                              "\n  got     ", got, out.stderr.strip())
            print("complex read %d: %d of %d rows right" % (number, len(rows[::step]) - bad,
                                                             len(rows[::step])))
            wrong += bad
    print(total, "rows,", wrong, "wrong")
    sys.exit(1 if wrong else 0)


main()
