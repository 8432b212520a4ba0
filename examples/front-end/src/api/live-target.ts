// The figure of a target, its picture and the rows behind it. A service that is older than these answers 404, and a target
// in words has none of them; the screen then does without.
import { getOptional } from "./client";

export interface TargetValue {
  as_at: string;
  metric: string | null;
  value: number | null;
  expected: number | null;
  /** What the metric counts; null where the figure is reported. */
  live: { numerator: number | null; denominator: number | null; scope: string | null } | null;
}

export interface Evidence {
  id: string;
  on_date: string | null;
  label: string | null;
  school: { id: string; name: string } | null;
}

async function json<T>(path: string): Promise<T | undefined> {
  return (await getOptional(path))?.json() as Promise<T> | undefined;
}

export async function targetFigures(id: string) {
  const at = `/api/v1/targets/${id}`;
  const value = await json<TargetValue>(`${at}/value`);
  if (!value) return {};
  const rows = (counts: boolean) => json<{ items: Evidence[] }>(`${at}/evidence?limit=200&counts=${counts}`);
  const [picture, counts, missing] = await Promise.all([
    getOptional(`${at}/series/picture`),
    value.metric ? rows(true) : undefined,
    // Only a share knows what could count and does not.
    value.live?.denominator == null ? undefined : rows(false),
  ]);
  return { value, picture: await picture?.blob(), counts: counts?.items ?? [], missing: missing?.items ?? [] };
}
