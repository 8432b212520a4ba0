// An evaluation, one section of its framework at a time, and at the end what is missing and the submission.
import { useEffect, useRef } from "preact/hooks";

import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { may, ownSchool, useMe } from "../../me";
import { go } from "../../router";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { Page } from "../../ui/page";
import { sentence } from "../../ui/problem";
import { WIDE } from "../../ui/wide";
import { Saved, useAnswers } from "./answers";
import { CONFLICT } from "./conflict";
import { CriterionCard } from "./criterion";
import { Review } from "./review";

export type Section = Schemas["SectionNode"];

async function load(id: string) {
  const expand = ["school", "framework", "responses", "tree", "actions"] as const;
  return read(
    client.GET("/api/v1/evaluations/{id}", { params: { path: { id }, query: { expand: [...expand] } } }),
  );
}

export function EvaluationScreen({ id, section }: { id: string; section: number }) {
  const me = useMe();
  const loaded = useLoad(() => load(id), [id]);
  const evaluation = loaded.data;
  return (
    <Page
      title={evaluation?.framework?.title ?? "Evaluation"}
      above={
        evaluation && (
          <a href={`#/schools/${evaluation.school_id}/evaluations`}>{evaluation.school?.name ?? "The school"}</a>
        )
      }
      beside={evaluation && <Chip of={evaluation.status} />}
    >
      <Load of={loaded}>
        {(evaluation) => {
          const open = evaluation.status === "draft" || evaluation.status === "returned";
          const own = ownSchool(me) === evaluation.school_id && may(me, "frameworks:write");
          return (
            <>
              <p class="facts">{evaluation.academic_year}</p>
              {evaluation.comments && <p class="notice">{sentence(evaluation.comments)}</p>}
              <Form
                key={evaluation.version}
                evaluation={evaluation}
                responses={evaluation.responses ?? []}
                sections={evaluation.tree ?? []}
                at={section}
                editable={open && own}
                reload={() => void loaded.reload()}
              />
            </>
          );
        }}
      </Load>
    </Page>
  );
}

interface FormProps {
  evaluation: Schemas["Evaluation"];
  responses: Schemas["EvaluationResponse"][];
  sections: Section[];
  at: number;
  editable: boolean;
  reload: () => void;
}

function Form({ evaluation, responses, sections, at, editable, reload }: FormProps) {
  const answers = useAnswers(responses);
  const section = sections[at - 1];
  const to = (n: number) => `#/evaluations/${evaluation.id}?section=${n}`;
  const done = (section: Section) => section.criteria.filter(({ id }) => answers.get(id)?.complete).length;
  const before = useRef(at);
  useEffect(() => {
    // Another section begins at its heading, and not where the link to it stood.
    if (before.current !== at) document.getElementById("part")?.focus();
    before.current = at;
  }, [at]);
  const toConflict = () => {
    const section = sections.findIndex(({ criteria }) => criteria.some(({ id }) => answers.get(id)?.conflict));
    go(`/evaluations/${evaluation.id}?section=${section + 1}`);
    setTimeout(() => document.getElementById(CONFLICT)?.focus(), 50);
  };
  return (
    <div class="with-side">
      <div class="side">
        <nav class="sections" aria-label="Sections">
          <details key={at} open={WIDE.matches}>
            <summary>{section ? `Section ${at} of ${sections.length}` : "Sections"}</summary>
            <ol>
              {sections.map((section, index) => (
                <li key={section.id}>
                  <a href={to(index + 1)} aria-current={index + 1 === at ? "step" : undefined}>
                    {section.title}
                    <span class="count">
                      {done(section)} of {section.criteria.length}
                    </span>
                  </a>
                </li>
              ))}
              {editable && (
                <li>
                  <a href={to(sections.length + 1)} aria-current={section ? undefined : "step"}>
                    Check and submit
                  </a>
                </li>
              )}
            </ol>
          </details>
        </nav>
        {editable && <Saved answers={[...answers.values()]} toConflict={toConflict} />}
      </div>
      <div>
        {section ? (
          <section aria-labelledby="part" class="stack" key={section.id}>
            <h2 id="part" tabIndex={-1}>
              {section.title}
            </h2>
            {section.guidance && <p class="quiet">{section.guidance}</p>}
            {section.criteria.map((criterion) => {
              const answer = answers.get(criterion.id);
              return (
                answer && <CriterionCard key={criterion.id} criterion={criterion} answer={answer} editable={editable} />
              );
            })}
            <nav class="buttons" aria-label="Next section">
              {at > 1 && (
                <a class="button" href={to(at - 1)}>
                  Back
                </a>
              )}
              {(at < sections.length || editable) && (
                <a class="button primary" href={to(at + 1)}>
                  {at < sections.length ? "Next section" : "Check and submit"}
                </a>
              )}
            </nav>
          </section>
        ) : (
          <Review evaluation={evaluation} sections={sections} answers={answers} to={to} done={reload} />
        )}
      </div>
    </div>
  );
}
