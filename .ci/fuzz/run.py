"""Lets schemathesis try the demonstration at SMEP, as its business manager and as a school.

Fails on any finding that no rule of baseline.json explains. A rule names an operation, a check, a status
and what is told (see `told` below) by regular expressions that match the whole. A rule without one of
these fits any.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "openapi" / "openapi.json"
RULES = json.loads((HERE / "baseline.json").read_text())
SPEC = json.loads(DOCUMENT.read_text())
PARAMETERS = SPEC["components"]["parameters"].values()
# The headers that make a change conditional. A read takes any `If-None-Match`.
CONDITIONS = [it for it in PARAMETERS if it["name"] in ("If-Match", "If-None-Match") and "pattern" in it["schema"]]
PATTERNS = {it["name"]: it["schema"]["pattern"] for it in CONDITIONS}
USERS = ["bm@demo.example", "school@demo.example"]

base = os.environ["SMEP"]

for rule in RULES:
    if not rule.get("reason"):
        sys.exit(f"baseline.json gives no reason for {rule}")


def token(user):
    """Signs in; the token outlives the run of one user."""
    form = {"grant_type": "password", "username": user, "password": os.environ["SMEP_DEMO_PASSWORD"]}
    with urlopen(f"{base}/api/v1/auth/token", urlencode(form).encode()) as reply:
        return json.load(reply)["access_token"]


def events(user):
    """What schemathesis reports of its run, event by event."""
    # It leaves notes for its next run in the folder where it runs.
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.ndjson"
        command = [Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run"]
        command += [DOCUMENT, "--url", base, "--report", "ndjson", "--report-ndjson-path", report]
        log = Path(folder) / "log"
        with log.open("w") as out:
            done = subprocess.run(command, env=os.environ | {"FUZZ_TOKEN": token(user)}, cwd=folder, stdout=out)
        if done.returncode not in (0, 1) or not report.exists():
            sys.exit(f"schemathesis could not run:\n{log.read_text()[-4000:]}")
        print("\n".join(log.read_text().splitlines()[-4:]), flush=True)
        for line in report.open():
            yield json.loads(line)


def all_rejected(report):
    """Whether a reply is the report of a batch that took no item."""
    if not isinstance(report, dict) or not {"applied", "rejected", "items"} <= report.keys():
        return False
    return report["items"] and report["rejected"] == len(report["items"])


def breaks_pattern(request, header):
    """Whether a header does not have the form that the document gives it."""
    values = next((values for name, values in request["headers"].items() if name.lower() == header.lower()), [])
    return any(not re.fullmatch(PATTERNS[header], value) for value in values)


def puts_known_fields(operation, request):
    """Whether the body of a PUT by key has only fields of its form."""
    method, _, path = operation.partition(" ")
    if method != "PUT" or "/by-key/" not in path:
        return False
    form = SPEC["paths"][path]["put"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
    try:
        body = json.loads(base64.b64decode((request.get("body") or {}).get("$base64", "")))
    except ValueError:
        return False
    return isinstance(body, dict) and body.keys() <= SPEC["components"]["schemas"][form]["properties"].keys()


def leaves_fields_out(failure, request):
    """Whether a reply lacks a required field and nothing else, since `fields` names others."""
    query = parse_qs(urlsplit(request["uri"]).query, keep_blank_values=True)
    return "fields" in query and " is a required property" in failure["message"].splitlines()[0]


def told(operation, failure, request, response):
    """The code of the problem with those of its faults, and what of the request breaks the document."""
    content = base64.b64decode((response.get("content") or {}).get("$base64", ""))
    try:
        problem = json.loads(content)
    except ValueError:
        problem = {}
    # What the report of a batch says of its items.
    rejected = "all items rejected" if all_rejected(problem) else ""
    # A reply of success may have fields of these names.
    problem = problem if isinstance(problem, dict) and "request_id" in problem else {}
    faults = ", ".join(sorted({fault["code"] for fault in problem.get("errors", [])}))
    component = re.search(r"Invalid component: (.*)", failure["message"])
    broken = [name for name in PATTERNS if breaks_pattern(request, name)]
    mark = f"{' and '.join(broken)} breaks its pattern" if broken else ""
    # An empty list and a list of an empty text are the same in an address.
    named = re.search(r"parameter `(\w+)` in query", failure["message"])
    query = parse_qs(urlsplit(request["uri"]).query, keep_blank_values=True)
    # A request that was taken though something is wrong with it: the finding may not say what.
    names = [named.group(1)] if named else [] if problem else ["expand", "fields"]
    values = [value for name in names for value in query.get(name, [])]
    if values and not any(values):
        mark = "empty"
    if leaves_fields_out(failure, request):
        mark = "some fields"
    if response["status_code"] in (200, 201) and puts_known_fields(operation, request):
        mark = "known fields"
    if problem.get("code") == "bad-json":
        mark = problem["detail"].split(" at line ")[0]
    parts = ["replayed" if "idempotency-replayed" in response["headers"] else "", problem.get("code", ""), mark, rejected]
    return ": ".join(part for part in [*parts, faults, component and component.group(1)] if part)


def findings(user):
    for event in events(user):
        # What is empty is left out of an event.
        recorder = event.get("ScenarioFinished", {}).get("recorder") or {}
        for case, checks in recorder.get("checks", {}).items():
            for check in (check for check in checks if check["status"] == "failure"):
                failure, exchange = check["failure_info"]["failure"], recorder["interactions"][case]
                response = {"status_code": 0, "headers": {}} | (exchange.get("response") or {})
                operation = failure.get("operation") or recorder["label"]
                yield exchange["request"], {
                    "operation": operation,
                    "check": check["name"],
                    "status": str(response["status_code"]),
                    "told": told(operation, failure, exchange["request"], response),
                }


def explained(finding):
    def by(rule):
        return all(re.fullmatch(str(rule.get(key, ".*")), value, re.S) for key, value in finding.items())

    reason = next((rule["reason"] for rule in RULES if by(rule)), None)
    used[reason] += reason is not None
    return reason is not None


def shown(request):
    """A request in one line, without its headers, some of which are secret."""
    body = base64.b64decode((request.get("body") or {}).get("$base64", ""))
    return f"{request['method']} {request['uri']} {body[:500]}"


used = Counter()
found = Counter()
samples = {}
for user in USERS:
    print(f"\nAs {user}", flush=True)
    for request, finding in findings(user):
        if not explained(finding):
            key = tuple(finding.values())
            found[key] += 1
            samples.setdefault(key, shown(request))
for key, count in sorted(found.items()):
    operation, check, status, what = key
    print(f"{operation}: {check}, {status} {what} ({count} times)\n    {samples[key]}", file=sys.stderr)
print("\nExplained by baseline.json:")
for rule in RULES:
    print(f"{used[rule['reason']]:6} {rule['reason']}")
sys.exit(1 if found else 0)
