// What the service says when it refuses, and what this page says when there is no reply.
import type { components } from "../generated/api";

export type Fault = components["schemas"]["Fault"];
type ServiceProblem = components["schemas"]["Problem"];

/** What is shown of an error: RFC 9457's fields, and every fault with the field that it belongs to. */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: ServiceProblem["code"] | "unreachable" | "fault";
  errors: Fault[];
  /** With 412: the item as it is now. */
  current?: ServiceProblem["current"];
  /** With 412: when somebody else changed the item, and who did. */
  last_change?: ServiceProblem["last_change"];
  request_id?: string;
}

/** Thrown wherever a call does not give what was asked for. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "detail" in error && "errors" in error;
}

const unreachable: Problem = {
  title: "The service cannot be reached",
  status: 0,
  detail: "Check your connection, then try again. Nothing that you typed is lost.",
  code: "unreachable",
  errors: [],
};

/** Returns the problem in anything that was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Refused) return thrown.problem;
  // What `fetch` throws without a reply.
  if (thrown instanceof TypeError && /fetch|network|load failed/i.test(thrown.message)) return unreachable;
  console.error(thrown);
  const detail = "Load the page again. If it stays so, tell your hub what you were doing.";
  return { ...unreachable, title: "The page has a fault of its own", detail, code: "fault" };
}

/** Returns the data of a call, or throws what the service said. */
export async function read<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  if (isProblem(error)) throw new Refused(error);
  // A proxy answered in the service's place.
  const detail = `Try again in a minute. If it stays so, tell your hub: status ${response.status}.`;
  throw new Refused({ ...unreachable, title: "The service gave no usable reply", status: response.status, detail });
}

/** The same for what is not there for everybody: undefined where it is not, or not in an older service. */
export async function readOptional<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T | undefined> {
  const { response } = await call;
  return [403, 404, 409].includes(response.status) ? undefined : read(call);
}
