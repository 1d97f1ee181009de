import { GatewayError } from "../../errors.ts";
import { isRecord, oneOf, optionalInteger, readList, readRecord, readString, wrongField } from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { asRecord, readCount } from "../usage.ts";
import { readTexts } from "./client-contents.ts";
import { listOf, readFields } from "./spelling.ts";

/** Translation of embeddings between OpenAI's /v1/embeddings and Gemini's :batchEmbedContents and :embedContent. Pure. */

export type EmbeddingFormat = "float" | "base64";

export interface GeminiEmbeddingRequest {
  /** For :batchEmbedContents, which also serves a single text. */
  readonly body: Record<string, unknown>;
  /** One for each embedding of the answer. */
  readonly texts: readonly string[];
  readonly format: EmbeddingFormat;
  readonly dropped: readonly string[];
}

const OPENAI_KEYS = new Set(["model", "input", "encoding_format", "dimensions"]);

/** An OpenAI request for Gemini. `model` is the upstream's id. Tokens in place of text are a 400: Gemini has other tokens. */
export function embeddingsToGemini(body: unknown, model: string): GeminiEmbeddingRequest {
  const request = readRecord(body, "body");
  const texts = typeof request.input === "string" ? [request.input] : readList(request.input, "input").map(inputText);
  if (texts.length === 0) throw wrongField("input", "a text or an array of texts");
  const outputDimensionality = optionalInteger(request.dimensions, "dimensions", 1);
  const given = request.encoding_format ?? "float";
  const format = oneOf(given, ["float", "base64"] as const, "encoding_format");
  const requests = texts.map((text) => ({
    model: `models/${model}`,
    content: { parts: [{ text }] },
    ...(outputDimensionality === null ? {} : { outputDimensionality }),
  }));
  return { body: { requests }, texts, format, dropped: Object.keys(request).filter((key) => !OPENAI_KEYS.has(key)) };
}

function inputText(value: unknown, index: number): string {
  if (typeof value === "number" || Array.isArray(value)) {
    throw unsupported("input", "token arrays cannot be sent to this model: it has another tokenizer. Send text.");
  }
  return readString(value, `input[${index}]`);
}

/**
 * Gemini's answer in OpenAI's form. Gemini tells no usage for most models: `promptTokens` is the caller's estimate, used only then.
 * `count`: how many texts were sent.
 */
export function embeddingsFromGemini(
  body: unknown,
  options: {
    readonly model: string;
    readonly format: EmbeddingFormat;
    readonly promptTokens: number;
    readonly count: number;
  },
): Record<string, unknown> {
  const answer = asRecord(body);
  const list = answer?.embeddings ?? (answer?.embedding === undefined ? undefined : [answer.embedding]);
  if (!Array.isArray(list) || list.length !== options.count) throw badAnswer();
  const tokens = readCount(asRecord(answer?.usageMetadata)?.promptTokenCount) ?? options.promptTokens;
  return {
    object: "list",
    data: list.map((each: unknown, index) => {
      const values = numbers(asRecord(each)?.values);
      return { object: "embedding", index, embedding: options.format === "base64" ? toBase64(values) : values };
    }),
    model: options.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

export interface OpenAiEmbeddingRequest {
  readonly body: Record<string, unknown>;
  /** One for each embedding of the answer. */
  readonly texts: readonly string[];
  readonly dropped: readonly string[];
}

/** A Gemini client's embedContent or batchEmbedContents body for OpenAI. All contents must ask for the same dimensions. */
export function embedContentToOpenAi(body: unknown, model: string): OpenAiEmbeddingRequest {
  const outer = readFields(body, "");
  const batch = outer.get("requests");
  const isBatch = batch !== undefined;
  /** A field that every request of a batch has is named once. */
  const dropped = new Map<string, string>();
  const dimensions = new Set<number | null>();
  const texts = (isBatch ? listOf(batch) : [body]).map((each, index) => {
    const fields = readFields(each, isBatch ? `requests[${index}]` : "");
    fields.get("model");
    const extra: Record<string, unknown> = {};
    const parts = readTexts(fields.get("content"), fields.path("content"), extra);
    const at = fields.path("outputDimensionality");
    dimensions.add(optionalInteger(fields.get("outputDimensionality"), at, 1));
    if (dimensions.size > 1)
      throw unsupported(at, "all requests of a batch must ask for the same number of dimensions.");
    for (const [path] of [...fields.rest(), ...Object.entries(extra)]) {
      const name = path.replace(/^requests\[\d+\]/, "");
      if (!dropped.has(name)) dropped.set(name, path);
    }
    return parts.map(({ text }) => text).join("\n");
  });
  const [size = null] = dimensions;
  return {
    body: { model, input: texts, encoding_format: "float", ...(size === null ? {} : { dimensions: size }) },
    texts,
    dropped: [...dropped.values()],
  };
}

/** OpenAI's answer for a Gemini client, to so many texts; the verb tells whether it asked for one or for many. */
export function embedContentFromOpenAi(
  body: unknown,
  verb: "embedContent" | "batchEmbedContents",
  count: number,
): Record<string, unknown> {
  const answer = asRecord(body);
  if (!Array.isArray(answer?.data) || answer.data.length !== count) throw badAnswer();
  const embeddings = (answer.data as unknown[])
    .map((each) => asRecord(each) ?? {})
    .sort((a, b) => (readCount(a.index) ?? 0) - (readCount(b.index) ?? 0))
    .map(({ embedding }) => ({ values: typeof embedding === "string" ? fromBase64(embedding) : numbers(embedding) }));
  const tokens = isRecord(answer.usage) ? readCount(answer.usage.prompt_tokens) : null;
  const usage = tokens === null ? {} : { usageMetadata: { promptTokenCount: tokens, totalTokenCount: tokens } };
  if (verb === "batchEmbedContents") return { embeddings, ...usage };
  return { embedding: embeddings[0], ...usage };
}

/** Little-endian 32-bit floats, as OpenAI's SDKs read them. */
function toBase64(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeFloatLE(value, index * 4);
  });
  return bytes.toString("base64");
}

function fromBase64(text: string): number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

function numbers(value: unknown): number[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "number")) throw badAnswer();
  return value;
}

function badAnswer(): GatewayError {
  return new GatewayError("upstream_error", 502, "The upstream's answer does not hold one embedding for each text.", {
    code: "upstream_protocol",
  });
}
