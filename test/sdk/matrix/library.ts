import type { ProtocolId, Wire } from "../../../src/llm/names.ts";

/** A library that people call models with, behind one face: the matrix asks each of them the same. */
export interface Library {
  readonly name: string;
  /** What it speaks. */
  readonly format: ProtocolId;
  readonly modes: readonly Mode[];
  /** Rejects with the library's own error. */
  ask(ask: Ask): Promise<Reply>;
  /** What this library cannot do, and why: the matrix does not ask for it. */
  readonly gaps?: readonly Gap[];
}

export interface Gap {
  readonly what: "reasoning" | "signature" | "usage" | "a picture's address" | "a stream's error";
  readonly why: string;
  /** Only in this mode. */
  readonly mode?: Mode;
  /** Only on these upstreams. */
  readonly wire?: Wire;
}

/** A whole answer, a stream read piece by piece, the library's own way to put a stream together. */
export type Mode = "whole" | "stream" | "helper";

export interface Ask {
  /** The gateway's origin, without a slash. */
  readonly origin: string;
  readonly key: string;
  readonly model: string;
  readonly mode: Mode;
  readonly prompt: string;
  readonly image?: Picture;
  /** The function TOOL is offered. */
  readonly hasTools?: boolean;
  /** The answer must fit SCHEMA. */
  readonly isStructured?: boolean;
  readonly thinks?: boolean;
  /** The turn that this one goes on from: its question was `prompt`, too. */
  readonly after?: { readonly reply: Reply; readonly results: readonly string[] };
}

export type Picture = { readonly mediaType: string; readonly base64: string } | { readonly url: string };

export interface Reply {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly Call[];
  readonly usage: { readonly input: number; readonly output: number };
  /** What the library gives back to send with the next turn. */
  readonly echo: unknown;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

export const TOOL = {
  name: "get_weather",
  description: "The weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
} as const;

export const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "integer" } },
  required: ["city", "degrees"],
  additionalProperties: false,
} as const;

export function urlOf(picture: Picture): string {
  return "url" in picture ? picture.url : `data:${picture.mediaType};base64,${picture.base64}`;
}
