#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service as its clients meet it: endpoints, their description, roles, masks.
usage: test_service.py RINGFENCE [CASE...]"""
import concurrent.futures
import json
import os
import socket
import sys
import time

from harness import ROLES, Service, application, check, equal, metric, run_cases

BINARY = sys.argv[1]
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


def case_query_words():
    """What a refused query advises can be done by its caller or by who runs the service."""
    with Service(BINARY, "query_max_rows: 3\nquery_max_expansions: 2\nquery_timeout_ms: 3000\n"
                 "query_max_memory_bytes: 2097152\n", events=[
                     {"op": "node", "label": "Enterprise", "key": f"E{i}"} for i in range(600)]
                 ) as service:
        def said(statement, **more):
            answer = service.ask("POST", "/v1/query", {"statement": statement, **more},
                                 "investigate")
            return json.loads(answer[2].splitlines()[-1])

        rows = "UNWIND range(1, 20000) AS y UNWIND range(1, 20000) AS x "
        for answer, word in (
                (said(rows + "RETURN x")["reason"], "query_max_rows"),
                (said("MATCH (a:Enterprise), (b:Enterprise) RETURN count(*)")["detail"],
                 "query_max_expansions"),
                (said(rows + "RETURN count(*)")["detail"], "query_timeout_ms"),
                (said(rows + "RETURN collect(x)")["detail"], "query_max_memory_bytes"),
                (said("CREATE (n:Enterprise {key: 'x'})")["detail"], "/v1/events"),
                (said("RETURN $x")["detail"], '"parameters"'),
                (said("RETURN 1", max_rows=3)["detail"], "max_rows"),
                (said("RETURN 1", as_of="never")["detail"], "as_of")):
            check(word in answer and " -" not in answer, word, answer)


def case_request_words():
    """What is asked for beside the body is understood or refused, and a refusal says what to do."""
    with Service(BINARY) as service:
        def refused(status, method, path, role, body=None, **headers):
            answer = service.ask(method, path, body, role, headers=headers)
            equal(answer[0], status, path, answer[2])
            return json.loads(answer[2])["detail"]

        for path, word in (("/v1/screenings?record=no", "record=no"),
                           ("/v1/screenings?recrod=false", "recrod"),
                           ("/v1/screenings?record", "record"),
                           ("/v1/screenings?record=false&record=true", "record"),
                           ("/v1/screenings?all=true", "all"), ("/v1/screenings?x=1", "record")):
            check(word in refused(400, "POST", path, "screen", application(1)), path)
        check("all" in refused(400, "GET", "/v1/entities/Enterprise/E1/tags?every=true", "screen"))
        for deadline in ("junk", "0", "-1", "1.5", "", "5 ms", "99999999999999999999"):
            check("X-Deadline-Ms" in refused(400, "POST", "/v1/screenings", "screen",
                                             application(1), **{"X-Deadline-Ms": deadline}))
        check("compressed" in refused(415, "POST", "/v1/screenings", "screen", application(1),
                                      **{"Content-Encoding": "gzip"}))
        said = refused(403, "POST", "/v1/query", "screen", {"statement": "RETURN 1"})
        equal(said, "role screen may not do this; investigate and admin may")
        check("POST" in refused(405, "GET", "/v1/screenings", "screen"))
        check("max_body_bytes" in refused(413, "POST", "/v1/screenings", "screen", "x" * 70000))
        check("max_events_bytes" in refused(413, "POST", "/v1/events", "write", "x" * 8400000))
        equal(refused(400, "POST", "/v1/screenings", "screen", ""), "expected JSON, found nothing")
        said = refused(400, "POST", "/v1/screenings", "screen", '{"application_id":"a\\u0000"}')
        check(said.endswith("a text holds \\u0000, which is not allowed"), said)
        for headers in ({"X-Deadline-Ms": "7"}, {"Content-Encoding": "identity"}):
            equal(service.ask("POST", "/v1/screenings?record=true", application(1), "screen",
                              headers=headers)[0], 200)
        equal(service.ask("GET", "/healthz?x=1")[0], 200)


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
            equal(done.returncode, 0, done.stdout, done.stderr)


def case_groups_events():
    """Small bodies share durable commits, long ones are cut; each line is answered to its sender."""
    def body(sender):
        lines = 450 if sender % 10 == 0 else 1
        return "".join(json.dumps({"op": "node" if n % 7 else "nothing", "label": "Enterprise",
                                   "key": f"E{sender}-{n}"}) + "\n\n" for n in range(lines))

    with Service(BINARY) as service:
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda sender: service.ask("POST", "/v1/events", body(sender),
                                                               "write"), range(60)))
        for sender, (status, _, text) in enumerate(answers):
            equal(status, 200, text)
            rows = [json.loads(line) for line in text.splitlines()]
            equal([row["line"] for row in rows],
                  [2 * n + 1 for n in range(450 if sender % 10 == 0 else 1)])
            for n, row in enumerate(rows):
                equal("error" in row, n % 7 == 0, sender, row)
        text = service.ask("GET", "/metrics")[2].decode()
        equal(metric(text, "commit_members_total"), 6 * (450 - 65))
        check(metric(text, "commits_total") <= 40, metric(text, "commits_total"))


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


def case_masking_properties():
    """A property that a bank's own schema calls sensitive is no figure for role screen."""
    assets = 700001
    events = [{"op": "node", "label": "Enterprise", "key": f"E{i}",
               "properties": {"net_assets_minor": assets}} for i in range(3)]
    events += [{"op": "edge", "type": "GUARANTEES", "valid_from": "2026-01-01",
                "from": {"label": "Enterprise", "key": "E0"},
                "to": {"label": "Enterprise", "key": f"E{i}"},
                "properties": {"amount_minor": 900000}} for i in (1, 2)]
    service = Service(BINARY, events=events)
    own = service.folder / "own.yaml"
    own.write_text(service.run("schema", "show").stdout.replace(
        "sensitive_properties: [", "sensitive_properties: [net_assets_minor, "))
    service.run("schema", "upgrade", own)
    service.run("retag", "--as-of", "2026-11-21")
    with service:
        body = application(1)
        body["enterprise"]["key"] = "E0"
        made = service.ask("POST", "/v1/screenings", body, "admin")[2].decode()
        asked = {
            "again": service.ask("POST", "/v1/screenings", body, "screen"),
            "fresh": service.ask("POST", "/v1/screenings?record=false", body, "screen"),
            "found": service.ask("GET", "/v1/decisions/" + json.loads(made)["decision_id"],
                                 role="screen"),
            "tags": service.ask("GET", "/v1/entities/Enterprise/E0/tags", role="screen"),
        }
        check(str(assets) in made, "the unmasked answer has it, else nothing was tested", made)
        for name, (status, _, text) in asked.items():
            equal(status, 200, name)
            check(str(assets) not in text.decode(), name, text)
            answer = json.loads(text)
            over, = [found for found in answer.get("reasons") or answer["tags"]
                     if found["code"] == "OVER_GUARANTEE"]
            equal(over["numbers"]["net_assets_minor"], None, name)
            equal(over["numbers"]["guaranteed_minor"], 1800000, name)
            # From these the property could be worked out.
            equal(over["numbers"]["ratio"], None, name)
            equal(over.get("score"), None, name)

run_cases(globals(), sys.argv[2:])
