import type { StoredResponse } from "../stored-response.ts";
import type { Reader } from "./reader.ts";
import type { ResponseStore } from "./types.ts";
import type { Writer } from "./writer.ts";

/** `reader`: one of its own, so that no client waits for a report that somebody else looks at. */
export function openResponses(writer: Writer, reader: Reader): ResponseStore {
  const { responses } = writer;
  return {
    save: (response) => writer.saveResponse(response),
    remove: (id) => writer.removeResponse(id),
    async chain(id) {
      const found: StoredResponse[] = [];
      let onDisk: ReadonlyMap<string, StoredResponse> | null = null;
      for (let next: string | null = id; next !== null; ) {
        let known: StoredResponse | null | undefined = responses.find(next);
        if (known === undefined && onDisk === null) {
          const read: readonly StoredResponse[] = await reader.ask("responseChain", next);
          onDisk = new Map(read.map((response) => [response.id, response]));
          known = responses.find(next); // it may have been removed meanwhile
        }
        if (known === undefined) {
          known = onDisk?.get(next) ?? null;
          if (known !== null) responses.remember(known);
        }
        if (known === null) break;
        found.push(known);
        next = known.previousId;
      }
      return found;
    },
    expire: (retention) => writer.expireResponses(retention),
  };
}
