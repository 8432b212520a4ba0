// The figure of a target, its picture and the rows behind it. A target in words has none of them; the screen then does
// without.
import { client, type Schemas } from "./client";
import { readOptional } from "./problem";

export type TargetValue = Schemas["TargetValue"];
export type Evidence = Schemas["TargetEvidence"];

export async function targetFigures(id: string) {
  const path = { id };
  const value = await readOptional(client.GET("/api/v1/targets/{id}/value", { params: { path } }));
  if (!value) return {};
  const rows = (counts: boolean) =>
    readOptional(client.GET("/api/v1/targets/{id}/evidence", { params: { path, query: { counts, limit: 200 } } }));
  const [picture, counts, missing] = await Promise.all([
    readOptional(client.GET("/api/v1/targets/{id}/series/picture", { params: { path }, parseAs: "blob" })),
    value.metric ? rows(true) : undefined,
    // Only a share knows what could count and does not.
    value.live?.denominator == null ? undefined : rows(false),
  ]);
  return { value, picture: picture as Blob | undefined, counts: counts?.items ?? [], missing: missing?.items ?? [] };
}
