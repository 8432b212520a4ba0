// What is missing before an evaluation can be submitted, and the submission.
import { find, take } from "../../api/actions";
import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad, useSend } from "../../api/use-load";
import { Load } from "../../ui/load";
import { ProblemNotice, sentence } from "../../ui/problem";
import type { Answer } from "./answer";
import type { Section } from "./index";

interface ReviewProps {
  evaluation: Schemas["Evaluation"];
  sections: Section[];
  answers: Map<string, Answer>;
  to: (section: number) => string;
  done: () => void;
}

export function Review({ evaluation, sections, answers, to, done }: ReviewProps) {
  const { id } = evaluation;
  const completeness = useLoad(async () => {
    await Promise.all([...answers.values()].map((answer) => answer.save()));
    return read(client.GET("/api/v1/evaluations/{id}/completeness", { params: { path: { id } } }));
  }, [id]);
  const { problem, busy, send } = useSend();
  const submit = find(evaluation.actions, "submit");
  const sectionOf = (criterion: string) =>
    sections.findIndex(({ criteria }) => criteria.some(({ id }) => id === criterion)) + 1;
  return (
    <section aria-labelledby="part" class="stack">
      <h2 id="part" tabIndex={-1}>
        Check and submit
      </h2>
      <Load of={completeness}>
        {({ complete, criteria, answered, missing }) => (
          <>
            <p>
              {answered} of {criteria} criteria are answered.
            </p>
            <ul class="rows">
              {missing.map((answer) => (
                <li key={answer.response_id + answer.field}>
                  <div class="row-main">
                    <a href={to(sectionOf(answer.criterion_id))}>{answer.statement}</a>
                    <p class="facts">{sentence(answer.message)}</p>
                  </div>
                </li>
              ))}
            </ul>
            <ProblemNotice problem={problem} refresh={done} />
            {submit ? (
              <p class="buttons">
                <button
                  type="button"
                  class="primary"
                  disabled={busy || !complete}
                  onClick={() =>
                    void send(async () => {
                      await take(submit, evaluation);
                      done();
                    })
                  }
                >
                  Submit to the hub
                </button>
              </p>
            ) : (
              <p class="quiet">The head teacher submits it.</p>
            )}
          </>
        )}
      </Load>
    </section>
  );
}
