// What a school has to do: reports to answer, an evaluation to finish, quotes to decide on.
import { client } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { Load } from "../../ui/load";
import { day, money } from "../../ui/words";

interface Task {
  to: string;
  text: string;
  until?: string | null;
}

async function tasks(school_id: string): Promise<Task[]> {
  const query = { school_id: [school_id], limit: 20 };
  const [reports, evaluations, orders] = await Promise.all([
    read(client.GET("/api/v1/visit-reports", { params: { query: { ...query, status: ["shared"] } } })),
    read(
      client.GET("/api/v1/evaluations", {
        params: { query: { ...query, status: ["draft", "returned"], expand: ["framework"] } },
      }),
    ),
    read(client.GET("/api/v1/orders", { params: { query: { ...query, status: ["quote"] } } })),
  ]);
  return [
    ...reports.items.map(({ id, answer_due_on }) => ({
      to: `/reports/${id}`,
      text: "Answer the report of a visit",
      until: answer_due_on,
    })),
    ...evaluations.items.map(({ id, academic_year, framework }) => ({
      to: `/evaluations/${id}`,
      text: `Finish ${academic_year}: ${framework?.title ?? "evaluation"}`,
    })),
    ...orders.items.map(({ id, total_pence, expires_on }) => ({
      to: `/orders/${id}`,
      text: `Decide on a quote of ${money(total_pence)}`,
      until: expires_on,
    })),
  ];
}

export function Waiting({ school }: { school: string }) {
  const waiting = useLoad(() => tasks(school), [school]);
  return (
    <section class="waiting no-print" aria-labelledby="waiting">
      <h2 id="waiting">Waiting for you</h2>
      <Load of={waiting}>
        {(tasks) =>
          tasks.length === 0 ? (
            <p class="quiet">Nothing.</p>
          ) : (
            <ul class="rows">
              {tasks.map(({ to, text, until }) => (
                <li key={to}>
                  <a class="row-main" href={`#${to}`}>
                    {text}
                  </a>
                  {until && <span class="quiet">until {day(until)}</span>}
                </li>
              ))}
            </ul>
          )
        }
      </Load>
    </section>
  );
}
