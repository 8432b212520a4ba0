// A password that somebody else has set is changed before anything else: until then the token reaches nothing.
import { useState } from "preact/hooks";

import { client } from "../api/client";
import { read } from "../api/problem";
import { useSend } from "../api/use-load";
import { TextField } from "../ui/field";
import { Page } from "../ui/page";
import { ProblemNotice } from "../ui/problem";

export function NewPassword({ done }: { done: () => void }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const { problem, busy, send } = useSend();
  return (
    <div class="sign-in">
      <Page title="Choose a password">
        <p>The one that you have was set by somebody else.</p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send(async () => {
              await read(client.POST("/api/v1/me/password", { body: { old_password: old, new_password: fresh } }));
              done();
            });
          }}
        >
          <ProblemNotice problem={problem} />
          <TextField
            at="/old_password"
            label="The password so far"
            type="password"
            autocomplete="current-password"
            required
            value={old}
            onInput={setOld}
            problem={problem}
          />
          <TextField
            at="/new_password"
            label="Your own password"
            hint="At least 12 characters, and not easily guessed."
            type="password"
            autocomplete="new-password"
            required
            value={fresh}
            onInput={setFresh}
            problem={problem}
          />
          <div class="buttons">
            <button class="primary" disabled={busy}>
              Change it
            </button>
          </div>
        </form>
      </Page>
    </div>
  );
}
