// Who is signed in, for every screen.
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Schemas } from "./api/client";

export type Me = Schemas["Me"];

export const MeContext = createContext<Me | undefined>(undefined);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("a screen outside of a sign-in");
  return me;
}

export function may(me: Me, scope: Schemas["Scope"]): boolean {
  return me.scopes.includes(scope);
}

/** The school whose people the caller belongs to; undefined for the hub, and for a trust of several schools. */
export function ownSchool(me: Me): string | undefined {
  return me.grants.find((grant) => grant.id === me.grant_id)?.school_id ?? undefined;
}

/** Returns true for the people of schools, who see no status of targets and no rating that is not shared. */
export function isSchool(me: Me): boolean {
  return me.role === "school_head" || me.role === "school_staff";
}
