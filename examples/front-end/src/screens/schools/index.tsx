// The register of schools: search, filters with their counts, and pages. All of it stands in the address, so that a
// list can be sent to somebody and the browser's way back works.
import { useRef } from "preact/hooks";

import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { may, useMe } from "../../me";
import { go } from "../../router";
import { Load } from "../../ui/load";
import { Page } from "../../ui/page";
import { WIDE } from "../../ui/wide";
import { count, label } from "../../ui/words";
import { Facet } from "./facet";
import { Search } from "./search";
import { Table } from "./table";

type Phase = Schemas["SchoolPhase"];
type Colour = Schemas["RatingColour"];
type Status = Schemas["SchoolStatus"];
type Sort = "name" | "-pupils" | "postcode";

const PAGE = 20;
const OPEN: Status[] = ["open", "proposed_to_close"];
const COLOURS: Colour[] = ["red", "amber", "green"];
const SORTS: [Sort, string][] = [
  ["name", "Name"],
  ["-pupils", "Most pupils"],
  ["postcode", "Postcode"],
];

/** What the address asks for. */
function asked(query: URLSearchParams) {
  return {
    q: query.get("q") || undefined,
    phase: query.getAll("phase") as Phase[],
    area_id: query.getAll("area"),
    rating: query.getAll("rating") as Colour[],
    status: query.has("closed") ? undefined : OPEN,
    sort: (query.get("sort") ?? "name") as Sort,
    // The cursors of the pages before this one, so that there is a way back.
    trail: query.get("page")?.split(".") ?? [],
  };
}

export function Schools({ query }: { query: URLSearchParams }) {
  const me = useMe();
  const { q, phase, area_id, rating, status, sort, trail } = asked(query);
  const address = query.toString();
  const rated = may(me, "ratings:read");

  const page = useLoad(() => {
    const cursor = trail.at(-1);
    const expand = ["area" as const, "rating" as const];
    const asked = { q, phase, area_id, rating, status, sort, limit: PAGE, total: true, expand };
    return read(client.GET("/api/v1/schools", { params: { query: { ...asked, ...(cursor && { cursor }) } } }));
  }, [address]);

  // Each field is counted under the choices in the others.
  const facets = useLoad(async () => {
    const asked = { by: ["phase" as const, "area_id" as const], apart: true, q, phase, area_id, rating, status };
    return (await read(client.GET("/api/v1/schools/counts", { params: { query: asked } }))).fields ?? [];
  }, [q, status, phase.join(), area_id.join(), rating.join()]);
  // A choice stays on the screen when nothing is left of it.
  const names = useRef(new Map<string, string>());

  const show = (change: (next: URLSearchParams) => void, replace = false) => {
    const next = new URLSearchParams(query);
    next.delete("page");
    change(next);
    go(`/schools?${next}`, { replace });
  };
  const options = (field: string, chosen: string[], text: (value: string) => string) => {
    const groups = facets.data?.find((one) => one.field === field)?.groups ?? [];
    const found = groups.flatMap(({ by, names: named, count }) => {
      const value = (by as Record<string, string | null>)[field];
      if (value == null) return [];
      const name = (named as Record<string, string> | undefined)?.[field];
      if (name) names.current.set(value, name);
      return [{ value, text: text(value), count }];
    });
    const gone = chosen.filter((value) => facets.data && !found.some((option) => option.value === value));
    return [...found, ...gone.map((value) => ({ value, text: text(value), count: 0 }))];
  };

  return (
    <Page title="Schools">
      <div class="with-side">
        <search class="side">
          <Search
            value={q ?? ""}
            onInput={(text) => show((next) => (text ? next.set("q", text) : next.delete("q")), true)}
          />
          <details open={WIDE.matches}>
            <summary>Filters</summary>
            <Facet
              legend="Phase"
              name="phase"
              options={options("phase", phase, label)}
              query={query}
              show={show}
            />
            <Facet
              legend="Area"
              name="area"
              options={options("area_id", area_id, (id) => names.current.get(id) ?? "Another area")}
              query={query}
              show={show}
            />
            {rated && (
              <Facet
                legend="Support"
                name="rating"
                options={COLOURS.map((value) => ({ value, text: label(value) }))}
                query={query}
                show={show}
              />
            )}
            <label class="choice">
              <input
                type="checkbox"
                checked={query.has("closed")}
                onChange={() =>
                  show((next) => (next.has("closed") ? next.delete("closed") : next.set("closed", "yes")))
                }
              />
              <span>Closed schools too</span>
            </label>
            <div class="field">
              <label for="sort">Sort by</label>
              <select
                id="sort"
                value={sort}
                onChange={(event) => show((next) => next.set("sort", event.currentTarget.value))}
              >
                {SORTS.map(([value, text]) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </select>
            </div>
          </details>
        </search>
        <Load of={page}>
          {({ items, next_cursor, total = 0 }) => {
            const from = trail.length * PAGE;
            const turn = (trail: string[]) => show((next) => trail.length > 0 && next.set("page", trail.join(".")));
            return (
              <>
                <p class="quiet" role="status">
                  {items.length === 0
                    ? "No school fits. Take a filter away, or search for a part of the name."
                    : total > PAGE
                      ? `Schools ${from + 1} to ${from + items.length} of ${total}`
                      : count(total, "school")}
                </p>
                {items.length > 0 && <Table schools={items} rated={rated} />}
                {(trail.length > 0 || next_cursor) && (
                  <nav class="buttons" aria-label="Pages">
                    <button type="button" disabled={trail.length === 0} onClick={() => turn(trail.slice(0, -1))}>
                      Previous
                    </button>
                    <button
                      type="button"
                      disabled={!next_cursor}
                      onClick={() => next_cursor && turn([...trail, next_cursor])}
                    >
                      Next
                    </button>
                  </nav>
                )}
              </>
            );
          }}
        </Load>
      </div>
    </Page>
  );
}
