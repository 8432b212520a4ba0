// An answer that saves itself a moment after somebody has stopped typing. Each is sent with the version that it was
// made from. When somebody else has been faster, what both changed apart from each other is kept; where they changed
// the same, a person chooses.
import { client, ifMatch, type Schemas } from "../../api/client";
import { problemOf, read, type Problem } from "../../api/problem";

export type Response = Schemas["EvaluationResponse"];
export type Fields = Pick<Response, "level" | "not_applicable" | "reason" | "evidence" | "next_step">;
export type State = "saved" | "unsaved" | "saving" | "failed" | "conflict";

/** What is decided together: a level and "does not apply" exclude each other. */
export const PARTS = {
  judgement: ["level", "not_applicable", "reason"],
  evidence: ["evidence"],
  next_step: ["next_step"],
} as const;
export type Part = keyof typeof PARTS;
const ALL = Object.keys(PARTS) as Part[];

export interface Conflict {
  theirs: Response;
  /** Who gave the other answer, where this person may know. */
  by?: string | null;
  parts: Part[];
}

const PAUSE = 800;
const RETRY = 5_000;

export class Answer {
  mine: Fields;
  state: State = "saved";
  problem?: Problem;
  conflict?: Conflict;
  private timer?: ReturnType<typeof setTimeout>;

  /** `saved` is the answer as the service has it. */
  constructor(
    public saved: Response,
    private readonly notify: () => void,
  ) {
    this.mine = fields(saved);
  }

  get complete(): boolean {
    return this.mine.level != null || (this.mine.not_applicable && Boolean(this.mine.reason));
  }

  change(change: Partial<Fields>): void {
    this.mine = { ...this.mine, ...change };
    if (this.state === "conflict") return this.notify();
    if (this.state !== "saving") this.state = "unsaved";
    this.later(PAUSE);
    this.notify();
  }

  /** Saves what is not saved yet, at once. */
  async save(): Promise<void> {
    clearTimeout(this.timer);
    if (this.state === "saving" || this.state === "conflict") return;
    const body = this.changes();
    if (Object.keys(body).length === 0) return this.become("saved");
    this.become("saving");
    try {
      const params = { path: { id: this.saved.id }, header: ifMatch(this.saved) };
      this.saved = await read(client.PATCH("/api/v1/evaluation-responses/{id}", { params, body }));
      const typedOn = Object.keys(this.changes()).length > 0;
      if (typedOn) this.later(PAUSE);
      this.become(typedOn ? "unsaved" : "saved");
    } catch (thrown) {
      this.refused(problemOf(thrown));
    }
  }

  /** Goes on from their version, with this person's own text where it is chosen. */
  resolve(keepMine: Part[]): void {
    const { conflict } = this;
    if (!conflict) return;
    this.rebase(
      conflict.theirs,
      ALL.filter((part) => this.isMine(part) && (!conflict.parts.includes(part) || keepMine.includes(part))),
    );
    this.conflict = undefined;
    this.state = "unsaved";
    void this.save();
  }

  private refused(problem: Problem): void {
    if (problem.code === "stale-version" && problem.current) {
      const theirs = problem.current as unknown as Response;
      const parts = ALL.filter(
        (part) => this.isMine(part) && differs(part, theirs, this.saved) && differs(part, theirs, this.mine),
      );
      if (parts.length > 0) {
        this.conflict = { theirs, parts, by: problem.last_change?.by };
        return this.become("conflict");
      }
      this.rebase(
        theirs,
        ALL.filter((part) => this.isMine(part)),
      );
      this.state = "unsaved";
      return void this.save();
    }
    if (problem.code === "unreachable") this.later(RETRY);
    this.become("failed", problem);
  }

  private rebase(theirs: Response, keep: Part[]): void {
    const next = fields(theirs);
    for (const part of keep) for (const field of PARTS[part]) Object.assign(next, { [field]: this.mine[field] });
    this.saved = theirs;
    this.mine = next;
  }

  private isMine(part: Part): boolean {
    return differs(part, this.mine, this.saved);
  }

  /** The parts that differ from what is saved, as a merge patch. */
  private changes(): Partial<Fields> {
    const parts = ALL.filter((part) => this.isMine(part));
    return Object.fromEntries(parts.flatMap((part) => PARTS[part].map((field) => [field, this.mine[field]])));
  }

  private later(pause: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), pause);
  }

  private become(state: State, problem?: Problem): void {
    this.state = state;
    this.problem = problem;
    this.notify();
  }
}

function fields({ level, not_applicable, reason, evidence, next_step }: Fields): Fields {
  return { level, not_applicable, reason, evidence, next_step };
}

function differs(part: Part, one: Fields, other: Fields): boolean {
  return PARTS[part].some((field) => (one[field] ?? null) !== (other[field] ?? null));
}
