import { GatewayError } from "../../errors.ts";
import { standardBase64 } from "../data-url.ts";
import { optionalInteger, optionalString, readRecord, readString, wrongField } from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { asRecord, readCount } from "../usage.ts";
import { readMedia } from "./answer-media.ts";
import { readGeminiUsage } from "./usage.ts";

/** Translation of OpenAI's /v1/images/generations to Gemini's image models and to Imagen. Pure. */

export interface GeminiImageRequest {
  readonly verb: "generateContent" | "predict";
  readonly body: Record<string, unknown>;
  readonly dropped: readonly string[];
}

/** What both kinds take (SDK typing `ImageConfig`, `GenerateImagesConfig`); Imagen has fewer. */
const GEMINI_RATIOS = ["1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9"];
const IMAGEN_RATIOS = ["1:1", "3:4", "4:3", "9:16", "16:9"];
const KEYS = new Set(["model", "prompt", "n", "size", "response_format", "output_format", "stream", "background"]);

/** `model` is the upstream's id. Pictures come as base64 only: nobody stores them for a URL. */
export function imagesToGemini(body: unknown, model: string): GeminiImageRequest {
  const request = readRecord(body, "body");
  const prompt = readString(request.prompt, "prompt");
  if (prompt === "") throw wrongField("prompt", "a text");
  const count = optionalInteger(request.n, "n", 1) ?? 1;
  const size = readSize(request.size);
  const output = optionalString(request.output_format, "output_format");
  refuse(request);
  const dropped = Object.keys(request).filter((key) => !KEYS.has(key) && request[key] !== null);
  if (/^(?:models\/)?imagen/.test(model)) {
    const isKnown = output === "png" || output === "jpeg";
    if (output !== null && !isKnown) dropped.push("output_format");
    const parameters = {
      sampleCount: count,
      ...(size === null ? {} : { aspectRatio: nearest(size, IMAGEN_RATIOS) }),
      ...(isKnown ? { outputOptions: { mimeType: `image/${output}` } } : {}),
    };
    return { verb: "predict", body: { instances: [{ prompt }], parameters }, dropped };
  }
  // Gemini's picture models choose the file format themselves; it is PNG unless they say otherwise.
  if (output !== null && output !== "png") dropped.push("output_format");
  const imageSize = size === null ? null : resolution(size);
  const imageConfig = {
    ...(size === null ? {} : { aspectRatio: nearest(size, GEMINI_RATIOS) }),
    ...(imageSize === null ? {} : { imageSize }),
  };
  const generationConfig = {
    responseModalities: ["TEXT", "IMAGE"],
    ...(count > 1 ? { candidateCount: count } : {}),
    ...(size === null ? {} : { imageConfig }),
  };
  return {
    verb: "generateContent",
    body: { contents: [{ role: "user", parts: [{ text: prompt }] }], generationConfig },
    dropped,
  };
}

function refuse(request: Readonly<Record<string, unknown>>): void {
  if (request.response_format === "url") {
    throw unsupported("response_format", 'this model\'s pictures come as "b64_json" only.');
  }
  if (request.stream === true) throw unsupported("stream", "this model's pictures cannot be streamed.");
  if (request.background === "transparent") {
    throw unsupported("background", "this model makes no transparent pictures.");
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function readSize(value: unknown): Size | null {
  const text = optionalString(value, "size");
  if (text === null || text === "auto") return null;
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw wrongField("size", 'a size such as "1024x1024", or "auto"');
  return { width: Number(width), height: Number(height) };
}

/** The ratio that comes nearest, compared as factors. */
function nearest({ width, height }: Size, ratios: readonly string[]): string {
  const distance = (ratio: string) => {
    const [wide = 1, high = 1] = ratio.split(":").map(Number);
    return Math.abs(Math.log(width / height / (wide / high)));
  };
  return ratios.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}

/** 1K is the default and the only size older models know: it is not sent. */
function resolution({ width, height }: Size): "2K" | "4K" | null {
  const longer = Math.max(width, height);
  if (longer < 2000) return null;
  return longer < 3800 ? "2K" : "4K";
}

/** The answer to either verb in OpenAI's form. */
export function imagesFromGemini(
  body: unknown,
  verb: GeminiImageRequest["verb"],
  createdAtMs: number,
): Record<string, unknown> {
  const created = Math.floor(createdAtMs / 1000);
  if (verb === "predict") return { created, data: predictions(body).map((b64_json) => ({ b64_json })) };
  const data = readMedia(body, "image/").map((media) => ({ b64_json: media.data }));
  const usage = usageOf(asRecord(asRecord(body)?.usageMetadata));
  return usage === null ? { created, data } : { created, data, usage };
}

function predictions(body: unknown): string[] {
  const list: unknown = asRecord(body)?.predictions;
  const records = Array.isArray(list) ? list.map((each: unknown) => asRecord(each) ?? {}) : [];
  const images = records.flatMap(({ bytesBase64Encoded: data }) =>
    typeof data === "string" ? [standardBase64(data) ?? data] : [],
  );
  if (images.length > 0) return images;
  // An empty list is how Imagen answers when every picture was filtered out.
  const reason = records.map(({ raiFilteredReason }) => raiFilteredReason).find((each) => typeof each === "string");
  if (Array.isArray(list) || list === undefined) {
    throw new GatewayError("content_filter", 400, reason ?? "The request was refused by the model's safety system.", {
      code: "content_policy_violation",
    });
  }
  throw new GatewayError("upstream_error", 502, "The upstream's answer holds no pictures.", {
    code: "upstream_protocol",
  });
}

/** OpenAI's `ImagesResponse.usage`, whose parts by kind are required. */
function usageOf(metadata: Record<string, unknown> | null): Record<string, unknown> | null {
  const usage = readGeminiUsage(metadata);
  if (usage === null) return null;
  const input = usage.inputTokens + usage.cacheReadTokens;
  const output = usage.outputTokens + usage.reasoningTokens;
  const details: unknown[] = Array.isArray(metadata?.promptTokensDetails) ? metadata.promptTokensDetails : [];
  const image = details
    .map((each) => asRecord(each))
    .reduce((sum, each) => sum + (each?.modality === "IMAGE" ? (readCount(each.tokenCount) ?? 0) : 0), 0);
  return {
    input_tokens: input,
    input_tokens_details: { image_tokens: Math.min(image, input), text_tokens: Math.max(0, input - image) },
    output_tokens: output,
    total_tokens: input + output,
  };
}
