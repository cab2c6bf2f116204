#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded decisions are the same after a long life, also in a book of real size.

usage: replay_book.py RINGFENCE BOOK DB [N]

BOOK is a folder made by `ringfence generate`, DB a graph into which it was imported and which was
retagged: take a copy, it is written to, compacted and dumped. N applications (10,000) are recorded,
with a retag between two halves; then come 10 N events around the same enterprises, closings and
filings that happened long before among them; two retags, a compaction, a dump loaded into
DB.moved, and every decision is made again there: each must be identical. The control is in it: of the
same applications some are screened anew on the state at the end, and must not all be answered alike.
"""
import csv
import json
import pathlib
import random
import subprocess
import sys
import time

BINARY, BOOK, DB = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
N = int(sys.argv[4]) if len(sys.argv) > 4 else 10000
MOVED, DUMP = DB.with_name(DB.name + ".moved"), DB.with_name(DB.name + ".dump")
RNG = random.Random(1)
DAYS = [f"2026-{month:02}-{day:02}T08:00:00Z" for month in range(1, 11) for day in range(1, 29)]


def run(what, *arguments, text=None, db=DB, ok=(0,)):
    """The command's output; says how long it took."""
    start = time.monotonic()
    done = subprocess.run([BINARY, "--db", db, *arguments], input=text, capture_output=True,
                          text=True, check=False)
    if done.returncode not in ok:
        sys.exit(f"{what}: exit {done.returncode}\n{done.stderr[-2000:]}")
    print(f"{what:42} {time.monotonic() - start:8.1f} s", flush=True)
    return done


def edges(name):
    """(enterprise, other end, edge_key) by the CSV file of one edge type."""
    with open(BOOK / f"{name}.csv", newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        head = next(rows)
        key = head.index("edge_key:string") if "edge_key:string" in head else None
        for row in rows:
            yield row[0], row[1], row[key] if key is not None else None


def draw():
    """N enterprises with what they have, about every fifth with somebody else's."""
    with open(BOOK / "enterprises.csv", newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        place = next(i for i, title in enumerate(next(rows)) if title.startswith(":ID"))
        keys = RNG.sample([row[place] for row in rows], N)
    chosen = set(keys)
    ties = {name: {a: (b, key) for a, b, key in edges(name) if a in chosen}
            for name in ("uses_device", "has_phone", "located_at", "guarantees")}
    return keys, ties


def applications(keys, ties):
    devices = [device for device, _ in ties["uses_device"].values()]
    for i, key in enumerate(keys):
        def tie(name, owner=key):
            return [ties[name][owner][0]] if owner in ties[name] else []
        yield json.dumps({
            "application_id": f"LIFE-{i}", "idempotency_key": f"LIFE-{i}",
            "time": f"2026-11-{1 + i * 20 // len(keys):02}T{i % 24:02}:00:00Z",
            "product": "quick-loan", "amount_minor": 50000000, "currency": "CNY",
            "enterprise": {"key": key},
            "devices": [RNG.choice(devices)] if i % 5 == 0 else tie("uses_device"),
            "phones": [{"key": phone} for phone in tie("has_phone")],
            "addresses": [{"key": address} for address in tie("located_at")],
            "guarantors": [{"key": keys[i - 1]}] if i % 7 == 0 else []})


def node(label, key):
    return {"label": label, "key": key}


def closing(keys, ties):
    kind, label = RNG.choice([("has_phone", "Phone"), ("located_at", "Address"),
                              ("uses_device", "Device"), ("guarantees", "Enterprise")])
    key = RNG.choice(keys)
    if key not in ties[kind]:
        return []
    other, edge_key = ties[kind].pop(key)
    closed = {"op": "close", "type": kind.upper(), "from": node("Enterprise", key),
              "to": node(label, other), "valid_to": RNG.choice(DAYS)}
    return [{**closed, "edge_key": edge_key}] if edge_key else [closed]


def filing(keys, devices, number):
    """An application of long ago that nobody had heard of."""
    at, filed = RNG.choice(DAYS), f"LATE-{number}"
    return [{"op": "node", "label": "Application", "key": filed},
            {"op": "edge", "type": "APPLIED", "from": node("Enterprise", RNG.choice(keys)),
             "to": node("Application", filed), "valid_from": at},
            {"op": "edge", "type": "SUBMITTED_FROM", "from": node("Application", filed),
             "to": node("Device", RNG.choice(devices)), "valid_from": at}]


def events(keys, ties):
    made, devices = [], [device for device, _ in ties["uses_device"].values()]
    while len(made) < 10 * N:
        made += closing(keys, ties)
        made += filing(keys, devices, len(made))
        made.append({"op": "node", "label": "Enterprise", "key": RNG.choice(keys),
                     "properties": {"industry": RNG.choice(["F51", "G59", "C39"])}})
    RNG.shuffle(made)
    made.sort(key=lambda event: event["op"] == "edge")  # nodes first
    return "".join(json.dumps({**event, "event_id": f"life-{i}"}) + "\n"
                   for i, event in enumerate(made[:10 * N]))


def answers(done, key):
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [line for line in lines if key not in line or "error" in line]
    if bad:
        sys.exit(f"{len(bad)} of {len(lines)} failed, such as {bad[0]}")
    return lines


def differ(a, b):
    return any(a[field] != b[field] for field in ("decision", "score", "reasons"))


def main():
    keys, ties = draw()
    lines = [line + "\n" for line in applications(keys, ties)]
    made = []
    for half in (lines[:N // 2], lines[N // 2:]):
        made += answers(run(f"record {len(half)}", "screen", text="".join(half)), "decision_id")
        run("retag", "retag", "--force")
    print({d: sum(a["decision"] == d for a in made) for d in ("pass", "review", "reject")}, "with",
          sum(bool(a["reasons"]) for a in made), "that have reasons")
    answers(run("replay at once", "replay", "--all"), "identical")
    done = run(f"{10 * N} events", "apply", text=events(keys, ties), ok=(0, 4))
    failed = [line for line in done.stdout.splitlines() if '"error"' in line]
    print(f"{len(failed)} events failed", failed[:1])
    for day in ("2026-11-25", "2026-11-28"):
        run("retag", "retag", "--force", "--as-of", day)
    run("replay before it moves", "replay", "--all")
    run("compact", "compact")
    with open(DUMP, "w", encoding="utf-8") as file:
        subprocess.run([BINARY, "--db", DB, "dump"], stdout=file, check=True)
    run("load", "load", DUMP, db=MOVED)
    done = run("replay where it moved", "replay", "--all", db=MOVED, ok=(0, 3))
    again = answers(done, "identical")
    same = sum(line["identical"] for line in again)
    print(f"{len(again)} decisions made again, {same} identical; asked for {N}")
    few = lines[:100] # around them by now are knots of late filings, read up to the budget
    anew = answers(run("screened anew", "screen", "--no-record", text="".join(few), db=MOVED),
                   "decision_id")
    others = sum(map(differ, made, anew))
    print(f"control: {others} of {len(few)} are answered otherwise on the state at the end")
    named = [a["decision_id"] for a in made] == [a["decision_id"] for a in again]
    sys.exit(0 if named and same == N and others else 1)


main()
