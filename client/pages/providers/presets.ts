import { createQuery, type Query } from "../../api/query.ts";
import { type Preset, type ProviderKind, presetsQuery } from "./documents.ts";

/** Whom a form begins with: most people have a key of theirs. */
export const FIRST_PRESET_ID = "openai";

/** Whoever is not among the vendors. */
export const OTHER_PRESET: Preset = {
  id: "compatible",
  name: "",
  kind: "OPENAI_COMPATIBLE",
  baseUrl: null,
  keyUrl: null,
  keyPrefixes: [],
  model: null,
  quirks: [],
};

export interface Presets {
  /** With `OTHER_PRESET` at the end; empty until the gateway has answered. */
  all(): readonly Preset[];
  find(id: string): Preset | undefined;
  /** The vendor that this key looks like it belongs to. */
  detect(secret: string): Preset | undefined;
  readonly error: Query<unknown>["error"];
}

export function createPresets(): Presets {
  const query = createQuery(presetsQuery, () => ({}));
  const all = () => {
    const known = query.data()?.providerPresets;
    return known ? [...known, OTHER_PRESET] : [];
  };
  return {
    all,
    find: (id) => all().find((each) => each.id === id),
    detect: (secret) => all().find((each) => each.keyPrefixes.some((prefix) => secret.trim().startsWith(prefix))),
    error: query.error,
  };
}

/** These have no one public address. */
export function needsBaseUrl(kind: ProviderKind): boolean {
  return kind === "AZURE_OPENAI" || kind === "OPENAI_COMPATIBLE";
}
