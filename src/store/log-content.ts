import type { Database } from "bun:sqlite";
import type { BulkTexts } from "./bulk-texts.ts";
import { CONTENT_FULL, CONTENT_TRUNCATED } from "./log-fields.ts";
import type { StoredRow } from "./log-row.ts";
import type { StoredContent } from "./reports.ts";

/** What was kept of a request's headers and bodies; null when nothing was. */
export function readContent(database: Database, stored: StoredRow, bulk: BulkTexts): StoredContent | null {
  const { content_flags: flags, request_headers_chars: requestChars, response_headers_chars: responseChars } = stored;
  if (flags === null) return null;
  const start = stored.raw_usage_chars ?? 0;
  const bodies = database
    .query<{ request: Uint8Array | null; response: Uint8Array | null }, [number]>(
      "SELECT request, response FROM body WHERE row = ?",
    )
    .get(stored.row);
  return {
    policy: (flags & CONTENT_FULL) !== 0 ? "full" : "metadata",
    requestHeaders: bulk.slice(stored, start, requestChars),
    responseHeaders: bulk.slice(stored, start + (requestChars ?? 0), responseChars),
    requestBody: expand(bodies?.request),
    responseBody: expand(bodies?.response),
    truncated: (flags & CONTENT_TRUNCATED) !== 0,
  };
}

function expand(body: Uint8Array | null | undefined): Uint8Array | null {
  return body ? new Uint8Array(Bun.zstdDecompressSync(body)) : null;
}
