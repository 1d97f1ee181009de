import type { Citation } from "../../llm/request.ts";
import { asRecord, readCount } from "../usage.ts";

/**
 * Google Search's sources (`groundingMetadata`) and quoted works (`citationMetadata`) as citations of `text`. Their ranges are in
 * bytes of UTF-8 (SDK typing `Segment`), ours in UTF-16 units.
 */
export function readCitations(candidate: Readonly<Record<string, unknown>>, text: string): Citation[] {
  const index = byteIndex(text);
  return [
    ...groundings(asRecord(candidate.groundingMetadata), index),
    ...quotes(asRecord(candidate.citationMetadata), index),
  ];
}

function groundings(metadata: Record<string, unknown> | null, index: (bytes: unknown) => number | null): Citation[] {
  const sources = records(metadata?.groundingChunks).map((chunk) => {
    const source = asRecord(chunk.web) ?? asRecord(chunk.retrievedContext) ?? asRecord(chunk.maps);
    return typeof source?.uri === "string" ? { url: source.uri, title: stringOrNull(source.title) } : null;
  });
  const supports = records(metadata?.groundingSupports);
  if (supports.length === 0) {
    return sources.flatMap((source) =>
      source === null ? [] : [{ ...source, citedText: null, start: null, end: null }],
    );
  }
  return supports.flatMap((support) => {
    const segment = asRecord(support.segment);
    const indices = Array.isArray(support.groundingChunkIndices) ? support.groundingChunkIndices : [];
    return indices.flatMap((each: unknown) => {
      const source = typeof each === "number" ? sources[each] : undefined;
      if (source === undefined || source === null) return [];
      const end = index(segment?.endIndex);
      // Zero is left out by protobuf.
      const start = end === null ? null : index(segment?.startIndex ?? 0);
      return [{ ...source, citedText: stringOrNull(segment?.text), start, end }];
    });
  });
}

function quotes(metadata: Record<string, unknown> | null, index: (bytes: unknown) => number | null): Citation[] {
  const sources = records(metadata?.citations ?? metadata?.citationSources);
  return sources.flatMap((source) => {
    if (typeof source.uri !== "string") return [];
    const end = index(source.endIndex);
    const start = end === null ? null : index(source.startIndex ?? 0);
    return [{ url: source.uri, title: stringOrNull(source.title), citedText: null, start, end }];
  });
}

/** The way back, for a Gemini client. `text` is the part that the ranges mean. */
export function writeGrounding(
  citations: readonly Citation[],
  text: string,
  partIndex: number,
): Record<string, unknown> {
  const urls = [...new Set(citations.map(({ url }) => url))];
  const titles = new Map(citations.map(({ url, title }) => [url, title]));
  return {
    groundingChunks: urls.map((uri) => {
      const title = titles.get(uri) ?? null;
      return { web: title === null ? { uri } : { uri, title } };
    }),
    groundingSupports: citations.flatMap(({ url, citedText, start, end }) => {
      if (start === null || end === null) return [];
      const segment = {
        ...(partIndex === 0 ? {} : { partIndex }),
        startIndex: Buffer.byteLength(text.slice(0, start)),
        endIndex: Buffer.byteLength(text.slice(0, end)),
        text: citedText ?? text.slice(start, end),
      };
      return [{ segment, groundingChunkIndices: [urls.indexOf(url)] }];
    }),
  };
}

function byteIndex(text: string): (bytes: unknown) => number | null {
  let encoded: Buffer | null = null;
  return (bytes) => {
    const count = readCount(bytes);
    if (count === null) return null;
    encoded ??= Buffer.from(text);
    if (count > encoded.length) return null;
    return encoded.length === text.length ? count : encoded.toString("utf8", 0, count).length;
  };
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map((each: unknown) => asRecord(each) ?? {}) : [];
}

function stringOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
