// All answers of an evaluation, and whether they are saved.
import { useEffect, useReducer, useState } from "preact/hooks";

import type { Schemas } from "../../api/client";
import { Answer } from "./answer";

/** The answers by criterion. They are saved when the screen is left, and the browser asks before it closes on them. */
export function useAnswers(responses: Schemas["EvaluationResponse"][]): Map<string, Answer> {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [answers] = useState(
    () => new Map(responses.map((saved) => [saved.criterion_id, new Answer(saved, () => redraw(undefined))])),
  );
  useEffect(() => {
    const unsaved = () => [...answers.values()].filter(({ state }) => state !== "saved");
    const ask = (event: BeforeUnloadEvent) => unsaved().length > 0 && event.preventDefault();
    const saveAll = () => unsaved().forEach((answer) => void answer.save());
    addEventListener("beforeunload", ask);
    addEventListener("online", saveAll);
    return () => {
      removeEventListener("beforeunload", ask);
      removeEventListener("online", saveAll);
      saveAll();
    };
  }, [answers]);
  return answers;
}

export function Saved({ answers, toConflict }: { answers: Answer[]; toConflict: () => void }) {
  const states = answers.map(({ state }) => state);
  const text = states.includes("conflict")
    ? "Somebody else changed an answer: choose which one stays."
    : states.includes("failed")
      ? "Not everything is saved."
      : states.some((state) => state !== "saved")
        ? "Saving…"
        : "All answers are saved.";
  return (
    <p class="saved">
      <span role="status">{text}</span>{" "}
      {states.includes("conflict") && (
        <button type="button" class="link" onClick={toConflict}>
          Go there
        </button>
      )}
    </p>
  );
}
