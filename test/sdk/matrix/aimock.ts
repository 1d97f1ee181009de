import { LLMock } from "@copilotkit/aimock";
import type { Piece, Speech } from "../../support/vendors/speech.ts";
import { UPSTREAM_KEY } from "./cases.ts";
import { SCENES } from "./scenes.ts";
import { type SeenCall, speechFor, TROUBLE_TEXT, type Trouble, type Upstreams, wireOf } from "./upstreams.ts";

/** The same scenes in a mock of other people's making: what both get wrong alike does not pass unseen. */
export async function startAimockUpstreams(): Promise<Upstreams> {
  const mock = new LLMock({ port: 0, auth: { apiKeys: [UPSTREAM_KEY] }, chunkSize: 7 });
  for (const { prompt, turns } of Object.values(SCENES)) {
    for (const [turn, speech] of turns.entries()) {
      mock.on({ userMessage: prompt, hasToolResult: turn > 0 }, fixtureOf(speech));
    }
  }
  await mock.start();
  return {
    origin: mock.url,
    get seen(): readonly SeenCall[] {
      return mock.getRequests().map(({ path, body }) => {
        const text = JSON.stringify(body);
        const { pathname } = new URL(path, mock.url);
        return { wire: wireOf(pathname), path: pathname, body: text, speech: ableOf(speechFor(text)) };
      });
    },
    set trouble(trouble: Trouble | null) {
      if (trouble?.kind === "status") mock.nextRequestError(trouble.status, { message: TROUBLE_TEXT });
    },
    stop: () => mock.stop(),
  };
}

/** It signs nothing and knows no parts of usage. */
function ableOf({ pieces, end, usage }: Speech): Speech {
  const plain = pieces.map((piece): Piece => ("signature" in piece ? { ...piece, signature: null } : piece));
  const input = usage.inputTokens + usage.cacheReadTokens;
  const output = usage.outputTokens + usage.reasoningTokens;
  const none = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
  return { pieces: plain, end, usage: { ...none, inputTokens: input, outputTokens: output } };
}

function fixtureOf(speech: Speech) {
  const joined = (kind: string) =>
    speech.pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");
  const calls = speech.pieces.flatMap((piece) =>
    piece.kind === "call" ? [{ id: piece.id, name: piece.name, arguments: JSON.stringify(piece.args) }] : [],
  );
  const { usage } = ableOf(speech);
  const counts = { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens };
  const reasoning = joined("reasoning") === "" ? {} : { reasoning: joined("reasoning") };
  if (calls.length === 0) return { content: joined("text"), ...reasoning, usage: counts };
  if (joined("text") === "") return { toolCalls: calls, ...reasoning, usage: counts };
  return { content: joined("text"), toolCalls: calls, ...reasoning, usage: counts };
}
