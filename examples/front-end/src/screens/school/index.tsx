// A school's page: its heading, its parts, and the part that the address names.
import type { VNode } from "preact";

import { useEffect, useRef } from "preact/hooks";

import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { remember } from "../../api/school-names";
import { useLoad } from "../../api/use-load";
import { may, type Me, ownSchool, useMe } from "../../me";
import { Load } from "../../ui/load";
import { Page } from "../../ui/page";
import { count, label } from "../../ui/words";
import { Evaluations } from "./evaluations";
import { Orders } from "./orders";
import { Overview } from "./overview";
import { Ratings } from "./ratings";
import { Timeline } from "./timeline";
import { Visits } from "./visits";

export type School = Schemas["School"];

interface Part {
  name: string;
  text: string;
  scope: Schemas["Scope"];
  show: (school: School, query: URLSearchParams) => VNode;
}

const PARTS: Part[] = [
  { name: "overview", text: "Briefing", scope: "schools:read", show: (school) => <Overview school={school} /> },
  {
    name: "timeline",
    text: "Timeline",
    scope: "schools:read",
    show: (school, query) => <Timeline school={school} query={query} />,
  },
  { name: "visits", text: "Visits", scope: "visits:read", show: (school) => <Visits school={school} /> },
  {
    name: "evaluations",
    text: "Evaluations",
    scope: "frameworks:read",
    show: (school) => <Evaluations school={school} />,
  },
  { name: "orders", text: "Orders", scope: "packages:read", show: (school) => <Orders school={school} /> },
  { name: "ratings", text: "Ratings", scope: "ratings:read", show: (school) => <Ratings school={school} /> },
];

export function partsFor(me: Me): Part[] {
  return PARTS.filter(({ scope }) => may(me, scope));
}

export function SchoolScreen({ id, part, query }: { id: string; part: string; query: URLSearchParams }) {
  const me = useMe();
  const school = useLoad(
    () =>
      read(
        client.GET("/api/v1/schools/{id}", { params: { path: { id }, query: { expand: ["area"] } } }),
      ).then(remember),
    [id],
  );
  const parts = partsFor(me);
  const shown = parts.find(({ name }) => name === part) ?? parts[0];
  const tabs = useRef<HTMLElement>(null);
  // On a phone the parts are wider than the window.
  useEffect(() => {
    tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [shown, school.data]);
  return (
    <Page title={school.data?.name ?? "School"} above={!ownSchool(me) && <a href="#/schools">Schools</a>}>
      <Load of={school}>
        {(school) => (
          <>
            <p class="facts">
              {[
                label(school.phase),
                school.pupils != null && count(school.pupils, "pupil"),
                school.area?.name,
                school.urn && `URN ${school.urn}`,
                school.status !== "open" && label(school.status),
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
            <nav class="parts" aria-label="Of this school" ref={tabs}>
              {parts.map(({ name, text }) => (
                <a
                  key={name}
                  href={`#/schools/${id}${name === "overview" ? "" : `/${name}`}`}
                  aria-current={name === shown?.name ? "page" : undefined}
                >
                  {text}
                </a>
              ))}
            </nav>
            {shown?.show(school, query)}
          </>
        )}
      </Load>
    </Page>
  );
}
