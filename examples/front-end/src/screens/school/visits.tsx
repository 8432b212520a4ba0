// The visits to a school, each with its report.
import { client } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { label, moment, who } from "../../ui/words";
import type { School } from "./index";

export function Visits({ school }: { school: School }) {
  const visits = useLoad(async () => {
    const query = {
      school_id: [school.id],
      sort: "-starts_at" as const,
      limit: 50,
      expand: ["visitors" as const, "report" as const],
    };
    return (await read(client.GET("/api/v1/visits", { params: { query } }))).items;
  }, [school.id]);
  return (
    <Load of={visits}>
      {(visits) => (
        <>
          {visits.length === 0 && <p class="quiet">No visit yet.</p>}
          <ul class="rows">
            {visits.map((visit) => (
              <li key={visit.id}>
                <div class="row-main">
                  <strong>{moment(visit.starts_at)}</strong> {label(visit.kind)}
                  <p class="facts">{[who(visit.visitors), visit.purpose].filter(Boolean).join(" · ")}</p>
                  {visit.report && (
                    <a href={`#/reports/${visit.report.id}`}>
                      {visit.report.status === "shared"
                        ? "Report, to be answered"
                        : `Report, ${label(visit.report.status).toLowerCase()}`}
                    </a>
                  )}
                </div>
                <Chip of={visit.status} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Load>
  );
}
