import { isSealed, type Seal, type SealPlace } from "../lib/seal.ts";
import type { StoredResponse } from "../stored-response.ts";

/** What `content` holds: both texts together, since they are much alike. */
type ResponseContent = Pick<StoredResponse, "input" | "response">;

/** Bound to its owner, too: a row that is given to another client does not open. */
export function contentPlace({ id, owner }: Pick<StoredResponse, "id" | "owner">): SealPlace {
  return { table: "response", row: `${owner}/${id}`, column: "content" };
}

/** Compressed, then sealed. */
export function sealContent(seal: Seal, response: StoredResponse): Uint8Array {
  const { input, response: answer } = response;
  const text = JSON.stringify({ input, response: answer } satisfies ResponseContent);
  return seal.seal(Bun.zstdCompressSync(text), contentPlace(response));
}

/** Throws SealError. */
export function openContent(
  seal: Seal,
  content: Uint8Array,
  of: Pick<StoredResponse, "id" | "owner">,
): ResponseContent {
  // Rows of the first version are compressed only, until the writer comes round to them.
  const compressed = isSealed(content) ? seal.open(content, contentPlace(of)) : content;
  return JSON.parse(Bun.zstdDecompressSync(compressed).toString("utf8")) as ResponseContent;
}
