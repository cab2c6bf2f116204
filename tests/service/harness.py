# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts a service on a graph of its own and speaks to it; for the tests of this folder."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROLES = ("screen", "investigate", "write", "admin")


def check(truth, *said):
    if not truth:
        raise AssertionError(" ".join(str(s) for s in said))


def equal(got, wanted, *said):
    check(got == wanted, *said, "got", repr(got), "wanted", repr(wanted))


def run_cases(names, chosen):
    """Runs the functions called case_..., or those chosen of them."""
    cases = {name[5:]: run for name, run in names.items() if name.startswith("case_")}
    for name in chosen or cases:
        start = time.monotonic()
        print(name, flush=True)
        cases[name]()
        print(f"  ok, {time.monotonic() - start:.1f} s", flush=True)


class Service:
    """A graph with one token a role, and `ringfence serve` on it."""

    def __init__(self, binary, config="", events=()):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ringfence-service-"))
        self.db = self.folder / "graph.db"
        self.config = self.folder / "serve.yaml"
        self.process = None
        self.run("init", "--map-size", "1G")
        if events:
            self.run("apply", "-", text="".join(json.dumps(e) + "\n" for e in events))
        self.tokens = {role: self.token(role) for role in ROLES}
        self.configure(config)

    def run(self, *arguments, text=None, check=True):
        done = subprocess.run([self.binary, "--db", self.db, *arguments], input=text, text=True,
                              capture_output=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{arguments}: {done.returncode} {done.stderr}")
        return done

    def token(self, role, *more):
        made = self.run("token", "add", "--role", role, *more, "--format", "ndjson")
        return json.loads(made.stdout)["token"]

    def configure(self, text):
        """Patient where a test does not say otherwise: a busy machine must not refuse."""
        given = "listen: 127.0.0.1:0\n" + text
        for key in ("queue_wait_ms", "write_wait_ms", "screening_deadline_ms"):
            if key not in given:
                given += f"{key}: 10000\n"
        self.config.write_text(given)

    def start(self, environment=None):
        self.port = None
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(
            [self.binary, "--db", self.db, "serve", "--config", self.config], stderr=self.log,
            env={**os.environ, **(environment or {})})
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found = re.findall(r"listening (?:on \w+://127\.0\.0\.1:(\d+)|at /)", self.log_text())
            if found:
                self.port = int(found[-1] or 0)
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("the service did not start: " + self.log_text())

    def log_text(self):
        return (self.folder / "log").read_text()

    def stop(self, how=signal.SIGTERM, timeout=20):
        if not self.process:
            return None
        self.process.send_signal(how)
        code = self.process.wait(timeout)
        self.process = None
        self.log.close()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if failure[0]:
            print(self.log_text())
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, role=None, token=None, headers=None, connection=None):
        """Status, headers, body as bytes."""
        sent = dict(headers or {})
        token = token or (self.tokens[role] if role else None)
        if token:
            sent["Authorization"] = "Bearer " + token
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        used = connection or self.connect()
        used.request(method, path, body, sent)
        answer = used.getresponse()
        result = answer.status, answer.headers, answer.read()
        if not connection:
            used.close()
        return result

    def raw(self, data, timeout=10):
        """Sends bytes as they are; gives everything that comes until the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            s.sendall(data)
            got = b""
            try:
                while True:
                    part = s.recv(65536)
                    if not part:
                        break
                    got += part
            except (TimeoutError, ConnectionResetError):
                pass
        return got


def application(n, key=None, **more):
    """A small application; the same n gives the same one."""
    return {"application_id": f"A-{n}", "idempotency_key": key or f"A-{n}/1",
            "time": "2026-11-21T08:00:00Z", "product": "quick-loan",
            "enterprise": {"key": f"C{n:06d}", "name": f"Company {n}"}, **more}


def metric(text, name):
    return float(re.search(rf"^ringfence_{re.escape(name)} (\S+)$", text, re.M).group(1))
