#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a loan system is told while something is broken: never a silent pass.

usage: serve_faults.py RINGFENCE PRELOAD [N [--control]]

Under each fault N applications are sent (a fifth of them not recorded), every other one from a
device that many others have used, so that an engine which sees all reviews it. A client does what
docs/integration.md says: no good answer is a review. Counted as a silent pass: a pass for one of
those, a pass of what is partial or truncated, and a recorded answer that the log does not have
afterwards. --control decides by a policy that lets everything pass: the rig must find it.
"""
import concurrent.futures
import json
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))
from harness import Service, application, check  # pylint: disable=wrong-import-position

BINARY, PRELOAD = sys.argv[1:3]
N = int(sys.argv[3]) if len(sys.argv) > 3 else 100
CONTROL = "--control" in sys.argv
POLICY = (pathlib.Path(__file__).resolve().parents[2] /
          "data/policy/sme-default.yaml").read_text()
LENIENT = POLICY.replace("review: 40, reject: 80", "review: 999, reject: 1000")
CLIENTS, USERS = 4, 25


def book():
    """Users of one device, each tied to the next ones, so that there is something to look at."""
    def uses(i, kind, label, key):
        yield {"op": "node", "label": label, "key": key, "properties": {"mark": f"in a row: {key}"}}
        yield {"op": "edge", "type": kind, "valid_from": "2026-11-20T08:00:00Z",
               "from": {"label": "Enterprise", "key": f"U{i}"}, "to": {"label": label, "key": key}}

    for i in range(USERS):
        yield {"op": "node", "label": "Enterprise", "key": f"U{i}"}
        yield from uses(i, "USES_DEVICE", "Device", "hot")
        for step in range(4):
            yield from uses(i, "HAS_PHONE", "Phone", f"+861390000{(i + step) % USERS:04}")
            yield from uses(i, "LOCATED_AT", "Address", f"Street {(i + step) // 3}")


class Fault:
    """A service with something wrong, and what its clients were told."""
    config, environment, headers, policy, code = "", None, {}, POLICY, None

    def __init__(self, name):
        self.name, self.told, self.silent, self.recorded, self.fed = name, {}, [], {}, []
        self.service = Service(BINARY, events=list(book()))
        self.control = self.service.folder / "control"
        self.control.write_bytes(b"0")
        self.file = self.service.folder / "policy.yaml"
        self.file.write_text(LENIENT if CONTROL else self.policy)
        self.service.configure(f"policy: {self.file}\n{self.config}")
        self.n = 0

    def start(self):
        self.service.start({"LD_PRELOAD": PRELOAD, "FAULT_CONTROL": str(self.control),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"})

    def revive(self):
        """As a service manager would: exit code 75 asks for it."""
        if self.service.process.poll() is not None:
            self.codes.append(self.service.process.returncode)
            self.control.write_bytes(b"0")
            self.start()

    def break_it(self):
        """Called once a batch, before it."""

    def ask(self, n):
        hot, recorded = n % 2 == 0, n % 5 != 0
        if n % 6 == 0:
            self.feed(n)
        body = application(n, devices=["hot" if hot else f"own{n}"])
        path = "/v1/screenings" + ("" if recorded else "?record=false")
        try:
            status, _, text = self.service.ask("POST", path, body, "screen", headers=self.headers)
            answer = json.loads(text)
        except Exception:  # pylint: disable=broad-except
            self.told["no answer"] = self.told.get("no answer", 0) + 1
            return
        said = f"{status} {answer.get('decision', 'nothing')}"
        if answer.get("partial"):
            said += " partial"
        self.told[said] = self.told.get(said, 0) + 1
        if answer.get("decision") == "pass" and (
                hot or status != 200 or answer["partial"] or answer["truncated"]):
            self.silent.append(text)
        if status == 200 and recorded:
            self.recorded[answer["decision_id"]] = text

    def feed(self, n):
        """An event between the screenings; what is acknowledged must stay."""
        event = {"op": "node", "label": "Enterprise", "key": f"FED{n}"}
        try:
            status, _, text = self.service.ask("POST", "/v1/events", event, "write")
        except Exception:  # pylint: disable=broad-except
            return
        if status == 200 and json.loads(text).get("status") == "ok":
            self.fed.append(n)

    def look_up(self):
        """What was answered as recorded is in the log, byte for byte; what was fed is there."""
        self.control.write_bytes(b"0")
        if self.service.process and self.service.process.poll() is None:
            self.service.stop()
        self.service.configure("")
        self.start()
        for name, text in self.recorded.items():
            found = self.service.ask("GET", "/v1/decisions/" + name, role="screen")
            if found[:1] != (200,) or found[2] != text:
                self.silent.append((name, text, found))
        for n in self.fed:
            found = self.service.ask("GET", f"/v1/entities/Enterprise/FED{n}/tags", role="admin")
            check(found[0] == 200, self.name, "an acknowledged event is lost:", n)
        check("agree" in self.service.run("decision", "verify").stdout, "the log")

    def run(self):
        self.codes = []
        self.start()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            while self.n < N:
                self.break_it()
                batch = range(self.n, min(self.n + 25, N))
                list(pool.map(self.ask, batch))
                self.n = batch.stop
                self.revive()
            if self.code:
                time.sleep(0.3)
                self.revive()
        self.look_up()
        self.service.stop()
        self.service.__exit__(None)
        check(self.code is None or self.code in self.codes, self.name, "ended with", self.codes)
        codes = f", ended with {sorted(set(self.codes))} {len(self.codes)} times" \
            if self.codes else ""
        print(f"{self.name:24} {dict(sorted(self.told.items()))}{codes}", flush=True)
        return self


class Nothing(Fault):
    """The control of all others: hot ones are reviewed, clean ones pass."""


class Timeout(Fault):
    config = "screening_deadline_ms: 1\n"
    headers = {"X-Deadline-Ms": "1"}


class SlowDisk(Fault):
    config = "write_wait_ms: 50\nwrite_queue_length: 4\n"

    def break_it(self):
        self.control.write_bytes(b"s")


class DiskFull(Fault):
    def break_it(self):
        self.control.write_bytes(b"f" if self.n % 50 else b"0")


class SyncFails(Fault):
    def break_it(self):
        self.control.write_bytes(b"e" if self.n % 50 else b"0")


class Panic(Fault):
    """The store can't tell any more what is committed: the process must end and ask to be started."""
    code = 75

    def break_it(self):
        self.control.write_bytes(b"r" if self.n % 50 else b"0")
        if self.n % 50 == 0:
            time.sleep(0.3) # what was broken before is noticed by the watching thread
            self.revive()


class StoreClosed(Fault):
    """The service goes away in the middle of a batch."""

    def break_it(self):
        if self.n % 50:
            self.service.process.terminate()


class Killed(Fault):
    def break_it(self):
        if self.n % 50:
            self.service.process.kill()


class StaleTags(Fault):
    config = "max_tags_age_s: 1\n"


class Overload(Fault):
    config = "queue_length: 1\nwrite_queue_length: 1\nmax_in_flight_per_caller: 2\n"


class NoPoints(Fault):
    """A policy that says nothing of what signals are worth, nor of what partial means."""
    policy = "name: bare\nthresholds: {review: 20, reject: 80}\n"
    config = "screening_deadline_ms: 5\n"


class BadPolicy(Fault):
    """The policy file is overwritten by pieces of itself while the service runs."""

    def break_it(self):
        draw = random.Random(self.n)
        whole = LENIENT if CONTROL else POLICY
        self.file.write_text(whole[:draw.randrange(len(whole))] + draw.choice(["", "\n:[", "\0"]))
        self.service.process.send_signal(1)


class Damaged(Fault):
    """Bytes of a row of the store are not what they were."""

    def start(self):
        super().start()
        if self.control.read_bytes() == b"0" and self.n == 0:
            self.service.stop()
            self.whole = (self.service.db / "data.mdb").read_bytes()
            torn = self.whole.replace(b"in a row: hot", b"in a row: hat")
            check(torn != self.whole, "nothing was damaged")
            (self.service.db / "data.mdb").write_bytes(torn)
            self.n = 1
            super().start()

    def look_up(self):
        self.service.stop()
        (self.service.db / "data.mdb").write_bytes(self.whole)
        self.recorded.clear()
        self.fed.clear()
        super().look_up()


def main():
    faults = [Nothing, Timeout, SlowDisk, DiskFull, SyncFails, Panic, StoreClosed, Killed, StaleTags,
              Overload, NoPoints, BadPolicy, Damaged]
    if CONTROL:
        faults = [Nothing, Timeout, BadPolicy]
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(3) as pool: # most of it is waiting
        done = list(pool.map(lambda fault: fault(fault.__name__).run(), faults))
    silent = [text for fault in done for text in fault.silent]
    asked = sum(sum(fault.told.values()) for fault in done)
    print(f"{len(silent)} silent passes in {asked} applications, "
          f"{time.monotonic() - start:.0f} s")
    if CONTROL:
        return 0 if silent else "the control has found nothing"
    for text in silent[:5]:
        print("  ", text)
    told = done[0].told
    if not told.get("200 review") or not told.get("200 pass"):
        return "without a fault some must pass and some be reviewed"
    return 1 if silent else 0


sys.exit(main())
