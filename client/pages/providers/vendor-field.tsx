import { type JSX, Match, Show, Switch } from "solid-js";
import fieldStyles from "../../components/field.module.css";
import { SelectField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import { OTHER_PRESET, type Presets } from "./presets.ts";
import styles from "./providers.module.css";

/** Who the upstream is, and where its keys are made. */
export function VendorField(props: {
  readonly presets: Presets;
  readonly value: string;
  readonly onChange: (id: string) => void;
}): JSX.Element {
  const chosen = () => props.presets.find(props.value);
  return (
    <Show when={props.presets.all().length > 0}>
      <div class={styles.vendor}>
        <SelectField
          label={t().providers.vendor}
          value={props.value}
          options={props.presets.all().map((each) => ({
            value: each.id,
            label: each.id === OTHER_PRESET.id ? t().providers.otherCompatible : each.name,
          }))}
          onChange={(id) => props.onChange(id)}
        />
        <Switch>
          <Match when={chosen()?.keyUrl}>
            {(url) => (
              <p class={fieldStyles.hint}>
                {t().providers.keysAreMade}{" "}
                <a href={url()} target="_blank" rel="noreferrer">
                  {new URL(url()).host}
                </a>
              </p>
            )}
          </Match>
          <Match when={chosen() && chosen()?.id !== OTHER_PRESET.id}>
            <p class={fieldStyles.hint}>{t().providers.needsNoKey}</p>
          </Match>
        </Switch>
      </div>
    </Show>
  );
}
