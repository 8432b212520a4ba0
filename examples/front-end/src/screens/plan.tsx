// The plan: its objectives and targets. The hub sees how far each target is on a day; a school sees what is planned.
import { client, type Schemas } from "../api/client";
import { read } from "../api/problem";
import { useLoad } from "../api/use-load";
import { isSchool, useMe } from "../me";
import { go } from "../router";
import { Chip } from "../ui/chip";
import { Load } from "../ui/load";
import { Page } from "../ui/page";
import { WIDE } from "../ui/wide";
import { count, day, figure, goal, label } from "../ui/words";

type Status = Schemas["Status"];
const STATUSES: Status[] = ["missed", "at_risk", "on_track", "met", "not_started"];

export function PlanScreen({ query }: { query: URLSearchParams }) {
  const me = useMe();
  const plans = useLoad(
    async () =>
      (await read(client.GET("/api/v1/plans", { params: { query: { status: ["active"], limit: 10 } } }))).items,
    [],
  );
  const plan = plans.data?.find(({ id }) => id === query.get("plan")) ?? plans.data?.[0];
  return (
    <Page title={plan?.title ?? "The plan"}>
      <Load of={plans}>
        {(plans) => (
          <>
            {plans.length > 1 && (
              <nav class="parts" aria-label="Plans">
                {plans.map(({ id, title }) => (
                  <a key={id} href={`#/plan?plan=${id}`} aria-current={id === plan?.id ? "true" : undefined}>
                    {title}
                  </a>
                ))}
              </nav>
            )}
            {!plan && <p>No plan is in force.</p>}
            {plan?.motto && <p class="quiet">{plan.motto}</p>}
            {plan && (isSchool(me) ? <PlannedTargets plan={plan.id} /> : <Progress plan={plan.id} query={query} />)}
          </>
        )}
      </Load>
    </Page>
  );
}

function Progress({ plan, query }: { plan: string; query: URLSearchParams }) {
  const as_at = query.get("as_at") ?? undefined;
  const only = query.get("status") as Status | null;
  const progress = useLoad(
    () => read(client.GET("/api/v1/plans/{id}/progress", { params: { path: { id: plan }, query: { as_at } } })),
    [plan, as_at],
  );
  const show = (change: Record<string, string | undefined>) => {
    const next = new URLSearchParams(query);
    for (const [name, value] of Object.entries(change)) value ? next.set(name, value) : next.delete(name);
    go(`/plan?${next}`, { replace: true });
  };
  return (
    <Load of={progress}>
      {({ counts, objectives, ...progress }) => (
        <>
          <div class="bar">
            <div class="field inline">
              <label for="as-at">As on</label>
              <input
                id="as-at"
                type="date"
                value={progress.as_at}
                onChange={(event) => show({ as_at: event.currentTarget.value || undefined })}
              />
              {progress.as_at_reason === "last_day" && !as_at && <span class="quiet">the last day of the plan</span>}
            </div>
            <div class="filters" role="group" aria-label="Show targets that are">
              {STATUSES.filter((status) => counts[status] > 0).map((status) => (
                <button
                  key={status}
                  type="button"
                  class="filter"
                  aria-pressed={only === status}
                  onClick={() => show({ status: only === status ? undefined : status })}
                >
                  <Chip of={status} /> {counts[status]}
                </button>
              ))}
            </div>
          </div>
          <p class="quiet" role="status">
            {only
              ? `${counts[only]} of ${count(counts.all, "target")}: ${label(only).toLowerCase()}`
              : count(counts.all, "target")}
          </p>
          {objectives.map((objective) => {
            const targets = objective.targets.filter(({ status }) => !only || status === only);
            if (targets.length === 0) return null;
            return (
              <details
                key={objective.objective_id}
                class="fold"
                open={only !== null || WIDE.matches /* folded on a phone, at first */}
              >
                <summary>
                  <h2>
                    {objective.number}. {objective.title}
                  </h2>
                  <span class="facts">{summary(objective.counts)}</span>
                </summary>
                <ul class="rows">
                  {targets.map((target) => (
                    <li key={target.target_id}>
                      <div class="row-main">
                        <a href={`#/plan/targets/${target.target_id}`}>{target.statement}</a>
                        <Facts target={target} />
                      </div>
                      <Chip of={target.status} />
                    </li>
                  ))}
                </ul>
              </details>
            );
          })}
        </>
      )}
    </Load>
  );
}

/** "2 missed, 3 met" */
function summary(counts: Schemas["StatusCounts"]): string {
  const parts = STATUSES.filter((status) => counts[status] > 0).map(
    (status) => `${counts[status]} ${label(status).toLowerCase()}`,
  );
  return parts.join(", ");
}

function Facts({ target }: { target: Schemas["TargetProgress"] }) {
  const wanted = goal(target);
  const facts = [
    target.last_value != null && `${figure(target.last_value, target.unit)} on ${day(target.last_value_on ?? "")}`,
    wanted && `${target.last_value == null ? "no figure yet, wanted " : ""}${wanted}`,
    target.last_due_on && `due ${day(target.last_due_on)}`,
    target.pending_updates > 0 && `${count(target.pending_updates, "report")} to decide on`,
  ];
  return <p class="facts">{facts.filter(Boolean).join(" · ")}</p>;
}

function PlannedTargets({ plan }: { plan: string }) {
  const targets = useLoad(async () => {
    const params = { path: { id: plan }, query: { expand: ["tree" as const] } };
    return (await read(client.GET("/api/v1/plans/{id}", { params }))).objectives ?? [];
  }, [plan]);
  return (
    <Load of={targets}>
      {(objectives) =>
        objectives.map((objective) => (
          <section key={objective.id} aria-labelledby={objective.id}>
            <h2 id={objective.id}>
              {objective.number}. {objective.title}
            </h2>
            <ul class="rows">
              {objective.targets.map((target) => (
                <li key={target.id}>
                  <div class="row-main">
                    {target.statement}
                    <p class="facts">{target.dues.map((due) => due.label).join(" and ")}</p>
                  </div>
                </li>
              ))}
            </ul>
          </section>
        ))
      }
    </Load>
  );
}
