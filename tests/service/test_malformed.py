#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests that are none, and the other form of those that are.
usage: test_malformed.py RINGFENCE [CASE...]"""
import json
import re
import sys

from harness import Service, application, check, equal, run_cases
from pack import pack, unpack

BINARY = sys.argv[1]
JSON_EVENT = {"op": "node", "label": "Enterprise", "key": "E1"}

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
    for number in (b"\xcb\x7f\xf8" + b"\0" * 6, b"\xcb\xff\xf0" + b"\0" * 6): # NaN, -infinity
        yield post(b"\xde\x00\x06" + pack(application(1))[3:] + pack("amount_minor") + number,
                   b"Content-Type: application/msgpack\r\n"), 400
        yield post(b"\x91\x84" + pack(JSON_EVENT)[3:] + pack("properties") +
                   b"\x81" + pack("net_assets_minor") + number,
                   b"Content-Type: application/msgpack\r\n", b"/v1/events"), 400
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


def case_refused_by_its_head():
    """What can be refused by the head alone is, where the body may never come or never end."""
    with Service(BINARY) as service:
        auth = f"Host: x\r\nAuthorization: Bearer {service.tokens['screen']}\r\n"
        path = "POST /v1/screenings?record=false HTTP/1.1\r\n"
        for what, head, wanted in (
                ("no coding of ours", auth + "Transfer-Encoding: gzip\r\n", b"400"),
                ("several", auth + "Transfer-Encoding: gzip, chunked\r\n", b"400"),
                ("too large", auth + "Content-Length: 70000\r\nExpect: 100-continue\r\n", b"413"),
                ("no token", "Host: x\r\nContent-Length: 7\r\nExpect: 100-continue\r\n", b"401"),
                ("a form not known", auth + "Content-Length: 7\r\nContent-Type: text/xml\r\n"
                 "Expect: 100-continue\r\n", b"415")):
            got = service.raw((path + head + "\r\n").encode())
            equal(got[9:12], wanted, what, got)
            check(b"application/problem+json" in got, what, got)


def case_header_names():
    """A name that one reader of the request knows and another does not is refused."""
    with Service(BINARY) as service:
        body = json.dumps(application(1))
        auth = (f"POST /v1/screenings?record=false HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                f"Authorization: Bearer {service.tokens['screen']}\r\n"
                f"Content-Length: {len(body)}\r\n")
        for name, wanted in (("X-A", b"200"), ("x.y_z~1", b"200"), ("Content-Length ", b"400"),
                             ("Transfer-Encoding\t", b"400"), ("X(A)", b"400"),
                             ("X-\u00e9", b"400")):
            got = service.raw((auth + f"{name}: 5\r\n\r\n{body}").encode())
            equal(got[9:12], wanted, repr(name), got)


def case_nothing_behind_what_is_ambiguous():
    """Where a request's end can be read in two ways, what follows may be no request of its own."""
    with Service(BINARY) as service:
        behind = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        head = (f"POST /v1/screenings?record=false HTTP/1.1\r\nHost: x\r\n"
                f"Authorization: Bearer {service.tokens['screen']}\r\n")
        n = len(behind)
        for given, body in ((f"Content-Length : {n}", ""), ("Transfer-Encoding : chunked", ""),
                            (f"Content-Length: 0\r\nContent-Length: {n}", ""),
                            (f"Content-Length: {n}\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
                            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                             "0\r\n\r\n"), ("X-A: b\r\n Content-Length: 5", "")):
            got = service.raw((head + given + "\r\n\r\n" + body + behind).encode())
            equal(re.findall(rb"HTTP/1.1 (\d+)", got), [b"400"], given, got)
            check(b"Connection: close" in got, given, got)
        got = service.raw((head + "Content-Length: 2\r\n\r\n[]" + behind).encode())
        equal(re.findall(rb"HTTP/1.1 (\d+)", got), [b"400", b"200"], got)


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
        as_pack = unpack(body)
        for answer in (as_json, as_pack):
            del answer["elapsed_us"], answer["decision_id"] # the texts differ
        equal(as_pack, as_json)
        status, got, body = service.ask("POST", "/v1/events", pack([JSON_EVENT, JSON_EVENT]),
                                        "write", headers={"Content-Type": "application/msgpack"})
        equal(status, 200, body)
        equal(len(body.splitlines()), 2)


def case_msgpack_events():
    """Each of a long list is answered in its place; what JSON can't say refuses all of it."""
    with Service(BINARY) as service:
        def send(body):
            return service.ask("POST", "/v1/events", body, "write",
                               headers={"Content-Type": "application/msgpack"})

        events = [{"op": "node", "label": "Enterprise", "key": f"P{n}",
                   "properties": {"name": f"a\nb {n}"}} for n in range(450)]
        events[300] = {"op": "none"}
        status, _, body = send(pack(events))
        equal(status, 200, body)
        lines = [json.loads(line) for line in body.splitlines()]
        equal([line["line"] for line in lines], list(range(1, 451)))
        equal([line["line"] for line in lines if "error" in line], [301])
        equal(send(pack(events[0]))[0], 200) # one alone
        found = service.run("query", "--format", "csv",
                            "MATCH (e:Enterprise) WHERE e.name CONTAINS 'a\\nb' RETURN count(e)")
        equal(found.stdout.split()[-1], "449")
        head = pack({"op": "node", "label": "Enterprise", "key": "N", "properties": 1})[:-9]
        for number, wanted in ((b"\xca\x7f\x7f\xff\xff", 200), (b"\xca\x7f\x80\x00\x00", 400),
                               (b"\xcb\x7f\xef" + b"\xff" * 6, 200),
                               (b"\xcb\x7f\xf0" + b"\x00" * 6, 400),
                               (b"\xcb\xff\xf8" + b"\x00" * 6, 400)):
            equal(send(head + pack({"x": 1})[:-9] + number)[0], wanted, number)

run_cases(globals(), sys.argv[2:])
