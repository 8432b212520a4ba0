// The evaluations of a school, and the beginning of this year's self-evaluation.
import { useState } from "preact/hooks";

import { client, onceKey } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad, useSend } from "../../api/use-load";
import { may, ownSchool, useMe } from "../../me";
import { go } from "../../router";
import { Chip } from "../../ui/chip";
import { Select } from "../../ui/field";
import { Load } from "../../ui/load";
import { ProblemNotice } from "../../ui/problem";
import { academicYear, label } from "../../ui/words";
import type { School } from "./index";

export function Evaluations({ school }: { school: School }) {
  const me = useMe();
  const evaluations = useLoad(async () => {
    const query = {
      school_id: [school.id],
      sort: "-academic_year" as const,
      limit: 50,
      expand: ["framework" as const],
    };
    return (await read(client.GET("/api/v1/evaluations", { params: { query } }))).items;
  }, [school.id]);
  return (
    <>
      <Load of={evaluations}>
        {(evaluations) => (
          <>
            {evaluations.length === 0 && <p class="quiet">No evaluation yet.</p>}
            <ul class="rows">
              {evaluations.map((evaluation) => (
                <li key={evaluation.id}>
                  <div class="row-main">
                    <a href={`#/evaluations/${evaluation.id}`}>
                      {evaluation.framework?.title ?? label(evaluation.kind)}
                    </a>
                    <p class="facts">
                      {evaluation.academic_year} · {label(evaluation.kind).toLowerCase()}
                    </p>
                    {evaluation.comments && <p>{evaluation.comments}</p>}
                  </div>
                  <Chip of={evaluation.status} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Load>
      {ownSchool(me) === school.id && may(me, "frameworks:write") && <Begin school={school.id} />}
    </>
  );
}

function Begin({ school }: { school: string }) {
  const frameworks = useLoad(async () => {
    const query = { kind: ["self_evaluation" as const], status: ["published" as const], limit: 50 };
    return (await read(client.GET("/api/v1/frameworks", { params: { query } }))).items;
  }, []);
  const [framework, setFramework] = useState("");
  const [year, setYear] = useState(academicYear());
  const [key] = useState(onceKey);
  const { problem, busy, send } = useSend();
  return (
    <section aria-labelledby="begin">
      <h2 id="begin">Begin a self-evaluation</h2>
      <Load of={frameworks}>
        {(frameworks) => (
          <form
            class="narrow"
            onSubmit={(event) => {
              event.preventDefault();
              void send(async () => {
                const body = {
                  school_id: school,
                  framework_id: framework || (frameworks[0]?.id ?? ""),
                  academic_year: year,
                };
                const begun = await read(
                  client.POST("/api/v1/evaluations", { params: { header: { "Idempotency-Key": key } }, body }),
                );
                go(`/evaluations/${begun.id}`);
              });
            }}
          >
            <ProblemNotice problem={problem} />
            <Select
              at="/framework_id"
              label="Form"
              value={framework || (frameworks[0]?.id ?? "")}
              onInput={setFramework}
              options={frameworks.map(({ id, title }) => ({ value: id, text: title }))}
              problem={problem}
            />
            <Select
              at="/academic_year"
              label="Academic year"
              value={year}
              onInput={setYear}
              options={[academicYear(-1), academicYear(), academicYear(1)].map((year) => ({ value: year, text: year }))}
              problem={problem}
            />
            <div class="buttons">
              <button class="primary" disabled={busy}>
                Begin
              </button>
            </div>
          </form>
        )}
      </Load>
    </section>
  );
}
