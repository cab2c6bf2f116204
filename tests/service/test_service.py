#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service as its clients meet it: endpoints, roles, malformed requests, limits, slow senders,
reload, drain, refusals. usage: test_service.py RINGFENCE [CASE...]"""
import concurrent.futures
import itertools
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from harness import ROLES, Service, application, check, equal, metric, run_cases

BINARY = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON_EVENT = {"op": "node", "label": "Enterprise", "key": "E1"}


# ---- endpoints ------------------------------------------------------------------------------


def case_endpoints():
    """Each endpoint answers what it is for; keep-alive holds over all of them."""
    with Service(BINARY) as service:
        line = service.connect()
        status, headers, body = service.ask("GET", "/healthz", connection=line)
        equal(status, 200)
        equal(json.loads(body), {"status": "ok"})
        status, headers, body = service.ask("POST", "/v1/screenings", application(1), "screen",
                                            connection=line)
        equal(status, 200, body)
        check(headers.get("Connection", "").lower() != "close", "keep-alive is lost")
        answer = json.loads(body)
        equal(answer["application_id"], "A-1")
        equal(answer["decision"], "pass")
        path = "/v1/decisions/" + answer["decision_id"]
        equal(service.ask("GET", path, role="screen", connection=line)[2], body)
        equal(service.ask("GET", "/v1/decisions/none", role="screen", connection=line)[0], 404)
        status, headers, body = service.ask("POST", "/v1/events", json.dumps(JSON_EVENT) +
                                            '\n\n{"op":"none"}\n', "write", connection=line)
        equal(status, 200)
        lines = [json.loads(text) for text in body.splitlines()]
        equal(lines[0], {"line": 1, "status": "ok"})
        equal(lines[1]["line"], 3)
        check("op" in lines[1]["error"], lines[1])
        status, headers, body = service.ask("GET", "/v1/entities/Enterprise/e1/tags",
                                            role="investigate", connection=line)
        equal(status, 200, body)
        equal(json.loads(body)["subject"], {"label": "Enterprise", "key": "E1"})
        equal(service.ask("GET", "/v1/entities/Enterprise/E%2F1/tags", role="screen",
                          connection=line)[0], 404)
        equal(service.ask("HEAD", "/healthz", connection=line)[0], 200)
        text = service.ask("GET", "/metrics", connection=line)[2].decode()
        equal(metric(text, "decisions_pass_total"), 1)
        equal(metric(text, "connections"), 1)
        line.close()
        log = (service.db / "access.log").read_text().splitlines()
        equal(len(log), 1, "one unmasked look")
        equal(json.loads(log[0])["role"], "investigate")
        check("E1" not in log[0], "a log of looks names nobody")
        equal(os.stat(service.db / "access.log").st_mode & 0o777, 0o600)
        equal(os.stat(service.db / "tokens").st_mode & 0o777, 0o600)
        for token in service.tokens.values():
            check(token.split("_")[2] not in (service.db / "tokens").read_text(), "a secret")


def case_idempotency():
    """The same key gives the same bytes, another request under it is refused."""
    with Service(BINARY) as service:
        first = service.ask("POST", "/v1/screenings", application(1), "screen")
        again = service.ask("POST", "/v1/screenings", application(1), "screen")
        equal(again[2], first[2])
        other = service.ask("POST", "/v1/screenings", application(2, key="A-1/1"), "screen")
        equal(other[0], 422, other[2])
        check(b"A-1/1" in other[2], other[2])
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: service.ask(
                "POST", "/v1/screenings", application(9), "screen")[2], range(40)))
        equal(len(answers), 1, "one decision for a key")
        done = service.run("decision", "list", "--format", "ndjson", check=False)
        if done.returncode == 0:
            equal(len(done.stdout.splitlines()), 2)


def case_query():
    """Rows as they are; long answers are streamed, cut ones say so, errors have a status."""
    events = [{"op": "node", "label": "Enterprise", "key": f"E{i}", "properties": {"n": i}}
              for i in range(3000)]
    with Service(BINARY, "query_max_rows: 2500\n", events=events) as service:
        def ask(statement, **more):
            status, headers, body = service.ask("POST", "/v1/query",
                                                {"statement": statement, **more}, "investigate")
            return status, headers, body

        status, headers, body = ask("MATCH (e:Enterprise {key: $k}) RETURN e, e.n AS n",
                                    parameters={"k": "E7"})
        equal(status, 200, body)
        equal(headers["Content-Type"], "application/x-ndjson")
        row = json.loads(body)
        equal((row["n"], row["e"]["labels"]), (7, ["Enterprise"]))
        status, headers, body = ask("MATCH (e:Enterprise) RETURN e, e.n AS n ORDER BY n")
        equal(status, 200)
        equal(headers["Transfer-Encoding"], "chunked")
        lines = [json.loads(line) for line in body.splitlines()]
        equal([line["n"] for line in lines[:-1]], list(range(2500)))
        equal(lines[-1]["truncated"], True)
        check("reason" in lines[-1], lines[-1])
        for statement in ("RETURN", "MATCH (n) RETURN m", "CREATE (n:X) RETURN n"):
            status, headers, body = ask(statement)
            equal(status, 400, statement, body)
            check(json.loads(body)["detail"], body)
        for body in (b"[]", b"{}", b'{"statement":1}', b'{"statement":"RETURN 1","parameters":[]}',
                     b'{"statement":"RETURN 1","as_of":"never"}'):
            equal(service.ask("POST", "/v1/query", body, "investigate")[0], 400, body)
        slow = "UNWIND range(1, 100000000) AS a UNWIND range(1, 1000) AS b RETURN count(*)"
        start = time.monotonic()
        status = ask(slow)[0]
        check(status in (200, 422) and time.monotonic() - start < 8, status)
        # A client that goes away in the middle frees the thread for the next one.
        text = json.dumps({"statement": "MATCH (e:Enterprise) RETURN e"}).encode()
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", service.port)) as s:
                s.sendall(b"POST /v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                          service.tokens["admin"].encode() + b"\r\nContent-Length: %d\r\n\r\n"
                          % len(text) + text)
                s.recv(100)
        equal(ask("RETURN 1 AS one")[2], b'{"one":1}\n')
        check("MATCH" not in (service.db / "access.log").read_text(), "statements may name people")


def case_record_false():
    """A screening that is not recorded leaves nothing behind."""
    with Service(BINARY) as service:
        for _ in range(3):
            status, _, body = service.ask("POST", "/v1/screenings?record=false", application(1),
                                          "screen")
            equal(status, 200)
            equal(json.loads(body)["commit_seq"], 1, body)


def case_in_flight():
    """Five applications from one device at the same instant: the later ones know the first."""
    with Service(BINARY) as service:
        for round_ in range(10):
            device = {"devices": [f"dev{round_}"]}
            batch = [application(100 * round_ + i, **device) for i in range(5)]
            with concurrent.futures.ThreadPoolExecutor(5) as pool:
                answers = [json.loads(a[2]) for a in pool.map(
                    lambda a: service.ask("POST", "/v1/screenings", a, "screen"), batch)]
            answers.sort(key=lambda a: a["commit_seq"])
            check(len({a["commit_seq"] for a in answers}) == 5, "one commit number each")
            for answer in answers[2:]:
                codes = [r["code"] for r in answer["reasons"]]
                check("SHARED_DEVICE" in codes or answer["partial"], round_, answers)


def case_groups_replay():
    """Decisions of one durable commit are made again exactly."""
    with Service(BINARY) as service:
        batch = [application(i, devices=[f"d{i % 3}"]) for i in range(60)]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            ids = [json.loads(a[2])["decision_id"] for a in pool.map(
                lambda a: service.ask("POST", "/v1/screenings", a, "screen"), batch)]
        text = service.ask("GET", "/metrics")[2].decode()
        commits, members = metric(text, "commits_total"), metric(text, "commit_members_total")
        equal(members, 60)
        check(commits < members, "nothing was grouped", commits)
        service.stop()
        for decision in ids[::6]:
            done = service.run("replay", decision, check=False)
            if "there is no command" in done.stderr:
                return
            equal(done.returncode, 0, done.stdout, done.stderr)


def validate(value, schema, document, place="$"):
    """The part of JSON Schema that the description uses."""
    if "$ref" in schema:
        part = document
        for step in schema["$ref"][2:].split("/"):
            part = part[step]
        return validate(value, part, document, place)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
             "number": (int, float), "null": type(None)}
    if "type" in schema:
        wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        fits = [isinstance(value, kinds[kind]) and not (kind == "integer" and value in (True, False)
                and isinstance(value, bool)) for kind in wanted]
        check(any(fits), place, "is", repr(value), "and not", wanted)
    if "enum" in schema:
        check(value in schema["enum"], place, repr(value), schema["enum"])
    if "const" in schema:
        equal(value, schema["const"], place)
    if "anyOf" in schema:
        for number, choice in enumerate(schema["anyOf"]):
            try:
                validate(value, choice, document, place)
                break
            except AssertionError:
                if number + 1 == len(schema["anyOf"]):
                    raise
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            check(name in value, place, "lacks", name)
        for name, part in value.items():
            known = schema.get("properties")
            if known is not None and "Event" not in place:
                check(name in known, place, "has", name, "which is not described")
                validate(part, known[name], document, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        for number, part in enumerate(value):
            validate(part, schema["items"], document, f"{place}[{number}]")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        check(schema.get("minimum", value) <= value <= schema.get("maximum", value), place, value)
    return None


def case_openapi():
    """Real answers are what the description says they are."""
    events = []
    for i in range(8):
        events.append({"op": "node", "label": "Enterprise", "key": f"E{i}"})
        events.append({"op": "node", "label": "Device", "key": "dev"})
        events.append({"op": "edge", "type": "USES_DEVICE", "valid_from": "2026-11-20T08:00:00Z",
                       "from": {"label": "Enterprise", "key": f"E{i}"},
                       "to": {"label": "Device", "key": "dev"}})
    with Service(BINARY, events=events) as service:
        service.run("retag", "--as-of", "2026-11-21", check=False)
        document = json.loads(service.ask("GET", "/openapi.json")[2])
        equal(document["openapi"], "3.1.0")
        body = application(1, devices=["dev"])
        body["enterprise"]["key"] = "E0"
        made = service.ask("POST", "/v1/screenings", body, "screen")
        decision = json.loads(made[2])["decision_id"]
        check(json.loads(made[2])["reasons"], "a decision with reasons is what is to be checked")
        calls = [("POST", "/v1/screenings", "/v1/screenings", body),
                 ("POST", "/v1/screenings", "/v1/screenings", application(2)),
                 ("POST", "/v1/screenings", "/v1/screenings", {}),
                 ("POST", "/v1/screenings", "/v1/screenings", application(3, key="A-1/1")),
                 ("GET", "/v1/decisions/{id}", "/v1/decisions/" + decision, None),
                 ("GET", "/v1/decisions/{id}", "/v1/decisions/x", None),
                 ("GET", "/v1/entities/{label}/{key}/tags", "/v1/entities/Enterprise/E0/tags", None),
                 ("GET", "/v1/entities/{label}/{key}/tags", "/v1/entities/Enterprise/x/tags", None),
                 ("POST", "/v1/events", "/v1/events", json.dumps(JSON_EVENT) + "\n{}\n"),
                 ("POST", "/v1/query", "/v1/query",
                  {"statement": "MATCH (n:Enterprise) RETURN n.key AS key LIMIT 2"}),
                 ("POST", "/v1/query", "/v1/query", {"statement": "RETURN"}),
                 ("GET", "/healthz", "/healthz", None), ("GET", "/readyz", "/readyz", None),
                 ("GET", "/metrics", "/metrics", None)]
        seen = set()
        for method, path, url, sent in calls:
            for role in ("admin", None):
                status, headers, got = service.ask(method, url, sent, role)
                answers = document["paths"][path][method.lower()]["responses"]
                check(str(status) in answers, method, url, status, got)
                kind = headers["Content-Type"].split(";")[0]
                check(kind in answers[str(status)]["content"], method, url, status, kind)
                schema = answers[str(status)]["content"][kind]["schema"]
                if kind == "application/x-ndjson":
                    for line in got.splitlines():
                        validate(json.loads(line), schema, document, path)
                elif kind != "text/plain":
                    validate(json.loads(got), schema, document, path)
                seen.add(path)
        equal(seen | {"/openapi.json"}, set(document["paths"]))
        for path, methods in document["paths"].items():
            url = path.replace("{id}", "x").replace("{label}", "A").replace("{key}", "b")
            for method in methods:
                status = service.ask(method.upper(), url, "{}" if method == "post" else None)[0]
                check(status not in (404, 405), path, method, status)


# ---- who may what ---------------------------------------------------------------------------

ANY = set(ROLES)
MATRIX = [
    ("POST", "/v1/screenings?record=false", application(1), {"screen", "admin"}, {200}),
    ("POST", "/v1/screenings", application(1), {"screen", "admin"}, {200}),
    ("GET", "/v1/decisions/none", None, {"screen", "investigate", "admin"}, {404}),
    ("GET", "/v1/entities/Enterprise/E1/tags", None, {"screen", "investigate", "admin"}, {200}),
    ("POST", "/v1/events", JSON_EVENT, {"write", "admin"}, {200}),
    ("POST", "/v1/query", {"statement": "RETURN 1"}, {"investigate", "admin"}, {200}),
    ("GET", "/healthz", None, None, {200}),
    ("GET", "/readyz", None, None, {200}),
    ("GET", "/metrics", None, None, {200}),
    ("GET", "/openapi.json", None, None, {200}),
]


def case_matrix():
    """Every role at every endpoint with every method, and tokens that are none."""
    with Service(BINARY, events=[JSON_EVENT]) as service:
        expired = service.token("admin", "--expires", "2020-01-01")
        good = service.tokens["admin"]
        last = "0" if good[-1] != "0" else "1"
        bad = [expired, good[:-1] + last, good[:-1], good + "0", "rf_00000000_" + "0" * 64,
               good.upper(), "x", good.replace("rf_", "rf-"), " " + good]
        revoked = service.token("admin")
        service.run("token", "revoke", revoked.split("_")[1])
        time.sleep(1.3)
        bad.append(revoked)
        cells = 0
        for method, path, body, allowed, wanted in MATRIX:
            for role in (None, *ROLES):
                status, headers, answer = service.ask(method, path, body, role)
                if allowed is None or role in allowed:
                    check(status in wanted, method, path, role, status, answer)
                elif role is None:
                    equal(status, 401, method, path)
                    equal(headers["WWW-Authenticate"], "Bearer")
                else:
                    equal(status, 403, method, path, role)
                    equal(headers["Content-Type"], "application/problem+json")
                cells += 1
            for token in bad if allowed is not None else ():
                equal(service.ask(method, path, body, token=token)[0], 401, path, token)
                cells += 1
            for other in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
                if other != method:
                    status, headers, _ = service.ask(other, path, body, "admin")
                    equal(status, 405, other, path)
                    equal(headers["Allow"], method)
                    cells += 1
        print(f"  {cells} cells")


def case_masking():
    """Role screen sees its own parties whole and others' sensitive keys masked."""
    phone, person = "+8613900001234", "440301199001011234"
    events = []
    for i in range(6):
        events.append({"op": "node", "label": "Enterprise", "key": f"E{i}"})
        events.append({"op": "node", "label": "Phone", "key": phone})
        events.append({"op": "node", "label": "Person", "key": person})
        events.append({"op": "edge", "type": "LEGAL_REP",
                       "from": {"label": "Person", "key": person},
                       "to": {"label": "Enterprise", "key": f"E{i}"},
                       "valid_from": "2026-01-01"})
    with Service(BINARY, events=events) as service:
        service.run("tag", "add", "Person:" + person, "FRAUD_RING", "--level", "alert", "--by",
                    "ann", "--note", f"known {phone}", check=False)
        body = application(1)
        body["enterprise"]["key"] = "E0"
        whole = service.ask("POST", "/v1/screenings?record=false", body, "admin")[2].decode()
        shown = service.ask("POST", "/v1/screenings?record=false", body, "screen")[2].decode()
        if person in whole:
            check(person not in shown, shown)
            check("440****1234" in shown, shown)
        body["persons"] = [{"key": person, "role": "legal_rep"}]
        own = service.ask("POST", "/v1/screenings?record=false", body, "screen")[2].decode()
        if person in whole:
            check(person in own, "its own party is shown", own)
        tags = service.ask("GET", "/v1/entities/Person/" + person + "/tags", role="screen")
        equal(tags[0], 200)


# ---- malformed ------------------------------------------------------------------------------


def malformed(token):
    """Raw requests with the status that answers them (None: closed without one)."""
    auth = f"Authorization: Bearer {token}\r\n".encode()

    def request(line, headers=b"", body=b"", host=b"Host: x\r\n"):
        return line + b" HTTP/1.1\r\n" + host + headers + b"Connection: close\r\n\r\n" + body

    def post(body, headers=b"", path=b"/v1/screenings?record=false"):
        return request(b"POST " + path, auth + headers +
                       b"Content-Length: %d\r\n" % len(body), body)

    good = json.dumps(application(1)).encode()
    bodies = [b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b"{}{}", good[:-1], good + b"x",
              b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 1000, b'{"a":' * 500, good.replace(b"A-1", b"\xff"),
              good.replace(b"2026-11-21T08:00:00Z", b"yesterday"), b"\0" * 10,
              good.replace(b'"enterprise"', b'"enterprize"'), b"NaN", b'{"time":1e999}',
              good.replace(b'"C000001"', b'""'), good.replace(b'"C000001"', b"7"),
              good.replace(b'"A-1"', b'""'), b'{"application_id":"' + b"x" * 5000 + b'"}']
    for body in bodies:
        yield post(body), 400
        yield post(body, b"Content-Type: application/json; charset=utf-8\r\n"), 400
    for body in (b"", b"\xc1", b"\xdf\x0a\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\x81\xa1a",
                 b"\xc7\x04\x55abcd", b"\x91" * 40, b"\x82\xa1a\x01\xa1a\x02", b"\xa2\xff\xfe"):
        yield post(body, b"Content-Type: application/msgpack\r\n"), 400
    yield post(good, b"Content-Type: text/xml\r\n"), 415
    yield post(good, b"Content-Type: application/jsonx\r\n"), 415
    yield post(b"x" * 70000), 413
    for field, values in (("amount_minor", (b'"1"', b"1.5", b"1e30", b"[]")),
                          ("persons", (b"{}", b'"x"', b"[1]", b"[[]]", b'[{"name":"x"}]')),
                          ("devices", (b"{}", b"[1]", b"[null]", b'[{}]', b'[""]')),
                          ("phones", (b"7", b"[true]", b'[{"key":[]}]', b'[{"key":""}]')),
                          ("addresses", (b'"a"', b"[{}]", b"[0.5]")),
                          ("guarantors", (b"{}", b'[{"amount_minor":1}]', b"[[]]")),
                          ("time", (b"1", b"null", b'"2026-13-01"', b'"2026-02-30T00:00:00Z"')),
                          ("product", (b"1", b"[]", b"{}", b"true")),
                          ("currency", (b"1", b"[]")), ("lender", (b"1", b"{}")),
                          ("idempotency_key", (b"1", b'"' + b"k" * 300 + b'"'))):
        for value in values:
            changed = {**application(1), field: "@@"}
            yield post(json.dumps(changed).encode().replace(b'"@@"', value)), 400
    for n in range(23):
        yield post(good[:7 * n + 1]), 400
        yield post(good[:7 * n + 1] + b"\0" + good[7 * n + 1:]), 400
    for path in (b"/", b"/v1", b"/v1/screenings/", b"//v1/screenings", b"/V1/screenings", b"/v1/x",
                 b"/healthz/", b"/..", b"/v1/entities/Enterprise/tags", b"/v1/decisions/",
                 b"/v1/decisions/a/b", b"/v1/entities/a/b/c/tags", b"*", b"/openapi.json.gz"):
        yield request(b"GET " + path, auth), 400 if path == b"/v1/decisions/" else 404
    for path in (b"/v1/entities/%/x/tags", b"/v1/entities/%zz/x/tags", b"/v1/entities/a/%00/tags",
                 b"/v1/entities/a/%ff/tags", b"/v1/entities//x/tags", b"/v1/decisions/%c3",
                 b"/v1/decisions/" + b"x" * 2000, b"/v1/entities/a/%e0%80%80/tags"):
        yield request(b"GET " + path, auth), 400
    for method in (b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"get", b"FOO"):
        yield request(method + b" /healthz"), 405
    for scheme in (b"", b"Bearer", b"Bearer ", b"Basic YTpi", b"Token " + token.encode(),
                   b"Bearer " + b"\xff" * 20, b"Bearer  " + token.encode()):
        yield request(b"GET /v1/decisions/x", b"Authorization: " + scheme + b"\r\n"), 401
    yield request(b"GET /healthz", host=b""), 400
    yield request(b"GET /healthz", host=b"Host: a\r\nHost: b\r\n"), 400
    yield request(b"GET /v1/decisions/x", auth + auth), 400
    yield request(b"POST /v1/screenings", auth + b"Content-Length: 2\r\nContent-Length: 3\r\n",
                  b"{} "), 400
    yield request(b"POST /v1/screenings", auth + b"Content-Length: 5\r\n"
                  b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400
    yield request(b"POST /v1/screenings", auth + b"Content-Length: 99999999999999999999\r\n"), 413
    for length in (b"-1", b"x", b"1 1", b"+1", b"1,1", b"0x10"):
        yield request(b"POST /v1/screenings", auth + b"Content-Length: " + length + b"\r\n"), 400
    yield request(b"POST /v1/screenings", auth + b"Transfer-Encoding: chunked\r\n",
                  b"zz\r\nab\r\n0\r\n\r\n"), 400
    yield b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20000 + b"\r\n\r\n", 431
    yield b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414
    for junk in (b"\0\0\0\0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n",
                 b"GET\r\n\r\n", b"SSH-2.0-x\r\n", b"\r\n\r\n\r\n"):
        yield junk, None
    yield b"GET /healthz HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n", None


def case_malformed():
    """What is no good request gets its status, and the service goes on."""
    with Service(BINARY, "request_timeout_ms: 400\n") as service:
        n, wrong = 0, []
        for data, wanted in malformed(service.tokens["admin"]):
            got = service.raw(data)
            status = int(got.split(None, 2)[1]) if got.startswith(b"HTTP/1") else None
            if wanted is None:
                ok = status in (None, 400, 404, 405, 414, 431, 501, 505)
            else:
                ok = status == wanted
            if not ok:
                wrong.append((data[:60], data[-300:], wanted, status, got[-200:]))
            n += 1
        equal(service.ask("GET", "/healthz")[0], 200)
        for entry in wrong:
            print("  ", entry)
        check(not wrong, f"{len(wrong)} of {n} have another status")
        print(f"  {n} malformed requests")


def pack(value):
    """Just enough of msgpack."""
    if isinstance(value, str):
        data = value.encode()
        return b"\xd9" + bytes([len(data)]) + data
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xd3" + struct.pack(">q", value)
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(pack, value))
    return bytes([0x80 | len(value)]) + b"".join(pack(k) + pack(v) for k, v in value.items())


def case_msgpack():
    """The same decision by msgpack, in and out."""
    with Service(BINARY) as service:
        as_json = json.loads(service.ask("POST", "/v1/screenings?record=false", application(1),
                                         "screen")[2])
        headers = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
        status, got, body = service.ask("POST", "/v1/screenings?record=false",
                                        pack(application(1)), "screen", headers=headers)
        equal(status, 200, body)
        equal(got["Content-Type"], "application/msgpack")
        check(b"decision_id" in body and as_json["policy"].encode() in body, body)
        status, got, body = service.ask("POST", "/v1/events", pack([JSON_EVENT, JSON_EVENT]),
                                        "write", headers={"Content-Type": "application/msgpack"})
        equal(status, 200, body)
        equal(len(body.splitlines()), 2)


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
            time.sleep(0.3 + 0.1 * round_)
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


def case_unit():
    """The settings and the unit that are shipped are good ones."""
    with Service(BINARY) as service:
        done = service.run("serve", "--config", str(ROOT / "data/serve.yaml"), "--print-config")
        check("listen:" in done.stdout, done.stdout)
        service.stop()
        service.config.write_text(done.stdout.replace("127.0.0.1:8080", "127.0.0.1:0"))
        service.start()
        equal(service.ask("GET", "/healthz")[0], 200)
    unit = (ROOT / "data/ringfence.service").read_text()
    for line in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict",
                 "MemoryDenyWriteExecute=yes", "RestartForceExitStatus=75"):
        check(line in unit, line)


run_cases(globals(), sys.argv[2:])
