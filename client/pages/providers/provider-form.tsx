import type { JSX } from "solid-js";
import { Show } from "solid-js";
import { errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { CheckField, FieldRow, SelectField, TextArea, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import type { KeyStrategy, Preset, Provider, ProviderKind } from "./documents.ts";
import { FIRST_PRESET_ID, needsBaseUrl, OTHER_PRESET } from "./presets.ts";
import { canHaveQuirks, type QuirkDraft, QuirkFields, quirksFrom, quirksOf, toQuirkInput } from "./quirk-fields.tsx";

/** Text as it is typed. */
export interface ProviderDraft {
  kind: ProviderKind;
  name: string;
  baseUrl: string;
  apiVersion: string;
  botId: string;
  strategy: KeyStrategy;
  enabled: boolean;
  memo: string;
  quirks: QuirkDraft;
}

const STRATEGIES: readonly KeyStrategy[] = [
  "ROUND_ROBIN",
  "WEIGHTED",
  "PRIORITY",
  "LEAST_BUSY",
  "LOWEST_LATENCY",
  "STICKY",
];

export function draftOf(provider: Provider): ProviderDraft {
  return {
    kind: provider.kind,
    name: provider.name,
    baseUrl: provider.baseUrl,
    apiVersion: provider.apiVersion ?? "",
    botId: provider.botId ?? "",
    strategy: provider.strategy,
    enabled: provider.enabled,
    memo: provider.memo ?? "",
    quirks: quirksOf(provider),
  };
}

/** A new provider; without a preset the one that forms begin with, for the moment until the presets are there. */
export function draftFrom(preset?: Preset): ProviderDraft {
  return {
    kind: preset?.kind ?? "OPENAI",
    name: preset?.id === OTHER_PRESET.id ? "" : (preset?.id ?? FIRST_PRESET_ID),
    baseUrl: preset?.baseUrl ?? "",
    apiVersion: "",
    botId: "",
    strategy: "ROUND_ROBIN",
    enabled: true,
    memo: "",
    quirks: quirksFrom(preset?.quirks ?? []),
  };
}

/** The draft as the API takes it; empty text clears. */
export function toProviderInput(draft: ProviderDraft) {
  const text = (value: string) => value.trim() || null;
  return {
    name: draft.name.trim(),
    ...(text(draft.baseUrl) ? { baseUrl: draft.baseUrl.trim() } : {}),
    apiVersion: text(draft.apiVersion),
    botId: text(draft.botId),
    strategy: draft.strategy,
    enabled: draft.enabled,
    memo: text(draft.memo),
    ...(canHaveQuirks(draft.kind) ? toQuirkInput(draft.quirks) : {}),
  };
}

/** The fields that its kind needs. */
export function ProviderFields(props: {
  readonly draft: ProviderDraft;
  readonly set: (change: Partial<ProviderDraft>) => void;
  readonly errors: readonly UserErrorLike[];
  /** The first run asks for as little as possible. */
  readonly brief?: boolean;
}): JSX.Element {
  const error = (field: string) => errorOf(props.errors, field);
  return (
    <>
      <TextField
        label={t().providers.name}
        hint={props.brief ? undefined : t().providers.nameHint}
        value={props.draft.name}
        onInput={(name) => props.set({ name })}
        error={error("name")}
        required
      />
      <Show when={!props.brief || needsBaseUrl(props.draft.kind)}>
        <TextField
          label={t().providers.baseUrl}
          optional={!needsBaseUrl(props.draft.kind)}
          hint={t().providers.baseUrlHints[props.draft.kind]}
          kind="url"
          placeholder={props.draft.kind === "AZURE_OPENAI" ? "https://NAME.openai.azure.com" : "https://…/v1"}
          value={props.draft.baseUrl}
          onInput={(baseUrl) => props.set({ baseUrl })}
          error={error("baseUrl")}
        />
      </Show>
      <Show when={props.draft.kind === "AZURE_OPENAI"}>
        <TextField
          label={t().providers.apiVersion}
          optional
          hint={t().providers.apiVersionHint}
          placeholder="2024-10-21"
          value={props.draft.apiVersion}
          onInput={(apiVersion) => props.set({ apiVersion })}
          error={error("apiVersion")}
        />
      </Show>
      <Show when={props.draft.kind === "COZE"}>
        <TextField
          label={t().providers.botId}
          value={props.draft.botId}
          onInput={(botId) => props.set({ botId })}
          error={error("botId")}
        />
      </Show>
      <Show when={!props.brief}>
        <FieldRow>
          <SelectField
            label={t().providers.strategy}
            hint={t().providers.strategyHints[props.draft.strategy]}
            value={props.draft.strategy}
            options={STRATEGIES.map((value) => ({ value, label: t().providers.strategies[value] }))}
            onChange={(strategy) => props.set({ strategy })}
            error={error("strategy")}
          />
        </FieldRow>
        <Show when={canHaveQuirks(props.draft.kind)}>
          <QuirkFields draft={props.draft.quirks} set={(quirks) => props.set({ quirks })} />
        </Show>
        <CheckField
          label={t().providers.enabled}
          hint={t().providers.enabledHint}
          checked={props.draft.enabled}
          onChange={(enabled) => props.set({ enabled })}
        />
        <TextArea
          label={t().common.memo}
          optional
          rows={2}
          value={props.draft.memo}
          onInput={(memo) => props.set({ memo })}
          error={error("memo")}
        />
      </Show>
    </>
  );
}
