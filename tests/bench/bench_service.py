#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput and latency of the service with wrk on loopback, client and server on one machine.

usage: bench_service.py RINGFENCE BOOK DB [SECONDS [ROLE]]

BOOK is a folder made by `ringfence generate`, DB a graph into which it was imported. Applications
are of enterprises drawn at random, each with its own device and phone where the book knows one.
"""
import csv
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

BINARY, BOOK, DB = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
SECONDS = sys.argv[4] if len(sys.argv) > 4 else "5"
ROLE = sys.argv[5] if len(sys.argv) > 5 else "screen"
N = 20000
SCRIPT = """
local lines, n, count = {}, 0, 0
for line in io.lines(os.getenv("BENCH_LINES")) do n = n + 1; lines[n] = line end
local token = {["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")}
local kind, stamp = os.getenv("BENCH_KIND"), os.getenv("BENCH_STAMP")
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function init() math.randomseed(id + 7) end
function request()
  local line = lines[math.random(n)]
  if kind == "health" then return wrk.format("GET", "/healthz") end
  if kind == "tags" then return wrk.format("GET", line, token) end
  count = count + 1
  line = line:gsub("@ID@", stamp .. "-" .. id .. "-" .. count)
  local path = kind == "record" and "/v1/screenings" or "/v1/screenings?record=false"
  return wrk.format("POST", path, token, line)
end
function done(summary, latency)
  io.write(string.format("RESULT %.0f/s good of %.0f/s, p50 %.2f p99 %.2f p99.9 %.2f max %.2f ms, %d not 2xx\\n",
    (summary.requests - summary.errors.status) * 1e6 / summary.duration,
    summary.requests * 1e6 / summary.duration, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, latency.max / 1000,
    summary.errors.status))
end
"""


def rows(name, *columns):
    with open(BOOK / name, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        head = next(reader)
        places = [next(i for i, text in enumerate(head) if text.startswith(c)) for c in columns]
        for row in reader:
            yield [row[place] for place in places]


def applications():
    keys = [key for key, in rows("enterprises.csv", ":ID")]
    device = dict(rows("uses_device.csv", ":START_ID", ":END_ID"))
    phone = dict(rows("has_phone.csv", ":START_ID", ":END_ID"))
    chosen = random.Random(1).sample(keys, min(N, len(keys)))
    for key in chosen:
        body = {"application_id": "@ID@", "idempotency_key": "@ID@",
                "time": "2026-11-21T08:00:00Z", "product": "quick-loan",
                "enterprise": {"key": key},
                "devices": [device[key]] if key in device else [],
                "phones": [{"key": phone[key], "role": "contact"}] if key in phone else []}
        yield key, json.dumps(body)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(service, port, token, kind, lines, connections, threads=1):
    environment = {"BENCH_LINES": lines, "BENCH_TOKEN": token, "BENCH_KIND": kind,
                   "BENCH_STAMP": str(time.time_ns())}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        before = cpu_seconds(service.pid)
        done = subprocess.run(["wrk", "-t", str(threads), "-c", str(connections), "-d",
                               SECONDS + "s", "-s", script.name, f"http://127.0.0.1:{port}"],
                              env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"RESULT (.*?of (\d+)/s.*)", done.stdout)
    used = (cpu_seconds(service.pid) - before) / float(SECONDS) * 1e6 / float(found.group(2))
    print(f"{kind:8} {connections:4} connections: {found.group(1)}, {used:.1f} us of the "
          "service's processor time each", flush=True)


def main():
    made = subprocess.run([BINARY, "--db", DB, "token", "add", "--role", ROLE, "--format",
                           "ndjson", "bench"], capture_output=True, text=True, check=True)
    token = json.loads(made.stdout)["token"]
    folder = pathlib.Path(tempfile.mkdtemp())
    tags, bodies = folder / "tags", folder / "bodies"
    with open(tags, "w", encoding="utf-8") as a, open(bodies, "w", encoding="utf-8") as b:
        for key, body in applications():
            a.write(f"/v1/entities/Enterprise/{key}/tags\n")
            b.write(body + "\n")
    with open(folder / "log", "w+", encoding="utf-8") as log:
        service = subprocess.Popen([BINARY, "--db", DB, "serve", "--listen", "127.0.0.1:0"],
                                   stderr=log)
        port = None
        while not port:
            time.sleep(0.1)
            found = re.search(r"127\.0\.0\.1:(\d+)", (folder / "log").read_text())
            port = found and found.group(1)
        try:
            for kind, lines, connections in (("health", tags, 8), ("tags", tags, 8), ("tags", tags, 32),
                                             ("screen", bodies, 2), ("screen", bodies, 16),
                                             ("record", bodies, 8), ("record", bodies, 64),
                                             ("screen", bodies, 512)):
                measure(service, port, token, kind, str(lines), connections)
        finally:
            service.send_signal(signal.SIGTERM)
            print("exit", service.wait(20))


main()
