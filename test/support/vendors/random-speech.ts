import type { Piece, Speech } from "./speech.ts";

const WORDS = [
  "a",
  "Grüße 🦊",
  "\n\n",
  '"}]',
  "data: [DONE]\n\n",
  "</think>",
  "\\u0000",
  "e\u0301",
  '{"type":"message_stop"}',
  " ",
  "\u2028",
];
const VALUES = ["x", 1, -0.5, null, true, ["ü", { n: [] }], { deep: { er: "🦊" } }, "line\nbreak", 2 ** 31];

/** Any answer that a model might give, from a seed: empty ones, many calls at once, thoughts between them. */
export function randomSpeech(random: () => number): Speech {
  const below = (count: number) => Math.floor(random() * count);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  // Never blanks alone: Anthropic refuses such a text, and its models write none.
  const text = () => `t${Array.from({ length: below(6) }, () => pick(WORDS)).join("")}`;
  const call = (at: number): Piece => ({
    kind: "call",
    id: `call_${at}_${below(1000)}`,
    name: pick(["get_weather", "run"]),
    args: Object.fromEntries(Array.from({ length: below(4) }, (_, key) => [`k${key}`, pick(VALUES)])),
    // Of parallel calls only the first is signed (wire.md fact 5).
    signature: null,
  });
  const pieces: Piece[] = [];
  const count = below(6);
  while (pieces.length < count) {
    switch (below(5)) {
      case 0:
        pieces.push({ kind: "reasoning", text: text(), signature: below(2) === 0 ? `c2ln${below(1000)}` : null });
        break;
      case 1:
        for (let more = 1 + below(3); more > 0; more--) pieces.push(call(pieces.length));
        break;
      default:
        pieces.push({ kind: "text", text: text() });
    }
  }
  const first = pieces.findIndex(({ kind }) => kind === "call");
  const signed = pieces[first];
  if (signed?.kind === "call" && below(2) === 0) pieces[first] = { ...signed, signature: `Y2FsbA${below(1000)}` };
  // A model that refuses says nothing else.
  if (below(12) === 0) pieces.splice(0, pieces.length, { kind: "refusal", text: text() });
  return {
    pieces,
    end:
      pieces.length > 0 && pieces[0]!.kind !== "refusal"
        ? pick(["stop", "stop", "stop", "length", "content_filter"])
        : "stop",
    usage: {
      inputTokens: 1 + below(1000),
      cacheReadTokens: below(3) * 64,
      cacheWriteTokens: below(3) * 32,
      outputTokens: 1 + below(500),
      reasoningTokens: below(2) * below(300),
    },
  };
}
