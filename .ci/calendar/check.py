"""Reads the calendar of a visitor with the strict parser of `icalendar`, from the service at SMEP.

Plans a visit with a text that is easily spoilt, subscribes to the own calendar, and revokes its address.
"""

import json
import os
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from icalendar import Calendar

BASE = os.environ["SMEP"]
API = f"{BASE}/api/v1"
PURPOSE = "Bring: music, stands; see two lessons\nin the “old” hall – 🎻 " + "and meet the music lead " * 10

token = None


def ask(method, address, body=None, headers=None):
    headers = {"Accept": "*/*", **(headers or {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    with urlopen(Request(address, data=data, headers=headers, method=method)) as reply:
        return reply.headers, reply.read()


def api(method, path, body=None):
    _, content = ask(method, f"{API}{path}", body)
    return json.loads(content) if content else None


def status(address, headers=None):
    try:
        ask("GET", address, headers=headers)
    except HTTPError as error:
        return error.code
    return 200


signed_in = {
    "grant_type": "password",
    "username": "bm@demo.example",
    "password": os.environ["SMEP_DEMO_PASSWORD"],
}
token = api("POST", "/auth/token", signed_in)["access_token"]
person = api("GET", "/me")["user"]["person_id"]
school = api("GET", "/schools?status=open&limit=1")["items"][0]
visit = {
    "school_id": school["id"],
    "visitor_id": person,
    "kind": "initial",
    "mode": "in_person",
    "starts_at": "2030-07-02T09:30:00Z",
    "ends_at": "2030-07-02T11:00:00Z",
    "purpose": PURPOSE,
}
visit = api("POST", "/visits", visit)
address = api("POST", "/me/calendar-address")["url"]
# The address names the service by its public URL.
address = BASE + address[address.index("/visit-calendars/"):]

headers, content = ask("GET", address, headers={"Authorization": ""})
assert headers["Content-Type"].startswith("text/calendar"), headers["Content-Type"]
assert all(len(line) <= 75 for line in content.split(b"\r\n")), "a line of more than 75 octets"
assert b"\n" not in content.replace(b"\r\n", b""), "a line that does not end with CR and LF"
[calendar] = Calendar.from_ical(content, multiple=True)
assert calendar["VERSION"] == "2.0" and calendar["PRODID"], calendar
faults = [component.errors for component in calendar.walk() if component.errors]
assert not faults, faults
events = calendar.events
for event in events:
    assert event["UID"] and event["DTSTAMP"].dt and event["SEQUENCE"] >= 0, event
    assert event.start < event.end, event
[own] = [event for event in events if event["UID"].startswith(visit["id"])]
assert own["SUMMARY"].endswith(school["name"]), own
assert own["DESCRIPTION"] == PURPOSE, own["DESCRIPTION"]
assert own["STATUS"] == "TENTATIVE", own
assert Calendar.from_ical(calendar.to_ical()) == calendar, "what was read is written again"

assert status(address, {"If-None-Match": headers["ETag"]}) == 304
api("DELETE", "/me/calendar-address")
assert status(address) == 404, "a revoked address works"
print(f"Calendar: {len(events)} visits read by icalendar, the address revoked")
