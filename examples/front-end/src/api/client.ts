// The client generated from the document, with a token on each call.
import createClient from "openapi-fetch";

import type { components, paths } from "../generated/api";
import { bearer, discard, SERVICE } from "./session";

export type Schemas = components["schemas"];

async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await bearer();
  request.headers.set("Authorization", `Bearer ${token}`);
  const reply = await fetch(request);
  if (reply.status !== 401) return reply;
  discard(token);
  again.headers.set("Authorization", `Bearer ${await bearer()}`);
  return fetch(again);
}

export const client = createClient<paths, "application/json">({ baseUrl: SERVICE, fetch: authorised });

/** The header that makes a change only where nobody else has changed the item since it was read. */
export function ifMatch(item: { version: number }): { "If-Match": string } {
  return { "If-Match": `"${item.version}"` };
}

/** The value of an `Idempotency-Key`: the same request sent twice does its work once. */
export function onceKey(): string {
  return crypto.randomUUID();
}
