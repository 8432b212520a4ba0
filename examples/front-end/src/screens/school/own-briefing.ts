// What a school sees of itself. The briefing is the hub's, so its parts are put together from the lists that the
// school may read.
import { client, type Schemas } from "../../api/client";
import { read } from "../../api/problem";
import { may, type Me } from "../../me";
import { today } from "../../ui/words";

type Briefing = Schemas["Briefing"];
export type OwnBriefing = Pick<Briefing, "contacts" | "open_actions" | "ratings" | "evaluation">;

export async function ownBriefing(me: Me, id: string): Promise<OwnBriefing> {
  const school_id = [id];
  const [contacts, actions, ratings, evaluations] = await Promise.all([
    read(
      client.GET("/api/v1/contacts", { params: { query: { school_id, on: today(), limit: 50, expand: ["person"] } } }),
    ),
    read(
      client.GET("/api/v1/actions", {
        params: { query: { school_id, status: ["open"], limit: 50, expand: ["owner"] } },
      }),
    ),
    // The head sees ratings, the staff does not.
    may(me, "ratings:read")
      ? read(client.GET("/api/v1/rag-ratings", { params: { query: { school_id, current: true, limit: 1 } } }))
      : undefined,
    read(
      client.GET("/api/v1/evaluations", {
        params: {
          query: { school_id, kind: ["self_evaluation"], sort: "-submitted_at", limit: 1, expand: ["framework"] },
        },
      }),
    ),
  ]);
  const [evaluation] = evaluations.items;
  return {
    contacts: contacts.items.map(({ job_role, is_primary, person }) => ({
      job_role,
      is_primary,
      name: person?.name ?? null,
      email: person?.email ?? null,
      telephone: person?.telephone ?? null,
    })),
    open_actions: actions.items.map(({ text, due_on, owner, owner_role }) => ({
      text,
      due_on,
      owner: owner?.name ?? owner_role,
      overdue: due_on < today(),
    })),
    ratings: ratings ? ratings.items.map((rating) => ({ ...rating, current: true })) : null,
    evaluation: evaluation?.submitted_at
      ? {
          framework: evaluation.framework?.title ?? "Self-evaluation",
          results: await read(
            client.GET("/api/v1/evaluations/{id}/results", { params: { path: { id: evaluation.id } } }),
          ),
        }
      : null,
  };
}
