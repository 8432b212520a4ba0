// What happened with a school and what is planned with it, the latest first, page by page.
import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { go } from "../../router";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { day, label, moment, who } from "../../ui/words";
import type { School } from "./index";

type Kind = Schemas["TimelineKind"];

const KINDS: Kind[] = [
  "visit",
  "evaluation",
  "award_application",
  "rating",
  "action",
  "order",
  "training",
  "communication",
];

/** Entries that have a screen here. */
const SCREENS: Partial<Record<Kind, string>> = { evaluation: "evaluations", order: "orders" };

export function Timeline({ school, query }: { school: School; query: URLSearchParams }) {
  const kind = query.get("kind") as Kind | null;
  const trail = query.get("page")?.split(".") ?? [];
  const page = useLoad(() => {
    const cursor = trail.at(-1);
    const query = { limit: 30, ...(kind && { kind: [kind] }), ...(cursor && { cursor }) };
    return read(client.GET("/api/v1/schools/{id}/timeline", { params: { path: { id: school.id }, query } }));
  }, [school.id, query.toString()]);
  const show = (kind: string, trail: string[]) => {
    const next = new URLSearchParams({ ...(kind && { kind }), ...(trail.length > 0 && { page: trail.join(".") }) });
    go(`/schools/${school.id}/timeline?${next}`);
  };
  return (
    <>
      <div class="field inline">
        <label for="kind">Show</label>
        <select id="kind" value={kind ?? ""} onChange={(event) => show(event.currentTarget.value, [])}>
          <option value="">Everything</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {label(kind)}
            </option>
          ))}
        </select>
      </div>
      <Load of={page}>
        {({ items, next_cursor }) => (
          <>
            {items.length === 0 && <p class="quiet">Nothing yet.</p>}
            <ol class="rows timeline">
              {items.map((entry) => (
                <li key={entry.kind + entry.id}>
                  <span class="when">{entry.whole_day ? day(entry.on_date) : moment(entry.at)}</span>
                  <div class="row-main">
                    <Title entry={entry} />
                    <p class="facts">
                      {[
                        entry.planned && "planned",
                        entry.kind !== "rating" && entry.what && label(entry.what).toLowerCase(),
                        who(entry.visitors),
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </p>
                  </div>
                  {entry.kind === "rating" && entry.what && <Chip of={entry.what} />}
                  {entry.status && <Chip of={entry.status} />}
                </li>
              ))}
            </ol>
            {(trail.length > 0 || next_cursor) && (
              <nav class="buttons" aria-label="Pages">
                <button
                  type="button"
                  disabled={trail.length === 0}
                  onClick={() => show(kind ?? "", trail.slice(0, -1))}
                >
                  Later
                </button>
                <button
                  type="button"
                  disabled={!next_cursor}
                  onClick={() => next_cursor && show(kind ?? "", [...trail, next_cursor])}
                >
                  Earlier
                </button>
              </nav>
            )}
          </>
        )}
      </Load>
    </>
  );
}

function Title({ entry }: { entry: Schemas["TimelineEntry"] }) {
  const text = entry.title ? `${label(entry.kind)}: ${entry.title}` : label(entry.kind);
  const screen = SCREENS[entry.kind];
  if (entry.report_id) return <a href={`#/reports/${entry.report_id}`}>{text}</a>;
  return screen ? <a href={`#/${screen}/${entry.id}`}>{text}</a> : <>{text}</>;
}
