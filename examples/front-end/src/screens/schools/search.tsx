// A field that asks the service when somebody has stopped typing.
import { useEffect, useState } from "preact/hooks";

export function Search({ value, onInput }: { value: string; onInput: (value: string) => void }) {
  const [text, setText] = useState(value);
  // The address has changed by itself, such as by the browser's way back.
  useEffect(() => {
    if (document.activeElement?.id !== "q") setText(value);
  }, [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onInput(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="field">
      <label for="q">Search</label>
      <input
        id="q"
        type="search"
        placeholder="Name, town or URN"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
}
