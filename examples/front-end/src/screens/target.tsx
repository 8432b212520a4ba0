// A target: what is to be reached, how far it is, its figure over time and the records behind the figure.
import { useEffect, useState } from "preact/hooks";

import { client, type Schemas } from "../api/client";
import { targetFigures, type Evidence, type TargetValue } from "../api/live-target";
import { read } from "../api/problem";
import { useLoad } from "../api/use-load";
import { Chip } from "../ui/chip";
import { Load } from "../ui/load";
import { Page } from "../ui/page";
import { day, figure, goal, label } from "../ui/words";

export function TargetScreen({ id }: { id: string }) {
  const target = useLoad(
    () =>
      read(
        client.GET("/api/v1/targets/{id}", {
          params: { path: { id }, query: { expand: ["status", "progress", "live"] } },
        }),
      ),
    [id],
  );
  return (
    <Page
      title="Target"
      above={<a href="#/plan">The plan</a>}
      beside={target.data?.status && <Chip of={target.data.status} />}
    >
      <Load of={target}>
        {(target) => (
          <>
            <p class="lead">{target.statement}</p>
            <dl class="facts-list">
              {goal(target) && (
                <div>
                  <dt>Wanted</dt>
                  <dd>{goal(target)}</dd>
                </div>
              )}
              {target.baseline != null && (
                <div>
                  <dt>Before</dt>
                  <dd>{figure(target.baseline, target.unit)}</dd>
                </div>
              )}
              {target.progress?.last_value != null && (
                <div>
                  <dt>{target.metric ? "Now" : "Last reported"}</dt>
                  <dd>
                    {figure(target.progress.last_value, target.unit)}
                    {target.progress.last_value_on && (
                      <span class="quiet"> on {day(target.progress.last_value_on)}</span>
                    )}
                  </dd>
                </div>
              )}
              {target.progress?.last_opinion && (
                <div>
                  <dt>Opinion</dt>
                  <dd>
                    <Chip of={target.progress.last_opinion} />
                  </dd>
                </div>
              )}
              <div>
                <dt>Due</dt>
                <dd>
                  {target.dues
                    .map((due) => due.label + (due.done_on ? ` (done ${day(due.done_on)})` : ""))
                    .join(", ") || "No day"}
                </dd>
              </div>
              {target.population && (
                <div>
                  <dt>Counted</dt>
                  <dd>{target.population}</dd>
                </div>
              )}
            </dl>
            {target.live && <Figures target={target} value={target.live} />}
          </>
        )}
      </Load>
    </Page>
  );
}

function Figures({ target, value }: { target: Schemas["Target"]; value: TargetValue }) {
  const figures = useLoad(
    () => targetFigures(target, document.querySelector("main")?.clientWidth ?? innerWidth),
    [target.id],
  );
  return (
    <Load of={figures}>
      {({ picture, counts, missing }) => (
        <>
          <p class="quiet">{explained(value, target.unit)}</p>
          {picture && <Picture of={picture} text={`The figure month by month: ${target.statement}`} />}
          {counts.length > 0 && <Rows title="What counts" rows={counts} open />}
          {missing.length > 0 && <Rows title="Still to do" rows={missing} />}
        </>
      )}
    </Load>
  );
}

function explained({ live, expected, as_at }: TargetValue, unit: Schemas["Target"]["unit"]): string {
  const share = live?.denominator != null && `${live.numerator} of ${live.denominator} ${live.scope ?? ""}`.trim();
  const wanted = expected != null && `${figure(expected, unit)} was to be expected by ${day(as_at)}`;
  return [share, wanted].filter(Boolean).join(" · ");
}

function Rows({ title, rows, open }: { title: string; rows: Evidence[]; open?: boolean }) {
  return (
    <details class="fold" open={open}>
      <summary>
        <h2>{title}</h2> <span class="facts">{rows.length}</span>
      </summary>
      <ul class="rows">
        {rows.map((row) => (
          <li key={row.id}>
            <div class="row-main">
              {row.school ? <a href={`#/schools/${row.school.id}`}>{row.school.name}</a> : label(row.label ?? "")}
              {row.school && row.label && <p class="facts">{row.label}</p>}
            </div>
            {row.on_date && <span class="quiet">{day(row.on_date)}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}

// The picture needs the token, so it is loaded by a call and shown from memory. As an image it can run no script.
function Picture({ of, text }: { of: Blob; text: string }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const address = URL.createObjectURL(of);
    setAddress(address);
    return () => URL.revokeObjectURL(address);
  }, [of]);
  return address ? (
    <div class="picture">
      <img src={address} alt={text} />
    </div>
  ) : null;
}
