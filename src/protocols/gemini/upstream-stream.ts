import type { DecodeContext, StreamDecoder } from "../codec.ts";
import { brokenFormat } from "../upstream-failure.ts";
import { readResponses } from "./upstream-reader.ts";

/** Data-only frames, each a GenerateContentResponse; there is no end mark, only finish reasons. */
export function decodeGeminiStream(context: DecodeContext): StreamDecoder {
  const reader = readResponses(context);
  let hasFailed = false;
  return {
    push(_event, data) {
      if (hasFailed || data.trim() === "" || data === "[DONE]") return [];
      let response: unknown;
      try {
        response = JSON.parse(data);
      } catch {
        hasFailed = true;
        return [{ type: "error", error: brokenFormat("The upstream sent a frame that is no JSON.") }];
      }
      return reader.read(response);
    },
    end: () => (hasFailed ? [] : reader.end(false)),
  };
}
