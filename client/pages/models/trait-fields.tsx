import { For, type JSX } from "solid-js";
import { errorOf, type UserErrorLike } from "../../api/mutation.ts";
import fieldStyles from "../../components/field.module.css";
import { CheckField, FieldRow, MoreFields, SelectField, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import styles from "./models.module.css";
import { type Claim, countOverrides, EFFORTS, type TraitDraft } from "./trait-form.ts";

const THINKING = [
  "",
  "NONE",
  "ADAPTIVE",
  "BUDGET",
  "LEVEL",
  "EFFORT",
] as const satisfies readonly TraitDraft["thinking"][];
const CLAIMS = ["", "YES", "NO"] as const satisfies readonly Claim[];

/** What the upstream's model takes, where a person knows it better than Sluice. */
export function TraitFields(props: {
  readonly draft: TraitDraft;
  readonly set: (draft: TraitDraft) => void;
  readonly errors: readonly UserErrorLike[];
  /** Path of the target in the input, e.g. "targets.0". */
  readonly path: string;
}): JSX.Element {
  const words = () => t().models.traits;
  const set = (change: Partial<TraitDraft>) => props.set({ ...props.draft, ...change });
  const error = (name: keyof TraitDraft) => errorOf(props.errors, `${props.path}.traits.${name}`);
  const claim = (name: "sampling" | "structuredOutput" | "toolsNeedResponses") => (
    <SelectField
      label={words().names[name]}
      value={props.draft[name]}
      options={CLAIMS.map((value) => ({ value, label: words().claims[value || "KNOWN"] }))}
      onChange={(value) => set({ [name]: value })}
      error={error(name)}
    />
  );
  return (
    <MoreFields label={words().form(countOverrides(props.draft))}>
      <p class={fieldStyles.hint}>{words().hint}</p>
      <FieldRow>
        <SelectField
          label={words().names.thinking}
          value={props.draft.thinking}
          options={THINKING.map((value) => ({ value, label: words().thinking[value || "KNOWN"] }))}
          onChange={(thinking) => set({ thinking })}
          error={error("thinking")}
        />
        {claim("sampling")}
        {claim("structuredOutput")}
        {claim("toolsNeedResponses")}
        <TextField
          label={words().names.maxOutputTokens}
          kind="number"
          min={1}
          placeholder={words().claims.KNOWN}
          value={props.draft.maxOutputTokens}
          onInput={(maxOutputTokens) => set({ maxOutputTokens })}
          error={error("maxOutputTokens")}
        />
      </FieldRow>
      <fieldset class={fieldStyles.set}>
        <legend>{words().names.efforts}</legend>
        <div class={styles.efforts}>
          <For each={EFFORTS}>
            {(effort) => (
              <CheckField
                label={effort.toLowerCase()}
                checked={props.draft.efforts.includes(effort)}
                onChange={(on) =>
                  set({
                    efforts: on
                      ? [...props.draft.efforts, effort]
                      : props.draft.efforts.filter((each) => each !== effort),
                  })
                }
              />
            )}
          </For>
        </div>
        <p class={fieldStyles.hint}>{words().effortsHint}</p>
      </fieldset>
    </MoreFields>
  );
}
