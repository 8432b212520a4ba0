// Addresses after the `#`: `#/schools?phase=primary`. Any web server that serves files can serve such a page.
import { useEffect, useState } from "preact/hooks";

export interface Place {
  path: string;
  query: URLSearchParams;
}

export function here(): Place {
  const [path = "", query] = location.hash.slice(1).split("?", 2);
  return { path: path || "/", query: new URLSearchParams(query) };
}

export function go(path: string, options?: { replace: boolean }): void {
  if (options?.replace) {
    history.replaceState(null, "", `#${path}`);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = path;
  }
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = () => setPlace(here());
    addEventListener("hashchange", update);
    return () => removeEventListener("hashchange", update);
  }, []);
  return place;
}

/** Returns the parts of a path that stand at `:name` in a pattern, or undefined where the path is another. */
export function match<const Pattern extends string>(pattern: Pattern, path: string): Names<Pattern> | undefined {
  const wanted = pattern.split("/");
  const parts = path.split("/");
  if (wanted.length !== parts.length) return undefined;
  const found: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const value = parts[at] ?? "";
    if (part.startsWith(":")) found[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return found as Names<Pattern>;
}

type Names<Pattern extends string> = Pattern extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, string> & Names<Rest>
  : Pattern extends `${string}:${infer Name}`
    ? Record<Name, string>
    : unknown;
