// A program against the types generated from the API document: it compiles under --strict, and does
// against the service at SMEP what the types say. Signs in, lists, creates, changes conditionally.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./generated/api.js";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const client = createClient<paths>({ baseUrl: setting("SMEP") });

const signIn = await client.POST("/api/v1/auth/token", {
  body: {
    grant_type: "password",
    username: "bm@demo.example",
    password: setting("SMEP_DEMO_PASSWORD"),
  },
});
if (!signIn.data) throw new Error(signIn.error.detail);
const token = signIn.data.access_token;

const bearer: Middleware = {
  onRequest({ request }) {
    request.headers.set("authorization", `Bearer ${token}`);
    return request;
  },
};
client.use(bearer);

// Every page of a list, by its cursors.
const schools: components["schemas"]["School"][] = [];
let cursor: string | undefined;
do {
  const page = await client.GET("/api/v1/schools", {
    params: { query: { limit: 20, sort: "name", ...(cursor ? { cursor } : {}) } },
  });
  if (!page.data) throw new Error(page.error.detail);
  schools.push(...page.data.items);
  cursor = page.data.next_cursor ?? undefined;
} while (cursor);
assert.ok(schools.length > 20, "the demonstration has several pages of schools");
assert.equal(new Set(schools.map((school) => school.id)).size, schools.length);

const key = randomUUID();
const name = `Area ${key}`;
const made = await client.POST("/api/v1/areas", {
  params: { header: { "Idempotency-Key": key } },
  body: { name },
});
if (!made.data) throw new Error(made.error.detail);
assert.equal(made.response.status, 201);
const etag = made.response.headers.get("etag");
assert.ok(etag, "a new item has an ETag");

async function change(note: string | null, ifMatch: string) {
  return client.PATCH("/api/v1/areas/{id}", {
    params: { path: { id: made.data!.id }, header: { "If-Match": ifMatch } },
    headers: { "Content-Type": "application/merge-patch+json" },
    body: { note },
  });
}
const changed = await change("Meets each half term", etag);
assert.equal(changed.data?.note, "Meets each half term");
assert.notEqual(changed.response.headers.get("etag"), etag);

const stale = await change(null, etag);
assert.equal(stale.response.status, 412);
assert.equal(stale.error?.status, 412);

console.log(`TypeScript: signed in, listed ${schools.length} schools, created and changed ${name}`);
