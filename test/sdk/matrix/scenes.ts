import type { Piece, Speech } from "../../support/vendors/speech.ts";

/** What happens when a prompt names a scene: `[tools] …`. */
export interface Scene {
  readonly prompt: string;
  /** Turn by turn; the one after a tool's results is the second. */
  readonly turns: readonly Speech[];
}

const USAGE = { inputTokens: 30, cacheReadTokens: 12, cacheWriteTokens: 0, outputTokens: 9, reasoningTokens: 0 };
const THOUGHT_USAGE = { ...USAGE, reasoningTokens: 5 };

const text = (said: string): Piece => ({ kind: "text", text: said });
/** Signed where the vendor signs: what a next turn must bring back is told by this. */
export const SIGNATURE = "c2lnbmVkIHRob3VnaHRz";
const thought = (said: string): Piece => ({ kind: "reasoning", text: said, signature: SIGNATURE });
const call = (id: string, city: string, signature: string | null = null): Piece => ({
  kind: "call",
  id,
  name: "get_weather",
  args: { city },
  signature,
});
const speech = (pieces: readonly Piece[], usage = USAGE): Speech => ({ pieces, end: "stop", usage });

export const PICTURE = {
  mediaType: "image/png",
  base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
};
export const PICTURE_URL = "https://pictures.example/cat.png";

export const SCENES = {
  hello: { prompt: "[hello] Say hello.", turns: [speech([text("Grüße 🦊, how can I help?")])] },
  think: {
    prompt: "[think] Six times seven?",
    turns: [speech([thought("Six times seven is forty-two."), text("42")], THOUGHT_USAGE)],
  },
  tools: {
    prompt: "[tools] Rome or Oslo?",
    turns: [
      speech([text("Let me look."), call("call_rome", "Rome", SIGNATURE), call("call_oslo", "Oslo")]),
      speech([text("Rome is warmer.")]),
    ],
  },
  agent: {
    prompt: "[agent] Which is warmer?",
    turns: [
      speech(
        [thought("I must look first."), call("call_rome", "Rome", SIGNATURE), call("call_oslo", "Oslo")],
        THOUGHT_USAGE,
      ),
      speech([text("Rome is warmer.")]),
    ],
  },
  image: { prompt: "[image] What is this?", turns: [speech([text("A red dot.")])] },
  structured: { prompt: "[structured] Rome?", turns: [speech([text('{"city":"Rome","degrees":18}')])] },
} as const satisfies Record<string, Scene>;

export const RESULTS = ["18 degrees", "4 degrees"] as const;
