// What is shown while something is loaded, and where that failed.
import type { ComponentChildren } from "preact";

import type { Loaded } from "../api/use-load";
import { ProblemNotice } from "./problem";

export function Load<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (of.problem) return <ProblemNotice problem={of.problem} retry={() => void of.reload()} />;
  if (of.data === undefined)
    return (
      <p class="quiet" role="status">
        Loading…
      </p>
    );
  return <div class={of.loading ? "stack stale" : "stack"}>{children(of.data)}</div>;
}
