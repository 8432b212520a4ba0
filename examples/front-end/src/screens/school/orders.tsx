// The quotes and orders of a school.
import { client } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { may, useMe } from "../../me";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { day, label, money } from "../../ui/words";
import type { School } from "./index";

export function Orders({ school }: { school: School }) {
  const me = useMe();
  const orders = useLoad(async () => {
    const query = { school_id: [school.id], sort: "-quoted_on" as const, limit: 50 };
    return (await read(client.GET("/api/v1/orders", { params: { query } }))).items;
  }, [school.id]);
  return (
    <>
      {may(me, "packages:write") && (
        <p class="buttons">
          <a class="button primary" href={`#/schools/${school.id}/order`}>
            Ask for a quote
          </a>
        </p>
      )}
      <Load of={orders}>
        {(orders) => (
          <>
            {orders.length === 0 && <p class="quiet">No order yet.</p>}
            <ul class="rows">
              {orders.map((order) => (
                <li key={order.id}>
                  <div class="row-main">
                    <a href={`#/orders/${order.id}`}>{order.lines.map(({ title }) => title).join(", ")}</a>
                    <p class="facts">
                      {label(order.term)} {order.academic_year} · quoted {day(order.quoted_on)}
                    </p>
                  </div>
                  <span class="sum">{money(order.total_pence)}</span>
                  <Chip of={order.status} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Load>
    </>
  );
}
