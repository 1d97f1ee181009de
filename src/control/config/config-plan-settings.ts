import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import type { ConfigWorld, PlanOptions, SettingStep } from "./config-step.ts";

/** Those that are stored. What environment or file say cannot be said otherwise here. */
export function planSettings(
  { settings }: ConfigWorld,
  document: ConfigDocument,
  { prune, fixedSettings }: PlanOptions,
  errors: DocumentError[],
): SettingStep[] {
  const stored = new Map(settings.map((row) => [row.key, row.value]));
  const given = Object.entries(document.settings).filter(([key, value]) => {
    const fixed = fixedSettings[key];
    if (fixed !== undefined && fixed.value !== value) {
      errors.push({ path: ["settings", key], message: `${fixed.variable} says how this is set` });
    }
    return fixed === undefined && stored.get(key) !== value;
  });
  const gone = prune ? settings.filter(({ key }) => !(key in document.settings)) : [];
  return [
    ...given.map(([key, value]): SettingStep => {
      const before = stored.has(key) ? { value: stored.get(key) } : null;
      const kind = before === null ? "add" : "change";
      const step = { noun: "setting", name: key, path: ["settings", key], id: key } as const;
      return { ...step, kind, values: { key, value }, before, after: { value } };
    }),
    ...gone.map(({ key, value }): SettingStep => {
      const step = { noun: "setting", kind: "remove", name: key, path: null, id: key } as const;
      return { ...step, values: { key, value: null }, before: { value }, after: null };
    }),
  ];
}
