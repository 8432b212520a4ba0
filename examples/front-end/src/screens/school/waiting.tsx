// What waits for the caller: reports to answer, an evaluation to finish, quotes to decide on, actions to do.
import { client } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { day } from "../../ui/words";

/** Where this page shows the items that tasks are about. The others are only named. */
const SCREENS: Record<string, string> = {
  "visit-reports": "reports",
  evaluations: "evaluations",
  orders: "orders",
};

/** The address of a task's item in this page, from its address in the API. */
function screenOf(href: string): string | undefined {
  const [collection = "", id] = href.split("/").slice(-2);
  return SCREENS[collection] && `#/${SCREENS[collection]}/${id}`;
}

export function Waiting() {
  const waiting = useLoad(() => read(client.GET("/api/v1/me/tasks", { params: { query: { limit: 50 } } })), []);
  return (
    <section class="waiting no-print" aria-labelledby="waiting">
      <h2 id="waiting">Waiting for you</h2>
      <Load of={waiting}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="quiet">Nothing.</p>
          ) : (
            <ul class="rows">
              {items.map(({ kind, id, title, href, due_on, overdue }) => (
                <li key={kind + id}>
                  {screenOf(href) ? (
                    <a class="row-main" href={screenOf(href)}>
                      {title}
                    </a>
                  ) : (
                    <span class="row-main">{title}</span>
                  )}
                  {due_on && <span class="quiet">until {day(due_on)}</span>}
                  {overdue && <Chip of="missed" text="Overdue" />}
                </li>
              ))}
            </ul>
          )
        }
      </Load>
    </section>
  );
}
