// A program against the client that a generator for OpenAPI 3.0 alone makes of /api-docs/openapi-3.0.json: it compiles
// under --strict, and does against the service at SMEP what the client says. Signs in, lists, creates, changes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { ApiError, AuthService, OpenAPI, type School, SchoolsService } from "./generated/older";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

async function check() {
  OpenAPI.BASE = setting("SMEP");
  const signIn = await AuthService.createToken({
    requestBody: { grant_type: "password", username: "bm@demo.example", password: setting("SMEP_DEMO_PASSWORD") },
  });
  OpenAPI.TOKEN = signIn.access_token;

  const schools: School[] = [];
  let cursor: string | undefined;
  do {
    const page = await SchoolsService.listSchools({ limit: 20, sort: "name", cursor });
    schools.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  assert.ok(schools.length > 20, "the demonstration has several pages of schools");
  // What may be null in 3.1 may be null here.
  const urns: (number | null)[] = schools.map((school) => school.urn);
  assert.ok(urns.some((urn) => urn !== null));

  const key = randomUUID();
  const name = `Area ${key}`;
  const made = await SchoolsService.createArea({ idempotencyKey: key, requestBody: { name } });
  const change = (note: string | null, ifMatch: string) =>
    SchoolsService.updateArea({ id: made.id, ifMatch, requestBody: { note } });
  const changed = await change("Meets each half term", '"1"');
  assert.equal(changed.note, "Meets each half term");
  const stale = await change(null, '"1"').catch((error: unknown) => error);
  assert.ok(stale instanceof ApiError && stale.status === 412, String(stale));

  console.log(`OpenAPI 3.0: signed in, listed ${schools.length} schools, created and changed ${name}`);
}

check().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
