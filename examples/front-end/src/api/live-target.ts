// The picture of a target's figure and the rows behind it. A target in words has none of them.
import { client, type Schemas } from "./client";
import { readOptional } from "./problem";

export type TargetValue = Schemas["TargetValue"];
export type Evidence = Schemas["TargetEvidence"];

/** The widths between which the service draws. */
const [NARROW, WIDE] = [320, 768];

export async function targetFigures({ id, metric, live }: Schemas["Target"], width: number) {
  const path = { id };
  const rows = (counts: boolean) =>
    readOptional(client.GET("/api/v1/targets/{id}/evidence", { params: { path, query: { counts, limit: 200 } } }));
  // Drawn at the width at which it is shown, so that its words are as large as the page's.
  const query = { width: Math.round(Math.min(Math.max(width, NARROW), WIDE)) };
  const [picture, counts, missing] = await Promise.all([
    readOptional(client.GET("/api/v1/targets/{id}/series/picture", { params: { path, query }, parseAs: "blob" })),
    metric ? rows(true) : undefined,
    // Only a share knows what could count and does not.
    live?.live?.denominator == null ? undefined : rows(false),
  ]);
  return { picture: picture as Blob | undefined, counts: counts?.items ?? [], missing: missing?.items ?? [] };
}
