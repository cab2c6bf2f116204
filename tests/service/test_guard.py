#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands between callers and decisions: fair shares, what a refusal means, freshness, who is
known without a token, what of others is hidden, erasing. usage: test_guard.py RINGFENCE [CASE...]"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import time

from harness import Service, application, check, equal, metric, run_cases

BINARY = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICY = (ROOT / "data/policy/sme-default.yaml").read_text()
REJECTING = POLICY.replace("overrides: []", """overrides:
  - {name: risky, product: 'risky-.*', on_unavailable: reject}
  - {name: risky-hotels, product: 'risky-.*', industry: 'H6.*', on_unavailable: review}
""")


def problem(answer):
    return json.loads(answer[2])


def until(truth, seconds=5):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if truth():
            return True
        time.sleep(0.05)
    return False


def start_with_policy(service):
    """Starts again under a policy file, which it gives."""
    service.stop()
    mine = service.folder / "policy.yaml"
    mine.write_text(POLICY)
    service.configure(f"policy: {mine}\n")
    service.start()
    return mine


def case_callers():
    """Who has too much under way is refused with 429; others are not touched by it."""
    config = ("max_in_flight_per_caller: 2\nquery_threads: 2\nquery_queue_length: 50\n"
              "query_timeout_ms: 2000\n")
    with Service(BINARY, config) as service:
        slow = {"statement": "UNWIND range(1, 1000) AS a UNWIND range(1, 1000) AS b "
                             "UNWIND range(1, 1000) AS c RETURN count(*)"}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            running = [pool.submit(service.ask, "POST", "/v1/query", slow, "investigate")
                       for _ in range(6)]
            check(until(lambda: sum(f.done() for f in running) == 4), "four are refused at once")
            equal(service.ask("POST", "/v1/screenings", application(1), "screen")[0], 200)
            answers = [future.result() for future in running]
        kinds = sorted(answer[0] for answer in answers)
        equal(kinds[2:], [429] * 4, kinds)
        refused = next(answer for answer in answers if answer[0] == 429)
        equal(refused[1]["Retry-After"], "1")
        equal(refused[1]["Content-Type"], "application/problem+json")
        # Places are given back.
        for n in range(20):
            equal(service.ask("POST", "/v1/screenings", application(n), "screen")[0], 200)
        text = service.ask("GET", "/metrics")[2].decode()
        equal(metric(text, "requests_refused_caller_total"), 4)


def case_unavailable():
    """A refusal says what the policy makes of it, by product and industry; never pass."""
    with Service(BINARY) as service:
        service.stop()
        mine = service.folder / "policy.yaml"
        mine.write_text(REJECTING)
        service.configure(f"policy: {mine}\nmax_tags_age_s: 1\n") # no tags at all: too old
        service.start()
        equal(service.ask("GET", "/readyz")[0], 503)
        for product, industry, wanted in (("quick", None, "review"), ("risky-1", None, "reject"),
                                          ("risky-1", "H61", "review"), ("risky", None, "review"),
                                          (7, None, "review")):
            body = application(1, product=product)
            if industry:
                body["enterprise"]["industry"] = industry
            for path in ("/v1/screenings", "/v1/screenings?record=false"):
                answer = service.ask("POST", path, body, "screen")
                equal(answer[0], 503)
                equal(problem(answer)["decision"], wanted, product, industry)
                equal(answer[1]["Retry-After"], "1")
        equal(problem(service.ask("POST", "/v1/screenings", b"{", "screen"))["decision"], "review")
        text = service.ask("GET", "/metrics")[2].decode()
        equal(metric(text, "unavailable_reject_total"), 2)
        equal(metric(text, "unavailable_review_total"), 9)


def case_freshness():
    """Old tags and a graph that is no longer fed refuse, say so, and stop refusing by themselves."""
    with Service(BINARY) as service:
        def ready():
            return json.loads(service.ask("GET", "/readyz")[2])

        def decided(n):
            body = application(n) if n >= 0 else {}
            return service.ask("POST", "/v1/screenings", body, "screen")[0] == 200

        before = ready()
        equal((before["ready"], before["publication"], before["published_at"]), (True, 0, None))
        check(before["fed_at"], before)
        service.stop()
        service.configure("max_tags_age_s: 1000\n")
        service.start()
        check("retag" in ready()["reason"], ready())
        check(not decided(1), "without tags")
        service.run("retag", "--as-of", "2026-11-21")
        check(until(lambda: ready()["ready"]), ready())
        check(decided(1), "with tags")
        equal(ready()["publication"], 1)
        service.stop()
        # Screenings are no feed, an event is.
        service.configure("max_feed_age_s: 2\n")
        service.start()
        end = time.monotonic() + 4
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            while time.monotonic() < end: # new ones, repeated ones and wrong ones in one commit
                n = int(time.monotonic() * 1000)
                list(pool.map(decided, [n, n, n + 1, n, -1, n + 2, n + 2]))
                time.sleep(0.02)
        check(not decided(5), "it was not fed")
        check("max_feed_age_s" in ready()["reason"], ready())
        equal(service.ask("POST", "/v1/events", {"op": "node", "label": "Enterprise", "key": "E1"},
                          "write")[0], 200)
        check(until(lambda: decided(6)), "it was fed")


def case_schema():
    """Under a schema that is no longer the graph's nothing is written; the next start knows it."""
    events = [{"op": "node", "label": "Application", "key": f"Z{i}", "properties": {"zone": i}}
              for i in range(3000)]
    with Service(BINARY, events=events) as service:
        def plan():
            return service.run("query", "EXPLAIN MATCH (a:Application {zone: 1}) RETURN a").stdout

        own = service.folder / "own.yaml"
        own.write_text(service.run("schema", "show").stdout.replace("index: [", "index: [zone, "))
        service.run("schema", "upgrade", own)
        try:
            status, _, text = service.ask("POST", "/v1/screenings", application(1), "screen")
            equal(status, 503, text)
            check("schema" in json.loads(text)["detail"], text)
            equal(json.loads(text)["decision"], "review")
        except (OSError, http.client.HTTPException):
            pass # it ended before
        equal(service.process.wait(20), 75)
        check("another schema meanwhile" in service.log_text())
        check("IndexSeek" in plan(), "the new index is whole", plan())
        service.start()
        equal(service.ask("POST", "/v1/screenings", application(1), "screen")[0], 200)
        check("IndexSeek" in plan(), plan())
        service.run("schema", "upgrade")
        equal(service.process.wait(20), 75)


def case_clock():
    """What was committed while the clock was ahead is no older, but does not stay fresh for it."""
    with Service(BINARY, events=[{"op": "node", "label": "Enterprise", "key": "E1"}]) as service:
        service.run("retag", "--as-of", "2026-01-01")
        service.stop()
        now, day = time.time() * 1e6, 86400 * 10**6

        def moved(match): # times of commits are decimal, those of runs lie in msgpack, in hex
            us = int(match[2], 16 if match[1] == "cf" else 10)
            if abs(us - now) > day:
                return match[0]
            return match[1] + (f"{us + day:016x}" if match[1] == "cf" else str(us + day))

        dump = re.sub(r'("at_us":|cf)([0-9a-f]{16})', moved, service.run("dump").stdout)
        service.db = service.folder / "ahead.db"
        service.run("load", "-", text=dump)
        for setting in ("max_feed_age_s", "max_tags_age_s"):
            service.configure(f"{setting}: 2\n")
            service.start()

            def ready():
                return json.loads(service.ask("GET", "/readyz")[2])

            check(ready()["ready"], ready())
            check(until(lambda: not ready()["ready"], 10), ready())
            check(setting in ready()["reason"], ready())
            service.stop()


def case_watch():
    """A policy file that changes is taken over by itself; a bad one, or half of one, is not."""
    with Service(BINARY) as service:
        mine = start_with_policy(service)

        def policy():
            return json.loads(service.ask("POST", "/v1/screenings?record=false", application(1),
                                          "screen")[2])["policy"]

        first = policy()
        (service.folder / "new").write_text(POLICY + "# another\n")
        os.rename(service.folder / "new", mine)
        check(until(lambda: policy() != first), "not taken over")
        second = policy()
        mine.write_text("name: [")
        check(until(lambda: "stays in force" in service.log_text()), service.log_text())
        equal(policy(), second)
        mine.unlink()
        time.sleep(2.5)
        equal(policy(), second)
        mine.write_text(POLICY)
        check(until(lambda: policy() == first), "the first again")
        text = service.ask("GET", "/metrics")[2].decode()
        equal(metric(text, "policy_reloads_total"), 2)


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def case_socket():
    """At a socket in the file system users are known by their number; others need a token."""
    with Service(BINARY) as service:
        service.stop()
        path = service.folder / "socket"

        def listen(roles):
            service.config.write_text(f"listen: 'unix:{path}'\n{roles}")
            service.start()

        def ask(method, url, body=None, role=None, token=None):
            return service.ask(method, url, body, role, token, connection=SocketConnection(path))

        listen(f"socket_roles: '12345=admin {os.getuid()}=screen'\n")
        equal(os.stat(path).st_mode & 0o777, 0o660)
        equal(ask("GET", "/healthz")[0], 200)
        equal(ask("POST", "/v1/screenings", application(1))[0], 200)
        equal(ask("POST", "/v1/query", {"statement": "RETURN 1"})[0], 403)
        equal(ask("POST", "/v1/query", {"statement": "RETURN 1"}, "investigate")[0], 200)
        equal(ask("POST", "/v1/screenings", application(1), token="rf_bad")[0], 401)
        # A dead service's socket is taken over, a living one's is not.
        other = service.run("serve", "--listen", f"unix:{path}", check=False)
        equal(other.returncode, 1)
        check("another process" in other.stderr, other.stderr)
        service.stop(signal.SIGKILL)
        check(path.exists(), "a dead service leaves its socket")
        listen("socket_roles: root=write\n")
        equal(ask("POST", "/v1/events", {"op": "node", "label": "Enterprise", "key": "E1"})[0],
              200 if os.getuid() == 0 else 401)
        equal(service.stop(), 0)
        check(not path.exists(), "a socket that nobody serves")
        for text, said in (("listen: 'unix:'\n", "serve.yaml:1: listen"),
                           ("socket_roles: a=screen\n", "serve.yaml:1: socket_roles"),
                           ("listen: 'unix:/tmp/x'\nsocket_roles: a=king\n",
                            "serve.yaml:2: socket_roles"),
                           ("listen: 'unix:/tmp/x'\nsocket_roles: a\n",
                            "serve.yaml:2: socket_roles"),
                           ("certificate_roles: a=screen\n", "serve.yaml:1: certificate_roles")):
            service.config.write_text(text)
            done = service.run("serve", "--config", str(service.config), check=False)
            equal(done.returncode, 4, done.stderr)
            check(said in done.stderr, done.stderr)
        (service.folder / "file").write_text("")
        done = service.run("serve", "--listen", f"unix:{service.folder}/file", check=False)
        check("no socket" in done.stderr, done.stderr)


def certificate(folder, name, subject, *, ca=None, names="", usage=""):
    """A key and a certificate signed by `ca` (a pair of files), or by itself."""
    key, request, made = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.pem"

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    if not ca:
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject,
                "-keyout", key, "-out", made)
        return
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", key, "-out",
            request)
    (folder / "extensions").write_text((f"subjectAltName={names}\n" if names else "") +
                                       (f"extendedKeyUsage={usage}\n" if usage else ""))
    openssl("x509", "-req", "-in", request, "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-out", made, "-extfile", folder / "extensions")


def case_certificates():
    """Client certificates have the roles that the settings give their names."""
    with Service(BINARY) as service:
        folder = service.folder
        certificate(folder, "ca", "/CN=test authority")
        ca = folder / "ca"
        certificate(folder, "server", "/CN=127.0.0.1", ca=ca, names="IP:127.0.0.1")
        certificate(folder, "loans", "/CN=loan-system", ca=ca, usage="clientAuth")
        certificate(folder, "web", "/CN=loan-system", ca=ca, usage="serverAuth")
        certificate(folder, "ops", "/CN=somebody", ca=ca, names="DNS:x.bank,DNS:ops.bank")
        certificate(folder, "stranger", "/CN=stranger", ca=ca)
        service.stop()
        service.configure(f"tls_certificate: {folder}/server.pem\ntls_key: {folder}/server.key\n"
                          f"tls_client_ca: {folder}/ca.pem\n"
                          "certificate_roles: 'loan-system=screen, ops.bank=investigate'\n")
        service.start()

        def ask(who, path, body, token=None):
            command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
                       f"{ca}.pem", "--cert", folder / f"{who}.pem", "--key",
                       folder / f"{who}.key", "-d", json.dumps(body)]
            if token:
                command += ["-H", f"Authorization: Bearer {token}"]
            return subprocess.run([*command, f"https://127.0.0.1:{service.port}{path}"],
                                  capture_output=True, text=True, check=False).stdout

        query = {"statement": "RETURN 1"}
        equal(ask("loans", "/v1/screenings", application(1)), "200")
        equal(ask("loans", "/v1/query", query), "403")
        equal(ask("ops", "/v1/query", query), "200")
        equal(ask("ops", "/v1/screenings", application(1)), "403")
        # A server that the same authority certified is no client, whatever its name.
        equal(ask("web", "/v1/screenings", application(1)), "403")
        equal(ask("web", "/v1/screenings", application(1), service.tokens["screen"]), "403")
        equal(ask("stranger", "/v1/screenings", application(1)), "401")
        equal(ask("stranger", "/v1/screenings", application(1), service.tokens["screen"]), "200")
        equal(ask("loans", "/v1/query", query, service.tokens["investigate"]), "200")
        log = (service.db / "access.log").read_text()
        check('"caller":"certificate:ops.bank"' in log, log)
        service.stop()
        os.chmod(folder / "server.key", 0o644)
        done = service.run("serve", "--config", service.config, check=False)
        check("server.key may be read by others" in done.stderr, done.stderr)


def limited(folder, descriptors):
    """The program with no more descriptors than that, and no right to more."""
    script = folder / "limited"
    script.write_text(f'#!/bin/sh\nulimit -n {descriptors}\nexec {BINARY} "$@"\n')
    script.chmod(0o755)
    return script


def case_descriptors():
    """Strangers who take all connections don't take the descriptors the service itself needs."""
    with Service(BINARY) as service:
        service.stop()
        service.binary = limited(service.folder, 128)
        service.start()
        check("max_connections is 4096" in service.log_text(), service.log_text())
        token, other = service.tokens["screen"], service.connect()
        equal(service.ask("GET", "/healthz", connection=other)[0], 200)
        strangers = []
        for _ in range(150):
            strangers.append(socket.create_connection(("127.0.0.1", service.port)))
        service.run("token", "revoke", token[3:11])
        check(until(lambda: service.ask("GET", "/v1/decisions/x", token=token,
                                        connection=other)[0] == 401), service.log_text())
        for stranger in strangers:
            stranger.close()
        check(until(lambda: answers(service)), "again")


def answers(service):
    try:
        return service.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


def case_revoked_late():
    """A file of tokens that can't be read just now is read as soon as it can be."""
    with Service(BINARY) as service:
        token = service.tokens["screen"]
        limits = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        service.run("token", "revoke", token[3:11])
        check(until(lambda: "the tokens known before" in service.log_text()), "a warning")
        time.sleep(1.5)
        equal(service.log_text().count("the tokens known before"), 1, "said once")
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, limits)
        check(until(lambda: service.ask("GET", "/v1/decisions/x", token=token)[0] == 401),
              service.log_text())
        # What others could have written is not taken over.
        os.chmod(service.db / "tokens", 0o666)
        with open(service.db / "tokens", "a", encoding="utf-8") as file:
            file.write("\n")
        check(until(lambda: "tokens may be read by others" in service.log_text()), "a warning")


def case_pipes():
    """A pipe in place of a file that is read again holds nothing up."""
    with Service(BINARY) as service:
        mine = start_with_policy(service)
        mine.unlink()
        os.mkfifo(mine, 0o600)
        check(until(lambda: "policy.yaml is no regular file" in service.log_text(), 10), "policy")
        token = service.token("screen")
        check(until(lambda: service.ask("GET", "/v1/decisions/x", token=token)[0] == 404), "token")
        (service.db / "tokens").unlink()
        os.mkfifo(service.db / "tokens", 0o600)
        check(until(lambda: "tokens is no regular file" in service.log_text()), "tokens")
        equal(service.ask("GET", "/v1/decisions/x", token=token)[0], 404, "known as before")
        equal(service.ask("POST", "/v1/screenings", application(1), "screen")[0], 200)
        equal(service.stop(), 0)


def case_tokens_at_once():
    """Of tokens that several make and revoke at the same moment none is lost."""
    with Service(BINARY) as service:
        before = service.run("token", "list").stdout.splitlines()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda n: service.token("write", f"n{n}"), range(16)))
        equal(len(service.run("token", "list").stdout.splitlines()), len(before) + 16)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda text: service.run("token", "revoke", text[3:11]), made))
        equal(service.run("token", "list").stdout.splitlines(), before)


def case_access_log():
    """The log goes on where it was moved, and half a line left behind spoils no other."""
    with Service(BINARY) as service:
        log, moved = service.db / "access.log", service.db / "access.log.1"

        def look():
            return service.ask("POST", "/v1/query", {"statement": "RETURN 1"}, "investigate")[0]

        equal(look(), 200)
        log.rename(moved)
        check(until(log.exists), "a new file")
        equal(look(), 200)
        equal(len(moved.read_text().splitlines()), 1)
        equal(len(log.read_text().splitlines()), 1)
        equal(log.stat().st_mode & 0o777, 0o600)
        # What can't be noted is not shown.
        log.unlink()
        log.mkdir()
        check(until(lambda: look() == 503), service.log_text())
        log.rmdir()
        check(until(lambda: look() == 200), service.log_text())
        service.stop()
        with open(log, "a", encoding="utf-8") as file:
            file.write('{"at":"2026-')
        service.start()
        equal(look(), 200)
        json.loads(log.read_text().splitlines()[-1])


def case_lines():
    """A body of more lines than could be events is refused as a whole, before its lines are."""
    packed = {"Content-Type": "application/msgpack"}
    with Service(BINARY, "max_events_bytes: 1024\n") as service:
        for n, status in ((64, 200), (65, 400), (512, 400)):
            answer = service.ask("POST", "/v1/events", b"x\n" * n, "write")
            equal(answer[0], status, n, answer[2])
            body = b"\xdc" + n.to_bytes(2, "big") + b"\x01" * n
            answer = service.ask("POST", "/v1/events", body, "write", headers=packed)
            equal(answer[0], status, n, answer[2])
        check(b"more than 64" in answer[2], answer[2])


def case_cut():
    """A long answer whose end is lost does not look whole to its client."""
    with Service(BINARY, "query_timeout_ms: 500\n") as service:
        body = json.dumps({"statement": "UNWIND range(1, 9000) AS a RETURN a, $t AS t",
                           "parameters": {"t": "x" * 500}}).encode()
        head = (f"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                f"Authorization: Bearer {service.tokens['investigate']}\r\n\r\n")
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", service.port))
            client.settimeout(20)
            client.sendall(head.encode() + body)
            time.sleep(2) # longer than the query may take
            got = b""
            while not got.endswith(b"\r\n0\r\n\r\n"):
                part = client.recv(1 << 20)
                if not part:
                    break
                got += part
        check(got.startswith(b"HTTP/1.1 200"), got[:100])
        if not got.endswith(b"0\r\n\r\n"):
            return
        check(got.count(b'"a":') == 9000 or b'"truncated":true' in got, got.count(b'"a":'))


def case_hidden():
    """Canaries: whatever names another party never reaches role screen; admin's look is noted."""
    phone, person, name = "+8613900001234", "440301199001011234", "Zhang Canary"
    events = []
    for i in range(6):
        events += [{"op": "node", "label": "Enterprise", "key": f"E{i}"},
                   {"op": "node", "label": "Person", "key": person, "properties": {"name": name}},
                   {"op": "node", "label": "Phone", "key": phone},
                   {"op": "edge", "type": "LEGAL_REP", "valid_from": "2026-01-01",
                    "from": {"label": "Person", "key": person},
                    "to": {"label": "Enterprise", "key": f"E{i}"}},
                   {"op": "edge", "type": "HAS_PHONE", "valid_from": "2026-01-01",
                    "from": {"label": "Enterprise", "key": f"E{i}"},
                    "to": {"label": "Phone", "key": phone}}]
    with Service(BINARY, events=events) as service:
        service.run("tag", "add", "Person:" + person, "FRAUD_RING", "--level", "alert", "--by",
                    "ann", "--note", f"{name} of {phone} was convicted")
        service.run("allow", "add", "Enterprise:E0", "--code", "FRAUD_RING", "--by", "bob",
                    "--reason", f"{name} is known to us")
        service.run("block", "add", "Enterprise:E1", "--by", "bob", "--reason",
                    f"{name} again", check=False)
        service.run("retag", "--as-of", "2026-11-21")
        canaries = (phone, phone[3:], person, name, "Canary")
        seen = set()
        for i in range(6):
            body = application(i)
            body["enterprise"] = {"key": f"E{i}"}
            whole = service.ask("POST", "/v1/screenings", body, "admin")[2].decode()
            again = service.ask("POST", "/v1/screenings", body, "screen")[2].decode()
            fresh = service.ask("POST", "/v1/screenings?record=false", body, "screen")[2].decode()
            found = service.ask("GET", "/v1/decisions/" + json.loads(whole)["decision_id"],
                                role="screen")[2].decode()
            tags = service.ask("GET", f"/v1/entities/Enterprise/E{i}/tags?all=true",
                               role="screen")[2].decode()
            for text in (again, fresh, found, tags):
                for canary in canaries:
                    check(canary not in text, canary, "in", text)
            seen |= {canary for canary in canaries if canary in whole}
            equal(again, found, "the same mask for the same decision")
            equal([r["code"] for r in json.loads(again)["reasons"]],
                  [r["code"] for r in json.loads(whole)["reasons"]])
        # Guesses beside the parties are none of the caller's own parties.
        body = {**application(1), "enterprise": {"key": "E1"}, "idempotency_key": "guess",
                "guesses": [person, phone], "product": phone, "lender": person}
        guessed = service.ask("POST", "/v1/screenings?record=false", body, "screen")[2].decode()
        check('"key":"440****1234"' in guessed, guessed)
        for canary in canaries:
            check(canary not in guessed, canary, "in", guessed)
        # By one document number nobody learns the other.
        service.run("alias", "Person:" + person, "Person:G12345678")
        found = service.ask("GET", "/v1/entities/Person/G12345678/tags", role="screen")[2].decode()
        check(person not in found and "440****1234" in found, found)
        found = service.ask("GET", "/v1/entities/Person/G12345678/tags",
                            role="investigate")[2].decode()
        check(person in found, found)
        check({person, name} <= seen, "unmasked answers name them, else nothing was tested", seen)
        log = [json.loads(line) for line in (service.db / "access.log").read_text().splitlines()]
        equal([line["role"] for line in log], ["admin"] * 6 + ["investigate"],
              "the admin's screenings are looks")


def case_erase():
    """Erasing takes input and answer, keeps the chain, and closes the key."""
    with Service(BINARY) as service:
        made = [json.loads(service.ask("POST", "/v1/screenings", application(n), "screen")[2])
                for n in range(3)]
        name = made[1]["decision_id"]
        done = service.run("decision", "erase", "--by", "ann", "--reason", "asked to", name)
        check("compact" in done.stderr, done.stderr)
        again = service.run("decision", "erase", "--by", "ann", "--reason", "x", name, check=False)
        equal(again.returncode, 4)
        equal(service.run("decision", "erase", name, check=False).returncode, 2)
        check("agree" in service.run("decision", "verify").stdout)
        status, _, body = service.ask("GET", "/v1/decisions/" + name, role="screen")
        equal(status, 200)
        record = json.loads(body)
        equal((record["kind"], record["decision"]), ("decision", made[1]["decision"]))
        equal(service.ask("POST", "/v1/screenings", application(1), "screen")[0], 422)
        listed = [json.loads(line) for line in service.run(
            "decision", "list", "--format", "ndjson").stdout.splitlines()]
        equal([row["decision"] for row in listed], ["pass", "pass", "pass", "erased"])
        equal(listed[-1]["by"], "ann")
        replay = service.run("replay", name, check=False)
        equal(replay.returncode, 4)
        check("erased" in replay.stderr, replay.stderr)


run_cases(globals(), sys.argv[2:])
