// Loads what a screen shows, and again when what it needs has changed.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { problemOf, type Problem } from "./problem";

export interface Loaded<T> {
  /** What came last; it stays while something newer is on its way. */
  data?: T;
  problem?: Problem;
  loading: boolean;
  reload: () => Promise<void>;
}

export function useLoad<T>(load: () => Promise<T>, needs: unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({ loading: true });
  const latest = useRef(0);
  const reload = useCallback(async () => {
    const call = ++latest.current;
    setState(({ data }) => ({ data, loading: true }));
    const next = await load().then(
      (data) => ({ data, loading: false }),
      (thrown: unknown) => ({ problem: problemOf(thrown), loading: false }),
    );
    // A slower reply to an earlier question is not shown.
    if (call === latest.current) setState(next);
  }, needs);
  useEffect(() => {
    void reload();
    return () => void latest.current++;
  }, [reload]);
  return { ...state, reload };
}

export interface Sending {
  problem?: Problem;
  busy: boolean;
  send: (work: () => Promise<void>) => Promise<void>;
  /** Takes the problem away. */
  clear: () => void;
}

/** Sends a form: one at a time, with the problem of the last try. */
export function useSend(): Sending {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  async function send(work: () => Promise<void>): Promise<void> {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }
  return { problem, busy, send, clear: () => setProblem(undefined) };
}
