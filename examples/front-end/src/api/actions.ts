// The transitions that `expand=actions` lists: a screen draws its buttons from them and knows no rules of its own.
import { client, ifMatch, onceKey, type Schemas } from "./client";
import { read } from "./problem";

export type Action = Schemas["Action"];

export function find(actions: Action[] | undefined, verb: string): Action | undefined {
  return actions?.find((action) => action.verb === verb);
}

/** Takes a transition. The body's field is `reason` for most; a form with fields of its own sends them. */
export async function take(action: Action, item: { version: number }, body: object = {}): Promise<void> {
  // The reply gives the address; the client wants one of the document's, and all transitions have the same form.
  const href = action.href as "/api/v1/orders/{id}/cancel";
  const header = { ...ifMatch(item), "Idempotency-Key": onceKey() };
  await read(client.POST(href, { params: { path: { id: "" }, header }, body: body as { reason: string } }));
}
