// Asking for a quote: a package, how much of it, and when.
import { useState } from "preact/hooks";

import { client, onceKey, type Schemas } from "../api/client";
import { read } from "../api/problem";
import { schoolName } from "../api/school-names";
import { useLoad, useSend } from "../api/use-load";
import { go } from "../router";
import { Choices, Select, TextField } from "../ui/field";
import { Load } from "../ui/load";
import { Page } from "../ui/page";
import { ProblemNotice } from "../ui/problem";
import { academicYear, label, money, term as currentTerm } from "../ui/words";

type Package = Schemas["Package"];
type Term = Schemas["SchoolTerm"];

const TERMS: Term[] = ["autumn", "spring", "summer"];

export function NewOrder({ school }: { school: string }) {
  const loaded = useLoad(async () => {
    const query = { status: ["live" as const], school_id: school, limit: 100, expand: ["price" as const] };
    return (await read(client.GET("/api/v1/packages", { params: { query } }))).items;
  }, [school]);
  return (
    <Page title="Ask for a quote" above={<a href={`#/schools/${school}/orders`}>{schoolName(school)}</a>}>
      <Load of={loaded}>
        {(packages) =>
          packages.length === 0 ? (
            <p>The hub has no package on sale.</p>
          ) : (
            <Form school={school} packages={packages} />
          )
        }
      </Load>
    </Page>
  );
}

function Form({ school, packages }: { school: string; packages: Package[] }) {
  const [chosen, setChosen] = useState("");
  const [quantity, setQuantity] = useState("1");
  const [year, setYear] = useState(academicYear());
  const [term, setTerm] = useState<Term>(currentTerm);
  const [key] = useState(onceKey);
  const { problem, busy, send } = useSend();
  const of = packages.find(({ id }) => id === chosen);
  const each = of?.price?.price_pence;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send(async () => {
          const lines = [{ package_id: chosen, quantity: Number(quantity) }];
          const body = { school_id: school, academic_year: year, term, lines };
          const quote = await read(
            client.POST("/api/v1/orders", { params: { header: { "Idempotency-Key": key } }, body }),
          );
          go(`/orders/${quote.id}`);
        });
      }}
    >
      <ProblemNotice problem={problem} />
      <Choices
        at="/lines/0/package_id"
        label="Package"
        value={chosen}
        onInput={setChosen}
        problem={problem}
        options={packages.map((option) => {
          const pence = option.price?.price_pence;
          const unit = label(option.unit).toLowerCase();
          return {
            value: option.id,
            text: option.title,
            more: [pence == null ? "Price on asking" : `${money(pence)} a ${unit}, net`, option.description]
              .filter(Boolean)
              .join(". "),
          };
        })}
      />
      <div class="fields">
        <TextField
          at="/lines/0/quantity"
          label="How many"
          type="number"
          min={1}
          inputMode="numeric"
          value={quantity}
          onInput={setQuantity}
          problem={problem}
        />
        <Select
          at="/term"
          label="Term"
          value={term}
          onInput={(value) => setTerm(value as Term)}
          options={TERMS.map((value) => ({ value, text: label(value) }))}
          problem={problem}
        />
        <Select
          at="/academic_year"
          label="Academic year"
          value={year}
          onInput={setYear}
          options={[0, 1, 2].map(academicYear).map((value) => ({ value, text: value }))}
          problem={problem}
        />
      </div>
      <div class="buttons">
        <button class="primary" disabled={busy || !chosen}>
          Ask for the quote
        </button>
        {each != null && Number(quantity) > 0 && <span class="quiet">about {money(each * Number(quantity))} net</span>}
      </div>
      <p class="quiet">A quote costs nothing. The head teacher orders it afterwards.</p>
    </form>
  );
}
