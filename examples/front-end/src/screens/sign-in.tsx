// Signing in, and signing in again over a screen whose sign-in has ended, so that nothing typed there is lost.
import { useEffect, useRef, useState } from "preact/hooks";

import { signIn } from "../api/session";
import { useSend } from "../api/use-load";
import { TextField } from "../ui/field";
import { Page } from "../ui/page";
import { ProblemNotice } from "../ui/problem";

interface FormProps {
  email?: string;
  done: () => void;
}

function Form({ email: known = "", done }: FormProps) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const { problem, busy, send } = useSend();
  return (
    <form
      class="narrow"
      onSubmit={(event) => {
        event.preventDefault();
        void send(async () => {
          await signIn(email, password);
          done();
        });
      }}
    >
      <ProblemNotice problem={problem} />
      <TextField
        at="/username"
        label="E-mail address"
        type="email"
        autocomplete="username"
        required
        readOnly={known !== ""}
        value={email}
        onInput={setEmail}
        problem={problem}
      />
      <TextField
        at="/password"
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        autofocus={known !== ""}
        value={password}
        onInput={setPassword}
        problem={problem}
      />
      <div class="buttons">
        <button class="primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </div>
    </form>
  );
}

export function SignIn({ done }: { done: () => void }) {
  return (
    <div class="sign-in">
      <Page title="Sign in">
        <p class="quiet">To your music education hub, as a school or as the hub’s own people.</p>
        <Form done={done} />
      </Page>
    </div>
  );
}

export function SignInAgain({ email, done }: { email: string; done: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="again" onCancel={(event) => event.preventDefault()}>
      <h2 id="again">Sign in again</h2>
      <p>Your sign-in has ended. What you were doing goes on once you have signed in.</p>
      <Form email={email} done={done} />
    </dialog>
  );
}
