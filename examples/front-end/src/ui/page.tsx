// A screen: its heading gets the focus when somebody comes to it, so that a screen reader begins there.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

let first = true;

interface PageProps {
  title: string;
  /** What stands above the heading, such as the way back. */
  above?: ComponentChildren;
  /** What stands beside the heading: its state, its buttons. */
  beside?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, above, beside, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // When the page itself is loaded, the browser has its own place to begin.
    if (!first) heading.current?.focus({ preventScroll: true });
    first = false;
    scrollTo(0, 0);
  }, []);
  useEffect(() => {
    document.title = `${title} · Music education hub`;
  }, [title]);
  return (
    <main id="main">
      {above && <p class="above">{above}</p>}
      <div class="heading">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
      </div>
      {children}
    </main>
  );
}
