// A quote or an order: its lines, its sum, and for the head of the school the decision.
import { useState } from "preact/hooks";

import { find, take, type Action } from "../api/actions";
import { client, type Schemas } from "../api/client";
import { read } from "../api/problem";
import { useLoad, useSend } from "../api/use-load";
import { isSchool, useMe } from "../me";
import { Actions } from "../ui/actions";
import { Chip } from "../ui/chip";
import { TextField } from "../ui/field";
import { Load } from "../ui/load";
import { Page } from "../ui/page";
import { ProblemNotice } from "../ui/problem";
import { day, label, money } from "../ui/words";

type Order = Schemas["Order"];

export function OrderScreen({ id }: { id: string }) {
  const me = useMe();
  const loaded = useLoad(
    () =>
      read(client.GET("/api/v1/orders/{id}", { params: { path: { id }, query: { expand: ["school", "actions"] } } })),
    [id],
  );
  const data = loaded.data;
  return (
    <Page
      title={data?.status === "quote" ? "Quote" : "Order"}
      above={data && <a href={`#/schools/${data.school_id}/orders`}>{data.school?.name ?? "The school"}</a>}
      beside={data && data.status !== "quote" && <Chip of={data.status} />}
    >
      <Load of={loaded}>
        {(order) => {
          const place = find(order.actions, "order");
          // Confirming and delivering is work of the hub's, for which a hub would make screens of its own.
          const others = (order.actions ?? []).filter(({ verb }) => verb === "cancel" || verb === "confirm");
          const reload = () => void loaded.reload();
          return (
            <>
              <p class="facts">
                {[
                  `${label(order.term)} term ${order.academic_year}`,
                  `quoted ${day(order.quoted_on)}`,
                  order.status === "quote" && order.expires_on && `holds until ${day(order.expires_on)}`,
                  order.ordered_on && `ordered ${day(order.ordered_on)}`,
                  order.purchase_order_number && `purchase order ${order.purchase_order_number}`,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
              <Lines order={order} />
              {order.note && <p class="text">{order.note}</p>}
              {order.status_reason && <p class="notice">{order.status_reason}</p>}
              {place && <Place order={order} action={place} done={reload} />}
              {!place && order.status === "quote" && isSchool(me) && (
                <p class="quiet">The head teacher orders it. They find it under what waits for them.</p>
              )}
              <Actions item={order} actions={others} labels={{ cancel: "Cancel it" }} done={reload} />
            </>
          );
        }}
      </Load>
    </Page>
  );
}

function Lines({ order }: { order: Order }) {
  return (
    <table>
      <caption class="hidden">What is asked for</caption>
      <thead>
        <tr>
          <th scope="col">Package</th>
          <th scope="col" class="number">
            Units
          </th>
          <th scope="col" class="number wide">
            Each
          </th>
          <th scope="col" class="number">
            Net
          </th>
        </tr>
      </thead>
      <tbody>
        {order.lines.map((line) => (
          <tr key={line.package_id}>
            <th scope="row">
              {line.title}
              <span class="facts">{line.unit && label(line.unit).toLowerCase()}</span>
            </th>
            <td class="number">{line.quantity}</td>
            <td class="number wide">{money(line.price_pence ?? 0)}</td>
            <td class="number">{money(line.quantity * (line.price_pence ?? 0))}</td>
          </tr>
        ))}
        {order.subsidies.map((subsidy) => (
          <tr key={subsidy.text}>
            <th scope="row">{subsidy.text}</th>
            <td />
            <td class="wide" />
            <td class="number">{money(subsidy.subsidy_pence)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">To pay, net of VAT</th>
          <td />
          <td class="wide" />
          <td class="number">{money(order.total_pence)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

function Place({ order, action, done }: { order: Order; action: Action; done: () => void }) {
  const [number, setNumber] = useState(order.purchase_order_number ?? "");
  const { problem, busy, send, clear } = useSend();
  const refresh = () => {
    clear();
    done();
  };
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault();
        void send(async () => {
          await take(action, order, number ? { purchase_order_number: number } : {});
          done();
        });
      }}
    >
      <ProblemNotice problem={problem} refresh={refresh} />
      <TextField
        at="/purchase_order_number"
        label="Your purchase order number (optional)"
        hint="Your finance office finds the invoice by it."
        value={number}
        onInput={setNumber}
        problem={problem}
      />
      <div class="buttons">
        <button class="primary" disabled={busy}>
          Order for {money(order.total_pence)}
        </button>
      </div>
    </form>
  );
}
