#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service is killed again and again under load, and its clients ask again: one decision for an
idempotency key, the same bytes each time.

usage: serve_kill.py RINGFENCE [KILLS [--control]]

Each client sends applications one after the other and repeats one until it is answered, across as
many kills as it takes. After each restart what was answered last is asked for again; at the end
everything is, and the log must hold one decision for each application. --control sends no keys: the
rig must then find applications that were decided twice.
"""
import json
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))
from harness import Service, application, check, equal  # pylint: disable=wrong-import-position

BINARY = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
CONTROL = "--control" in sys.argv
CLIENTS = 6


def request(name):
    body = application(name, devices=[f"d{name % 99991}"])
    if CONTROL:
        del body["idempotency_key"]
    return body


class Client(threading.Thread):
    """One that never gives up on an application."""

    def __init__(self, service, number):
        super().__init__(daemon=True)
        self.service, self.number = service, number
        self.answers, self.repeats, self.over, self.failure = {}, 0, False, None

    def once(self, connection, name):
        status, _, body = self.service.ask("POST", "/v1/screenings", request(name), "screen",
                                           connection=connection)
        if status == 503:
            return None
        equal(status, 200, body[:300])
        return body

    def until_answered(self, name):
        while not self.over:
            try:
                body = self.once(self.connection, name)
                if body:
                    return body
            except AssertionError:
                raise
            except Exception:  # pylint: disable=broad-except
                self.repeats += 1
                time.sleep(0.01)
                self.connection = self.service.connect(timeout=5)
        return None

    def run(self):
        n = 0
        self.connection = self.service.connect(timeout=5)
        try:
            while not self.over:
                n += 1
                name = self.number * 1000000 + n
                body = self.until_answered(name)
                if body and n % 10 == 0: # as if the answer had been lost on its way
                    first, body = body, self.until_answered(name)
                    check(CONTROL or body in (first, None), name, "was decided otherwise")
                if body:
                    self.answers[name] = body
                time.sleep(0.005)
        except AssertionError as failure:
            self.failure = failure


def same_again(service, answers, names):
    """A refusal is no answer; what is answered must be what was answered before."""
    connection = service.connect()
    for name in names:
        status = 503
        while status == 503:
            status, _, body = service.ask("POST", "/v1/screenings", request(name), "screen",
                                          connection=connection)
        check(status == 200 and body == answers[name], name, "was answered otherwise:", status)


def main():
    draw, start = random.Random(7), time.monotonic()
    with Service(BINARY) as service:
        clients = [Client(service, i + 1) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(KILLS):
            time.sleep(draw.uniform(0.02, 0.25))
            before = {name: body for c in clients for name, body in list(c.answers.items())[-5:]}
            service.stop(signal.SIGKILL)
            service.start()
            if not CONTROL:
                same_again(service, before, before)
        for client in clients:
            client.over = True
        for client in clients:
            client.join(30)
            check(client.failure is None, client.failure)
        answers = {name: body for client in clients for name, body in client.answers.items()}
        if not CONTROL:
            same_again(service, answers, answers)
        equal(service.stop(), 0)
        rows = [json.loads(line) for line in service.run(
            "decision", "list", "--format", "ndjson").stdout.splitlines()]
        check("agree" in service.run("decision", "verify").stdout, "the log")
        equal(service.run("check").returncode, 0)
    twice = len(rows) - len({row["application_id"] for row in rows})
    named = {row["decision_id"] for row in rows}
    lost = [name for name, body in answers.items() if json.loads(body)["decision_id"] not in named]
    print(f"{KILLS} kills, {len(answers)} applications answered, {len(rows)} decisions, "
          f"{sum(c.repeats for c in clients)} repeated calls, {twice} decided twice, "
          f"{len(lost)} lost, {time.monotonic() - start:.0f} s")
    check(not lost, lost)
    if CONTROL:
        check(twice, "the control has found nothing")
    else:
        equal(twice, 0)


main()
