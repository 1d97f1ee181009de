import { PRESETS, type Preset } from "../../providers/presets.ts";

/** Vendors that are ready to be chosen. */
export function listPresets(): readonly Preset[] {
  return PRESETS;
}

export type { Preset } from "../../providers/presets.ts";
