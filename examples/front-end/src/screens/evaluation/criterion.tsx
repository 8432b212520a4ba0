// One criterion: its levels in words, the choice among them, what shows it, and what comes next.
import type { Schemas } from "../../api/client";
import { Choices, TextArea } from "../../ui/field";
import { ProblemNotice } from "../../ui/problem";
import type { Answer } from "./answer";
import { ConflictChoice } from "./conflict";

type Criterion = Schemas["FrameworkCriterion"];

const NOT_APPLICABLE = "none";

interface CardProps {
  criterion: Criterion;
  answer: Answer;
  editable: boolean;
}

export function CriterionCard({ criterion, answer, editable }: CardProps) {
  return (
    <article class="card" aria-labelledby={criterion.id}>
      <h3 id={criterion.id}>{criterion.statement}</h3>
      {(criterion.guidance || criterion.evidence) && (
        <details>
          <summary>How to judge it</summary>
          {criterion.guidance && <p>{criterion.guidance}</p>}
          {criterion.evidence && <p>Evidence: {criterion.evidence}</p>}
        </details>
      )}
      {editable ? (
        <AnswerForm criterion={criterion} answer={answer} />
      ) : (
        <Given criterion={criterion} answer={answer} />
      )}
    </article>
  );
}

function AnswerForm({ criterion, answer }: { criterion: Criterion; answer: Answer }) {
  const { mine, conflict, problem } = answer;
  const form = `r-${answer.saved.id}`;
  const shared = { form, problem };
  // The service takes no empty text: there is one, or there is none.
  const text = (value: string) => value || null;
  return (
    <>
      {conflict && <ConflictChoice answer={answer} conflict={conflict} criterion={criterion} />}
      {answer.state === "failed" && (
        <ProblemNotice problem={problem} form={form} retry={() => void answer.save()} aside />
      )}
      <Choices
        {...shared}
        at="/level"
        label="Level"
        value={mine.not_applicable ? NOT_APPLICABLE : String(mine.level ?? "")}
        onInput={(value) =>
          answer.change(
            value === NOT_APPLICABLE
              ? { level: null, not_applicable: true }
              : { level: Number(value), not_applicable: false, reason: null },
          )
        }
        options={[
          ...criterion.levels.map(({ name, descriptor }, index) => ({
            value: String(index + 1),
            text: name,
            more: descriptor,
          })),
          { value: NOT_APPLICABLE, text: "Does not apply to us" },
        ]}
      />
      {mine.not_applicable && (
        <TextArea
          {...shared}
          at="/reason"
          label="Why it does not apply"
          value={mine.reason ?? ""}
          onInput={(value) => answer.change({ reason: text(value) })}
        />
      )}
      <TextArea
        {...shared}
        at="/evidence"
        label="What shows it"
        hint="No names of pupils."
        value={mine.evidence ?? ""}
        onInput={(value) => answer.change({ evidence: text(value) })}
      />
      <TextArea
        {...shared}
        at="/next_step"
        label="Next step"
        rows={2}
        value={mine.next_step ?? ""}
        onInput={(value) => answer.change({ next_step: text(value) })}
      />
    </>
  );
}

/** The level of an answer in words. */
export function levelName(criterion: Criterion, answer: { level?: number | null; not_applicable: boolean }): string {
  if (answer.not_applicable) return "Does not apply";
  return answer.level == null ? "No level yet" : (criterion.levels[answer.level - 1]?.name ?? `Level ${answer.level}`);
}

function Given({ criterion, answer: { saved } }: { criterion: Criterion; answer: Answer }) {
  const agreed = saved.agreed_level;
  return (
    <dl class="facts-list">
      <div>
        <dt>Level</dt>
        <dd>
          {levelName(criterion, saved)}
          {saved.level != null && <span class="quiet"> {criterion.levels[saved.level - 1]?.descriptor}</span>}
        </dd>
      </div>
      {agreed != null && agreed !== saved.level && (
        <div>
          <dt>Agreed</dt>
          <dd>{levelName(criterion, { level: agreed, not_applicable: false })}</dd>
        </div>
      )}
      {saved.reason && (
        <div>
          <dt>Why</dt>
          <dd>{saved.reason}</dd>
        </div>
      )}
      {saved.evidence && (
        <div>
          <dt>Evidence</dt>
          <dd>{saved.evidence}</dd>
        </div>
      )}
      {saved.next_step && (
        <div>
          <dt>Next step</dt>
          <dd>{saved.next_step}</dd>
        </div>
      )}
    </dl>
  );
}
