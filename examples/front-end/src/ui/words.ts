// Codes, days and sums as people read them.
import type { Schemas } from "../api/client";

const SPECIAL: Record<string, string> = {
  sixteen_plus: "16 plus",
  not_applicable: "No phase",
  all_through: "All-through",
  follow_up: "Follow-up",
  self_evaluation: "Self-evaluation",
  by_hand: "By hand",
  plan_record: "Record of plans",
  handed_over: "With finance",
  half_day: "Half day",
  fte: "FTE",
};

/** A code of the API as a label: `in_moderation` is "In moderation". */
export function label(code: string): string {
  const text = code.replaceAll("_", " ");
  return SPECIAL[code] ?? text.charAt(0).toUpperCase() + text.slice(1);
}

/** People by name and role: "Stella Trebleclef (Specialist leader)". */
export function who(people: Schemas["NamedPerson"][] | null | undefined): string {
  return (people ?? []).map(({ name, role }) => (role ? `${name} (${role})` : name)).join(", ");
}

/** A number with the thing that it counts: "1 visit", "2 half days". */
export function count(n: number, thing: string, plural = `${thing}s`): string {
  return `${n.toLocaleString("en-GB")} ${n === 1 ? thing : plural}`;
}

// The service gives days as days, and moments in UTC. Schools live by the clock of London.
const DAY: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric", timeZone: "Europe/London" };
const days = new Intl.DateTimeFormat("en-GB", DAY);
const moments = new Intl.DateTimeFormat("en-GB", { ...DAY, hour: "2-digit", minute: "2-digit" });
const isoDays = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/London" });

export function day(value: string): string {
  return days.format(new Date(value));
}

export function moment(value: string): string {
  return moments.format(new Date(value));
}

/** Today as the API writes days: `2026-11-29`. */
export function today(): string {
  return isoDays.format(new Date());
}

/** The academic year of today, which begins in September: `2026/27`. */
export function academicYear(offset = 0): string {
  const [year = 0, month = 0] = today().split("-").map(Number);
  const first = (month >= 9 ? year : year - 1) + offset;
  return `${first}/${String((first + 1) % 100).padStart(2, "0")}`;
}

/** The term of today: one of three parts of the academic year. */
export function term(): Schemas["SchoolTerm"] {
  const month = Number(today().split("-")[1]);
  return month >= 9 ? "autumn" : month <= 4 ? "spring" : "summer";
}

const pounds = new Intl.NumberFormat("en-GB", { style: "currency", currency: "GBP" });

export function money(pence: number): string {
  return pounds.format(pence / 100);
}

/** A figure of a target with its unit. */
export function figure(value: number, unit: Schemas["TargetUnit"] | null | undefined): string {
  if (unit === "pence") return money(value);
  const number = value.toLocaleString("en-GB", { maximumFractionDigits: 2 });
  if (unit === "percent") return `${number} %`;
  return !unit || unit === "count" || unit === "other" ? number : `${number} ${unit === "fte" ? "FTE" : unit}`;
}

const COMPARED: Record<Schemas["Comparator"], string> = { at_least: "at least", at_most: "at most", equal: "exactly" };

export function goal(target: Pick<Schemas["Target"], "comparator" | "value" | "unit">): string | undefined {
  if (target.value == null || !target.comparator) return undefined;
  return `${COMPARED[target.comparator]} ${figure(target.value, target.unit)}`;
}
