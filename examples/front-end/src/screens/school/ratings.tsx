// How much support a school needs, then and now: suggestions to decide on, ratings to share, and the way to a new one.
import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { useLoad } from "../../api/use-load";
import { may, useMe } from "../../me";
import { Actions } from "../../ui/actions";
import { Chip } from "../../ui/chip";
import { Load } from "../../ui/load";
import { day, label } from "../../ui/words";
import type { School } from "./index";

export function Ratings({ school }: { school: School }) {
  const me = useMe();
  const ratings = useLoad(async () => {
    const query = { school_id: [school.id], sort: "-on_date" as const, limit: 50, expand: ["actions" as const] };
    return (await read(client.GET("/api/v1/rag-ratings", { params: { query } }))).items;
  }, [school.id]);
  return (
    <>
      {may(me, "ratings:write") && (
        <p class="buttons">
          <a class="button primary" href={`#/schools/${school.id}/rating`}>
            Change the rating
          </a>
        </p>
      )}
      <Load of={ratings}>
        {(items) => (
          <>
            {items.length === 0 && <p class="quiet">No rating yet.</p>}
            <ul class="rows">
              {items.map((rating) => (
                <li key={rating.id} class="tall">
                  <div class="row-main">
                    <Chip of={rating.colour} /> <strong>{day(rating.on_date)}</strong>
                    {rating.valid_until && <span class="quiet"> until {day(rating.valid_until)}</span>}
                    {rating.reason && <p>{rating.reason}</p>}
                    <p class="facts">
                      {[
                        label(rating.source).toLowerCase(),
                        rating.support_code && `${label(rating.support_code).toLowerCase()} support`,
                        may(me, "ratings:write") &&
                          (rating.shared_on ? "the school sees it" : "the school does not see it"),
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </p>
                    <Scores scores={rating.scores} />
                    <Actions
                      item={rating}
                      actions={rating.actions ?? []}
                      labels={{ share: "Share with the school" }}
                      done={() => void ratings.reload()}
                    />
                  </div>
                  {rating.status !== "accepted" && <Chip of={rating.status} />}
                </li>
              ))}
            </ul>
          </>
        )}
      </Load>
    </>
  );
}

function Scores({ scores }: { scores: Schemas["Score"][] }) {
  if (scores.length === 0) return null;
  return (
    <details>
      <summary>How it was computed</summary>
      <ul class="rows">
        {scores.map((score) => (
          <li key={score.code}>
            <div class="row-main">
              {score.title}
              <p class="facts">{score.explanation}</p>
            </div>
            {score.colour && <Chip of={score.colour} />}
          </li>
        ))}
      </ul>
    </details>
  );
}
