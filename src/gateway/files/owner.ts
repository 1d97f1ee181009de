import type { Exchange } from "../exchange.ts";

/** Whose files a request may use; null: those of the people of the console. */
export function ownerOf({ client, incoming }: Exchange): string | null {
  return incoming.internal !== null && incoming.internal.clientKeyId === null ? null : client!.id;
}
