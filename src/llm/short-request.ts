import type { EndpointId } from "./names.ts";

/** Endpoints for which a request can be made up; the others name what an upstream keeps. */
export const ASKABLE_ENDPOINTS = [
  "chat.completions",
  "completions",
  "responses",
  "messages",
  "messages.count_tokens",
  "embeddings",
  "images.generations",
  "images.edits",
  "audio.speech",
  "audio.transcriptions",
  "audio.translations",
  "moderations",
  "gemini.generateContent",
  "gemini.streamGenerateContent",
  "gemini.countTokens",
  "gemini.embedContent",
  "gemini.batchEmbedContents",
] as const satisfies readonly EndpointId[];
export type AskableEndpoint = (typeof ASKABLE_ENDPOINTS)[number];

export interface ShortRequest {
  readonly model: string;
  readonly prompt: string;
  readonly stream: boolean;
}

/** The smallest request that an endpoint takes, in its own format; a form where it takes files. */
export function shortRequest(endpoint: AskableEndpoint, request: ShortRequest): Record<string, unknown> | FormData {
  const { model, prompt, stream } = request;
  const streamed = stream ? { stream } : {};
  const messages = [{ role: "user", content: prompt }];
  const content = { parts: [{ text: prompt }] };
  switch (endpoint) {
    case "chat.completions":
      return { model, messages, ...streamed };
    case "completions":
      return { model, prompt, ...streamed };
    case "responses":
      return { model, input: prompt, ...streamed };
    case "messages":
      return { model, max_tokens: 1024, messages, ...streamed };
    case "messages.count_tokens":
      return { model, messages };
    case "embeddings":
    case "moderations":
      return { model, input: prompt };
    case "images.generations":
      return { model, prompt };
    case "audio.speech":
      return { model, input: prompt, voice: "alloy" };
    case "gemini.generateContent":
    case "gemini.streamGenerateContent":
    case "gemini.countTokens":
      return { contents: [{ role: "user", ...content }] };
    case "gemini.embedContent":
      return { content };
    case "gemini.batchEmbedContents":
      return { requests: [{ model: `models/${model}`, content }] };
    case "images.edits":
      return form({ model, prompt }, "image", "image.png");
    case "audio.transcriptions":
    case "audio.translations":
      return form({ model }, "file", "audio.wav");
  }
}

function form(fields: Readonly<Record<string, string>>, file: string, name: string): FormData {
  const data = new FormData();
  for (const [field, value] of Object.entries(fields)) data.set(field, value);
  data.set(file, new Blob([]), name);
  return data;
}
