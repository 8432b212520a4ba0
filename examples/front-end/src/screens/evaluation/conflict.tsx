// Two people changed the same part of an answer: both versions side by side, and a choice for each part.
import { useState } from "preact/hooks";

import type { Schemas } from "../../api/client";
import { Choices } from "../../ui/field";
import { moment } from "../../ui/words";
import type { Answer, Conflict, Fields, Part } from "./answer";
import { levelName } from "./criterion";

const TITLES: Record<Part, string> = { judgement: "Level", evidence: "What shows it", next_step: "Next step" };

/** The first one on the screen has the focus when somebody asks for it. */
export const CONFLICT = "conflict";

interface ConflictProps {
  answer: Answer;
  conflict: Conflict;
  criterion: Schemas["FrameworkCriterion"];
}

export function ConflictChoice({ answer, conflict, criterion }: ConflictProps) {
  const [choice, setChoice] = useState<Partial<Record<Part, string>>>({});
  const shown = (part: Part, fields: Fields) =>
    part === "judgement"
      ? [levelName(criterion, fields), fields.reason].filter(Boolean).join(": ")
      : (fields[part] ?? "Nothing");
  return (
    <div class="notice conflict" role="alert" tabIndex={-1} id={CONFLICT}>
      <h4>Somebody else changed this answer</h4>
      <p>
        {conflict.by ?? "Somebody"} saved it on {moment(conflict.theirs.updated_at)}, while you were at work on it. Choose what stays.
      </p>
      {conflict.parts.map((part) => (
        <Choices
          key={part}
          form={`conflict-${answer.saved.id}`}
          at={`/${part}`}
          label={TITLES[part]}
          value={choice[part] ?? ""}
          onInput={(value) => setChoice({ ...choice, [part]: value })}
          options={[
            { value: "mine", text: "Yours", more: shown(part, answer.mine) },
            { value: "theirs", text: "The other one", more: shown(part, conflict.theirs) },
          ]}
        />
      ))}
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={conflict.parts.some((part) => !choice[part])}
          onClick={() => answer.resolve(conflict.parts.filter((part) => choice[part] === "mine"))}
        >
          Save the choice
        </button>
      </div>
    </div>
  );
}
