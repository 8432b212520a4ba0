// Which screen belongs to which address.
import type { VNode } from "preact";

import { match } from "../router";
import { Page } from "../ui/page";
import { EvaluationScreen } from "./evaluation";
import { NewOrder } from "./new-order";
import { OrderScreen } from "./order";
import { PlanScreen } from "./plan";
import { RatingForm } from "./rating";
import { ReportScreen } from "./report";
import { SchoolScreen } from "./school";
import { Schools } from "./schools";
import { TargetScreen } from "./target";

/** The screen, and a key that is the same for addresses of one and the same screen. */
export function screenOf(path: string, query: URLSearchParams): { key: string; screen: VNode } {
  let found;
  if (path === "/plan") return { key: path, screen: <PlanScreen query={query} /> };
  if ((found = match("/plan/targets/:id", path))) return { key: path, screen: <TargetScreen id={found.id} /> };
  if (path === "/schools") return { key: path, screen: <Schools query={query} /> };
  if ((found = match("/schools/:id/order", path))) return { key: path, screen: <NewOrder school={found.id} /> };
  if ((found = match("/schools/:id/rating", path))) return { key: path, screen: <RatingForm school={found.id} /> };
  if ((found = match("/schools/:id/:part", path) ?? match("/schools/:id", path))) {
    const part = "part" in found ? String(found.part) : "overview";
    return { key: path, screen: <SchoolScreen id={found.id} part={part} query={query} /> };
  }
  if ((found = match("/reports/:id", path))) return { key: path, screen: <ReportScreen id={found.id} /> };
  if ((found = match("/evaluations/:id", path))) {
    return { key: path, screen: <EvaluationScreen id={found.id} section={Number(query.get("section") ?? 1)} /> };
  }
  if ((found = match("/orders/:id", path))) return { key: path, screen: <OrderScreen id={found.id} /> };
  const screen = (
    <Page title="There is no such page">
      <p>
        <a href="#/">Go to the first page</a>, or choose from the menu.
      </p>
    </Page>
  );
  return { key: path, screen };
}
