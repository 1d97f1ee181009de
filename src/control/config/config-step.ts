import type { DocumentError } from "../../config-file.ts";
import type { Secret } from "../../lib/secret.ts";
import type { FixedSettings } from "../../settings.ts";
import type { AlertChannelRow, AlertChannelValues, AlertRuleRow, AlertRuleValues } from "../../store/alert-types.ts";
import type { ConfigChangeKind, ConfigNoun } from "../../store/config-changes.ts";
import type {
  ClientKeyRow,
  ClientKeyValues,
  ModelRow,
  ModelTarget,
  ModelValues,
  OpenedProviderKey,
  ProviderKeyValues,
  ProviderRow,
  ProviderValues,
  SettingChange,
  SettingRow,
} from "../../store/types.ts";

/** The configuration as it is now. */
export interface ConfigWorld {
  readonly providers: readonly ProviderRow[];
  readonly keys: readonly OpenedProviderKey[];
  readonly models: readonly ModelRow[];
  readonly clients: readonly ClientKeyRow[];
  readonly settings: readonly SettingRow[];
  readonly channels: readonly OpenedChannel[];
  readonly rules: readonly AlertRuleRow[];
}

export interface OpenedChannel extends AlertChannelRow {
  readonly config: Secret;
}

export interface PlanOptions {
  /** Takes away what the document does not name. */
  readonly prune: boolean;
  /** Whether stored keys may be sent to another address than they were entered for. */
  readonly mayMoveKeys: boolean;
  readonly fixedSettings: FixedSettings;
  checkAddress(url: string): string | null;
  fingerprint(secret: Secret): string;
  clientKeyHash(credential: string): string;
}

export type Entry = Readonly<Record<string, unknown>>;

/** Of a new model. */
export const NOTHING_SAID = {
  displayName: null,
  capabilities: [],
  contextWindow: null,
  maxOutputTokens: null,
} as const;

/** One object that is to be made, changed or taken away. */
export interface Step<Values> {
  readonly noun: ConfigNoun;
  readonly kind: ConfigChangeKind;
  readonly name: string;
  /** Where the document says so; null for what it does not name. */
  readonly path: readonly PropertyKey[] | null;
  /** Null for what is to be made. */
  readonly id: string | null;
  readonly values: Values;
  /** In the document's words, secrets masked. */
  readonly before: Entry | null;
  readonly after: Entry | null;
}

export type ProviderStep = Step<ProviderValues | null>;
/** A name where the document speaks of a provider: it may not have an id yet. */
export type KeyFields = Omit<ProviderKeyValues, "providerId" | "secret" | "proxyUrl" | "tags"> &
  Partial<Pick<ProviderKeyValues, "secret" | "proxyUrl" | "tags">> & { readonly provider: string };
export type KeyStep = Step<KeyFields | null>;
/** An older document does not speak of these: what a person set stays. */
export type Unsaid = "displayName" | "capabilities" | "contextWindow" | "maxOutputTokens";
export type ModelFields = Omit<ModelValues, "targets" | Unsaid> &
  Partial<Pick<ModelValues, Unsaid>> & {
    readonly targets: readonly (Omit<ModelTarget, "providerId"> & { readonly provider: string })[];
  };
export type ModelStep = Step<ModelFields | null>;
export type ClientStep = Step<(ClientKeyValues & { readonly secret?: Secret }) | null>;
export type SettingStep = Step<SettingChange>;
/** Without a configuration the stored one stays. */
export type ChannelFields = Omit<AlertChannelValues, "config" | "preview"> &
  Partial<Pick<AlertChannelValues, "config" | "preview">>;
export type ChannelStep = Step<ChannelFields | null>;
/** Names stand where ids will: of keys "provider/key". */
export type RuleStep = Step<AlertRuleValues | null>;

export interface Plan {
  readonly providers: readonly ProviderStep[];
  readonly keys: readonly KeyStep[];
  readonly models: readonly ModelStep[];
  readonly clients: readonly ClientStep[];
  readonly settings: readonly SettingStep[];
  readonly channels: readonly ChannelStep[];
  readonly rules: readonly RuleStep[];
  readonly errors: readonly DocumentError[];
}

/** The step that makes `before` into `after`; nothing when they are the same. */
export function stepTo<Values>(
  step: Pick<Step<Values>, "noun" | "name" | "path" | "id" | "values"> & {
    readonly before: Entry | null;
    readonly after: Entry;
  },
): Step<Values>[] {
  const { before, after } = step;
  if (before !== null && sameValue(before, after)) return [];
  return [{ ...step, kind: before === null ? "add" : "change" }];
}

export function removal(noun: ConfigNoun, name: string, id: string, before: Entry): Step<null> {
  return { noun, kind: "remove", name, path: null, id, values: null, before, after: null };
}

export interface FieldDifference {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Field by field; null is "was not there" and "is gone". */
export function differencesOf(before: Entry | null, after: Entry | null): FieldDifference[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields]
    .map((field) => ({ field, before: before?.[field] ?? null, after: after?.[field] ?? null }))
    .filter((each) => !sameValue(each.before, each.after));
}

/** Whatever the order of its fields; what is undefined is not there. */
function sameValue(left: unknown, right: unknown): boolean {
  return Bun.deepEquals(left, right);
}
