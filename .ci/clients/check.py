"""A program on the Python client generated from the API document, against the service at SMEP.

Signs in, lists, creates, and is refused what breaks a rule.
"""

import os
from http import HTTPStatus
from uuid import uuid4

from smep_client import AuthenticatedClient, Client
from smep_client.api.auth import create_token
from smep_client.api.schools import create_area, list_schools
from smep_client.models import (
    NewArea,
    Problem,
    SchoolPage,
    TokenReply,
    TokenRequestPassword,
    TokenRequestPasswordGrantType,
)
from smep_client.types import UNSET

base = os.environ["SMEP"]

request = TokenRequestPassword(
    grant_type=TokenRequestPasswordGrantType.PASSWORD,
    username="bm@demo.example",
    password=os.environ["SMEP_DEMO_PASSWORD"],
)
token = create_token.sync(client=Client(base_url=base), body=request)
assert isinstance(token, TokenReply), token

client = AuthenticatedClient(base_url=base, token=token.access_token)

schools = []
cursor = UNSET
while cursor is UNSET or cursor:
    page = list_schools.sync(client=client, limit=20, cursor=cursor)
    assert isinstance(page, SchoolPage), page
    schools += page.items
    cursor = page.next_cursor or None
assert len({school.id for school in schools}) == len(schools) > 20

name = f"Area {uuid4()}"
made = create_area.sync_detailed(client=client, body=NewArea(name=name))
assert made.status_code == HTTPStatus.CREATED, made
assert made.parsed.name == name

twice = create_area.sync_detailed(client=client, body=NewArea(name=name))
assert twice.status_code == HTTPStatus.CONFLICT, twice
assert isinstance(twice.parsed, Problem), twice

print(f"Python: signed in, listed {len(schools)} schools, created {name}")
