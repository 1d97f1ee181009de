/** Typing ImageGenerationCall.output_format. */
const FORMATS = ["png", "webp", "jpeg", "gif", "svg"] as const;
export type ImageFormat = (typeof FORMATS)[number];

/** An image_generation_call's MIME type; png when it does not say. */
export function mediaTypeOf(format: string | null): string {
  return format === "svg" ? "image/svg+xml" : `image/${format ?? "png"}`;
}

/** Null for what the format has no word for. */
export function formatOf(mediaType: string): ImageFormat | null {
  return FORMATS.find((format) => mediaTypeOf(format) === mediaType) ?? null;
}
