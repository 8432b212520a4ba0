// The register of schools: search, filters with their counts, and pages. All of it stands in the address, so that a
// list can be sent to somebody and the browser's way back works.
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
type Status = Schemas["SchoolStatus"];
type Sort = "name" | "-pupils" | "postcode";

const PAGE = 20;
const OPEN: Status[] = ["open", "proposed_to_close"];
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
    status: query.has("closed") ? undefined : OPEN,
    sort: (query.get("sort") ?? "name") as Sort,
    // The cursors of the pages before this one, so that there is a way back.
    trail: query.get("page")?.split(".") ?? [],
  };
}

export function Schools({ query }: { query: URLSearchParams }) {
  const me = useMe();
  const { q, phase, area_id, status, sort, trail } = asked(query);
  const address = query.toString();
  const rated = may(me, "ratings:read");

  const page = useLoad(async () => {
    const cursor = trail.at(-1);
    const schools = await read(
      client.GET("/api/v1/schools", {
        params: {
          query: {
            q,
            phase,
            area_id,
            status,
            sort,
            limit: PAGE,
            total: true,
            ...(cursor && { cursor }),
            expand: ["area"],
          },
        },
      }),
    );
    const school_id = schools.items.map(({ id }) => id);
    const ratings =
      rated && school_id.length > 0
        ? await read(
            client.GET("/api/v1/rag-ratings", {
              params: { query: { school_id, current: true, limit: PAGE, fields: ["school_id", "colour"] } },
            }),
          )
        : { items: [] };
    return { ...schools, colours: new Map(ratings.items.map(({ school_id, colour }) => [school_id, colour])) };
  }, [address]);

  // One count by both fields serves both filters: each shows what there is under the choice in the other.
  const groups = useLoad(
    async () =>
      (await read(client.GET("/api/v1/schools/counts", { params: { query: { by: ["phase", "area_id"], q, status } } })))
        .groups,
    [q, status],
  );
  const areas = useLoad(
    async () => (await read(client.GET("/api/v1/areas", { params: { query: { limit: 200 } } }))).items,
    [],
  );

  const show = (change: (next: URLSearchParams) => void, replace = false) => {
    const next = new URLSearchParams(query);
    next.delete("page");
    change(next);
    go(`/schools?${next}`, { replace });
  };
  const counted = (field: "phase" | "area_id", value: string) =>
    (groups.data ?? [])
      .map(({ by, count }) => ({ by: by as Record<"phase" | "area_id", string | null>, count }))
      .filter(({ by }) => by[field] === value)
      .filter(({ by }) => field === "phase" || phase.length === 0 || phase.includes(by.phase as Phase))
      .filter(({ by }) => field === "area_id" || area_id.length === 0 || area_id.includes(by.area_id ?? ""))
      .reduce((sum, { count }) => sum + count, 0);
  const phases = [...new Set((groups.data ?? []).map(({ by }) => (by as { phase: Phase }).phase))];

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
              options={phases.map((value) => ({ value, text: label(value), count: counted("phase", value) }))}
              query={query}
              show={show}
            />
            <Facet
              legend="Area"
              name="area"
              options={(areas.data ?? []).map(({ id, name }) => ({
                value: id,
                text: name,
                count: counted("area_id", id),
              }))}
              query={query}
              show={show}
            />
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
          {({ items, next_cursor, total = 0, colours }) => {
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
                {items.length > 0 && <Table schools={items} colours={rated ? colours : undefined} />}
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
