// What the service says when it refuses. The message takes the focus, and leads to each field at fault.
import { useEffect, useRef } from "preact/hooks";

import type { Fault, Problem } from "../api/problem";
import { label, moment } from "./words";

/** The id of the field that a JSON pointer names: `/lines/0/quantity` is `form-lines-0-quantity`. */
export function fieldId(form: string, pointer: string): string {
  return form + pointer.replaceAll("/", "-");
}

/** The faults that belong to a field. */
export function faultsAt(problem: Problem | undefined, pointer: string): Fault[] {
  return problem?.errors.filter((fault) => fault.pointer === pointer) ?? [];
}

interface NoticeProps {
  problem: Problem | undefined;
  /** The form whose fields the faults name. */
  form?: string;
  retry?: () => void;
  /** Loads the item again, for when somebody else has changed it. */
  refresh?: () => void;
  /** For what fails while somebody types elsewhere: it is announced, and the focus stays. */
  aside?: boolean;
}

export function ProblemNotice({ problem, form = "form", retry, refresh, aside = false }: NoticeProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!aside) box.current?.focus();
  }, [problem]);
  if (!problem) return null;
  // Where there is one fault, the detail says the same.
  const detail = problem.errors.some((fault) => fault.message === problem.detail) ? undefined : problem.detail;
  return (
    <div class="notice problem" role="alert" tabIndex={-1} ref={box}>
      <h2>{problem.title}</h2>
      {detail && <p>{sentence(detail)}</p>}
      {problem.last_change?.by && (
        <p>
          {problem.last_change.by} changed it on {moment(problem.last_change.at)}.
        </p>
      )}
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((fault) => (
            <li key={fault.pointer + fault.code}>
              <FaultLink fault={fault} form={form} />
            </li>
          ))}
        </ul>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
      {refresh && problem.code === "stale-version" && (
        <button type="button" onClick={refresh}>
          Show it as it is now
        </button>
      )}
    </div>
  );
}

function FaultLink({ fault, form }: { fault: Fault; form: string }) {
  const field = fault.pointer.split("/").findLast((part) => part && !/^\d+$/.test(part));
  const text = field ? `${label(field)}: ${fault.message}` : sentence(fault.message);
  if (!fault.pointer.startsWith("/")) return <>{text}</>;
  return (
    <button type="button" class="link" onClick={() => document.getElementById(fieldId(form, fault.pointer))?.focus()}>
      {text}
    </button>
  );
}

/** The service's messages have neither a capital letter nor a full stop. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.?!]$/.test(text) ? "" : ".");
}
