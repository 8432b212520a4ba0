// Buttons for transitions. One that takes a reason opens a form for it.
import { useState } from "preact/hooks";

import { take, type Action } from "../api/actions";
import { useSend } from "../api/use-load";
import { TextArea } from "./field";
import { ProblemNotice } from "./problem";
import { label } from "./words";

interface ActionsProps {
  item: { id: string; version: number };
  actions: Action[];
  done: () => void;
  /** Labels by verb, where the verb itself does not say it. */
  labels?: Record<string, string>;
}

export function Actions({ item, actions, done, labels = {} }: ActionsProps) {
  const [open, setOpen] = useState<Action>();
  const [reason, setReason] = useState("");
  const { problem, busy, send, clear } = useSend();
  const refresh = () => {
    clear();
    done();
  };
  if (actions.length === 0) return null;
  const form = `act-${item.id}`;
  const text = (action: Action) => labels[action.verb] ?? label(action.verb);
  const run = (action: Action) =>
    send(async () => {
      await take(action, item, reason ? { reason } : {});
      setOpen(undefined);
      setReason("");
      done();
    });
  return (
    <div class="actions">
      <ProblemNotice problem={problem} form={form} refresh={refresh} />
      {open ? (
        <form
          class="panel"
          onSubmit={(event) => {
            event.preventDefault();
            void run(open);
          }}
        >
          <TextArea
            form={form}
            at="/reason"
            label={open.reason === "required" ? "Reason" : "Reason (optional)"}
            value={reason}
            onInput={setReason}
            problem={problem}
          />
          <div class="buttons">
            <button class="primary" disabled={busy}>
              {text(open)}
            </button>
            <button type="button" onClick={() => setOpen(undefined)}>
              Leave it
            </button>
          </div>
        </form>
      ) : (
        <div class="buttons">
          {actions.map((action) => (
            <button
              key={action.verb}
              type="button"
              disabled={busy}
              onClick={() => (action.reason === "no" ? void run(action) : setOpen(action))}
            >
              {text(action)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
