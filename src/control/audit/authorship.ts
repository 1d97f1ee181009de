import { writeAs } from "../../store/author.ts";
import type { Principal } from "../people/principal.ts";
import { actorOf } from "./audit.ts";

/** What `work` changes of the configuration stands in the history as this caller's, by this operation. */
export function inNameOf<T>(principal: Principal, action: string, work: () => T): T {
  const { actorId, tokenId, actorLabel: name } = actorOf(principal);
  const id = actorId ?? tokenId;
  return writeAs({ id, name, action }, work);
}
