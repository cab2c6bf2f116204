#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the tables of detectors/README.md to the registry, as `ringfence detectors` prints it.

usage: readme.py RINGFENCE README [--update]
"""
import json
import pathlib
import subprocess
import sys

START, END = "<!-- tables: made by tests/detectors/readme.py --update -->", "<!-- end of tables -->"


def number(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def tables(ringfence):
    """The two tables, detectors and parameters, as lines."""
    printed = subprocess.run([ringfence, "detectors", "--format", "ndjson"], check=True,
                             stdout=subprocess.PIPE).stdout
    detectors = [json.loads(line) for line in printed.splitlines()]
    lines = ["| id | codes | family | live | finds |", "| --- | --- | --- | --- | --- |"]
    for d in detectors:
        lines.append(f"| {d['id']} | {', '.join(d['codes'])} | {d['family']} | "
                     f"{'yes' if d['live'] else 'by tags'} | {d['summary']} |")
    lines += ["", "| parameter | default | range | unit | meaning |", "| --- | --- | --- | --- | --- |"]
    for d in detectors:
        for p in d["parameters"]:
            lines.append(f"| `{d['id']}.{p['name']}` | {number(p['default'])} | {number(p['min'])} to "
                         f"{number(p['max'])} | {p['unit']} | {p['meaning']} |")
    return lines


def main():
    readme = pathlib.Path(sys.argv[2])
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(START + "\n", 1)
    after = rest.split(END, 1)[1]
    wanted = before + START + "\n" + "\n".join(tables(sys.argv[1])) + "\n" + END + after
    if "--update" in sys.argv[3:]:
        readme.write_text(wanted, encoding="utf-8")
        return 0
    if text == wanted:
        return 0
    print(f"the tables of {readme} differ from the registry; make them again with\n"
          f"  tests/detectors/readme.py build-dev/cli/ringfence detectors/README.md --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
