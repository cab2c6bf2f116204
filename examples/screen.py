#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Screens applications over one kept connection; the Python standard library is enough.

usage: RINGFENCE_TOKEN=rf_... screen.py FILE.ndjson    (RINGFENCE_URL: http://127.0.0.1:8080)
"""
import http.client
import json
import os
import sys
import urllib.parse

TIMEOUT_S = 0.5
ATTEMPTS = 2


class Ringfence:
    """screen() always gives a decision: without a good answer in time it is `review`."""

    def __init__(self, url, token):
        self.address = urllib.parse.urlsplit(url)
        self.headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        self.connection = None

    def ask(self, body):
        if not self.connection:
            self.connection = http.client.HTTPConnection(
                self.address.hostname, self.address.port, timeout=TIMEOUT_S)
        self.connection.request("POST", "/v1/screenings", body, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def screen(self, application):
        body = json.dumps(application)
        why, decision = "no answer", "review"
        for _ in range(ATTEMPTS):  # the idempotency key makes a second attempt safe
            try:
                status, text = self.ask(body)
            except (OSError, http.client.HTTPException) as error:
                self.connection, why = None, str(error)
                continue
            if status == 200:
                return json.loads(text)
            problem = json.loads(text) if text else {}
            why, decision = problem.get("detail", ""), problem.get("decision", "review")
            if status not in (429, 503):  # what is wrong now is wrong the second time too
                break
        # The policy may want more than a review of what could not be decided; never less.
        return {"application_id": application.get("application_id"),
                "decision": "reject" if decision == "reject" else "review", "unavailable": why}


def main():
    service = Ringfence(os.environ.get("RINGFENCE_URL", "http://127.0.0.1:8080"),
                        os.environ["RINGFENCE_TOKEN"])
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            answer = service.screen(json.loads(line))
            codes = " ".join(reason["code"] for reason in answer.get("reasons", ()))
            print(answer["application_id"], answer["decision"], codes, answer.get("unavailable", ""))


main()
