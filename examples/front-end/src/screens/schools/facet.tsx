// A filter of a list: its values, each with the number of items that it would show where that is known.

interface FacetProps {
  legend: string;
  /** Its name in the address. */
  name: string;
  options: { value: string; text: string; count?: number }[];
  query: URLSearchParams;
  show: (change: (next: URLSearchParams) => void) => void;
}

export function Facet({ legend, name, options, query, show }: FacetProps) {
  const chosen = query.getAll(name);
  const toggle = (value: string) =>
    show((next) => {
      const values = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
      next.delete(name);
      for (const value of values) next.append(name, value);
    });
  return (
    <fieldset class="facet">
      <legend>{legend}</legend>
      {options.map(({ value, text, count }) => (
        <label key={value} class="choice">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          <span>{text}</span>
          {count !== undefined && <span class="count">{count}</span>}
        </label>
      ))}
    </fieldset>
  );
}
