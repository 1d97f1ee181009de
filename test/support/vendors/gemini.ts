import { cut, dataFrame, happens, type Manner, type Piece, type Speech, type Vendor, withPieces } from "./speech.ts";

type Part = Readonly<Record<string, unknown>>;

const HEAD = { modelVersion: "gemini-up", responseId: "up-1" };

/** generateContent (@google/genai 3.1 typing): whole calls, signatures on parts, usage that grows from chunk to chunk. */
export const geminiVendor: Vendor = {
  wire: "gemini",
  able: (speech) => ({
    ...withPieces(speech, (piece) => (piece.kind === "refusal" ? null : piece)),
    // Prompt tokens that are written to a cache are not told.
    usage: {
      ...speech.usage,
      inputTokens: speech.usage.inputTokens + speech.usage.cacheWriteTokens,
      cacheWriteTokens: 0,
    },
  }),
  whole: (speech) => ({
    ...HEAD,
    candidates: [{ content: { role: "model", parts: speech.pieces.map((piece) => partOf(piece)) }, ...endOf(speech) }],
    usageMetadata: usageOf(speech),
  }),
  frames,
  errorFrame: (message) => dataFrame({ error: { code: 503, message, status: "UNAVAILABLE" } }),
  errorBody: (status, message) => ({
    error: { code: status, message, status: STATUSES[status] ?? "INTERNAL", details: [] },
  }),
};

const STATUSES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
};

function frames(speech: Speech, manner: Manner): string[] {
  const groups: Part[][] = [];
  for (const piece of speech.pieces) {
    // Calls of one turn stand in one chunk, or in chunks of their own.
    const parts = partsOf(piece, manner);
    const last = groups.at(-1);
    if (piece.kind === "call" && last !== undefined && happens(manner, 2)) last.push(...parts);
    else for (const part of parts) groups.push([part]);
  }
  const chunk = (parts: readonly Part[], more: object, usage: object) =>
    dataFrame({
      ...HEAD,
      candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
      usageMetadata: usage,
    });
  const soFar = {
    promptTokenCount: usageOf(speech).promptTokenCount,
    totalTokenCount: usageOf(speech).promptTokenCount,
  };
  const isFinishedEarly = groups.length > 0 && happens(manner, 2);
  const last = isFinishedEarly ? groups.pop()! : happens(manner, 2) ? [] : [{ text: "" }];
  return [...groups.map((parts) => chunk(parts, {}, soFar)), chunk(last, endOf(speech), usageOf(speech))];
}

/** A text in pieces; its signature on the last one, or on an empty one behind it. */
function partsOf(piece: Piece, manner: Manner): Part[] {
  if (piece.kind === "call") {
    const part = partOf(piece);
    // Gemini's API gives its calls no id, or did not until lately.
    return happens(manner, 2)
      ? [{ ...part, functionCall: { ...(part.functionCall as object), id: undefined } }]
      : [part];
  }
  const thought = piece.kind === "reasoning" ? { thought: true } : {};
  const parts: Part[] = cut(piece.text, manner).map((text) => ({ text, ...thought }));
  const signature = piece.kind === "reasoning" ? piece.signature : null;
  if (signature === null) return parts;
  const signed = { thoughtSignature: signature };
  if (happens(manner, 2)) return [...parts, { text: "", ...thought, ...signed }];
  return [...parts.slice(0, -1), { ...parts.at(-1), ...signed }];
}

function partOf(piece: Piece): Part {
  switch (piece.kind) {
    case "call": {
      const isEmpty = Object.keys(piece.args).length === 0;
      const signed = piece.signature === null ? {} : { thoughtSignature: piece.signature };
      return { functionCall: { id: piece.id, name: piece.name, ...(isEmpty ? {} : { args: piece.args }) }, ...signed };
    }
    case "reasoning":
      return {
        text: piece.text,
        thought: true,
        ...(piece.signature === null ? {} : { thoughtSignature: piece.signature }),
      };
    default:
      return { text: piece.text };
  }
}

function endOf({ end }: Speech) {
  return { finishReason: { stop: "STOP", length: "MAX_TOKENS", content_filter: "SAFETY" }[end], index: 0 };
}

function usageOf({ usage }: Speech) {
  const promptTokenCount = usage.inputTokens + usage.cacheReadTokens;
  return {
    promptTokenCount,
    cachedContentTokenCount: usage.cacheReadTokens,
    candidatesTokenCount: usage.outputTokens,
    thoughtsTokenCount: usage.reasoningTokens,
    totalTokenCount: promptTokenCount + usage.outputTokens + usage.reasoningTokens,
  };
}
