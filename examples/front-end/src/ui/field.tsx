// Fields of forms, each with its label, its hint and what is wrong with it. A field is named by the JSON pointer by
// which the service names it in its faults.
import type { ComponentChildren, JSX } from "preact";

import type { Problem } from "../api/problem";
import { faultsAt, fieldId, sentence } from "./problem";

interface FieldProps {
  at: string;
  label: ComponentChildren;
  hint?: ComponentChildren;
  form?: string;
  problem?: Problem;
}

interface Described {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

function Faults({ id, problem, at }: { id: string; problem?: Problem; at: string }) {
  const faults = faultsAt(problem, at);
  if (faults.length === 0) return null;
  return (
    <p class="fault" id={`${id}-fault`}>
      {faults.map((fault) => sentence(fault.message)).join(" ")}
    </p>
  );
}

function described({ at, hint, form = "form", problem }: FieldProps): Described {
  const id = fieldId(form, at);
  const wrong = faultsAt(problem, at).length > 0;
  const by = [hint && `${id}-hint`, wrong && `${id}-fault`].filter(Boolean).join(" ");
  return { id, ...(by && { "aria-describedby": by }), ...(wrong && { "aria-invalid": true }) };
}

function Field(props: FieldProps & { children: (described: Described) => ComponentChildren }) {
  const control = described(props);
  return (
    <div class="field">
      <label for={control.id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${control.id}-hint`}>
          {props.hint}
        </p>
      )}
      <Faults id={control.id} problem={props.problem} at={props.at} />
      {props.children(control)}
    </div>
  );
}

type Attributes<Element extends keyof JSX.IntrinsicElements> = Omit<
  JSX.IntrinsicElements[Element],
  "label" | "form" | "onInput" | "ref"
>;
type Typed = FieldProps & { value: string; onInput: (value: string) => void };

function split<Props extends FieldProps>({ at, label, hint, form, problem, ...rest }: Props) {
  return { field: { at, label, hint, form, problem }, rest };
}

export function TextField(props: Typed & Attributes<"input">) {
  const { field, rest } = split(props);
  const { onInput, ...input } = rest;
  return (
    <Field {...field}>
      {(own) => (
        <input type="text" {...(input as object)} {...own} onInput={(event) => onInput(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export function TextArea(props: Typed & Attributes<"textarea">) {
  const { field, rest } = split(props);
  const { onInput, ...input } = rest;
  return (
    <Field {...field}>
      {(own) => (
        <textarea rows={3} {...(input as object)} {...own} onInput={(event) => onInput(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export type Option = { value: string; text: string };

export function Select(props: Typed & { options: Option[] }) {
  const { field, rest } = split(props);
  return (
    <Field {...field}>
      {(own) => (
        <select {...own} value={rest.value} onChange={(event) => rest.onInput(event.currentTarget.value)}>
          {rest.options.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ChoicesProps extends Typed {
  options: { value: string; text: ComponentChildren; more?: ComponentChildren }[];
}

/** A choice of one, all of whose options are seen. */
export function Choices({ value, onInput, options, ...props }: ChoicesProps) {
  const own = described(props);
  const name = own.id;
  return (
    <fieldset class="field choices" aria-describedby={own["aria-describedby"]}>
      <legend>{props.label}</legend>
      {props.hint && (
        <p class="hint" id={`${own.id}-hint`}>
          {props.hint}
        </p>
      )}
      <Faults id={own.id} problem={props.problem} at={props.at} />
      {options.map((option, at) => (
        <label key={option.value} class="choice">
          <input
            type="radio"
            name={name}
            id={at === 0 ? own.id : undefined}
            value={option.value}
            checked={option.value === value}
            onChange={() => onInput(option.value)}
          />
          <span>
            <span class="choice-text">{option.text}</span>
            {option.more && <span class="more">{option.more}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
