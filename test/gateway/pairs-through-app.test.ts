import { afterAll, beforeAll, expect, test } from "bun:test";
import { PROVIDER_KINDS } from "../../src/llm/names.ts";
import { type Reply, streamThen } from "../support/fake-vendor.ts";
import { seededRandom } from "../support/random.ts";
import { checkStream } from "../support/stream-invariants.ts";
import { expectedOf } from "../support/streams/expected.ts";
import { chop, dress, dressGently } from "../support/vendors/dress.ts";
import { vendors } from "../support/vendors/index.ts";
import { randomSpeech } from "../support/vendors/random-speech.ts";
import { PLAIN } from "../support/vendors/speech.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";
import { FORMATS } from "./formats.ts";
import { nameOf, PAIRS } from "./pairs.ts";

/** stream-pairs.test.ts drives the translation alone, for speed: here some of the same goes over the network. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) =>
      PROVIDER_KINDS.map((kind) => {
        const base = kind === "openai" || kind === "openai-compatible" ? `${vendor.origin}/v1` : vendor.origin;
        return provider(kind, base, [`up-${kind}`]);
      }),
    models: PROVIDER_KINDS.map((kind) => ({ name: `on-${kind}`, targets: [{ provider: kind, model: "gpt-4.1" }] })),
  });
});
afterAll(() => gateway.close());

// Bridges depend on the model: the SDKs' matrix goes over them.
const pairs = PAIRS.filter(({ isNative, wire }) => isNative || wire !== "openai-responses");

test.each(pairs.map((pair) => [nameOf(pair), pair] as const))(
  "%s",
  async (_name, { format: id, kind, wire, isNative }) => {
    const format = FORMATS.find((each) => each.id === id)!;
    for (let seed = 1; seed <= 3; seed++) {
      const random = seededRandom(seed);
      const speech = vendors[wire].able(randomSpeech(random));
      const frames = vendors[wire].frames(speech, { ...PLAIN, random });
      const chunks = chop((isNative ? dressGently : dress)(frames, random), random);
      gateway.restart(inPieces(chunks));
      const model = `on-${kind}`;
      const { status, text } = await gateway.send(format.path(model, true), format.body(model, true), {
        headers: format.headers,
      });
      expect({ seed, status }).toEqual({ seed, status: 200 });
      const { said, problems } = checkStream(id, text);
      expect({ seed, problems, text: said.text, calls: said.calls.length }).toEqual({
        seed,
        problems: [],
        text: expectedOf(id, speech).text,
        calls: expectedOf(id, speech).calls.length,
      });
    }
  },
);

function inPieces(chunks: readonly Uint8Array[]): Reply {
  return streamThen([], async (call) => {
    for (const chunk of chunks) await call.chunk(chunk);
    await call.end();
  });
}
