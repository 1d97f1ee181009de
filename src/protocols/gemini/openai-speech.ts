import { GatewayError } from "../../errors.ts";
import { optionalNumber, optionalString, readRecord, readString, wrongField } from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { readMedia } from "./answer-media.ts";

/** Translation of OpenAI's /v1/audio/speech to Gemini's speech models, which answer generateContent with sound. Pure. */

export interface GeminiSpeechRequest {
  readonly body: Record<string, unknown>;
  readonly format: SpeechFormat;
  readonly dropped: readonly string[];
}
export type SpeechFormat = "wav" | "pcm";

/**
 * OpenAI's voices and the prebuilt Gemini voice that comes nearest, by the vendors' own descriptions (pitch and temper). Any other
 * name is taken for one of Gemini's thirty.
 */
const VOICES = new Map([
  ["alloy", "Kore"], // neutral, firm
  ["ash", "Orus"], // firm, lower
  ["ballad", "Enceladus"], // breathy
  ["cedar", "Algieba"], // smooth, lower
  ["coral", "Aoede"], // breezy
  ["echo", "Puck"], // upbeat
  ["fable", "Sadaltager"], // the narrator
  ["marin", "Sulafat"], // warm
  ["nova", "Leda"], // youthful
  ["onyx", "Charon"], // deep, informative
  ["sage", "Vindemiatrix"], // gentle
  ["shimmer", "Zephyr"], // bright
  ["verse", "Fenrir"], // excitable
]);

const KEYS = new Set(["model", "input", "voice", "instructions", "response_format", "stream_format"]);

/** `model` is the upstream's id. Without a response_format the sound is WAV, for Gemini makes no MP3. */
export function speechToGemini(body: unknown, model: string): GeminiSpeechRequest {
  const request = readRecord(body, "body");
  const input = readString(request.input, "input");
  if (input === "") throw wrongField("input", "a text");
  const voice = readVoice(request.voice);
  const instructions = optionalString(request.instructions, "instructions") ?? "";
  const format = optionalString(request.response_format, "response_format") ?? "wav";
  if (format !== "wav" && format !== "pcm") {
    throw unsupported("response_format", `this model speaks "wav" and "pcm" only, not "${format}".`);
  }
  if (optionalString(request.stream_format, "stream_format") === "sse") {
    throw unsupported("stream_format", "this model's speech cannot be streamed as events.");
  }
  const dropped = Object.keys(request).filter((key) => !KEYS.has(key) && key !== "speed");
  if ((optionalNumber(request.speed, "speed") ?? 1) !== 1) dropped.push("speed");
  return {
    body: {
      contents: [{ role: "user", parts: [spoken(input, instructions, model)] }],
      generationConfig: {
        responseModalities: ["AUDIO"],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: VOICES.get(voice.toLowerCase()) ?? voice } } },
      },
    },
    format,
    dropped,
  };
}

function readVoice(value: unknown): string {
  if (typeof value === "object" && value !== null) throw unsupported("voice", "a custom voice belongs to its vendor.");
  return readString(value, "voice");
}

/** From 3.8 on a text is recited word for word and the style stands beside it (SDK typing `SpeechMetadata`); before, it leads it. */
function spoken(input: string, instructions: string, model: string): Record<string, unknown> {
  if (instructions === "") return { text: input };
  const [, major = "0", minor = "0"] = /gemini-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  const isVerbatim = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 8);
  if (isVerbatim) return { text: input, speechMetadata: { style: instructions } };
  return { text: `${instructions.trim().replace(/:$/, "")}:\n${input}` };
}

/** The sound of a whole GenerateContentResponse. */
export function speechFromGemini(body: unknown, format: SpeechFormat): { bytes: Uint8Array; contentType: string } {
  const media = readMedia(body, "audio/");
  const mimeType = media[0]?.mimeType ?? "";
  const pcm = Buffer.concat(media.map(({ data }) => Buffer.from(data, "base64")));
  if (/^audio\/(?:x-)?wav\b/i.test(mimeType)) {
    if (format === "pcm") throw strange(mimeType);
    return { bytes: pcm, contentType: "audio/wav" };
  }
  if (!/^audio\/(?:L16|pcm)\b/i.test(mimeType)) throw strange(mimeType);
  if (format === "pcm") return { bytes: pcm, contentType: "audio/pcm" };
  const rate = parameter(mimeType, "rate") ?? 24_000;
  const channels = parameter(mimeType, "channels") ?? 1;
  return { bytes: Buffer.concat([wavHeader(pcm.length, rate, channels), pcm]), contentType: "audio/wav" };
}

function parameter(mimeType: string, name: string): number | null {
  const found = new RegExp(`[;\\s]${name}=(\\d{1,6})`, "i").exec(mimeType)?.[1];
  return found === undefined ? null : Number(found);
}

/** RIFF header of 44 bytes for 16-bit little-endian PCM, which is what Gemini means by L16. */
function wavHeader(length: number, rate: number, channels: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + length, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(length, 40);
  return header;
}

function strange(mimeType: string): GatewayError {
  return new GatewayError(
    "upstream_error",
    502,
    `The upstream answered with an unexpected sound format (${mimeType}).`,
    {
      code: "upstream_protocol",
    },
  );
}
