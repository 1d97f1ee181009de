import { badInput } from "./bad-input.ts";

/** A cursor that is a number which nothing moves: a row's place in a log or in a job's input. `list` tells one list's from another's. */
export function writePlace(list: string, place: number): string {
  return Buffer.from(`${list}:${place}`).toString("base64url");
}

/** Throws a public error for a cursor that is none of this list's. `argument`: where it was given. */
export function readPlace(list: string, cursor: string | null, argument: "after" | "before"): number | null {
  if (cursor === null) return null;
  const [name, place] = Buffer.from(cursor, "base64url").toString().split(":");
  if (name !== list || !/^\d{1,15}$/.test(place ?? "")) {
    throw badInput("The cursor does not belong to this list.", argument);
  }
  return Number(place);
}
