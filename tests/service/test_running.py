#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service while it runs and as it starts and ends: limits, reload, drain, kills, refusals, TLS.
usage: test_running.py RINGFENCE [CASE...]"""
import concurrent.futures
import contextlib
import http.server
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

from harness import Service, application, check, equal, metric, run_cases

BINARY = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]

# ---- limits ---------------------------------------------------------------------------------


def case_slow_senders():
    """Those that drip are cut at the deadline; honest clients are answered meanwhile."""
    with Service(BINARY, "request_timeout_ms: 700\n") as service:
        slow, stop = [], threading.Event()
        head = b"POST /v1/screenings HTTP/1.1\r\nHost: x\r\nX-A: "
        for i in range(150):
            s = socket.create_connection(("127.0.0.1", service.port))
            s.setblocking(False)
            if i % 2: # first a good request, then a slow one on the same connection
                s.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            slow.append(s)

        def drip():
            for byte in itertools.cycle(head):
                if stop.wait(0.05):
                    return
                for s in slow:
                    try:
                        s.send(bytes([byte]))
                    except OSError:
                        pass

        dripper = threading.Thread(target=drip)
        dripper.start()
        worst = 0.0
        for n in range(40):
            start = time.monotonic()
            equal(service.ask("POST", "/v1/screenings", application(n), "screen")[0], 200)
            worst = max(worst, time.monotonic() - start)
            time.sleep(0.05)
        text = service.ask("GET", "/metrics")[2].decode()
        stop.set()
        dripper.join()
        check(metric(text, "connections") < 20, "slow senders still hold connections", text)
        check(metric(text, "connections_cut_total") >= 150, text)
        check(worst < 2, worst)
        for s in slow:
            s.close()


def case_idle():
    """An idle connection is closed after its time, not before."""
    with Service(BINARY, "idle_timeout_ms: 700\n") as service:
        line = service.connect()
        service.ask("GET", "/healthz", connection=line)
        time.sleep(0.4)
        service.ask("GET", "/healthz", connection=line)
        line.sock.settimeout(5)
        equal(line.sock.recv(1), b"")


def case_overload():
    """More than fits is refused at once with Retry-After; what was accepted is answered."""
    config = "queue_length: 2\nwrite_queue_length: 4\nscreening_threads: 1\n"
    with Service(BINARY, config) as service:
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda n: service.ask(
                "POST", "/v1/screenings", application(n), "screen"), range(200)))
        kinds = {status: sum(a[0] == status for a in answers) for status in (200, 503)}
        equal(sum(kinds.values()), 200, kinds)
        check(kinds[200] >= 4, kinds)
        for status, headers, body in answers:
            if status == 503:
                equal(headers["Retry-After"], "1")
                equal(json.loads(body)["decision"], "review", "never a silent pass")
        print(f"  {kinds}")


def case_lock_held():
    """Behind a lock that another process holds, what waited too long is refused, drafted or not."""
    nodes = [{"op": "node", "label": "Enterprise", "key": key} for key in ("E1", "E2")]
    with Service(BINARY, "write_wait_ms: 200\n", events=nodes) as service:
        ends = {name: {"label": "Enterprise", "key": key}
                for name, key in (("from", "E1"), ("to", "E2"))}
        rows = [{"op": "edge", "type": "GUARANTEES", **ends, "edge_key": f"G{i}"}
                for i in range(100000)]
        rows.append({"op": "close", "type": "GUARANTEES", **ends, "edge_key": "G1",
                     "valid_to": "2026-01-01"})
        path = service.folder / "held.ndjson"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        with subprocess.Popen([BINARY, "--db", service.db, "import", path], text=True,
                              stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as holder, \
                concurrent.futures.ThreadPoolExecutor(3) as pool:
            check(any("other writers wait" in line for line in holder.stderr))
            holder.send_signal(signal.SIGSTOP)
            asked = []
            for n in range(3):
                asked.append(pool.submit(service.ask, "POST", "/v1/screenings", application(n),
                                         "screen"))
                time.sleep(0.5)
            holder.kill()
            answers = [answer.result() for answer in asked]
        equal(answers[0][0], 200, "its turn had come", answers[0])
        for status, _, body in answers[1:]:
            equal(status, 503, body)
            check(b"waited too long" in body and b'"decision":"review"' in body, body)
        equal(service.ask("POST", "/v1/screenings", application(2), "screen")[0], 200)


def many_events(body, lines):
    """A body of so many nodes of its own."""
    return "".join(json.dumps({"op": "node", "label": "Enterprise", "key": f"E{body}-{i}"}) + "\n"
                   for i in range(lines))


def case_many_bodies():
    """Long bodies of events, more than are worked on at once, keep neither a short one nor a
    screening waiting until they are done."""
    with Service(BINARY) as service, concurrent.futures.ThreadPoolExecutor(100) as pool:
        def post(body):
            return service.ask("POST", "/v1/events", body, "write")[0]

        bodies = [many_events(n, 1000) for n in range(80)]
        long = pool.submit(post, many_events("long", 30000))
        time.sleep(0.3)
        equal(post(many_events("short", 1)), 200)
        check(not long.done(), "the short body was answered after the long one")
        many = [pool.submit(post, body) for body in bodies]
        while metric(service.ask("GET", "/metrics")[2].decode(), "requests_in_flight") < 80:
            check(not all(one.done() for one in many), "none was met under way")
        equal(service.ask("POST", "/v1/screenings", application(1), "screen")[0], 200)
        done = sum(one.done() for one in many)
        check(done < 8, done, "of 80 bodies were done before a screening")
        equal({one.result() for one in (long, *many)}, {200})


def case_connection_limit():
    """Connections beyond the limit are turned away; those inside work on."""
    with Service(BINARY, "max_connections: 20\nhttp_threads: 1\n") as service:
        line = service.connect()
        service.ask("GET", "/healthz", connection=line)
        crowd = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(60)]
        equal(service.ask("GET", "/healthz", connection=line)[0], 200)
        for s in crowd:
            s.close()
        time.sleep(0.5)
        equal(service.ask("GET", "/healthz")[0], 200)


# ---- reload, drain, start -------------------------------------------------------------------


def case_reload():
    """SIGHUP takes a good policy over; a bad one changes nothing."""
    policy = ROOT / "data" / "policy" / "sme-default.yaml"
    with Service(BINARY) as service:
        service.stop()
        mine = service.folder / "policy.yaml"
        mine.write_text(policy.read_text())
        service.configure(f"policy: {mine}\n")
        service.start()

        def hash_now():
            return json.loads(service.ask("POST", "/v1/screenings?record=false", application(1),
                                          "screen")[2])["policy"]

        def reload(text):
            mine.write_text(text)
            service.process.send_signal(signal.SIGHUP)
            time.sleep(0.4)
            return hash_now()

        first = hash_now()
        second = reload(policy.read_text() + "# changed\n")
        check(second != first, second)
        for n in range(10):
            cut = policy.read_text()[: 300 * (n + 1)] + "\n:bad [" + "x" * n
            equal(reload(cut), second)
        mine.unlink()
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.4)
        equal(hash_now(), second)
        check("stays in force" in service.log_text(), service.log_text())
        equal(reload(policy.read_text()), first)


def case_drain():
    """SIGTERM under load: whoever was answered at all was answered whole, exit code 0."""
    for round_ in range(3):
        with Service(BINARY) as service:
            answered, broken, stop = [], [], threading.Event()

            def client(c):
                line, n = service.connect(), 0
                while not stop.is_set():
                    n += 1
                    try:
                        status, headers, body = service.ask(
                            "POST", "/v1/screenings", application(c * 100000 + n), "screen",
                            connection=line)
                        answered.append(json.loads(body)["decision_id"])
                        if headers.get("Connection", "").lower() == "close":
                            return
                    except (ConnectionError, OSError) as error:
                        broken.append(error)
                        return
                    except Exception as error:  # pylint: disable=broad-except
                        broken.append(error)
                        return

            threads = [threading.Thread(target=client, args=(c,)) for c in range(6)]
            for thread in threads:
                thread.start()
            until = time.monotonic() + 60
            while len(answered) <= 10 + 5 * round_ and time.monotonic() < until:
                time.sleep(0.01)
            code = service.stop()
            stop.set()
            for thread in threads:
                thread.join()
            equal(code, 0, service.log_text())
            check(not broken, broken)
            check(len(answered) > 10, len(answered))


def case_kill():
    """kill -9 under load: one decision for a key, the same bytes when asked again."""
    with Service(BINARY) as service:
        for round_ in range(4):
            answers, stop = {}, threading.Event()

            def client(c):
                line, n = service.connect(), 0
                while not stop.is_set():
                    n += 1
                    try:
                        key = (round_ * 10 + c) * 1000 + n
                        answers[key] = service.ask("POST", "/v1/screenings", application(key),
                                                   "screen", connection=line)[2]
                    except Exception:  # pylint: disable=broad-except
                        answers[key] = None
                        return

            threads = [threading.Thread(target=client, args=(c,)) for c in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(0.3)
            service.stop(signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join()
            service.start()
            for key, before in answers.items():
                after = service.ask("POST", "/v1/screenings", application(key), "screen")[2]
                check(before is None or after == before, key, before, after)


def case_start():
    """What must not start says why: addresses beyond loopback, bad settings, a taken port."""
    with Service(BINARY) as service:
        for text, place in (("listen: 0.0.0.0:0\n", "serve.yaml:1: listen"),
                            ("listen: '[::]:0'\n", "serve.yaml:1: listen"),
                            ("\nhttp_threads: 0\n", "serve.yaml:2: http_threads"),
                            ("nonsense: 1\n", "serve.yaml:1"),
                            ("listen: localhost:80\n", "serve.yaml:1: listen"),
                            ("tls_key: x\n", "serve.yaml:1: tls_"),
                            ("policy: none.yaml\n", "none.yaml")):
            path = service.folder / "serve.yaml"
            path.write_text(text)
            done = service.run("serve", "--config", str(path), check=False)
            check(done.returncode not in (0, 75), text, done)
            check(place in done.stderr, text, done.stderr)
        done = service.run("serve", "--listen", f"127.0.0.1:{service.port}", check=False)
        equal(done.returncode, 1)
        check(str(service.port) in done.stderr, done.stderr)


def case_notify():
    """The service manager hears of readiness, reload and the end."""
    with Service(BINARY) as service:
        service.stop()
        path = str(service.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(path)
            listener.settimeout(10)
            service.start({"NOTIFY_SOCKET": path})
            equal(listener.recv(100), b"READY=1")
            service.process.send_signal(signal.SIGTERM)
            heard = set()
            while b"STOPPING=1" not in heard:
                heard.add(listener.recv(100))
            equal(service.process.wait(20), 0)


def case_tls():
    """TLS with client certificates: without one, or with a stranger's, nothing is answered."""
    with Service(BINARY) as service:
        service.stop()
        folder = service.folder
        script = r"""
        set -e
        new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj "/CN=$1" -addext "subjectAltName=IP:127.0.0.1" -keyout $1.key -out $1.pem \
                2> /dev/null; }
        new ca; new server; new stranger
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bank \
            -keyout client.key -out client.csr 2> /dev/null
        openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -out client.pem 2> /dev/null
        """
        subprocess.run(["sh", "-c", script], cwd=folder, check=True)
        service.configure(f"tls_certificate: {folder}/server.pem\ntls_key: {folder}/server.key\n"
                          f"tls_client_ca: {folder}/ca.pem\n")
        service.start()
        url = f"https://127.0.0.1:{service.port}/healthz"

        def curl(*more):
            done = subprocess.run(["curl", "-s", "-m", "5", "--cacert", folder / "server.pem", "-o",
                                   "/dev/null", "-w", "%{http_code}", *more, url],
                                  capture_output=True, text=True, check=False)
            return done.stdout

        equal(curl("--cert", folder / "client.pem", "--key", folder / "client.key"), "200")
        check(curl() in ("000", "403"), "no certificate")
        check(curl("--cert", folder / "stranger.pem", "--key", folder / "stranger.key")
              in ("000", "403"), "a stranger's certificate")
        check(curl("--cert", folder / "client.pem", "--key", folder / "client.key", "--tls-max",
                   "1.1") == "000", "old TLS")


@contextlib.contextmanager
def refusing(decision):
    """A port where every request is refused with 503 and what to do meanwhile."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"status": 503, "decision": decision},
                              separators=(",", ":")).encode()
            self.send_response(503)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    Handler.protocol_version = "HTTP/1.1"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def case_examples():
    """The client examples decide as the service does, and review where there is no answer."""
    program = os.environ.get("EXAMPLE_SCREEN")
    with Service(BINARY) as service:
        body = service.folder / "application.json"
        body.write_text(json.dumps(application(1)) + "\n")
        (service.folder / "bad.json").write_text("{}\n")

        def decide(port, name):
            environment = {**os.environ, "RINGFENCE_TOKEN": service.tokens["screen"],
                           "RINGFENCE_URL": f"http://127.0.0.1:{port}"}
            path = str(service.folder / name)
            calls = [["sh", ROOT / "examples/screen.sh", path],
                     [sys.executable, ROOT / "examples/screen.py", path]]
            if program:
                calls.append([program, "127.0.0.1", str(port), path])
            said = []
            for call in calls:
                done = subprocess.run(call, env=environment, capture_output=True, text=True,
                                      check=False)
                equal(done.returncode, 0, call, done.stderr)
                said.append(next(word for word in done.stdout.split()
                                 if word in ("pass", "review", "reject")))
            return set(said)

        equal(decide(service.port, "application.json"), {"pass"})
        equal(decide(service.port, "bad.json"), {"review"})
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            equal(decide(unused.getsockname()[1], "application.json"), {"review"})
        with socket.create_server(("127.0.0.1", 0)) as silent:
            equal(decide(silent.getsockname()[1], "application.json"), {"review"})
        for said, wanted in (("reject", "reject"), ("review", "review"), ("pass", "review")):
            with refusing(said) as port:
                equal(decide(port, "application.json"), {wanted}, said)


def case_unit():
    """The settings and the unit that are shipped are good ones."""
    with Service(BINARY) as service:
        done = service.run("serve", "--config", str(ROOT / "data/serve.yaml"), "--print-config")
        check("listen:" in done.stdout, done.stdout)
        service.stop()
        service.config.write_text(done.stdout.replace("127.0.0.1:8080", "127.0.0.1:0"))
        service.start()
        equal(service.ask("GET", "/healthz")[0], 200)
    unit = (ROOT / "data/ringfence.service.in").read_text()
    for line in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict",
                 "MemoryDenyWriteExecute=yes", "RestartForceExitStatus=75"):
        check(line in unit, line)

run_cases(globals(), sys.argv[2:])
