#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput and latency of the service on loopback, clients and server on one machine.

usage: bench_service.py BUILD BOOK DB [--seconds N] [--nice N] [SECTION...]

BUILD is a release build, BOOK a folder made by `ringfence generate`, DB a graph into which it was
imported, and which gets applications and events: take a copy. Applications are of enterprises drawn
at random, each with the device of its last application, its phone and its address, at some moment
of one day: all at the same moment they would be one great batch, which is a fraud of its own kind.

    tags      look-ups with wrk, roles screen and admin, beside /healthz for comparison
    screen    not recorded: the most that is answered, then half of that from moments that are due
    durable   recorded at 1,000/s while events are applied at 500/s and a retag runs
    overload  two, five and ten times the most: good answers, how fast the rest is refused, memory
    slow      1,000 slow senders beside honest clients

--nice (as root, negative) is for machines on which others work, too; where the kernel groups
sessions (sched_autogroup_enabled), write it to /proc/self/autogroup of the shell instead.
"""
import argparse
import csv
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

SAMPLE = 100000  # enterprises that apply: more than are recorded, as who applies often costs more
TAGS_SAMPLE = 20000
TAGS = """
local lines, n = {}, 0
for line in io.lines(os.getenv("BENCH_LINES")) do n = n + 1; lines[n] = line end
local token = {["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")}
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function init() math.randomseed(id + 7) end
function request() return wrk.format("GET", lines[math.random(n)], token) end
function done(summary, latency)
  io.write(string.format("RESULT %.0f p50 %.2f p99 %.2f p99.9 %.2f ms, %d not 2xx\\n",
    summary.requests * 1e6 / summary.duration, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, summary.errors.status))
end
"""


class Bench:
    def __init__(self, given):
        self.build, self.book = pathlib.Path(given.build), pathlib.Path(given.book)
        self.db, self.seconds = given.db, given.seconds
        self.nice = ["nice", "-n", str(given.nice)] if given.nice else []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ringfence-bench-"))
        self.tokens = {role: self.token(role) for role in ("screen", "admin", "write")}

    def ringfence(self, *arguments):
        return [self.build / "cli/ringfence", "--db", self.db, *arguments]

    def token(self, role):
        made = subprocess.run(self.ringfence("token", "add", "--role", role, "--format", "ndjson",
                                             "bench"), capture_output=True, text=True, check=True)
        return json.loads(made.stdout)["token"]

    # ---- what is sent -----------------------------------------------------------------------

    def rows(self, name, *columns):
        path = self.book / name
        if not path.exists():
            return
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            head = next(reader)
            places = [next(i for i, t in enumerate(head) if t.startswith(c)) for c in columns]
            for row in reader:
                yield [row[place] for place in places]

    def write_lines(self):
        keys = [key for key, in self.rows("enterprises.csv", ":ID")]
        chosen = set(random.Random(1).sample(keys, min(SAMPLE, len(keys))))
        ends = (":START_ID", ":END_ID")
        applicant = {b: a for a, b in self.rows("applied.csv", *ends) if a in chosen}
        device = {applicant[a]: b for a, b in self.rows("submitted_from.csv", *ends)
                  if a in applicant}
        phone = {a: b for a, b in self.rows("has_phone.csv", *ends) if a in chosen}
        address = {a: b for a, b in self.rows("located_at.csv", *ends) if a in chosen}
        files = {name: open(self.folder / name, "w", encoding="utf-8")
                 for name in ("tags", "screen", "record", "events")}
        moments = random.Random(2)
        for place, key in enumerate(sorted(chosen)):
            hour, second = divmod(moments.randrange(86400), 3600)
            body = json.dumps({
                "application_id": "@ID@", "idempotency_key": "@ID@",
                "time": f"2026-11-21T{hour:02}:{second // 60:02}:{second % 60:02}Z",
                "product": "quick-loan",
                "amount_minor": 50000000, "currency": "CNY", "enterprise": {"key": key},
                "devices": [device[key]] if key in device else [],
                "phones": [{"key": phone[key], "role": "contact"}] if key in phone else [],
                "addresses": [{"key": address[key]}] if key in address else []},
                ensure_ascii=False)
            event = json.dumps({"op": "node", "label": "Enterprise", "key": key,
                                "event_id": "@ID@", "properties": {"seen": "@ID@"}})
            if place % (SAMPLE // TAGS_SAMPLE) == 0:
                files["tags"].write(f"/v1/entities/Enterprise/{key}/tags\n")
            files["screen"].write(f"/v1/screenings?record=false {body}\n")
            files["record"].write(f"/v1/screenings {body}\n")
            files["events"].write(f"/v1/events {event}\n")
        for file in files.values():
            file.close()

    # ---- the service ------------------------------------------------------------------------

    def start(self):
        log = self.folder / "log"
        (self.folder / "settings").write_text(
            "listen: 127.0.0.1:0\nmax_in_flight_per_caller: 0\n")
        with open(log, "w", encoding="utf-8") as file:
            self.service = subprocess.Popen(
                [*self.nice, *self.ringfence("serve", "--config", self.folder / "settings")],
                stderr=file)
        self.port = None
        while not self.port:
            time.sleep(0.1)
            found = re.search(r"127\.0\.0\.1:(\d+)", log.read_text())
            self.port = found and found.group(1)

    def processor_seconds(self):
        with open(f"/proc/{self.service.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.service.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) / 1024

    def open_loop(self, lines, rate, connections, role="screen", seconds=None):
        return subprocess.Popen(
            [*self.nice, self.build / "tests/bench/open_loop", self.port, self.tokens[role],
             self.folder / lines, str(rate), str(seconds or self.seconds), str(connections)],
            stdout=subprocess.PIPE, text=True)

    def load(self, lines, rate, connections, **more):
        """What was said of it, and how many good answers a second."""
        before = self.processor_seconds()
        said = self.open_loop(lines, rate, connections, **more).communicate()[0].strip()
        found = re.search(r"good (\d+)/s, (\d+) in all", said)
        good, in_all = float(found.group(1)), float(found.group(2))
        used = (self.processor_seconds() - before) * 1e6 / max(in_all, 1)
        print(f"{lines:8} {rate:6.0f}/s due, {connections} connections: {said}; {used:.0f} us of "
              "the service's processor time per good one", flush=True)
        return good

    # ---- sections ---------------------------------------------------------------------------

    def wrk(self, role, path, connections):
        environment = {**os.environ, "BENCH_LINES": str(self.folder / path),
                       "BENCH_TOKEN": self.tokens[role]}
        script = self.folder / "tags.lua"
        script.write_text(TAGS)
        before = self.processor_seconds()
        done = subprocess.run(
            [*self.nice, "wrk", "-t2", "-c", str(connections), f"-d{self.seconds}s", "-s", script,
             f"http://127.0.0.1:{self.port}"], env=environment, capture_output=True, text=True,
            check=True)
        found = re.search(r"RESULT (\d+)(.*)", done.stdout)
        used = (self.processor_seconds() - before) / self.seconds * 1e6 / float(found.group(1))
        print(f"{path:8} {role:6} {connections:3} connections: {found.group(1)}/s{found.group(2)}; "
              f"{used:.1f} us of the service's processor time each", flush=True)

    def tags(self):
        (self.folder / "health").write_text("/healthz\n")
        for path, role, connections in (("health", "screen", 8), ("tags", "screen", 8),
                                        ("tags", "screen", 32), ("tags", "admin", 32)):
            self.wrk(role, path, connections)

    def most(self, lines="screen", connections=64):
        """The most of these answered a second, over rates that double, and the rate it was at."""
        best, rate = (0, 0), 1000
        while rate <= 64000:
            good = self.load(lines, rate, connections)
            if good < 1.1 * best[0]:
                return max(best, (good, rate))
            best, rate = max(best, (good, rate)), rate * 2
        return best

    def screen(self):
        self.load("screen", self.most()[0] / 2, 64)

    def durable(self):
        retag = subprocess.Popen(["nice", "-n", "10", *self.ringfence("retag", "--force")],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        events = self.open_loop("events", 500, 32, role="write", seconds=self.seconds + 1)
        self.load("record", 1000, 128)
        running = retag.poll() is None
        print("events  ", events.communicate()[0].strip())
        print("         a retag ran beside it" + ("" if running else ", but ended before it"))
        retag.terminate()
        retag.wait()

    def overload(self):
        # Fewer connections than may wait, then more: of what is recorded 250 ms' worth does.
        for lines, few, many in (("record", 256, 1024), ("screen", 64, 512)):
            most, rate = self.most(lines, few)
            for times in (2, 5, 10):
                memory = []
                watch = threading.Timer(1, lambda: memory.append(self.memory_mib()))
                watch.start()
                good = self.load(lines, times * most, many)
                memory.append(self.memory_mib())
                # Once more, as the graph has grown meanwhile.
                before, most = most, self.load(lines, rate, few)
                print(f"         {times} times: {100 * good / before:.0f} % of the most before, "
                      f"{100 * good / most:.0f} % of the most after; memory after a second "
                      f"{memory[0]:.1f} MiB, at the end {memory[1]:.1f} MiB", flush=True)

    def slow(self):
        self.load("screen", 300, 32)
        stop, held = threading.Event(), []

        def drip():
            head = b"POST /v1/screenings HTTP/1.1\r\nHost: x\r\nX-Slow: "
            while not stop.is_set():
                while len(held) < 1000:
                    held.append([socket.create_connection(("127.0.0.1", int(self.port))), 0])
                for entry in held:
                    try:
                        entry[0].send(head[entry[1] % len(head):][:1])
                        entry[1] += 1
                    except OSError:
                        entry[0].close()
                        entry[0] = None
                held[:] = [entry for entry in held if entry[0]]
                stop.wait(0.2)

        dripper = threading.Thread(target=drip)
        dripper.start()
        time.sleep(1)
        print("         beside 1,000 slow senders:")
        self.load("screen", 300, 32)
        stop.set()
        dripper.join()


def main():
    sections = ("tags", "screen", "durable", "overload", "slow")
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("build")
    parser.add_argument("book")
    parser.add_argument("db")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("sections", nargs="*")
    given = parser.parse_intermixed_args()
    bench = Bench(given)
    bench.write_lines()
    for section in given.sections or sections:
        bench.start()
        print(f"{section}, load average {os.getloadavg()[0]:.1f}", flush=True)
        try:
            getattr(bench, section)()
        finally:
            bench.service.terminate()
            print("         ended with", bench.service.wait(30), flush=True)


sys.exit(main())
