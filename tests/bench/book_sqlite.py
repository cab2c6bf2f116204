#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Loads a generated book (`ringfence generate`) into SQLite, as well as SQLite can hold a graph.

    book_sqlite.py BOOK OUT.sqlite

Nodes have dense numbers in the order of the files; a table for each label holds its properties.
Edges are one table clustered by (src, type) with a covering index by (dst, type), so that either
end is one seek and a scan. Times are microseconds; an open interval ends at the largest integer.
The indexes are built after the rows, and ANALYZE is run, so that its planner knows what it has.
"""
import csv
import datetime
import os
import sqlite3
import sys

END = (1 << 63) - 1
START = -END
LABELS = ["Enterprise", "Person", "Device", "Phone", "Address", "Application", "Account", "Loan",
          "Group"]
NODE_FILES = ["enterprises", "persons", "devices", "phones", "addresses", "applications",
              "accounts", "loans", "groups"]
PRAGMAS = ["journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000",
           "temp_store = MEMORY"]


def moment(text, cache={}):
    """Microseconds since 1970 of an RFC 3339 time or a date."""
    if text not in cache:
        when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if when.tzinfo is None:
            when = when.replace(tzinfo=datetime.timezone.utc)
        cache[text] = int(when.timestamp()) * 1000000
    return cache[text]


def parser_of(header):
    """How a cell of the column becomes a value of SQLite."""
    kind = header.partition(":")[2]
    if kind in ("long", "int"):
        return int
    if kind in ("double", "float"):
        return float
    return moment if kind in ("datetime", "date") else str


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        yield next(rows)
        yield from rows


def cell(parse, text):
    return parse(text) if text else None


def load_nodes(db, book, name, label, numbers, next_id):
    """Adds the label's nodes to numbers[label]; gives the next free number."""
    rows = rows_of(os.path.join(book, name + ".csv"))
    header = next(rows)
    columns = [(i, h.partition(":")[0], parser_of(h)) for i, h in enumerate(header)
               if not h.startswith(":")]
    ids = numbers.setdefault(label, {})
    db.execute(f'CREATE TABLE "{label.lower()}" (id INTEGER PRIMARY KEY, key TEXT'
               + "".join(f', "{c[1]}"' for c in columns) + ")")

    def values():
        nonlocal next_id
        for row in rows:
            ids[row[0]] = next_id
            yield (next_id, row[0], *(cell(parse, row[i]) for i, _, parse in columns))
            next_id += 1

    db.executemany(f'INSERT INTO "{label.lower()}" VALUES (?, ?' + ", ?" * len(columns) + ")",
                   values())
    return next_id


def load_edges(db, path, numbers, types, n):
    rows = rows_of(path)
    header = next(rows)
    at = {h.partition(":")[0]: i for i, h in enumerate(header) if not h.startswith(":")}
    ends = [h.partition("(")[2].rstrip(")") for h in header if h.endswith("_ID") or "_ID(" in h]
    sources, targets = numbers[ends[0]], numbers[ends[1]]
    since, until, amount, role = (at.get(k) for k in ("valid_from", "valid_to", "amount_minor",
                                                      "role"))

    def values():
        nonlocal n
        for row in rows:
            n += 1
            name = row[-1]
            yield (sources[row[0]], types.setdefault(name, len(types) + 1), n, targets[row[1]],
                   moment(row[since]) if since is not None and row[since] else START,
                   moment(row[until]) if until is not None and row[until] else END,
                   int(row[amount]) if amount is not None and row[amount] else None,
                   row[role] if role is not None and row[role] else None)

    db.executemany("INSERT INTO loading VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values())
    return n


def load_book(book, out):
    """Gives an open connection."""
    if os.path.exists(out):
        os.remove(out)
    db = sqlite3.connect(out, isolation_level=None)
    for pragma in PRAGMAS:
        db.execute("PRAGMA " + pragma)
    numbers, types, next_id, n = {}, {}, 1, 0
    db.execute("BEGIN")
    for name, label in zip(NODE_FILES, LABELS):
        next_id = load_nodes(db, book, name, label, numbers, next_id)
    db.execute("CREATE TABLE loading (src INTEGER, type INTEGER, n INTEGER, dst INTEGER, "
               "valid_from INTEGER, valid_to INTEGER, amount_minor INTEGER, role TEXT)")
    for name in sorted(os.listdir(book)):
        if name.endswith(".csv") and name[:-4] not in NODE_FILES:
            n = load_edges(db, os.path.join(book, name), numbers, types, n)
    db.execute("CREATE TABLE type (id INTEGER PRIMARY KEY, name TEXT)")
    db.executemany("INSERT INTO type VALUES (?, ?)", [(i, t) for t, i in types.items()])
    db.execute("CREATE TABLE edge (src INTEGER, type INTEGER, n INTEGER, dst INTEGER, "
               "valid_from INTEGER, valid_to INTEGER, amount_minor INTEGER, role TEXT, "
               "PRIMARY KEY (src, type, n)) WITHOUT ROWID")
    db.execute("INSERT INTO edge SELECT * FROM loading ORDER BY src, type, n")
    db.execute("DROP TABLE loading")
    db.execute("CREATE INDEX edge_in ON edge (dst, type, src, valid_from, valid_to)")
    for label in LABELS:
        db.execute(f'CREATE UNIQUE INDEX "{label.lower()}_key" ON "{label.lower()}" (key)')
    db.execute("CREATE INDEX application_applied ON application (applied_at)")
    db.execute("COMMIT")
    db.execute("ANALYZE")
    return db


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    db = load_book(sys.argv[1], sys.argv[2])
    size = os.path.getsize(sys.argv[2])
    n = db.execute("SELECT count(*) FROM edge").fetchone()[0]
    print(f"{n} edges, {size >> 20} MiB")


if __name__ == "__main__":
    main()
