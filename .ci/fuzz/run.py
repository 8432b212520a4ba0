"""Lets schemathesis try the demonstration at SMEP, as its business manager and as a school.

Fails on any finding that baseline.json does not name, and on an entry there without a reason.
`--update` adds what is found to baseline.json, for somebody to write the reasons.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
BASELINE = HERE / "baseline.json"
DOCUMENT = HERE.parent.parent / "openapi" / "openapi.json"
USERS = ["bm@demo.example", "school@demo.example"]

base = os.environ["SMEP"]
update = "--update" in sys.argv[1:]


def token(user: str) -> str:
    """Signs in; the token outlives the run of one user."""
    form = {"grant_type": "password", "username": user, "password": os.environ["SMEP_DEMO_PASSWORD"]}
    with urlopen(f"{base}/api/v1/auth/token", urlencode(form).encode()) as reply:
        return json.load(reply)["access_token"]


def run(user: str) -> bool:
    print(f"\nAs {user}", flush=True)
    arguments = ["--config-file", str(HERE / "schemathesis.toml"), "run", str(DOCUMENT), "--url", base]
    program = Path(sys.executable).parent / "schemathesis"
    environment = os.environ | {"FUZZ_TOKEN": token(user), "FUZZ_BASELINE": str(BASELINE)}
    # It leaves notes for its next run in the folder where it runs.
    with TemporaryDirectory() as folder:
        command = [program, *arguments, *(["--baseline-update"] if update else [])]
        return subprocess.run(command, env=environment, cwd=folder).returncode == 0


def unexplained() -> list[str]:
    entries = json.loads(BASELINE.read_text())["entries"]
    return [f"{entry['operation']}: {entry['check']}" for entry in entries if not entry.get("reason")]


clean = all([run(user) for user in USERS])
for entry in unexplained():
    print(f"baseline.json gives no reason for {entry}", file=sys.stderr)
    clean = False
sys.exit(0 if clean or update else 1)
