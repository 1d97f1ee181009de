export const MODEL_CAPABILITIES = [
  "CHAT",
  "VISION",
  "AUDIO_IN",
  "TTS",
  "TRANSCRIPTION",
  "EMBEDDING",
  "IMAGE",
  "TOOLS",
  "REASONING",
  "JSON_SCHEMA",
  "STREAMING",
] as const;
export type ModelCapability = (typeof MODEL_CAPABILITIES)[number];

/** What a model does, as far as its vendor's list or its name tells. A guess for a person to look at. */
export interface OfferedModel {
  /** As the upstream wants it named. */
  readonly id: string;
  readonly displayName: string | null;
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
  readonly capabilities: readonly ModelCapability[];
}
