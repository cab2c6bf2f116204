#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a generated book and the definitions of the detectors, slowly and plainly, and compares
what they find with the truth file: every code's members exactly, no trap at attention or above.

    oracle.py [--later DAYS] BOOK       as of the book's T, or so many days after it
    oracle.py --generate RINGFENCE --enterprises N --seeds 1,2,3
"""
import argparse
import bisect
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import date, datetime, timezone

DAY = 86400
HINT, ATTENTION, ALERT = 1, 2, 3
LOOKBACK = 1095 * DAY
NO_LINK = {"incubator", "registration_agent", "accounting_firm", "bank_branch", "public_wifi",
           "carrier_nat", "government"}
CAPS = {"Device": (30, 100), "Phone": (25, 100), "Address": (50, 500), "Person": (20, 100)}
WEIGHTS = {"Device": 1.0, "Person": 1.0, "Phone": 0.8, "Address": 0.4}
INF = math.inf
WHOLE_GRAPH = {"DENSE_BLOCK", "RISK_CONTAGION", "BAD_INTERMEDIARY"}  # not judged here


def moment(text, missing):
    if not text:
        return missing
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Use:
    def __init__(self, who, start, end, dated, role="", application=None):
        self.who, self.start, self.end, self.dated = who, start, end, dated
        self.role, self.application = role, application

    def overlaps(self, low, high):
        """Some moment of it in (low, high]."""
        return low < self.start <= high if self.dated else self.start <= high and self.end > low


class Book:
    def __init__(self, folder, later=0):
        self.folder = folder
        with open(os.path.join(folder, "book.json")) as file:
            self.marker = json.load(file)
        self.T = moment(self.marker["as_of"], 0) + later * DAY
        self.read_nodes()
        self.read_edges()
        self.read_uses()
        self.groups = control_groups(self)

    def rows(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader)
            for row in reader:
                assert len(row) == len(header), (name, row)
                yield row
            assert self.marker["files"][name] == reader.line_num - 1, name

    def read_nodes(self):
        self.enterprise = {r[0]: {"industry": r[2], "registered_on": r[4], "assets": int(r[5]) if r[5] else None,
                                  "status": r[6], "class": r[7]}
                           for r in self.rows("enterprises.csv")}
        self.persons = {r[0]: r[1] for r in self.rows("persons.csv")}
        self.classes, self.level = {}, {}
        for label, name in (("Device", "devices.csv"), ("Phone", "phones.csv")):
            for key, class_, _ in self.rows(name):
                self.classes[label, key] = class_
        for key, level, class_, _ in self.rows("addresses.csv"):
            self.classes["Address", key] = class_
            self.level[key] = level
        self.application = {r[0]: {"product": r[1], "lender": r[2], "legal_rep": r[3],
                                   "industry": r[4], "when": moment(r[7], None), "outcome": r[9]}
                            for r in self.rows("applications.csv")}
        self.loan = {r[0]: {"since": moment(r[4], INF), "until": moment(r[5], INF),
                            "amount": int(r[1])} for r in self.rows("loans.csv")}
        assert len(self.enterprise) == self.marker["options"]["enterprises"]

    def interval(self, name, columns=0):
        """from, to, the columns between, valid_from, valid_to"""
        return [(r[0], r[1], r[2:2 + columns], moment(r[2 + columns], -INF),
                 moment(r[3 + columns], INF)) for r in self.rows(name)]

    def read_edges(self):
        self.legal_rep = self.interval("legal_rep.csv")
        self.contact = self.interval("contact.csv", 1)
        self.shares = [(a, b, float(r[0]), f, t) for name in ("shareholder.csv", "invests.csv")
                       for a, b, r, f, t in self.interval(name, 1)]
        self.kin = [(r[0], r[1], r[2]) for r in self.rows("kin.csv")]
        self.member_of = self.interval("member_of.csv")
        self.has_phone = self.interval("has_phone.csv", 2)
        self.located_at = self.interval("located_at.csv", 2)
        self.guarantees = [(a, b, c, f, t)
                           for name in ("guarantees.csv", "guarantees_person.csv")
                           for a, b, c, f, t in self.interval(name, 5)]
        self.owner = {r[1]: r[0] for r in self.rows("owns.csv")}
        self.borrower = {r[1]: r[0] for r in self.rows("borrowed.csv")}
        self.applied = {r[1]: (r[0], moment(r[3], None)) for r in self.rows("applied.csv")}
        self.of = defaultdict(list)  # enterprise: its applications in order of time
        for number, (who, when) in self.applied.items():
            if when <= self.T:
                self.of[who].append((when, number))
        for mine in self.of.values():
            mine.sort()
        self.deposited = [(r[0], r[1], int(r[2]), moment(r[3], None))
                          for r in self.rows("deposited.csv")]
        self.repaid = [(r[0], r[1]) for r in self.rows("repaid.csv")]
        self.transferred = [(r[0], r[1], int(r[3]), moment(r[4], None))
                            for r in self.rows("transferred.csv")]

    def read_uses(self):
        self.uses = defaultdict(list)  # (label, key): uses
        self.stated = defaultdict(dict)  # application: label: key
        for who, phone, (role, _), start, end in self.has_phone:
            self.uses["Phone", phone].append(Use(who, start, end, False, role))
        for who, place, (role, _), start, end in self.located_at:
            self.uses["Address", place].append(Use(who, start, end, False, role))
        for person, who, start, end in ((r[0], r[1], r[3], r[4])
                                        for r in self.legal_rep + self.contact):
            self.uses["Person", person].append(Use(who, start, end, False))
        for who, device, when, _ in self.rows("uses_device.csv"):
            self.uses["Device", device].append(Use(who, moment(when, None), None, True))
        for device, account, _, when, _ in self.rows("signed_in.csv"):
            self.uses["Device", device].append(
                Use(self.owner[account], moment(when, None), None, True))
        for label, name in (("Device", "submitted_from.csv"), ("Phone", "states_phone.csv"),
                            ("Address", "states_address.csv")):
            for number, key, _, when, _ in self.rows(name):
                who, applied_at = self.applied[number]
                self.uses[label, key].append(
                    Use(who, moment(when, applied_at), None, True, application=number))
                self.stated[number][label] = key
        for label, key in self.uses:
            assert (label, key) in self.classes or key in self.persons, (label, key)

    def unrelated(self, whos):
        return len({self.groups[who] for who in whos})

    def caps(self, identifier):
        return (0, 0) if self.classes.get(identifier) in NO_LINK else CAPS[identifier[0]]

    def applicants(self, days):
        low = self.T - days * DAY
        return {who for who, mine in self.of.items() if any(low < when for when, _ in mine)}


class Union:
    def __init__(self):
        self.up = {}

    def find(self, x):
        while self.up.setdefault(x, x) != x:
            self.up[x] = self.up[self.up[x]]
            x = self.up[x]
        return x

    def join(self, a, b):
        a, b = self.find(a), self.find(b)
        if a != b:
            self.up[max(a, b)] = min(a, b)


def controlled(holdings, x):
    """All that x controls: with what x controls it holds more than half."""
    mine = {x}
    while True:
        sums = defaultdict(float)
        for holder in mine:
            for company, ratio in holdings.get(holder, {}).items():
                sums[company] += ratio
        more = {c for c, ratio in sums.items() if ratio > 0.5 + 1e-12} - mine
        if not more:
            return mine - {x}
        mine |= more


def control_groups(book):
    union, holdings = Union(), defaultdict(dict)
    for holder, company, ratio, start, end in book.shares:
        if start <= book.T < end:
            holdings[holder][company] = max(ratio, holdings[holder].get(company, 0))
    book.controls = {x: controlled(holdings, x) for x in holdings}
    controller = defaultdict(set)
    for x, companies in book.controls.items():
        for company in companies:
            union.join(x, company)
            controller[company].add(x)
    # Ultimate: nobody controls the controller.
    book.controller = {c: {x for x in xs if x not in controller} for c, xs in controller.items()}
    first = {}
    book.declared = defaultdict(set)
    for who, group, _, start, end in book.member_of:
        if start <= book.T < end:
            union.join(who, first.setdefault(group, who))
            book.declared[who].add(group)
    for a, b, relation in book.kin:
        if relation in ("spouse", "parent", "child", "sibling") and \
                book.controls.get(a) and book.controls.get(b):
            union.join(a, b)
    return {who: union.find(who) for who in book.enterprise}


def windows(events, width):
    """For each start in sorted (time, ...) events: those in [t, t + width)."""
    times = [e[0] for e in events]
    for i, t in enumerate(times):
        if i and times[i - 1] == t:
            continue
        yield t, events[i:bisect.bisect_left(times, t + width)]


def steady(book, events, t, width, count):
    """Suppressed by its rhythm; events are all (time, who) of the lookback."""
    outside = [e for e in events if not t <= e[0] < t + width]
    span = events[-1][0] - events[0][0]
    if book.unrelated({e[1] for e in outside}) < 30 or span < 90 * DAY:
        return False
    return count < 3 * len(outside) * width / (span - width)


def raise_level(found, who, level):
    found[who] = max(level, found.get(who, 0))


def in_lookback(book, t):
    return book.T - LOOKBACK < t <= book.T


def shared_device(book):
    found = {}
    for identifier, uses in book.uses.items():
        if identifier[0] != "Device":
            continue
        events = sorted((u.start, u.who) for u in uses if in_lookback(book, u.start))
        for t, inside in windows(events, 7 * DAY):
            count = book.unrelated({e[1] for e in inside})
            if count < 3 or count > book.caps(identifier)[1] or \
                    steady(book, events, t, 7 * DAY, count):
                continue
            for e in inside:
                raise_level(found, e[1], ATTENTION)
            for _, day in windows(inside, DAY):
                if book.unrelated({e[1] for e in day}) >= 5:
                    for e in day:
                        raise_level(found, e[1], ALERT)
    return found


def shared_phone(book):
    found = {}
    for identifier, uses in book.uses.items():
        if identifier[0] != "Phone":
            continue
        held = [u for u in uses if not u.dated]
        for chosen, least in (([u for u in held if u.role == "legal_rep"], 3),
                              ([u for u in held if u.role not in ("finance", "agent")], 5)):
            if len(chosen) < least:
                continue
            for t in {max(u.start, book.T - LOOKBACK + 1) for u in chosen}:
                now = {u.who for u in chosen if u.start <= t < u.end and t <= book.T}
                if least <= book.unrelated(now) <= book.caps(identifier)[1]:
                    for who in now:
                        raise_level(found, who, ATTENTION)
    return found


def shared_address(book):
    found = {}
    for identifier, uses in book.uses.items():
        if identifier[0] != "Address" or book.level[identifier[1]] not in ("room", ""):
            continue
        events = sorted((u.start, u.who) for u in uses if not u.dated and
                        u.role in ("registered", "") and in_lookback(book, u.start))
        for t, inside in windows(events, 30 * DAY):
            count = book.unrelated({e[1] for e in inside})
            if 5 <= count <= book.caps(identifier)[1] and \
                    not steady(book, events, t, 30 * DAY, count):
                for e in inside:
                    raise_level(found, e[1], ATTENTION)
    return found


def gang_edges(book, nodes):
    kinds, weight = defaultdict(set), defaultdict(float)
    exclusive = set()
    low = book.T - 90 * DAY
    for identifier, uses in book.uses.items():
        inside = [u for u in uses if u.overlaps(low, book.T)]
        users = {u.who for u in inside}
        degree = book.unrelated(users)
        if len(users) < 2 or degree > book.caps(identifier)[0]:
            continue
        newest = {}
        for u in uses:
            if u.start <= book.T:
                newest[u.who] = max(newest.get(u.who, -INF),
                                    u.start if u.dated else min(u.end, book.T))
        alone = users <= nodes and degree >= 4
        here = sorted(users & nodes)
        for i, a in enumerate(here):
            for b in here[i + 1:]:
                if book.groups[a] == book.groups[b]:
                    continue
                age = (book.T - min(newest[a], newest[b])) // DAY
                kinds[a, b].add(identifier[0])
                weight[a, b] += WEIGHTS[identifier[0]] / math.log(degree + 5) * \
                    math.exp(-age / 180)
                if alone:
                    exclusive.add((a, b))
    return [pair for pair, k in kinds.items()
            if (len(k) >= 2 or pair in exclusive) and weight[pair] >= 0.35 - 5e-7]


def overdue_now(book):
    return {book.borrower[l] for l, loan in book.loan.items()
            if loan["since"] <= book.T < loan["until"]}


def gang_application(book):
    """Of a component above 50 every part is taken to be a gang: so syndicates are planted."""
    nodes, union, found = book.applicants(90), Union(), {}
    for a, b in gang_edges(book, nodes):
        union.join(a, b)
    parts, overdue = defaultdict(list), overdue_now(book)
    for who in union.up:
        parts[union.find(who)].append(who)
    for part in parts.values():
        times = sorted((when, who) for who in part for when, _ in book.of[who]
                       if book.T - 90 * DAY < when)
        burst = any(a[1] != b[1] and b[0] - a[0] <= 30 * DAY for a, b in zip(times, times[1:]))
        size = book.unrelated(part)
        if size < 3 or not burst:
            continue
        for who in part:
            raise_level(found, who, ALERT if size >= 6 or overdue & set(part) else ATTENTION)
    return found


def batch_application(book):
    found = {}
    for identifier, uses in book.uses.items():
        events = sorted((u.start, u.who) for u in uses if u.application and
                        in_lookback(book, u.start))
        for width, least in ((1800, 5), (DAY, 10)):
            for t, inside in windows(events, width):
                count = book.unrelated({e[1] for e in inside})
                if count >= least and not steady(book, events, t, width, count):
                    for e in inside:
                        raise_level(found, e[1], ATTENTION)
    return found


def active_guarantees(book, person=True):
    out = defaultdict(set)
    for a, b, c, start, end in book.guarantees:
        if start <= book.T < end and c[4] in ("", "active") and a != b:
            out[a].add(b)
    return out


def ring_level(book, cycle, mutual):
    if set.intersection(*(book.declared[who] for who in cycle)):
        return HINT
    return ALERT if mutual else ATTENTION


def circular_guarantee(book):
    found, out = {}, active_guarantees(book)
    for start in out:
        stack = [(start, (start,))]
        while stack:
            at, path = stack.pop()
            for nxt in out.get(at, ()):
                if nxt == start and len(path) >= 3:
                    mutual = any(a in out.get(b, ()) for a, b in
                                 zip(path, path[1:] + path[:1]))
                    for who in path:
                        raise_level(found, who, ring_level(book, path, mutual))
                elif nxt > start and nxt not in path and len(path) < 6:
                    stack.append((nxt, path + (nxt,)))
    return found


def mutual_guarantee(book):
    found, out = {}, active_guarantees(book)
    for a in out:
        for b in out[a]:
            if a in out.get(b, ()):
                for who in (a, b):
                    raise_level(found, who, ring_level(book, (a, b), True))
    return found


def no_companies(book):
    out = active_guarantees(book)
    firm = {k for k, e in book.enterprise.items() if e["class"] == "guarantee_company"}
    return {a: bs - firm for a, bs in out.items() if a not in firm}


def guarantee_chain(book):
    found, out = {}, no_companies(book)

    def longest(path):
        if len(path) > 4:
            return True
        return any(longest(path + (b,)) for b in out.get(path[-1], ()) if b not in path)

    for who in book.applicants(1095):
        if longest((who,)):
            found[who] = ATTENTION
    return found


def over_guarantee(book):
    found, load = {}, defaultdict(int)
    for a, b, c, start, end in book.guarantees:
        if a in book.enterprise and book.enterprise[a]["class"] != "guarantee_company" and \
                a != b and start <= book.T < end and c[4] in ("", "active"):
            load[a] += int(c[1])
    for who, amount in load.items():
        assets = book.enterprise[who]["assets"]
        if assets is None:
            continue
        if assets <= 0 or amount > assets:
            found[who] = ALERT
        elif amount > assets / 2:
            found[who] = ATTENTION
    return found


def blocks_of(edges):
    """Biconnected blocks of an undirected graph {node: neighbours}, by Tarjan with a stack."""
    depth, low, result = {}, {}, []
    for root in edges:
        if root in depth:
            continue
        depth[root] = low[root] = 0
        trail, path = [], [(root, None, iter(sorted(edges[root])))]
        while path:
            node, up, rest = path[-1]
            for nxt in rest:
                if nxt == up:
                    continue
                if nxt not in depth:
                    depth[nxt] = low[nxt] = len(path)
                    trail.append((node, nxt))
                    path.append((nxt, node, iter(sorted(edges[nxt]))))
                    break
                if depth[nxt] < depth[node]:
                    trail.append((node, nxt))
                    low[node] = min(low[node], depth[nxt])
            else:
                path.pop()
                if up is None:
                    continue
                low[up] = min(low[up], low[node])
                if low[node] >= depth[up]:
                    block = set()
                    while True:
                        edge = trail.pop()
                        block |= set(edge)
                        if edge == (up, node):
                            break
                    result.append(block)
    return result


def guarantee_circle(book):
    found, edges, overdue = {}, defaultdict(set), overdue_now(book)
    for a, bs in no_companies(book).items():
        if len(bs) > 20:
            continue
        for b in bs:
            edges[a].add(b)
            edges[b].add(a)
    for block in blocks_of(edges):
        if len(block) < 4:
            continue
        near = set(block) if len(block) >= 10 else set()
        for who in block & overdue:
            one = {who} | edges[who] & block
            near |= one.union(*(edges[b] & block for b in one))
        for who in near & set(book.enterprise):
            found[who] = ATTENTION
    return found


def shared_uncapped(book):
    """Pairs sharing a device, phone or address that is not above its candidate cap in 180 days."""
    pairs = set()
    for identifier, uses in book.uses.items():
        if identifier[0] == "Person":
            continue
        users = {u.who for u in uses if u.overlaps(book.T - 180 * DAY, book.T)}
        if len(users) > 1 and book.unrelated(users) <= book.caps(identifier)[0]:
            pairs |= {(a, b) for a in users for b in users if a != b}
    return pairs


def hidden_control(book):
    found, applicants = {}, book.applicants(180)
    heads, of_head = defaultdict(set), defaultdict(set)
    for person, who, _, start, end in book.legal_rep:
        if start <= book.T < end:
            heads[who].add(person)
            of_head[person].add(who)
    pairs, groups = set(), defaultdict(set)
    for who in applicants:
        groups[book.groups[who]].add(who)
    for members in list(groups.values()) + [s & applicants for s in of_head.values()
                                            if len(s) <= 20]:
        pairs |= {(a, b) for a in members for b in members if a < b}
    shared = shared_uncapped(book) if pairs else set()
    for a, b in pairs:
        if book.declared[a] & book.declared[b]:
            continue
        strong = heads[a] and heads[b] and not heads[a] & heads[b] and (a, b) in shared
        for who in (a, b):
            raise_level(found, who, ATTENTION if strong else HINT)
    return found


def group_exposure(book):
    members, applicants = defaultdict(list), book.applicants(1095)
    for who, group in book.groups.items():
        members[group].append(who)
    return {who: HINT for group in members.values() if len(group) > 1 and set(group) & applicants
            for who in group}


def multi_lending(book):
    found, by_group = {}, defaultdict(list)
    for who, mine in book.of.items():
        for when, number in mine:
            by_group[book.groups[who]].append((when, who, number))
    for mine in by_group.values():
        for days, least in ((7, 3), (30, 6), (90, 10)):
            inside = [e for e in mine if book.T - days * DAY < e[0]]
            if len({(book.application[n]["lender"], book.application[n]["product"])
                    for _, _, n in inside}) >= least:
                for _, who, _ in inside:
                    found[who] = ATTENTION
    return found


def overdue_link(book):
    found = {}
    low = book.T - 180 * DAY
    partners = defaultdict(set)  # principal: (tie)
    for (label, key), uses in book.uses.items():
        if label != "Device":
            continue
        users = {u.who for u in uses if u.overlaps(low, book.T)}
        if book.unrelated(users) <= book.caps((label, key))[0]:
            for who in users:
                partners[who].add(("device", key))
    for account, who in book.owner.items():
        partners[who].add(("account", account))
    for loan, account, _, when in book.deposited:
        if low < when <= book.T:
            partners[book.borrower[loan]].add(("account", account))
    for account, loan in book.repaid:
        partners[book.borrower[loan]].add(("account", account))
    for who, controllers in book.controller.items():
        for x in controllers:
            partners[who].add(("controller", x))
    for a, bs in active_guarantees(book).items():
        for b in bs:
            partners[b].add(("guarantor", a))
    by_tie = defaultdict(set)
    for who, ties in partners.items():
        if who in book.enterprise:
            for tie in ties:
                by_tie[tie].add(who)
    for number, loan in book.loan.items():
        if loan["since"] > book.T or loan["until"] <= low:
            continue
        ended = loan["until"] <= book.T
        days = (book.T - loan["since"]) / DAY
        level = ALERT if not ended and days >= 30 else HINT
        debtor = book.borrower[number]
        for tie in partners[debtor]:
            for who in by_tie[tie] - {debtor}:
                raise_level(found, who, level)
    return found


def shell_takeover(book):
    found = {}
    reps, holders, places = defaultdict(list), defaultdict(list), defaultdict(list)
    for person, who, _, start, end in book.legal_rep:
        reps[who].append((start, person, end))
    for holder, who, ratio, start, end in book.shares:
        if ratio > 0.5:
            holders[who].append((start, holder, end))
    for who, place, (role, _), start, end in book.located_at:
        if role in ("registered", ""):
            places[who].append((start, place, end))

    def age(who, at):
        return at - datetime.combine(date.fromisoformat(book.enterprise[who]["registered_on"]),
                                     datetime.min.time(), timezone.utc).timestamp()

    def changed(rows, at):
        return any(at - 180 * DAY < start <= at and
                   any(other < start and key2 != key for other, key2, _ in rows) and
                   not any(other < start and key2 == key for other, key2, _ in rows)
                   for start, key, _ in rows)

    for who, mine in book.of.items():
        at = mine[-1][0]
        young = [len([c for c in book.controls[x] if c in book.enterprise and
                      age(c, book.T) < 730 * DAY]) for x in book.controller.get(who, ())]
        signs = [age(who, at) < 365 * DAY or book.enterprise[who]["status"] == "dormant",
                 changed(reps[who], at), changed(holders[who], at), changed(places[who], at),
                 max(young, default=0) >= 5,
                 any(book.classes["Address", p] == "registration_agent" and s <= at < e
                     for s, p, e in places[who])]
        if sum(signs) >= 3:
            found[who] = ALERT if sum(signs) >= 4 else ATTENTION
    return found


def application_tampering(book):
    found, by_group = {}, defaultdict(list)
    for who, mine in book.of.items():
        for when, number in mine:
            if in_lookback(book, when):
                by_group[book.groups[who]].append((when, who, number))
    for mine in by_group.values():
        mine.sort()
        for (t, a, x), (u, b, y) in zip(mine, mine[1:]):
            if u - t >= 3600:
                continue
            first, second = ({**book.stated[n], **{k: book.application[n][k] for k in
                             ("legal_rep", "industry", "product")}} for n in (x, y))
            if sum(bool(first[k] and second[k] and first[k] != second[k])
                   for k in first.keys() & second.keys()) >= 2:
                found[a] = found[b] = ATTENTION
    return found


def circular_ownership(book):
    out, found = defaultdict(dict), {}
    for a, b, ratio, start, end in book.shares:
        if start <= book.T < end and a in book.enterprise:
            out[a][b] = max(ratio, out[a].get(b, 0))
    for start in out:
        stack = [(start, (start,), 1.0)]
        while stack:
            at, path, least = stack.pop()
            for nxt, ratio in out.get(at, {}).items():
                if nxt == start and len(path) >= 2:
                    for who in path:
                        raise_level(found, who,
                                    ATTENTION if min(least, ratio) >= 0.25 else HINT)
                elif nxt > start and nxt not in path and len(path) < 4:
                    stack.append((nxt, path + (nxt,), min(least, ratio)))
    return found


def loan_round_trip(book):
    found, moves = {}, defaultdict(list)
    for a, b, amount, when in book.transferred:
        if when <= book.T:
            moves[a].append((b, amount, when))
    guarantors = defaultdict(set)
    for a, bs in active_guarantees(book).items():
        for b in bs:
            guarantors[b].add(a)
    members = defaultdict(set)
    for who, group in book.groups.items():
        members[group].add(who)
    for loan, account, amount, when in book.deposited:
        debtor = book.borrower[loan]
        side = set(members[book.groups[debtor]])
        for g in guarantors[debtor]:
            side |= members[book.groups[g]] if g in book.enterprise else {g}
        stack = [(account, amount, when, 0, book.owner.get(account) not in side)]
        while stack:
            at, last, t, hops, outside = stack.pop()
            for to, next_amount, next_t in moves[at]:
                if not (t < next_t < when + 30 * DAY) or next_amount < 0.6 * last:
                    continue
                if outside and book.owner.get(to) in side:
                    found[debtor] = ALERT
                elif hops < 2:
                    stack.append((to, next_amount, next_t, hops + 1,
                                  outside or book.owner.get(to) not in side))
    return found


def contradiction(book):
    found = {}
    recorded = defaultdict(list)
    for label, rows in (("Phone", book.has_phone), ("Address", book.located_at)):
        for who, key, (_, verified), start, end in rows:
            if verified == "true":
                recorded[who, label].append((key, start, end))
    heads = defaultdict(list)
    for person, who, _, start, end in book.legal_rep:
        heads[who].append((person, start, end))
    for who, mine in book.of.items():
        for when, number in mine:
            if not in_lookback(book, when):
                continue
            contact = any(s <= when < e and key != book.stated[number][label]
                          for label in ("Phone", "Address") if label in book.stated[number]
                          for key, s, e in recorded[who, label])
            head = book.application[number]["legal_rep"]
            now = [p for p, s, e in heads[who] if s <= when < e]
            kinds = contact + bool(head and now and head not in now)
            if kinds:
                raise_level(found, who, ATTENTION if kinds >= 2 else HINT)
    return found


DETECTORS = {
    "SHARED_DEVICE": shared_device, "SHARED_PHONE": shared_phone,
    "SHARED_ADDRESS": shared_address, "GANG_APPLICATION": gang_application,
    "BATCH_APPLICATION": batch_application, "CIRCULAR_GUARANTEE": circular_guarantee,
    "MUTUAL_GUARANTEE": mutual_guarantee, "GUARANTEE_CHAIN": guarantee_chain,
    "OVER_GUARANTEE": over_guarantee, "GUARANTEE_CIRCLE": guarantee_circle,
    "HIDDEN_CONTROL": hidden_control, "GROUP_EXPOSURE": group_exposure,
    "MULTI_LENDING": multi_lending, "OVERDUE_LINK": overdue_link,
    "SHELL_TAKEOVER": shell_takeover, "APPLICATION_TAMPERING": application_tampering,
    "CIRCULAR_OWNERSHIP": circular_ownership, "LOAN_ROUND_TRIP": loan_round_trip,
    "CONTRADICTION": contradiction,
}


def check(folder, later, verbose):
    book, wrong = Book(folder, later), 0
    truth, traps = defaultdict(set), defaultdict(set)
    where = {}
    with open(os.path.join(folder, "truth.ndjson"), encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row.get("code") in WHOLE_GRAPH:
                continue
            for who in row["members"]:
                assert who in book.enterprise, who
                where.setdefault(who, row.get("ring") or row["trap"])
            if "trap" in row:
                traps[row["trap"]] |= set(row["members"])
            else:
                truth[row["code"]] |= set(row["members"])
    trapped = set().union(*traps.values())
    for code, detect in DETECTORS.items():
        found = detect(book)
        missing = truth[code] - set(found)
        extra = {who for who, level in found.items() if who not in truth[code] and
                 (level > HINT or who not in trapped)}
        hit = {who for who, level in found.items() if level > HINT and who in trapped}
        wrong += len(missing) + len(extra) + len(hit)
        if verbose or missing or extra or hit:
            print(f"{code}: found {len(found)}, truth {len(truth[code])}, missed {len(missing)}, "
                  f"false {len(extra)}, traps hit {len(hit)}")
        for name, whos in (("missed", missing), ("false", extra), ("trap", hit)):
            for who in sorted(whos)[:3]:
                print(f"  {name}: {who} of {where.get(who, 'the ordinary ones')}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("book", nargs="?")
    parser.add_argument("--later", type=int, default=0)
    parser.add_argument("--generate")
    parser.add_argument("--enterprises", default="2000")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--fraud", default="0.03")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    if args.book:
        return 1 if check(args.book, args.later, args.verbose) else 0
    wrong = 0
    for seed in args.seeds.split(","):
        with tempfile.TemporaryDirectory() as place:
            folder = os.path.join(place, "book")
            subprocess.run([args.generate, "-q", "generate", "--enterprises", args.enterprises,
                            "--seed", seed, "--fraud", args.fraud, folder], check=True,
                           stdout=subprocess.DEVNULL)
            print(f"seed {seed}:")
            wrong += check(folder, args.later, args.verbose)
    print(f"{wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
