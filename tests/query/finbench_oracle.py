# SPDX-License-Identifier: GPL-2.0-or-later
"""Complex reads of FinBench computed plainly from the CSV files, for those without answers at hand."""
import csv
import datetime
import os


def moment(text):
    when = datetime.datetime.fromisoformat(text + ("" if "." in text else ".0"))
    return int(when.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000 + 0.5)


def read(folder, name):
    with open(os.path.join(folder, name + ".csv"), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


class Edges:
    """Of one kind, by either end: (number, from, to, amount, milliseconds)."""

    def __init__(self, folder, name, source, target):
        self.out, self.into = {}, {}
        for i, row in enumerate(read(folder, name)):
            edge = ((name, i), int(row[source]), int(row[target]), float(row.get("amount") or 0),
                    moment(row["createTime"]))
            self.out.setdefault(edge[1], []).append(edge)
            self.into.setdefault(edge[2], []).append(edge)


class Book:
    def __init__(self, folder):
        self.transfers = Edges(folder, "AccountTransferAccount", "fromId", "toId")
        self.withdrawals = Edges(folder, "AccountWithdrawAccount", "fromId", "toId")
        self.deposits = Edges(folder, "LoanDepositAccount", "loanId", "accountId")
        self.repayments = Edges(folder, "AccountRepayLoan", "accountId", "loanId")
        self.owned = Edges(folder, "PersonOwnAccount", "personId", "accountId")
        self.companies = Edges(folder, "CompanyOwnAccount", "companyId", "accountId")
        self.invests = Edges(folder, "PersonInvestCompany", "investorId", "companyId")
        self.loans = {int(row["loanId"]): row for row in read(folder, "Loan")}


def within(edges, start, end, above=None):
    return [e for e in edges if start < e[4] < end and (above is None or e[3] > above)]


def walks(step, at, hops, fits, path=()):
    """All walks of distinct edges from `at` of 1 to `hops` edges; step(node) gives (edge, end)."""
    for edge, other in step(at):
        if edge in path or not fits(path, edge):
            continue
        yield path + (edge,), other
        if len(path) + 1 < hops:
            yield from walks(step, other, hops, fits, path + (edge,))


def read_2(book, person, start, end):
    def back(account):
        return [(e, e[1]) for e in within(book.transfers.into.get(account, ()), start, end)]

    others = {other for own in book.owned.out.get(person, ())
              for _, other in walks(back, own[2], 3, lambda p, e: not p or p[-1][4] > e[4])}
    for other in others:
        loans = {e[1] for e in within(book.deposits.into.get(other, ()), start, end)}
        if loans:
            yield {"otherId": other,
                   "sumLoanAmount": sum(float(book.loans[n]["loanAmount"]) for n in loans),
                   "sumLoanBalance": sum(float(book.loans[n]["balance"]) for n in loans)}


def read_4(book, source, target, start, end):
    if not [e for e in within(book.transfers.out.get(source, ()), start, end) if e[2] == target]:
        return
    second = within(book.transfers.into.get(source, ()), start, end)
    third = within(book.transfers.out.get(target, ()), start, end)
    for other in {e[1] for e in second} & {e[2] for e in third}:
        to = [e[3] for e in second if e[1] == other]
        by = [e[3] for e in third if e[2] == other]
        yield {"otherId": other, "numEdge2": len(to), "sumEdge2Amount": sum(to),
               "maxEdge2Amount": max(to), "numEdge3": len(by), "sumEdge3Amount": sum(by),
               "maxEdge3Amount": max(by)}


def read_5(book, person, start, end):
    def forward(account):
        return [(e, e[2]) for e in within(book.transfers.out.get(account, ()), start, end)]

    paths = {(own[2],) + tuple(e[2] for e in path) for own in book.owned.out.get(person, ())
             for path, _ in walks(forward, own[2], 3, lambda p, e: not p or p[-1][4] < e[4])}
    for path in paths:
        yield {"path": list(path)}


def ratio(a, b):
    return a / b if b else -1.0


def read_7(book, account, threshold, start, end):
    into = within(book.transfers.into.get(account, ()), start, end, threshold)
    out = within(book.transfers.out.get(account, ()), start, end, threshold)
    yield {"numSrc": len({e[1] for e in into}), "numDst": len({e[2] for e in out}),
           "inOutRatio": ratio(sum(e[3] for e in into), sum(e[3] for e in out))}


def read_8(book, loan, threshold, start, end):
    def forward(account):
        return [(e, e[2]) for kind in (book.transfers, book.withdrawals)
                for e in within(kind.out.get(account, ()), start, end, threshold)]

    last, distance = {}, {}
    for first in within(book.deposits.out.get(loan, ()), start, end):
        for path, other in walks(forward, first[2], 3, lambda p, e: True):
            last.setdefault(other, set()).add(path[-1])
            distance[other] = min(distance.get(other, 9), len(path) + 1)
    for other, edges in last.items():
        yield {"dstId": other, "minDistanceFromLoan": distance[other],
               "ratio": sum(e[3] for e in edges) / float(book.loans[loan]["loanAmount"])}


def read_9(book, account, threshold, start, end):
    def total(edges):
        return sum(e[3] for e in within(edges.get(account, ()), start, end, threshold))

    deposited, outflow = total(book.deposits.into), total(book.transfers.out)
    yield {"ratioRepay": ratio(deposited, total(book.repayments.out)),
           "ratioDeposit": ratio(deposited, outflow),
           "ratioTransfer": ratio(total(book.transfers.into), outflow)}


def read_10(book, one, two, start, end):
    x, y = ({e[2] for e in within(book.invests.out.get(person, ()), start, end)}
            for person in (one, two))
    yield {"jaccardSimilarity": len(x & y) / len(x | y) if x | y else 0.0}


def read_12(book, person, start, end):
    sums = {}
    for own in book.owned.out.get(person, ()):
        for e in within(book.transfers.out.get(own[2], ()), start, end):
            if e[2] in book.companies.into:
                sums[e[2]] = sums.get(e[2], 0) + e[3]
    for account, amount in sums.items():
        yield {"compAccountId": account, "sumEdge2Amount": amount}


# Names of the parameters, what picks the first of them, and the computation.
READS = {
    2: (["id", "start", "end"], lambda b: b.owned.out, read_2),
    4: (["id1", "id2", "start", "end"], None, read_4),
    5: (["id", "start", "end"], lambda b: b.owned.out, read_5),
    7: (["id", "threshold", "start", "end"], lambda b: b.transfers.out, read_7),
    8: (["id", "threshold", "start", "end"], lambda b: b.deposits.out, read_8),
    9: (["id", "threshold", "start", "end"], lambda b: b.deposits.into, read_9),
    10: (["id1", "id2", "start", "end"], None, read_10),
    12: (["id", "start", "end"], lambda b: b.owned.out, read_12),
}
WINDOWS = [(1577836800000, 1700000000000), (1590000000000, 1640000000000)]


def cases(book, number):
    """Parameters of a read: ends picked over the whole book, in a wide and a narrow window."""
    names, pick, _ = READS[number]
    if pick:
        ends = [(i,) for i in sorted(pick(book))]
    elif number == 4:
        out, into = book.transfers.out, book.transfers.into
        ends = sorted({(e[1], e[2]) for edges in out.values() for e in edges})
        loops = [(a, b) for a, b in ends
                 if {e[1] for e in into.get(a, ())} & {e[2] for e in out.get(b, ())}]
        ends = [pair for both in zip(loops, ends) for pair in both]
    else:
        investors = {e[2]: [] for edges in book.invests.out.values() for e in edges}
        for edges in book.invests.out.values():
            for e in edges:
                investors[e[2]].append(e[1])
        ends = sorted({tuple(sorted(set(i))[:2]) for i in investors.values() if len(set(i)) > 1})
    for i, end in enumerate(ends):
        more = (1000.0 if i % 2 else 500000.0,) if "threshold" in names else ()
        yield end + more + WINDOWS[i % 2]
