// What somebody wants to know of a school before going there; above it what waits for the school itself.
import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { ownSchool, useMe } from "../../me";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { day, label, moment, who } from "../../ui/words";
import type { School } from "./index";
import { Results } from "./results";
import { Waiting } from "./waiting";

type Briefing = Schemas["Briefing"];

export function Overview({ school }: { school: School }) {
  const me = useMe();
  const { id } = school;
  const briefing = useLoad(
    () =>
      read(client.GET("/api/v1/schools/{id}/briefing", { params: { path: { id }, query: { format: "json" } } })),
    [id],
  );
  return (
    <>
      {ownSchool(me) === id && <Waiting />}
      <Load of={briefing}>
        {(briefing) => (
          <>
            <div class="columns">
              <div>
                {briefing.ratings && <Support ratings={briefing.ratings} />}
                {briefing.last_visits && <Visits next={briefing.visits_to_come ?? []} last={briefing.last_visits} />}
                {briefing.open_actions && <OpenActions actions={briefing.open_actions} />}
              </div>
              <div>
                <People briefing={briefing} />
                {briefing.evaluation && (
                  <Results title={briefing.evaluation.framework} results={briefing.evaluation.results} />
                )}
                {briefing.targets && briefing.targets.length > 0 && <Targets targets={briefing.targets} />}
              </div>
            </div>
            <p class="buttons no-print">
              <button type="button" onClick={() => print()}>
                Print the briefing
              </button>
            </p>
          </>
        )}
      </Load>
    </>
  );
}

function Support({ ratings }: { ratings: NonNullable<Briefing["ratings"]> }) {
  const current = ratings.find(({ current }) => current);
  return (
    <section aria-labelledby="support">
      <h2 id="support">Support</h2>
      {current ? (
        <p>
          <Chip of={current.colour} /> since {day(current.on_date)}
          {current.support_code && `, ${label(current.support_code).toLowerCase()} support`}
        </p>
      ) : (
        <p class="quiet">No rating is in force.</p>
      )}
      {current?.reason && <p>{current.reason}</p>}
    </section>
  );
}

type BriefedVisits = NonNullable<Briefing["last_visits"]>;

function Visits({ next, last }: { next: BriefedVisits; last: BriefedVisits }) {
  return (
    <section aria-labelledby="last-visits">
      <h2 id="last-visits">Visits</h2>
      <ul class="rows">
        {[...next, ...last].map((visit) => (
          <li key={visit.id}>
            <div class="row-main">
              <strong>{moment(visit.starts_at)}</strong> {label(visit.kind)}
              <p class="facts">{[who(visit.visitors), visit.purpose].filter(Boolean).join(" · ")}</p>
              {visit.report?.strengths && <p>Goes well: {visit.report.strengths}</p>}
              {visit.report?.areas_to_develop && <p>To develop: {visit.report.areas_to_develop}</p>}
            </div>
            <Chip of={visit.status} />
          </li>
        ))}
      </ul>
      {next.length + last.length === 0 && <p class="quiet">None yet.</p>}
    </section>
  );
}

function OpenActions({ actions }: { actions: NonNullable<Briefing["open_actions"]> }) {
  return (
    <section aria-labelledby="actions">
      <h2 id="actions">Open actions</h2>
      {actions.length === 0 && <p class="quiet">None.</p>}
      <ul class="rows">
        {actions.map((action) => (
          <li key={action.id}>
            <div class="row-main">
              {action.text}
              <p class="facts">{[action.owner, `due ${day(action.due_on)}`].filter(Boolean).join(" · ")}</p>
            </div>
            {action.overdue && <Chip of="missed" text="Overdue" />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function People({ briefing }: { briefing: Briefing }) {
  return (
    <section aria-labelledby="people">
      <h2 id="people">People</h2>
      <ul class="rows">
        {briefing.specialists.map((person) => (
          <li key={person.person_id}>
            <div class="row-main">
              {person.name ?? "Name not shown"}
              <p class="facts">
                {[person.job_role, person.role === "lead" ? "leads the hub’s support" : "helps with the hub’s support"]
                  .filter(Boolean)
                  .join(", ")}
              </p>
            </div>
          </li>
        ))}
        {briefing.contacts?.map((contact) => (
          <li key={contact.job_role + contact.name}>
            <div class="row-main">
              {contact.name}
              <p class="facts">
                {contact.job_role}
                {contact.is_primary && ", ask first"}
              </p>
            </div>
            <span class="reach">
              {contact.email && <a href={`mailto:${contact.email}`}>{contact.email}</a>}
              {contact.telephone && <a href={`tel:${contact.telephone}`}>{contact.telephone}</a>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Targets({ targets }: { targets: NonNullable<Briefing["targets"]> }) {
  return (
    <section aria-labelledby="targets">
      <h2 id="targets">What the plan wants of schools</h2>
      <ul class="rows">
        {targets.map((target) => (
          <li key={target.statement}>
            <div class="row-main">
              {target.statement}
              <p class="facts">
                {[target.plan_year, target.cohort, target.last_due_on && `due ${day(target.last_due_on)}`]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
