"""Lets schemathesis try the demonstration at SMEP, as its business manager and as a school.

Fails on any finding that no rule of baseline.json explains. A rule names a check, a status and what
is told (see `told` below), as regular expressions that match the whole; what it leaves out may be anything.
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
from urllib.parse import urlencode
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "openapi" / "openapi.json"
RULES = json.loads((HERE / "baseline.json").read_text())
USERS = ["bm@demo.example", "school@demo.example"]

base = os.environ["SMEP"]


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


def told(failure, response):
    """The code of the problem with those of its faults, and what of the request breaks the document."""
    content = base64.b64decode((response.get("content") or {}).get("$base64", ""))
    try:
        problem = json.loads(content)
    except ValueError:
        problem = {}
    # A reply of success may have fields of these names.
    problem = problem if isinstance(problem, dict) and "request_id" in problem else {}
    faults = ", ".join(sorted({fault["code"] for fault in problem.get("errors", [])}))
    component = re.search(r"Invalid component: (.*)", failure["message"])
    parts = ["replayed" if "idempotency-replayed" in response["headers"] else "", problem.get("code", "")]
    return ": ".join(part for part in [*parts, faults, component and component.group(1)] if part)


def findings(user):
    for event in events(user):
        # What is empty is left out of an event.
        recorder = event.get("ScenarioFinished", {}).get("recorder") or {}
        for case, checks in recorder.get("checks", {}).items():
            for check in (check for check in checks if check["status"] == "failure"):
                failure, exchange = check["failure_info"]["failure"], recorder["interactions"][case]
                response = {"status_code": 0, "headers": {}} | (exchange.get("response") or {})
                yield {
                    "operation": failure.get("operation") or recorder["label"],
                    "check": check["name"],
                    "status": str(response["status_code"]),
                    "told": told(failure, response),
                }


def explained(finding):
    def by(rule):
        return all(re.fullmatch(str(rule.get(key, ".*")), value, re.S) for key, value in finding.items())

    return any(by(rule) for rule in RULES)


found = Counter()
for user in USERS:
    print(f"\nAs {user}", flush=True)
    found.update(tuple(finding.values()) for finding in findings(user) if not explained(finding))
for (operation, check, status, what), count in sorted(found.items()):
    print(f"{operation}: {check}, {status} {what} ({count} times)", file=sys.stderr)
for rule in RULES:
    if not rule.get("reason"):
        sys.exit(f"baseline.json gives no reason for {rule}")
sys.exit(1 if found else 0)
