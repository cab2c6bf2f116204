#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One generated book in Ringfence, in SQLite and, for its links alone, in bare LMDB: how long
loading takes, what it needs, and how long the reads of a screening take. The answers are compared
call by call; a difference ends the run with code 1. Times of one run on one machine: quote ratios.

SQLite gets what favours it: the shell's .import without journal or sync, a 1 GB cache, the file
mapped, a hand-made table of who uses what with its degrees worked out, prepared statements. It
keeps no history, checks nothing and normalises no keys.
"""
import argparse
import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

# Who uses which kind of identifier: table of the edges, of the identifiers, and the column of each.
DIRECT = [("has_phone", "phones", "from_key", "to_key"),
          ("located_at", "addresses", "from_key", "to_key"),
          ("uses_device", "devices", "from_key", "to_key"),
          ("legal_rep", "persons", "to_key", "from_key"),
          ("contact", "persons", "to_key", "from_key")]
# By way of an application or an account: first edge, second edge, identifiers, columns of the second.
BY_WAY = [("applied", "submitted_from", "devices", "from_key", "to_key"),
          ("applied", "states_phone", "phones", "from_key", "to_key"),
          ("applied", "states_address", "addresses", "from_key", "to_key"),
          ("owns", "signed_in", "devices", "to_key", "from_key")]
KINDS = ["devices", "phones", "addresses", "persons"]
SQL_TYPES = {"long": "INTEGER", "int": "INTEGER", "double": "REAL", "float": "REAL"}


def say(**figures):
    print(json.dumps(figures), flush=True)


def run(system, what, command, **more):
    """Runs the command and says its times and peak memory; gives the wall time."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, **more)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"against_sqlite: {command[0]} ended with {child.returncode}")
    say(system=system, step=what, seconds=round(seconds, 2),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mib=round(usage.ru_maxrss / 1024))
    return seconds


def size_of(path):
    """Bytes on disk, holes left out."""
    return sum(file.stat().st_blocks * 512 for file in pathlib.Path(path).iterdir())


# ---- SQLite -----------------------------------------------------------------------------------

def columns_of(file):
    """Column definitions, and whether the file holds edges."""
    with open(file, newline="", encoding="utf-8") as text:
        header = next(csv.reader(text))
    definitions, edges = [], False
    for column in header:
        name, _, kind = column.partition(":")
        if kind.startswith("ID"):
            name = "key"
        elif kind.startswith("START_ID"):
            name, edges = "from_key", True
        elif kind.startswith("END_ID"):
            name = "to_key"
        elif not name:
            name = kind.lower()
        definitions.append(f'"{name}" {SQL_TYPES.get(kind, "TEXT")}')
    return ", ".join(definitions), edges


def import_script(files):
    """What the shell is told to read, and how both ends and all keys are indexed."""
    lines = ["PRAGMA journal_mode=OFF;", "PRAGMA synchronous=OFF;", "PRAGMA cache_size=-1000000;"]
    indexes = []
    for file in files:
        definitions, edges = columns_of(file)
        lines += [f"CREATE TABLE {file.stem}({definitions});",
                  f".import --csv --skip 1 '{file}' {file.stem}"]
        if edges:
            indexes += [f"CREATE INDEX {file.stem}_from ON {file.stem}(from_key);",
                        f"CREATE INDEX {file.stem}_to ON {file.stem}(to_key);"]
        else:
            indexes += [f"CREATE UNIQUE INDEX {file.stem}_key ON {file.stem}(key);"]
    return lines, indexes


def link_script():
    """The table of who uses what; an identifier's number tells its kind."""
    number = "i.rowid * 4 + {}".format
    uses = []
    for edges, identifiers, party, identifier in DIRECT:
        uses.append(f"SELECT p.rowid, {number(KINDS.index(identifiers))} FROM {edges} x "
                    f"JOIN enterprises p ON p.key = x.{party} "
                    f"JOIN {identifiers} i ON i.key = x.{identifier}")
    for first, second, identifiers, middle, identifier in BY_WAY:
        uses.append(f"SELECT p.rowid, {number(KINDS.index(identifiers))} FROM {first} x "
                    f"JOIN {second} y ON y.{middle} = x.to_key "
                    f"JOIN enterprises p ON p.key = x.from_key "
                    f"JOIN {identifiers} i ON i.key = y.{identifier}")
    return ["CREATE TEMP TABLE used(party INTEGER, identifier INTEGER);",
            *[f"INSERT INTO used {select};" for select in uses],
            "CREATE TEMP TABLE pair AS SELECT DISTINCT identifier, party FROM used "
            "ORDER BY identifier, party;",
            "CREATE TEMP TABLE degree(identifier INTEGER PRIMARY KEY, degree INTEGER);",
            "INSERT INTO degree SELECT identifier, count(*) FROM pair GROUP BY identifier;",
            "CREATE TABLE link(party INTEGER, identifier INTEGER, degree INTEGER, "
            "PRIMARY KEY(party, identifier)) WITHOUT ROWID;",
            "INSERT INTO link SELECT party, identifier, degree FROM pair JOIN degree "
            "USING (identifier) ORDER BY party, identifier;",
            "CREATE INDEX link_back ON link(identifier, party);", "ANALYZE;"]


def shell(database, lines, what):
    script = database.parent / "script.sql"
    script.write_text("\n".join([".bail on", *lines]) + "\n", encoding="utf-8")
    with open(script, encoding="utf-8") as text:
        return run("sqlite", what, ["sqlite3", str(database)], stdin=text)


def load_sqlite(work, files):
    database = work / "sqlite" / "book.sqlite"
    database.parent.mkdir()
    imports, indexes = import_script(files)
    settings = imports[:3]
    seconds = shell(database, imports, "import")
    seconds += shell(database, [*settings, *indexes], "indexes")
    seconds += shell(database, [*settings, "PRAGMA temp_store=MEMORY;", *link_script()],
                     "link table")
    database.with_name("script.sql").unlink()
    return database, seconds


# ---- the three loads --------------------------------------------------------------------------

def load_ringfence(options, work):
    db = work / "ringfence"
    ringfence = options.build / "cli" / "ringfence"
    subprocess.run([ringfence, "--db", db, "-q", "init"], check=True)
    seconds = run("ringfence", "import", [str(ringfence), "--db", str(db), "-q", "import",
                                          "--memory", options.memory, str(options.book)])
    return db, seconds


def load_links(work, database):
    """The link table and the parties' numbers as text, for bench_lmdb."""
    links, parties = work / "links.csv", work / "parties.csv"
    subprocess.run(["sqlite3", "-csv", str(database),
                    f".once '{links}'", "SELECT party, identifier FROM link "
                    "ORDER BY party, identifier;",
                    f".once '{parties}'", "SELECT key, rowid FROM enterprises ORDER BY key;"],
                   check=True)
    return links, parties


def compare_loads(options, work, files):
    db, ours = load_ringfence(options, work)
    database, theirs = load_sqlite(work, files)
    edges = sum(1 for file in files if columns_of(file)[1] for _ in open(file, "rb")) - \
        sum(1 for file in files if columns_of(file)[1])
    say(compared="load", edges=edges, ringfence_s=round(ours, 1), sqlite_s=round(theirs, 1),
        ratio=round(ours / theirs, 3), ringfence_mb=size_of(db) // 10**6,
        sqlite_mb=size_of(database.parent) // 10**6,
        ringfence_bytes_an_edge=round(size_of(db) / edges, 1))
    return db, database


# ---- reads ------------------------------------------------------------------------------------

def ask(options, program, *arguments):
    """Runs a reading benchmark, prints its lines, and gives what they say by query."""
    lines = subprocess.run([options.build / "tests/bench" / program, *map(str, arguments)],
                           check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    print("\n".join(lines), flush=True)
    return {said["query"]: said for said in map(json.loads, lines) if "query" in said}


def compare_reads(options, work, db, database):
    with open(options.book / "enterprises.csv", newline="", encoding="utf-8") as text:
        keys = [row[0] for row in csv.reader(text)][1:]
    random.Random(options.seed).shuffle(keys)
    chosen = work / "keys.txt"
    chosen.write_text("\n".join(keys[:options.calls]) + "\n", encoding="utf-8")
    links, parties = load_links(work, database)
    (work / "lmdb").mkdir()
    answers = {name: work / f"{name}.answers" for name in ("ringfence", "sqlite", "lmdb")}
    ours = ask(options, "bench_read", db, chosen, options.cap, answers["ringfence"])
    theirs = ask(options, "bench_sqlite", database, chosen, options.cap, answers["sqlite"])
    limit = ask(options, "bench_lmdb", work / "lmdb", links, parties, chosen, options.cap,
                answers["lmdb"])
    for query, said in ours.items():
        say(compared=query, to_sqlite={p: round(said[p] / theirs[query][p], 2)
                                       for p in ("p50_us", "p99_us")},
            to_lmdb={p: round(said[p] / limit[query][p], 2) for p in ("p50_us", "p99_us")})
    texts = {name: path.read_text(encoding="utf-8").splitlines() for name, path in answers.items()}
    differing = {name: sum(a != b for a, b in zip(texts["ringfence"], text))
                 for name, text in texts.items() if name != "ringfence"}
    say(compared="answers", calls=len(texts["ringfence"]), differing=differing)
    return not any(differing.values())


# ---- a hub, and events ------------------------------------------------------------------------

def measure_window(options, work):
    """A hub whose edges spread over ten years, read through windows of 30 days."""
    book, start = work / "hub", 1420070400
    book.mkdir()
    draw = random.Random(options.seed)
    with open(book / "accounts.csv", "w", encoding="utf-8") as text:
        text.write(":ID(Account),:LABEL\nHUB,Account\n")
        text.writelines(f"P{i},Account\n" for i in range(10000))
    with open(book / "transferred.csv", "w", encoding="utf-8") as text:
        text.write(":START_ID(Account),:END_ID(Account),edge_key:string,amount_minor:long,"
                   "valid_from:datetime,:TYPE\n")
        for i in range(options.hub_edges):
            moment = time.gmtime(start + draw.randrange(3650 * 86400))
            text.write(f"P{draw.randrange(10000)},HUB,T{i},{draw.randrange(10**6)},"
                       f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', moment)},TRANSFERRED\n")
    ringfence, db = options.build / "cli" / "ringfence", work / "hub.db"
    subprocess.run([ringfence, "--db", db, "-q", "init"], check=True)
    subprocess.run([ringfence, "--db", db, "-q", "import", book], check=True,
                   stdout=subprocess.DEVNULL)
    ask(options, "bench_window", db, "Account", "HUB", "TRANSFERRED")


def events_of(keys, first, n, draw):
    """Guarantees between enterprises of the book, each with an id of its own."""
    end = '{{"label":"Enterprise","key":"{}"}}'.format
    for i in range(first, first + n):
        yield (f'{{"op":"edge","event_id":"b-{i}","type":"GUARANTEES","from":{end(draw.choice(keys))},'
               f'"to":{end(draw.choice(keys))},"edge_key":"b-{i}","valid_from":"2026-11-02",'
               f'"properties":{{"amount_minor":{draw.randrange(10**9)},"currency":"CNY"}}}}\n')


def measure_single(ringfence, db, lines):
    """One event, its answer, the next: each answer comes after its commit."""
    times = []
    child = subprocess.Popen([ringfence, "--db", db, "-q", "apply", "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, bufsize=0)
    answers = os.fdopen(os.dup(child.stdout.fileno()), "rb")
    for line in lines:
        start = time.perf_counter()
        child.stdin.write(line.encode())
        answer = answers.readline()
        times.append((time.perf_counter() - start) * 1e3)
        if b'"ok"' not in answer:
            sys.exit(f"against_sqlite: {answer.decode()}")
    child.stdin.close()
    child.wait()
    answers.close()
    return sorted(times)


def measure_disk(work):
    """What an event's commit asks of the disk, and nothing else: scattered pages, two syncs."""
    times, draw = [], random.Random(1)
    with open(work / "disk", "wb+", buffering=0) as file:
        file.write(bytes(4096) * 4000)
        os.fsync(file.fileno())
        for _ in range(300):
            start = time.perf_counter()
            for _ in range(10):
                os.pwrite(file.fileno(), b"x" * 4096, 4096 * draw.randrange(4000))
            os.fdatasync(file.fileno())
            os.pwrite(file.fileno(), b"x" * 100, 0)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    say(system="disk", step="ten pages and one more, each synced", p50_ms=round(times[150], 2),
        p99_ms=round(times[297], 2))


def measure_apply(options, work, db):
    draw = random.Random(options.seed + 1)
    with open(options.book / "enterprises.csv", newline="", encoding="utf-8") as text:
        keys = [row[0] for row in csv.reader(text)][1:]
    ringfence = str(options.build / "cli" / "ringfence")
    measure_disk(work)
    times = measure_single(ringfence, db, events_of(keys, 0, 1000, draw))
    say(system="ringfence", step="one event, durable", calls=len(times),
        p50_ms=round(times[len(times) // 2], 2), p99_ms=round(times[len(times) * 99 // 100], 2))
    events = work / "events.ndjson"
    with open(events, "w", encoding="utf-8") as text:
        text.writelines(events_of(keys, 1000, options.events, draw))
    seconds = run("ringfence", "events in batches of 1,000",
                  [ringfence, "--db", str(db), "-q", "apply", str(events)])
    say(system="ringfence", events=options.events, events_a_second=round(options.events / seconds))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="build folder (release)")
    parser.add_argument("--book", type=pathlib.Path, help="a generated book (default: make one)")
    parser.add_argument("--enterprises", default="1000000", help="size of the book to make")
    parser.add_argument("--work", help="where 4 GB can lie, on a local disk (default: TMPDIR)")
    parser.add_argument("--memory", default="1G", help="import's --memory")
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--cap", type=int, default=100, help="parties an identifier may have")
    parser.add_argument("--hub-edges", type=int, default=1000000)
    parser.add_argument("--events", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=options.work))
    try:
        if not options.book:
            options.book = work / "book"
            subprocess.run([options.build / "cli" / "ringfence", "-q", "generate", "-n",
                            options.enterprises, options.book], check=True)
        files = sorted(options.book.glob("*.csv"))
        for file in files:  # in the page cache for both
            file.read_bytes()
        say(load_average=os.getloadavg()[0], cpus=os.cpu_count())
        db, database = compare_loads(options, work, files)
        alike = compare_reads(options, work, db, database)
        measure_window(options, work)
        measure_apply(options, work, db)
        say(load_average=os.getloadavg()[0])
    finally:
        shutil.rmtree(work)
    return 0 if alike else 1


if __name__ == "__main__":
    sys.exit(main())
