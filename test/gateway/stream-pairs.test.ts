import { describe, expect, test } from "bun:test";
import { unpackSignature } from "../../src/llm/signature.ts";
import { seededRandom } from "../support/random.ts";
import { checkStream } from "../support/stream-invariants.ts";
import { expectedOf } from "../support/streams/expected.ts";
import { readFrames } from "../support/streams/sse-frames.ts";
import { chop, dress, dressGently } from "../support/vendors/dress.ts";
import { vendors } from "../support/vendors/index.ts";
import { randomSpeech } from "../support/vendors/random-speech.ts";
import type { Manner, Speech } from "../support/vendors/speech.ts";
import { hasContent, nameOf, PAIRS, type Pair, relay } from "./pairs.ts";

/** Whatever a vendor says, however it writes it and wherever the network cuts it: the client gets a whole stream of its own format. */

const SPEECHES = 40;

const cases = PAIRS.map((pair) => [nameOf(pair), pair] as const);

/** A random answer of this pair's upstream and its frames. */
function speak(
  { wire, kind, isNative }: Pair,
  seed: number,
): { speech: Speech; frames: string[]; random: () => number } {
  const random = seededRandom(seed);
  const vendor = vendors[wire];
  const speech = vendor.able(randomSpeech(random));
  const isChatKind = kind === "azure-openai" || kind === "openai-compatible";
  const manner: Manner = { random, kind: isChatKind ? kind : "openai", leavesOut: !isNative };
  return { speech, frames: vendor.frames(speech, manner), random };
}

/** Native bytes pass as they are, oddities and all. */
function bytesOf({ isNative }: Pair, frames: readonly string[], random: () => number): Uint8Array {
  return isNative ? dressGently(frames, random) : dress(frames, random);
}

describe.each(cases)("%s", (_name, pair) => {
  test("says what the upstream said, in the client's own form", () => {
    for (let seed = 1; seed <= SPEECHES; seed++) {
      const { speech, frames, random } = speak(pair, seed);
      const { out, end } = relay(pair, chop(bytesOf(pair, frames, random), random));
      const { said, problems } = checkStream(pair.format, out);
      expect({ seed, end, problems }).toEqual({ seed, end: "complete", problems: [] });
      const { ids, usage, ...expected } = expectedOf(pair.format, speech);
      const { calls, usage: counted, ...rest } = said;
      expect({ seed, lost: lostSignatures(speech, out) }).toEqual({ seed, lost: [] });
      const got = {
        ...rest,
        finish: plain(said.finish, expected.refusal || expected.text, speech),
        calls: calls.map(({ name, args }) => ({ name, args })),
      };
      expect({ seed, ...got }).toEqual({ seed, ...expected, error: null });
      expect({ seed, usage: counted }).toMatchObject({ seed, usage });
      // Gemini's calls may have no id of their own.
      if (pair.wire !== "gemini") expect({ seed, ids: calls.map(({ id }) => id) }).toEqual({ seed, ids });
    }
  });

  test("is the same wherever the network cuts it", () => {
    for (let seed = 1001; seed <= 1006; seed++) {
      const { frames, random } = speak(pair, seed);
      const bytes = bytesOf(pair, frames, random);
      const whole = relay(pair, [bytes]);
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
      for (const chunks of [single, chop(bytes, random), chop(bytes, random), chop(bytes, random)]) {
        expectSame({ seed, ...relay(pair, chunks) }, { seed, ...whole });
      }
    }
  });

  test("that breaks off is never taken for whole", () => {
    for (let seed = 2001; seed <= 2030; seed++) {
      const { speech, frames, random } = speak(pair, seed);
      const bytes = Buffer.from(frames.join(""));
      const part = bytes.subarray(0, Math.floor(random() * bytes.length));
      if (!hasContent(pair, part)) continue; // nothing has been sent: the client gets an error with its own status
      const { out, end } = relay(pair, [part]);
      const { said, problems } = checkStream(pair.format, out);
      expect({ seed, problems }).toEqual({ seed, problems: [] });
      if (end !== "complete") expect({ seed, error: said.error }).toEqual({ seed, error: expect.any(Object) });
      // Only the end mark, or the counts behind the finish, were missing.
      else expect({ seed, text: said.text }).toEqual({ seed, text: expectedOf(pair.format, speech).text });
    }
  });
});

/** Signatures that the client's stream does not hold, bare or packed: the next turn could not bring them back. */
function lostSignatures({ pieces }: Speech, out: string): string[] {
  const given = pieces.flatMap((piece) => ("signature" in piece && piece.signature !== null ? [piece.signature] : []));
  const packed = [...out.matchAll(/sluice\.sig\.1\.[\w-]+/g)].map(([text]) => unpackSignature(text)?.signature.value);
  return given.filter((signature) => !out.includes(signature) && !packed.includes(signature));
}

/** A model that refuses in words ends with STOP or SAFETY: its vendors' formats tell both, and Gemini has no word of its own. */
function plain(finish: string | null, words: string, { pieces }: Speech): string | null {
  return finish === "SAFETY" && words !== "" && pieces[0]?.kind === "refusal" ? "STOP" : finish;
}

test.each(PAIRS.map((pair, at) => [nameOf(pair), pair, 3001 + at] as const))(
  "%s: every place to cut a stream in two gives the same",
  (_, pair, seed) => {
    const { frames, random } = speak(pair, seed);
    const bytes = bytesOf(pair, frames, random).subarray(0, 3000);
    const whole = relay(pair, [bytes]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const halves = relay(pair, [bytes.subarray(0, cut), bytes.subarray(cut)]);
      expectSame({ cut, ...halves }, { cut, ...whole });
    }
  },
);

interface Relayed {
  readonly out: string;
}

/** To the byte, but for empty lines that a native stream has between its frames: they fall away where a cut shows them alone. */
function expectSame<T extends Relayed>(one: T, other: T): void {
  if (one.out === other.out) expect(one).toEqual(other);
  else expect({ ...one, out: readFrames(one.out) }).toEqual({ ...other, out: readFrames(other.out) });
}
