#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The description that is served, against what the service really takes and answers.
usage: test_openapi.py RINGFENCE [CASE...]"""
import json
import os
import pathlib
import random
import re
import string
import sys
import time

from harness import Service, application, check, equal, run_cases
from pack import pack, unpack

BINARY = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
         "number": (int, float), "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def is_kind(value, kind):
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def resolve(schema, document):
    while "$ref" in schema:
        part = document
        for step in schema["$ref"][2:].split("/"):
            part = part[step]
        schema = part
    return schema


def validate(value, schema, document, place="$"):
    """The part of JSON Schema that the description uses; what is not described is wrong, too."""
    schema = resolve(schema, document)
    if "type" in schema:
        wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        check(any(is_kind(value, kind) for kind in wanted), place, "is", repr(value), "and not",
              wanted)
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
        known = schema.get("properties")
        for name, part in value.items() if known is not None else ():
            check(name in known, place, "has", name, "which is not described")
            validate(part, known[name], document, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        check(len(value) <= schema.get("maxItems", len(value)), place, "is too long")
        for number, part in enumerate(value):
            validate(part, schema["items"], document, f"{place}[{number}]")
    if isinstance(value, str) and schema.get("format") == "date-time":
        check(TIME.match(value), place, value, "is no time")
    if is_kind(value, "number"):
        check(schema.get("minimum", value) <= value <= schema.get("maximum", value), place, value)


class Described:
    """A service with its description; each answer is compared with it."""

    def __init__(self, service):
        self.service = service
        self.document = json.loads(service.ask("GET", "/openapi.json")[2])
        self.seen = set()

    def judge(self, method, path, answer):
        status, headers, body = answer
        answers = self.document["paths"][path][method.lower()]["responses"]
        check(str(status) in answers, method, path, status, "is not described", body[:300])
        kind = headers["Content-Type"].split(";")[0]
        content = answers[str(status)]["content"]
        check(kind in content, method, path, status, kind, "is not described")
        self.seen.add((method, path, str(status)))
        for name in answers[str(status)].get("headers", {}):
            check(name in headers, method, path, status, "lacks", name)
        if kind == "text/plain":
            return body.decode()
        if kind == "application/msgpack":
            values = [unpack(body)]
        elif kind == "application/x-ndjson":
            values = [json.loads(line) for line in body.splitlines()]
        else:
            values = [json.loads(body)]
        for value in values:
            validate(value, content[kind]["schema"], self.document, path)
            if kind == "application/problem+json":
                equal(value["status"], status)
        return values[0] if values else None

    def ask(self, method, path, body=None, role="admin", url=None, headers=None):
        return self.judge(method, path, self.service.ask(method, url or path, body, role,
                                                         headers=headers))


def edge(type_, from_, to, key="k"):
    return {"op": "edge", "type": type_, "from": dict(zip(("label", "key"), from_)),
            "to": dict(zip(("label", "key"), to)), "edge_key": key,
            "valid_from": "2026-11-20T08:00:00Z"}


def world():
    """A shared device, an incubator's address, a ring of guarantees."""
    events = [{"op": "node", "label": "Device", "key": "dev"},
              {"op": "node", "label": "Address", "key": "hub"}]
    events += [{"op": "node", "label": "Enterprise", "key": f"E{i}"} for i in range(8)]
    for i in range(8):
        company = ("Enterprise", f"E{i}")
        events += [edge("USES_DEVICE", company, ("Device", "dev")),
                   edge("LOCATED_AT", company, ("Address", "hub")),
                   edge("GUARANTEES", company, ("Enterprise", f"E{(i + 1) % 3}"), f"g{i}")]
    return events


def prepared():
    """A service with everything in it that an answer can speak of."""
    service = Service(BINARY, events=world())
    service.run("retag", "--as-of", "2026-11-21")
    service.run("class", "set", "--by", "ann", "--reason", "known", "Address:hub", "incubator",
                check=False)
    service.run("allow", "add", "--by", "bob", "--reason", "a family", "--code", "SHARED_DEVICE",
                "Enterprise:E1")
    service.run("block", "add", "--by", "bob", "--reason", "convicted", "Enterprise:E2")
    service.run("tag", "add", "--by", "eve", "--note", "seen", "--level", "alert",
                "Enterprise:E3", "OWN_LIST")
    policy = (ROOT / "data/policy/sme-default.yaml").read_text()
    (service.folder / "policy.yaml").write_text(policy.replace(
        "overrides: []", "overrides:\n  - {name: strict, product: strict, "
        "thresholds: {review: 5, reject: 10}}\n"))
    service.configure(f"policy: {service.folder}/policy.yaml\nquery_max_rows: 3\n"
                      "max_in_flight_per_caller: 1000\n")
    return service


def of_world(n, **more):
    body = application(n, devices=["dev"], addresses=[{"key": "hub", "role": "registered"}],
                       guarantors=["E7"], **more)
    body["enterprise"]["key"] = f"E{n % 8}"
    return body


def case_described():
    """Every path and every status that can be had: answers are what the description says."""
    tags, decision = "/v1/entities/{label}/{key}/tags", "/v1/decisions/{id}"
    pack_it = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
    with prepared() as service:
        described = Described(service)
        ask = described.ask
        equal(described.document["openapi"], "3.1.0")
        kept, seen = [], set()
        for n in range(8):
            answer = ask("POST", "/v1/screenings", of_world(n, product="strict"))
            kept.append(answer["decision_id"])
            seen |= {key for key, value in answer.items() if value}
            seen |= {reason["source"] for reason in answer["reasons"]}
            equal(ask("POST", "/v1/screenings", pack(of_world(n, product="strict")), "screen",
                      headers=pack_it) is None, False)
            ask("GET", tags, url=f"/v1/entities/Enterprise/E{n}/tags?all=true")
            ask("GET", tags, url=f"/v1/entities/Enterprise/E{n}/tags", role="screen",
                headers=pack_it)
            for role in ("admin", "screen"):
                ask("GET", decision, url="/v1/decisions/" + kept[-1], role=role, headers=pack_it)
                ask("GET", decision, url="/v1/decisions/" + kept[-1], role=role)
        equal({"allowed", "override", "live", "tag", "block"} - seen, set(), "not seen", seen)
        odd = application(50, device=["dev"])
        equal(ask("POST", "/v1/screenings", odd)["ignored"], ["device"])
        equal(ask("POST", "/v1/screenings?record=false".split("?")[0], odd,
                  url="/v1/screenings?record=false")["ignored"], ["device"])
        service.run("decision", "erase", "--by", "ann", "--reason", "asked for", kept[0])
        ask("GET", decision, url="/v1/decisions/" + kept[0])
        ask("POST", "/v1/screenings", of_world(0, product="strict"))  # its key was used
        ask("POST", "/v1/screenings", application(9, key="A-1/1"))
        ask("GET", decision, url="/v1/decisions/none")
        ask("GET", decision, url="/v1/decisions/%zz")
        ask("GET", tags, url="/v1/entities/Enterprise/none/tags")
        ask("GET", tags, url="/v1/entities/Enterprise/E1/tags?x=1")
        for statement in ("MATCH (n:Enterprise) RETURN n LIMIT 2", "EXPLAIN RETURN 1", "RETURN",
                          "MATCH (n:Enterprise) RETURN n.key AS key",
                          "UNWIND range(1, 100000000) AS x RETURN collect(x)"):
            ask("POST", "/v1/query", {"statement": statement})
        ask("POST", "/v1/query", pack({"statement": "RETURN 1"}), headers=pack_it)
        events = [{"op": "node", "label": "Enterprise", "key": "N1", "event_id": "1"}, {}]
        lines = "".join(json.dumps(event) + "\n" for event in events + events)
        ask("POST", "/v1/events", lines)
        ask("POST", "/v1/events", pack(events), headers=pack_it)
        ask("POST", "/v1/events", b"\xc1", headers=pack_it)
        for path, methods in described.document["paths"].items():
            for method in methods:
                url = path.replace("{id}", "x").replace("{label}", "A").replace("{key}", "b")
                sent = "{}" if method == "post" else None
                for role in (None, "screen", "write", "investigate", "admin"):
                    ask(method.upper(), path, sent, role, url)
                if method == "post":
                    ask("POST", path, "x", headers={"Content-Type": "text/xml"})
                    ask("POST", path, "x" * 70000 if "events" not in path else "x" * 8500000)
        service.stop()
        service.configure("max_tags_age_s: 1\n")
        service.start()
        while ask("GET", "/readyz", role=None)["ready"]:
            time.sleep(0.1)
        equal(ask("POST", "/v1/screenings", application(1))["decision"], "review")
        missed = {(method.upper(), path, status)
                  for path, methods in described.document["paths"].items()
                  for method, told in methods.items() for status in told["responses"]
                  if status not in ("429", "500", "503")} - described.seen
        equal(missed, set(), "described, and not to be had")


# ---- random bodies --------------------------------------------------------------------------


def make(rng, schema, document, depth=0):
    """A value that the schema allows."""
    schema = resolve(schema, document)
    if "anyOf" in schema:
        return make(rng, rng.choice(schema["anyOf"]), document, depth)
    if "enum" in schema:
        return rng.choice(schema["enum"])
    kind = schema.get("type", "null")
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if kind == "string":
        if schema.get("format") == "date-time":
            return f"20{rng.randrange(10, 30)}-0{rng.randrange(1, 10)}-1{rng.randrange(10)}T08:00:00Z"
        size = rng.choice((1, 3, 8, 40, schema.get("maxLength", 40) // 4))
        return "".join(rng.choice(string.ascii_letters + "0123456789é企\"\\ /+") for _ in range(size))
    if kind == "integer":
        return rng.choice((0, 1, rng.randrange(1 << 40), (1 << 63) - 1))
    if kind == "array":
        return [make(rng, schema["items"], document, depth + 1) for _ in range(rng.choice((0, 1, 3)))]
    if kind == "object":
        return {name: make(rng, part, document, depth + 1)
                for name, part in schema.get("properties", {}).items()
                if name in schema.get("required", ()) or rng.random() < 0.5}
    return rng.choice((True, False)) if kind == "boolean" else None


def spoil(rng, value):
    """The same value with one thing of another kind, missing, or more."""
    value = json.loads(json.dumps(value))
    at, name = value, None
    while isinstance(at, (dict, list)) and at:
        parent, name = at, rng.choice(sorted(at) if isinstance(at, dict) else range(len(at)))
        at = at[name]
        if rng.random() < 0.5:
            break
    if name is None:
        return [value]
    how = rng.randrange(4)
    if how == 0:
        del parent[name]
    elif how == 1 and isinstance(parent, dict):
        parent["unheard_of"] = 1
    else:
        parent[name] = rng.choice((None, -1, 1.5, "", [], {}, "x" * 5000, [[[]]], True, {"key": {}}))
    return value


def case_random():
    """What the description allows is taken; whatever is sent, the answer is a described one."""
    rng = random.Random(int(os.environ.get("SEED", "7")))
    rounds = 2000 if os.environ.get("RINGFENCE_LONG") else 50
    with prepared() as service:
        described = Described(service)
        line = service.connect()
        schemas = described.document["components"]["schemas"]
        kinds = {"POST /v1/screenings": "Application", "POST /v1/query": "Query",
                 "POST /v1/events": "Event"}
        for n in range(rounds):
            for call, name in kinds.items():
                method, path = call.split()
                good = make(rng, schemas[name], described.document)
                if name == "Application":
                    good.setdefault("enterprise", {"key": f"E{n}"})
                    good.pop("idempotency_key", None)
                    for guarantor in good.get("guarantors", ()):
                        if isinstance(guarantor, dict) and "label" in guarantor:
                            guarantor["label"] = rng.choice(("Enterprise", "Person"))
                for body, wanted in ((good, True), (spoil(rng, good), False)):
                    answer = service.ask(method, path, json.dumps(body), "admin", connection=line)
                    described.judge(method, path, answer)
                    text = answer[2].decode()
                    blank = "nothing is left of key" in text
                    if wanted and name == "Application" and not blank:
                        equal(answer[0], 200, body, text)
                    check(answer[0] < 500, body, text)
        line.close()


run_cases(globals(), sys.argv[2:])
