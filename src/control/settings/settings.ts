import { z } from "zod";
import { DEFAULT_SETTINGS, settingsSchema } from "../../settings.ts";
import type { SettingChange, SettingRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import { memoField, versionField } from "../fields.ts";
import { type Given, invalid, locked, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { applyChange, staleWhole } from "../writes.ts";
import { type SettingGroup, type SettingInfo, settingCatalogue } from "./setting-catalogue.ts";

export const SETTING_SOURCES = ["default", "database", "file", "env"] as const;
export type SettingSource = (typeof SETTING_SOURCES)[number];

export interface SettingView extends SettingInfo {
  /** In force now; null when it is secret. */
  readonly value: unknown;
  readonly source: SettingSource;
  /** The variable that fixes it: nobody can change it here. */
  readonly lockedBy: string | null;
  readonly memo: string | null;
  readonly updatedAt: number | null;
  readonly updatedBy: string | null;
}

/** Of all settings together: it rises with each change of one. */
export function readSettingsVersion(control: Control): Promise<number> {
  return control.store.settings.version();
}

export async function listSettings(control: Control, group: SettingGroup | null = null): Promise<SettingView[]> {
  const rows = new Map((await control.store.settings.rows()).map((row) => [row.key, row]));
  const all = [...settingCatalogue().values()];
  return all.filter((info) => group === null || info.group === group).map((info) => view(control, info, rows));
}

export async function getSetting(control: Control, key: string): Promise<SettingView | null> {
  const all = await listSettings(control);
  return all.find((each) => each.key === key) ?? null;
}

const updateInput = z.strictObject({
  changes: z
    .array(
      z.strictObject({
        key: z.string(),
        value: z.unknown().optional(),
        reset: z.boolean().nullish(),
        memo: memoField.optional(),
      }),
    )
    .min(1, "Nothing is to be changed.")
    .max(100, "At most 100 changes."),
  expectedVersion: versionField.or(z.literal(0)),
});
type GivenChange = z.output<typeof updateInput>["changes"][number];

export interface UpdatedSettings {
  /** Those that were named, as they are now. */
  readonly settings: readonly SettingView[];
  /** Their values by key. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/** All of it or nothing; in force when it answers. */
export async function updateSettings(
  control: Control,
  input: Given<typeof updateInput>,
): Promise<Result<UpdatedSettings>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { changes, expectedVersion } = read.value;
  const named = async () => (await listSettings(control)).filter(({ key }) => changes.some((each) => each.key === key));
  const before = valuesOf(await named());
  const rows = new Map((await control.store.settings.rows()).map((row) => [row.key, row]));
  const checked = changes.map((change, index) => check(control, changes, change, index));
  const errors = checked.flatMap((each) => (each.ok ? [] : each.errors));
  if (errors.length > 0) return refuse(...errors);
  const news = checked.flatMap((each) => (each.ok ? [each.value] : [])).filter((change) => isNews(change, rows));
  if (news.length > 0 || expectedVersion != null) {
    const written = await control.store.settings.change(news, expectedVersion ?? undefined);
    if (written.kind === "stale") return refuse(staleWhole("the settings", written.version));
  }
  if (news.length > 0) {
    await applyChange(control, { noun: "setting", kind: "updated", ids: news.map(({ key }) => key) });
  }
  const settings = await named();
  return ok({ settings, before, after: valuesOf(settings) });
}

function valuesOf(settings: readonly SettingView[]): Record<string, unknown> {
  return Object.fromEntries(settings.map(({ key, value }) => [key, value]));
}

function check(
  control: Control,
  changes: readonly GivenChange[],
  change: GivenChange,
  index: number,
): Result<SettingChange> {
  const { key, value, reset, memo } = change;
  const path = (field: string) => ["changes", String(index), field];
  const info = settingCatalogue().get(key);
  if (info === undefined) return refuse(notFound(path("key"), "setting"));
  if (changes.findIndex((each) => each.key === key) !== index) {
    return refuse(invalid(path("key"), "This setting is named twice."));
  }
  const fixed = control.snapshots.fixedSettings[key];
  if (fixed !== undefined) return refuse(locked(path("key"), fixed.variable));
  if (reset === true) {
    return value == null
      ? ok({ key, value: null })
      : refuse(invalid(path("value"), "Give `value` or `reset`, not both."));
  }
  if (value == null)
    return refuse(invalid(path("value"), "A value is needed; `reset` goes back to the default.", "REQUIRED"));
  const parsed = readValue(info, value, path("value"));
  return parsed.ok ? ok({ key, value: parsed.value, ...(memo === undefined ? {} : { memo }) }) : parsed;
}

function readValue({ key }: SettingInfo, value: unknown, field: readonly string[]): Result<unknown> {
  const parsed = settingsSchema.shape[key].safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const { message, code } = parsed.error.issues[0]!;
  return refuse(invalid(field, message, code === "too_big" || code === "too_small" ? "OUT_OF_RANGE" : "INVALID"));
}

function isNews({ key, value, memo }: SettingChange, rows: ReadonlyMap<string, SettingRow>): boolean {
  const row = rows.get(key);
  if (row === undefined) return value !== null;
  return value !== row.value || (memo !== undefined && memo !== row.memo);
}

function view(control: Control, info: SettingInfo, rows: ReadonlyMap<string, SettingRow>): SettingView {
  const { current, fixedSettings } = control.snapshots;
  const fixed = fixedSettings[info.key];
  const row = rows.get(info.key);
  const value = current.settings[info.key] ?? DEFAULT_SETTINGS[info.key];
  return {
    ...info,
    value: info.secret ? null : value,
    defaultValue: info.secret ? null : info.defaultValue,
    source: fixed?.source ?? (row === undefined ? "default" : "database"),
    lockedBy: fixed?.variable ?? null,
    memo: row?.memo ?? null,
    updatedAt: row?.updatedAt ?? null,
    updatedBy: row?.updatedBy ?? null,
  };
}
