import { Index, type JSX, Show } from "solid-js";
import { errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { Button, IconButton } from "../../components/button.tsx";
import fieldStyles from "../../components/field.module.css";
import { SelectField, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import type { ProviderOption } from "../keys/documents.ts";
import { emptyTarget, type TargetDraft } from "./model-form.ts";
import styles from "./models.module.css";
import { TraitFields } from "./trait-fields.tsx";

/** Who serves the model, in order: one row each. */
export function TargetsEditor(props: {
  readonly targets: readonly TargetDraft[];
  readonly modelName: string;
  readonly providers: readonly ProviderOption[];
  readonly errors: readonly UserErrorLike[];
  readonly onChange: (index: number, change: Partial<TargetDraft>) => void;
  readonly onAdd: (target: TargetDraft) => void;
  readonly onRemove: (index: number) => void;
}): JSX.Element {
  const error = (index: number, field: string) => errorOf(props.errors, `targets.${index}.${field}`);
  const nextPriority = () => Math.max(-1, ...props.targets.map((each) => Math.trunc(Number(each.priority) || 0))) + 1;
  /** A deleted provider keeps its row, so that it can be seen and replaced. */
  const options = (chosen: string) => {
    const known = props.providers.map((each) => ({ value: each.id, label: each.name }));
    return known.some((each) => each.value === chosen)
      ? known
      : [...known, { value: chosen, label: t().models.deletedProvider }];
  };
  return (
    <fieldset class={fieldStyles.set}>
      <legend>{t().models.targets}</legend>
      <p class={fieldStyles.hint}>{t().models.targetsHint}</p>
      <Index each={props.targets}>
        {(target, index) => (
          <div class={styles.target}>
            <SelectField
              label={t().keys.columns.provider}
              value={target().providerId}
              options={options(target().providerId)}
              onChange={(providerId) => props.onChange(index, { providerId })}
              error={error(index, "providerId")}
            />
            <TextField
              label={t().models.upstreamModel}
              placeholder={props.modelName}
              value={target().upstreamModel}
              onInput={(upstreamModel) => props.onChange(index, { upstreamModel })}
              error={error(index, "upstreamModel")}
            />
            <TextField
              label={t().keys.columns.priority}
              kind="number"
              value={target().priority}
              onInput={(priority) => props.onChange(index, { priority })}
              error={error(index, "priority")}
            />
            <TextField
              label={t().keys.weight}
              kind="number"
              min={0}
              value={target().weight}
              onInput={(weight) => props.onChange(index, { weight })}
              error={error(index, "weight")}
            />
            <div class={styles.targetTools}>
              <input
                type="checkbox"
                aria-label={t().models.targetEnabled}
                title={t().models.targetEnabled}
                checked={target().enabled}
                onChange={(event) => props.onChange(index, { enabled: event.currentTarget.checked })}
              />
              <IconButton small icon="trash" label={t().models.removeTarget} onClick={() => props.onRemove(index)} />
            </div>
            <div class={styles.targetTraits}>
              <TraitFields
                draft={target().traits}
                set={(traits) => props.onChange(index, { traits })}
                errors={props.errors}
                path={`targets.${index}`}
              />
            </div>
          </div>
        )}
      </Index>
      <Show when={errorOf(props.errors, "targets")}>
        {(message) => (
          <p class={fieldStyles.error} role="alert">
            {message()}
          </p>
        )}
      </Show>
      <div>
        <Button
          small
          icon="plus"
          onClick={() => props.onAdd(emptyTarget(props.providers[0]?.id ?? "", nextPriority()))}
          disabled={props.providers.length === 0}
        >
          {props.targets.length === 0 ? t().models.addTarget : t().models.addFallback}
        </Button>
      </div>
    </fieldset>
  );
}
