// Who is signed in. The access token (ten minutes) stands in memory only. The refresh token stands in sessionStorage,
// so that a reload of the page does not end the sign-in: it belongs to one tab, ends with it, and opens one token once.
import createClient from "openapi-fetch";

import type { components, paths } from "../generated/api";
import { problemOf, read } from "./problem";

export const SERVICE = import.meta.env.VITE_SMEP;

const REFRESH = "smep.refresh";
const TAB = "smep.tab";
/** Milliseconds before its end at which a token is no longer used. */
const MARGIN = 30_000;

const open = createClient<paths>({ baseUrl: SERVICE });
let access: { token: string; until: number } | undefined;
let refreshing: Promise<string> | undefined;
/** Calls that wait until somebody signs in again. */
let waiting: ((token: string) => void)[] = [];
let holdsLock = false;
let onEnd: () => void = () => {};

/** Sets what is called when a sign-in ends by itself. The calls under way wait until somebody signs in again. */
export function whenSessionEnds(listener: () => void): void {
  onEnd = listener;
}

async function take(body: components["schemas"]["TokenRequest"]): Promise<string> {
  const reply = await read(open.POST("/api/v1/auth/token", { body }));
  access = { token: reply.access_token, until: Date.now() + reply.expires_in * 1000 - MARGIN };
  if (reply.refresh_token) sessionStorage.setItem(REFRESH, reply.refresh_token);
  return reply.access_token;
}

export async function signIn(username: string, password: string): Promise<void> {
  const token = await take({ grant_type: "password", username, password });
  if (!sessionStorage.getItem(TAB)) sessionStorage.setItem(TAB, crypto.randomUUID());
  await ownsTab();
  for (const go of waiting.splice(0)) go(token);
}

export async function signOut(): Promise<void> {
  const token = sessionStorage.getItem(REFRESH);
  forget();
  // The tab is signed out, whether or not the service hears of it: the tokens end by themselves.
  if (token) await open.POST("/api/v1/auth/revoke", { body: { token } }).catch(() => undefined);
}

/** Returns true if the tab was signed in before it was loaded again. */
export async function resume(): Promise<boolean> {
  if (!sessionStorage.getItem(REFRESH)) return false;
  if (await ownsTab()) return true;
  forget();
  return false;
}

// A browser copies sessionStorage when a tab is duplicated. Two tabs with one refresh token would end the sign-in of
// both, so the first holds a lock and the copy signs in by itself.
async function ownsTab(): Promise<boolean> {
  if (holdsLock) return true;
  const name = `${TAB}.${sessionStorage.getItem(TAB)}`;
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(1000) }, () => {
        holdsLock = true;
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}

/** Returns a token that is still good, by the refresh token if need be. */
export async function bearer(): Promise<string> {
  if (access && Date.now() < access.until) return access.token;
  // A refresh token is good once: calls that come together share one refresh.
  refreshing ??= refresh().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

/** Forgets a token that the service no longer takes, for instance since a grant has changed. */
export function discard(rejected: string): void {
  if (access?.token === rejected) access = undefined;
}

async function refresh(): Promise<string> {
  const refresh_token = sessionStorage.getItem(REFRESH);
  try {
    if (refresh_token) return await take({ grant_type: "refresh_token", refresh_token });
  } catch (thrown) {
    // Without a reply the token may still be good, so it is kept for the next try.
    const { status } = problemOf(thrown);
    if (status !== 400 && status !== 401) throw thrown;
    forget();
  }
  onEnd();
  return new Promise((resolve) => waiting.push(resolve));
}

function forget(): void {
  access = undefined;
  sessionStorage.removeItem(REFRESH);
}
