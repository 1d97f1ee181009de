import { For, type JSX, Show } from "solid-js";
import { Detail, Details } from "../../components/peek.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { ModelTarget, TraitOverrides } from "./documents.ts";
import styles from "./models.module.css";

/** What Sluice takes for true of the models behind the targets, when it translates for them. */
export function TraitList(props: { readonly targets: readonly ModelTarget[] }): JSX.Element {
  return (
    <div class={styles.traits}>
      <For each={props.targets}>
        {(target) => (
          <Show when={target.effectiveTraits}>
            {(traits) => (
              <Details>
                <Show when={props.targets.length > 1}>
                  <Detail label={t().models.upstreamModel}>{target.upstreamModel}</Detail>
                </Show>
                <Trait name="thinking" set={target.traits}>
                  {t().models.traits.thinking[traits().thinking]}
                </Trait>
                <Trait name="efforts" set={target.traits}>
                  {traits()
                    .efforts.map((effort) => effort.toLowerCase())
                    .join(", ") || "–"}
                </Trait>
                <Trait name="sampling" set={target.traits}>
                  {yesOrNo(traits().sampling)}
                </Trait>
                <Trait name="structuredOutput" set={target.traits}>
                  {yesOrNo(traits().structuredOutput)}
                </Trait>
                <Trait name="toolsNeedResponses" set={target.traits}>
                  {yesOrNo(traits().toolsNeedResponses)}
                </Trait>
                <Trait name="maxOutputTokens" set={target.traits}>
                  {formatNumber(traits().maxOutputTokens)}
                </Trait>
              </Details>
            )}
          </Show>
        )}
      </For>
    </div>
  );
}

function Trait(props: {
  readonly name: keyof TraitOverrides;
  readonly set: TraitOverrides | null;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <Detail label={t().models.traits.names[props.name]}>
      {props.children}
      <Show when={props.set?.[props.name] != null}>
        <span class="muted"> · {t().models.traits.byHand}</span>
      </Show>
    </Detail>
  );
}

const yesOrNo = (value: boolean) => (value ? t().common.yes : t().common.no);
