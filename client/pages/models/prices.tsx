import { For, type JSX, Show } from "solid-js";
import { Status } from "../../components/status.tsx";
import { formatDate, formatMoneyExact, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Model, ModelDetail } from "./documents.ts";
import styles from "./models.module.css";

/** Every part of a price, for long prompts too, and where it comes from. No price is said as such. */
export function Prices(props: {
  readonly price: Model["price"];
  /** What only the open model is asked for. */
  readonly details: ModelDetail["price"] | undefined;
}): JSX.Element {
  return (
    <Show
      when={props.price}
      fallback={
        <>
          <Status tone="warn" shape="triangle" label={t().models.unpriced} />
          <p class="muted">{t().models.unpricedText}</p>
        </>
      }
    >
      {(price) => (
        <>
          <table class={styles.prices}>
            <tbody>
              <For each={linesOf(price())}>
                {([part, value]) => <Line label={t().models.parts[part]} value={formatMoneyExact(value)} />}
              </For>
              <For each={props.details?.tiers}>
                {(tier) => (
                  <Line
                    label={t().models.promptsAbove(formatNumber(tier.aboveTokens))}
                    value={`${formatMoneyExact(tier.input)} / ${formatMoneyExact(tier.output)}`}
                  />
                )}
              </For>
            </tbody>
          </table>
          <p class={`muted ${styles.source}`}>
            {t().models.priceSource[price().source](price().ref)}{" "}
            <Show when={price().effectiveFrom}>{(day) => <>{t().models.priceSince(formatDate(day()))} </>}</Show>
            <Show when={props.details?.list}>{(list) => t().models.priceEdition(formatDate(list().releasedOn))}</Show>
          </p>
        </>
      )}
    </Show>
  );
}

function Line(props: { readonly label: string; readonly value: string }): JSX.Element {
  return (
    <tr>
      <th scope="row">{props.label}</th>
      <td>{props.value}</td>
    </tr>
  );
}

/** Reasoning has a line of its own where it costs something else than the rest of the answer. */
function linesOf(price: NonNullable<Model["price"]>) {
  const lines = [
    ["INPUT", price.input],
    ["OUTPUT", price.output],
    ["CACHE_READ", price.cacheRead],
    ["CACHE_WRITE", price.cacheWrite],
    ["REASONING", price.reasoning === price.output ? null : price.reasoning],
    ["REQUEST", price.perRequest],
  ] as const;
  return lines.flatMap(([part, value]) => (value === null ? [] : [[part, value] as const]));
}
