#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader never sees a mixture of two tag sets, though retags are killed at random moments.

Every retag uses another parameter, so it rewrites every tag: all tags that a reader sees must carry
the same parameter hash, and be as many as there are. Half of RUNS are killed, half end.

usage: atomicity.py RINGFENCE [RUNS]
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

DEVICES = 300
MEMBERS = 3


def write_book(path):
    with open(path, "w", encoding="utf-8") as out:
        def line(**fields):
            out.write(json.dumps(fields) + "\n")
        for d in range(DEVICES):
            line(op="node", label="Device", key=f"d{d}", properties={})
            for m in range(MEMBERS):
                enterprise, application = f"E{d}-{m}", f"A{d}-{m}"
                line(op="node", label="Enterprise", key=enterprise, properties={})
                line(op="node", label="Application", key=application, properties={})
                line(op="edge", type="APPLIED", valid_from="2026-11-01",
                     **{"from": {"label": "Enterprise", "key": enterprise},
                        "to": {"label": "Application", "key": application}})
                line(op="edge", type="SUBMITTED_FROM", valid_from="2026-11-01",
                     **{"from": {"label": "Application", "key": application},
                        "to": {"label": "Device", "key": f"d{d}"}})


class Reader(threading.Thread):
    """Reads the whole set again and again, one transaction each time."""

    def __init__(self, run):
        super().__init__()
        self.run_command, self.over, self.looks, self.bad, self.seen = run, False, 0, [], set()

    def run(self):
        while not self.over:
            text = self.run_command("tag", "export", "--canonical", "--code", "SHARED_DEVICE")
            tags = [json.loads(line) for line in text.splitlines()]
            hashes = {tag["parameters"] for tag in tags}
            self.looks += 1
            self.seen |= hashes
            if len(hashes) != 1 or len(tags) != DEVICES * MEMBERS:
                self.bad.append((sorted(hashes), len(tags)))


def main():
    binary, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
    draw = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="atomicity-") as folder:
        env = dict(os.environ, RINGFENCE_DB=os.path.join(folder, "db"))

        def run(*words):
            return subprocess.run([binary, "--quiet", *words], env=env, check=True,
                                  capture_output=True, text=True).stdout

        book = pathlib.Path(folder) / "book.ndjson"
        write_book(book)
        run("init")
        run("import", str(book))
        retag = ["retag", "--detectors", "D1", "--as-of", "2026-11-21", "--set"]
        start = time.monotonic()
        run(*retag, "SHARED_DEVICE.window_days=5")
        run(*retag, "SHARED_DEVICE.window_days=6")
        whole = (time.monotonic() - start) / 2
        reader = Reader(run)
        reader.start()
        killed = finished = 0
        for number in range(10 * runs): # one may end before its kill comes
            if killed + min(finished, runs - runs // 2) == runs:
                break
            words = [binary, "--quiet", *retag, f"SHARED_DEVICE.window_days={7 + number % 9}"]
            child = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
            if number % 2 or finished >= runs - runs // 2:
                time.sleep(draw.random() * whole)
                child.send_signal(signal.SIGKILL)
            code = child.wait()
            if code not in (0, -signal.SIGKILL):
                sys.exit(f"retag {number} failed with {code} after a killed one")
            killed += code == -signal.SIGKILL
            finished += code == 0
        reader.over = True
        reader.join()
        print(f"{killed + finished} retags, {killed} killed; {reader.looks} looks, {len(reader.seen)} sets seen")
        if reader.bad:
            sys.exit(f"a mixture was seen: {reader.bad[0]}")
        fresh = run("retag", "--detectors", "D1", "--as-of", "2026-11-21", "--dry-run")
        if json.loads(fresh.splitlines()[0])["kept"] != DEVICES * MEMBERS:
            sys.exit(f"something was left behind: {fresh}")


main()
