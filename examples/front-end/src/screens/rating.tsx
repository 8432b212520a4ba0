// The change of a school's rating. One that the school has not seen is corrected; otherwise a new one follows it, so
// that the school's history stays as it was.
import { useState } from "preact/hooks";

import { client, ifMatch, onceKey, type Schemas } from "../api/client";
import { read } from "../api/problem";
import { schoolName } from "../api/school-names";
import { useLoad, useSend } from "../api/use-load";
import { go } from "../router";
import { Chip } from "../ui/chip";
import { Choices, TextArea, TextField } from "../ui/field";
import { Load } from "../ui/load";
import { Page } from "../ui/page";
import { ProblemNotice } from "../ui/problem";
import { day, label, today } from "../ui/words";

type Rating = Schemas["RagRating"];
type Colour = Schemas["RatingColour"];
type Support = Schemas["SupportCode"];

const COLOURS: [Colour, string][] = [
  ["red", "Much support"],
  ["amber", "Some support"],
  ["green", "No more than every school gets"],
];

const SUPPORT: [Support, string][] = [
  ["universal", "What every school gets"],
  ["targeted", "Support of its own, such as another visit"],
];

export function RatingForm({ school }: { school: string }) {
  const loaded = useLoad(async () => {
    const query = { school_id: [school], current: true, limit: 1, expand: ["school" as const] };
    const ratings = await read(client.GET("/api/v1/rag-ratings", { params: { query } }));
    return { current: ratings.items[0] };
  }, [school]);
  return (
    <Page
      title="Change the rating"
      above={<a href={`#/schools/${school}/ratings`}>{loaded.data?.current?.school?.name ?? schoolName(school)}</a>}
    >
      <Load of={loaded}>
        {({ current }) => (
          <>
            {current ? <Current rating={current} /> : <p class="quiet">No rating is in force.</p>}
            <Form school={school} current={current} reload={() => void loaded.reload()} />
          </>
        )}
      </Load>
    </Page>
  );
}

function Current({ rating }: { rating: Rating }) {
  return (
    <section class="card" aria-labelledby="now">
      <h2 id="now">Now</h2>
      <p>
        <Chip of={rating.colour} /> since {day(rating.on_date)}, {label(rating.source).toLowerCase()}
        {rating.valid_until && `, until ${day(rating.valid_until)}`}
      </p>
      {rating.reason && <p>{rating.reason}</p>}
      {rating.shared_on && (
        <p class="facts">The school has seen it on {day(rating.shared_on)}, so it stays in its history.</p>
      )}
    </section>
  );
}

/** Today in a year. */
function nextYear(): string {
  const [year, ...rest] = today().split("-");
  return [Number(year) + 1, ...rest].join("-").replace("02-29", "02-28");
}

function Form({ school, current, reload }: { school: string; current?: Rating; reload: () => void }) {
  const [colour, setColour] = useState("");
  const [support, setSupport] = useState<string>(current?.support_code ?? "universal");
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState(nextYear);
  const [key] = useState(onceKey);
  const { problem, busy, send, clear } = useSend();
  const refresh = () => {
    clear();
    reload();
  };
  const correct = current && current.source !== "computed" && !current.shared_on && current.on_date === today();

  async function save(): Promise<void> {
    const form = {
      colour: colour as Colour,
      support_code: support as Support,
      reason: reason || null,
      valid_until: until || null,
    };
    if (correct) {
      await read(
        client.PATCH("/api/v1/rag-ratings/{id}", {
          params: { path: { id: current.id }, header: ifMatch(current) },
          body: form,
        }),
      );
    } else {
      const body = { ...form, school_id: school, on_date: today(), source: "by_hand" as const };
      await read(client.POST("/api/v1/rag-ratings", { params: { header: { "Idempotency-Key": key } }, body }));
    }
    go(`/schools/${school}/ratings`);
  }
  return (
    <form
      noValidate
      class="narrow"
      onSubmit={(event) => {
        event.preventDefault();
        void send(save);
      }}
    >
      <ProblemNotice problem={problem} refresh={refresh} />
      <Choices
        at="/colour"
        label="How much support the school needs"
        value={colour}
        onInput={setColour}
        problem={problem}
        options={COLOURS.map(([value, more]) => ({ value, text: <Chip of={value} />, more }))}
      />
      <TextArea
        at="/reason"
        label="Reason"
        hint="The school reads it once the rating is shared. No names of pupils."
        value={reason}
        onInput={setReason}
        problem={problem}
      />
      <Choices
        at="/support_code"
        label="Support that follows"
        value={support}
        onInput={setSupport}
        problem={problem}
        options={SUPPORT.map(([value, more]) => ({ value, text: label(value), more }))}
      />
      <TextField at="/valid_until" label="Holds until" type="date" value={until} onInput={setUntil} problem={problem} />
      <div class="buttons">
        <button class="primary" disabled={busy || !colour}>
          {correct ? "Correct today’s rating" : "Give the rating"}
        </button>
      </div>
    </form>
  );
}
