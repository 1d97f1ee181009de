import { For, type JSX, Show } from "solid-js";
import { Code } from "../../components/code.tsx";
import { formatMoneyExact, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { RequestDetail } from "./documents.ts";
import styles from "./requests.module.css";

/** Part by part: tokens times price, and the sum that stands in the list. Parts are disjoint, so they add up. */
export function CostArithmetic(props: { readonly request: RequestDetail }): JSX.Element {
  return (
    <div class={styles.stack}>
      <Show when={props.request.costLines.length > 0} fallback={<TokenParts request={props.request} />}>
        <table class={styles.arithmetic}>
          <thead>
            <tr>
              <th scope="col">{t().requests.part}</th>
              <th scope="col">{t().usage.tokens}</th>
              <th scope="col">{t().requests.perMillion}</th>
              <th scope="col">{t().usage.cost}</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.request.costLines}>
              {(line) => (
                <tr>
                  <th scope="row">{t().models.parts[line.part]}</th>
                  <td>{formatNumber(line.tokens)}</td>
                  <td>× {formatMoneyExact(line.pricePerMillion)}</td>
                  <td>= {formatMoneyExact(line.cost)}</td>
                </tr>
              )}
            </For>
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t().requests.total}</th>
              <td>{formatNumber(props.request.usage?.totalTokens ?? 0)}</td>
              <td />
              <td>{formatMoneyExact(props.request.cost ?? "0")}</td>
            </tr>
          </tfoot>
        </table>
        <Show when={props.request.price}>
          {(price) => <p class="muted">{t().requests.priceFrom[price().source](price().ref)}</p>}
        </Show>
      </Show>
      <Show when={props.request.usageSource === "ESTIMATED"}>
        <p class="muted">{t().requests.estimated}</p>
      </Show>
      <Show when={props.request.usage?.raw}>
        {(raw) => (
          <details>
            <summary>{t().requests.rawUsage}</summary>
            <Code text={JSON.stringify(raw(), null, 2)} label={t().requests.rawUsage} />
          </details>
        )}
      </Show>
    </div>
  );
}

/** Tokens without a price. */
function TokenParts(props: { readonly request: RequestDetail }): JSX.Element {
  const parts = () => {
    const usage = props.request.usage;
    if (!usage) return [];
    return (
      [
        ["INPUT", usage.inputTokens],
        ["CACHE_READ", usage.cacheReadTokens],
        ["CACHE_WRITE", usage.cacheWriteTokens],
        ["OUTPUT", usage.outputTokens],
        ["REASONING", usage.reasoningTokens],
      ] as const
    ).filter(([, tokens]) => tokens > 0);
  };
  return (
    <>
      <table class={styles.arithmetic}>
        <tbody>
          <For each={parts()}>
            {([part, tokens]) => (
              <tr>
                <th scope="row">{t().models.parts[part]}</th>
                <td>{formatNumber(tokens)}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <p class="muted">{t().requests.noPrice}</p>
    </>
  );
}
