// The names of schools that a screen has read, so that the screens that are opened from it ask for none.
import type { Schemas } from "./client";

// Signing out loads the page again, which forgets them.
const names = new Map<string, string>();

/** Remembers the name of a school, and returns the school. */
export function remember(school: Schemas["School"]): Schemas["School"] {
  names.set(school.id, school.name);
  return school;
}

/** Returns the name of a school, or a word in its place where no screen has read it, as after a reload. */
export function schoolName(id: string): string {
  return names.get(id) ?? "The school";
}
