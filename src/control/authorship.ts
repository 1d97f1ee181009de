import { writeAs } from "../store/author.ts";
import type { Principal } from "./principal.ts";

/** What `work` changes of the configuration stands in the history as this caller's, by this operation. */
export function inNameOf<T>(principal: Principal, action: string, work: () => T): T {
  return writeAs({ id: null, name: nameOf(principal), action }, work);
}

function nameOf(principal: Principal): string {
  return principal.kind === "anonymous" ? "nobody" : "admin token";
}
