// A state in a word, with a mark that does not need colour to be told from others.
import { label } from "./words";

type Tone = "good" | "fair" | "poor" | "busy" | "plain";

const TONES: Record<string, Tone> = {
  green: "good",
  amber: "fair",
  red: "poor",
  met: "good",
  on_track: "busy",
  at_risk: "fair",
  missed: "poor",
  accepted: "good",
  agreed: "good",
  done: "good",
  disputed: "fair",
  returned: "fair",
  suggestion: "fair",
  shared: "busy",
  submitted: "busy",
  in_moderation: "busy",
  confirmed: "busy",
  ordered: "busy",
};

export function Chip({ of, text }: { of: string; text?: string }) {
  return <span class={`chip ${TONES[of] ?? "plain"}`}>{text ?? label(of)}</span>;
}
