// The report of a visit, and the school's answer to it.
import { useState } from "preact/hooks";

import { find, take, type Action } from "../api/actions";
import { client, type Schemas } from "../api/client";
import { read } from "../api/problem";
import { useLoad, useSend } from "../api/use-load";
import { isSchool, useMe } from "../me";
import { Chip } from "../ui/chip";
import { Choices, TextArea } from "../ui/field";
import { Load } from "../ui/load";
import { Page } from "../ui/page";
import { ProblemNotice } from "../ui/problem";
import { day, label, moment, who } from "../ui/words";

type Report = Schemas["VisitReport"];

function load(id: string): Promise<Report> {
  const expand = ["school", "visit", "visitors", "follow_ups", "actions"] as const;
  return read(
    client.GET("/api/v1/visit-reports/{id}", { params: { path: { id }, query: { expand: [...expand] } } }),
  );
}

const TEXTS: ["seen" | "strengths" | "areas_to_develop" | "judgement", string][] = [
  ["seen", "What was seen"],
  ["strengths", "What goes well"],
  ["areas_to_develop", "What to work on next"],
  ["judgement", "What it comes to"],
];

export function ReportScreen({ id }: { id: string }) {
  const me = useMe();
  const loaded = useLoad(() => load(id), [id]);
  const report = loaded.data;
  return (
    <Page
      title="Report of a visit"
      above={report && <a href={`#/schools/${report.school_id}/visits`}>{report.school?.name ?? "The school"}</a>}
      beside={report && <Chip of={report.status} />}
    >
      <Load of={loaded}>
        {(report) => (
          <>
            <p class="facts">
              {[report.visit && `${label(report.visit.kind)} · ${moment(report.visit.starts_at)}`, who(report.visitors)]
                .filter(Boolean)
                .join(" · ")}
            </p>
            <div class="prose">
              {report.visit?.purpose && <p class="lead">{report.visit.purpose}</p>}
              {TEXTS.filter(([field]) => report[field]).map(([field, title]) => (
                <section key={field}>
                  <h2>{title}</h2>
                  <p class="text">{report[field]}</p>
                </section>
              ))}
              {report.rag && (
                <p>
                  Support needed: <Chip of={report.rag} />
                </p>
              )}
              {report.follow_ups && report.follow_ups.length > 0 && (
                <section>
                  <h2>What was agreed</h2>
                  <ul class="rows">
                    {report.follow_ups.map((action) => (
                      <li key={action.id}>
                        <div class="row-main">
                          {action.text}
                          <p class="facts">due {day(action.due_on)}</p>
                        </div>
                        <Chip of={action.status} />
                      </li>
                    ))}
                  </ul>
                </section>
              )}
              {report.answered_at && (
                <section>
                  <h2>What the school says</h2>
                  <p class="text">{report.answer_comment ?? "It is accurate."}</p>
                  <p class="facts">{moment(report.answered_at)}</p>
                </section>
              )}
            </div>
            {find(report.actions, "accept") && isSchool(me) && (
              <AnswerForm report={report} done={() => void loaded.reload()} />
            )}
          </>
        )}
      </Load>
    </Page>
  );
}

function AnswerForm({ report, done }: { report: Report; done: () => void }) {
  const [verb, setVerb] = useState("");
  const [comment, setComment] = useState("");
  const { problem, busy, send, clear } = useSend();
  const refresh = () => {
    clear();
    done();
  };
  const action: Action | undefined = find(report.actions, verb);
  return (
    <section aria-labelledby="answer" class="card prose">
      <h2 id="answer">Your answer</h2>
      {report.answer_due_on && <p>The hub expects it by {day(report.answer_due_on)}.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!action) return;
          void send(async () => {
            await take(action, report, comment ? { comment } : {});
            done();
          });
        }}
      >
        <ProblemNotice problem={problem} refresh={refresh} />
        <Choices
          at="/verb"
          label="Is the report accurate?"
          value={verb}
          onInput={setVerb}
          options={[
            { value: "accept", text: "Yes, it is accurate" },
            {
              value: "dispute",
              text: "No, something is not accurate",
              more: "The hub changes it, or closes it with your view beside its own.",
            },
          ]}
        />
        {action && (
          <TextArea
            at="/comment"
            label={verb === "dispute" ? "What is not accurate" : "What you would like to add (optional)"}
            hint="No names of pupils."
            value={comment}
            onInput={setComment}
            problem={problem}
          />
        )}
        <div class="buttons">
          <button class="primary" disabled={busy || !action}>
            Send the answer
          </button>
        </div>
      </form>
    </section>
  );
}
