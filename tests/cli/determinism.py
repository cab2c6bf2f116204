#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same graph gives the same tags: whole and incremental, on one processor and on all, from
every up-to-date build that is there. Exports are compared byte for byte.

usage: determinism.py RINGFENCE [BUILD_FOLDER...]
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

T0, T1 = "2026-11-01", "2026-11-02"


def run(*command, text=None):
    return subprocess.run([str(part) for part in command], input=text, check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def events(book):
    """What happens on the last day: every tenth application comes again from its device."""
    lines = (book / "submitted_from.csv").read_text(encoding="utf-8").splitlines()[1::10]
    for number, line in enumerate(lines[:100]):
        device = line.split(",")[1]
        applicant = (book / "applied.csv").read_text(encoding="utf-8").splitlines()[1 + number]
        key, time = f"N{number}", "2026-11-01T09:00:00Z"
        yield dict(op="node", label="Application", key=key, properties={})
        yield dict(op="edge", type="APPLIED", valid_from=time,
                   **{"from": dict(label="Enterprise", key=applicant.split(",")[0])},
                   to=dict(label="Application", key=key))
        yield dict(op="edge", type="SUBMITTED_FROM", valid_from=time,
                   **{"from": dict(label="Application", key=key)},
                   to=dict(label="Device", key=device))


def export(ringfence, book, db, mode, one):
    """The digest of all tags after a run over the book and one after the events."""
    pin = ["taskset", "-c", "0"] if one else []
    run(ringfence, "--db", db, "init")
    run(ringfence, "--db", db, "import", book)
    run(*pin, ringfence, "--db", db, "retag", "--as-of", T0)
    lines = "".join(json.dumps(event) + "\n" for event in events(book))
    run(ringfence, "--db", db, "apply", text=lines)
    run(*pin, ringfence, "--db", db, "retag", mode, "--as-of", T1)
    text = run(ringfence, "--db", db, "tag", "export", "--canonical")
    assert text.count("\n") > 20, "the book should be tagged"
    return hashlib.sha256(text.encode()).hexdigest()


def up_to_date(folder):
    """Whether the folder holds a build of the source as it is now."""
    if not pathlib.Path(folder, "cli/ringfence").exists():
        return False
    told = subprocess.run(["ninja", "-C", folder, "-n", "cli/ringfence"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
    return "no work to do" in told


def main():
    builds = [pathlib.Path(sys.argv[1])]
    builds += [path for name in sys.argv[2:] if up_to_date(name)
               and not (path := pathlib.Path(name, "cli/ringfence")).samefile(builds[0])]
    digests = {}
    with tempfile.TemporaryDirectory() as place:
        book = pathlib.Path(place, "book")
        run(builds[0], "generate", "--enterprises", 1000, "--seed", 7, book)
        for build in builds:
            for mode in ("--full", "--incremental"):
                one = mode == "--full" and len(os.sched_getaffinity(0)) > 1
                name = f"{build} {mode}{' on one processor' if one else ''}"
                digests[name] = export(build, book, pathlib.Path(place, f"db{len(digests)}"), mode,
                                       one)
    for name, digest in digests.items():
        print(digest, name)
    return len(set(digests.values())) != 1


if __name__ == "__main__":
    sys.exit(main())
