import { createUniqueId, For, type JSX } from "solid-js";
import fieldStyles from "../../components/field.module.css";
import { MoreFields } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import type { Provider, ProviderKind, Quirk } from "./documents.ts";
import styles from "./providers.module.css";

/** `AUTO`: as the gateway learns it. */
export type QuirkChoice = "AUTO" | "ON" | "OFF";
export type QuirkDraft = Record<Quirk, QuirkChoice>;

const CHOICES: readonly QuirkChoice[] = ["AUTO", "ON", "OFF"];
const QUIRKS = [
  "NO_STREAM_OPTIONS",
  "NO_DEVELOPER_ROLE",
  "MAX_TOKENS_ONLY",
  "REASONING_FIELD",
  "ECHO_REASONING",
  "NO_PARALLEL_TOOL_CALLS",
  "NO_JSON_SCHEMA",
] as const satisfies readonly Quirk[];

/** Only who speaks OpenAI's chat API can differ from it. */
export function canHaveQuirks(kind: ProviderKind): boolean {
  return kind === "OPENAI" || kind === "AZURE_OPENAI" || kind === "OPENAI_COMPATIBLE";
}

export function quirksFrom(on: readonly Quirk[], off: readonly Quirk[] = []): QuirkDraft {
  const choose = (quirk: Quirk): QuirkChoice => (on.includes(quirk) ? "ON" : off.includes(quirk) ? "OFF" : "AUTO");
  return Object.fromEntries(QUIRKS.map((quirk) => [quirk, choose(quirk)])) as QuirkDraft;
}

export function quirksOf(provider: Provider): QuirkDraft {
  const configured = provider.quirks.filter(({ source }) => source === "CONFIGURED").map(({ quirk }) => quirk);
  return quirksFrom(configured, provider.ignoredQuirks);
}

export function toQuirkInput(draft: QuirkDraft) {
  const chosen = (choice: QuirkChoice) => QUIRKS.filter((quirk) => draft[quirk] === choice);
  return { quirks: chosen("ON"), ignoredQuirks: chosen("OFF") };
}

/** One row each: what it means, and whether the upstream is like that. */
export function QuirkFields(props: {
  readonly draft: QuirkDraft;
  readonly set: (draft: QuirkDraft) => void;
}): JSX.Element {
  const set = () => QUIRKS.filter((quirk) => props.draft[quirk] !== "AUTO").length;
  return (
    <MoreFields label={t().providers.quirks.form(set())}>
      <p class={fieldStyles.hint}>{t().providers.quirks.hint}</p>
      <For each={QUIRKS}>
        {(quirk) => (
          <QuirkField
            quirk={quirk}
            choice={props.draft[quirk]}
            onChange={(choice) => props.set({ ...props.draft, [quirk]: choice })}
          />
        )}
      </For>
    </MoreFields>
  );
}

function QuirkField(props: {
  readonly quirk: Quirk;
  readonly choice: QuirkChoice;
  readonly onChange: (choice: QuirkChoice) => void;
}): JSX.Element {
  const id = createUniqueId();
  return (
    <div class={styles.quirk}>
      <div>
        <label class={fieldStyles.label} for={id}>
          {t().providers.quirks.names[props.quirk]}
        </label>
        <p id={`${id}-note`} class={fieldStyles.hint}>
          {t().providers.quirks.meaning[props.quirk]}
        </p>
      </div>
      <select
        id={id}
        class={fieldStyles.control}
        aria-describedby={`${id}-note`}
        onChange={(event) => props.onChange(event.currentTarget.value as QuirkChoice)}
      >
        <For each={CHOICES}>
          {(choice) => (
            <option value={choice} selected={choice === props.choice}>
              {t().providers.quirks.choices[choice]}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}
