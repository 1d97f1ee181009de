import { For, type JSX, Show } from "solid-js";
import { Detail } from "../../components/peek.tsx";
import { When } from "../../components/when.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Key } from "./documents.ts";
import { LIMITS } from "./key-form.tsx";

/** A line for each limit that is set, with how much of it is used now. */
export function LimitDetails(props: { readonly limits: Key["limits"] }): JSX.Element {
  const used = (name: (typeof LIMITS)[number]) =>
    name === "concurrency" ? props.limits.inFlight : props.limits[`${name}Used`];
  return (
    <For each={LIMITS.filter((name) => props.limits[name] !== null)}>
      {(name) => (
        <Detail label={t().keys.limit[name]}>
          {t().keys.limitUsed(formatNumber(used(name)), formatNumber(props.limits[name] ?? 0))}
        </Detail>
      )}
    </For>
  );
}

/** What is left, when that will be gone, and who says so. */
export function BalanceDetail(props: { readonly balance: NonNullable<Key["balance"]> }): JSX.Element {
  const left = () => {
    const { remaining, total, currency } = props.balance;
    if (remaining === null) return t().keys.balanceUnlimited;
    return `${total === null ? remaining : t().keys.balanceOf(remaining, total)} ${currency}`;
  };
  return (
    <Detail label={t().keys.balance}>
      {left()}{" "}
      <span class="muted">
        <Show when={props.balance.estimatedEmptyAt}>
          {(at) => (
            <>
              · {t().keys.balanceEmpty} <When at={at()} />{" "}
            </>
          )}
        </Show>
        · {t().keys.balanceSource[props.balance.source]} <When at={props.balance.refreshedAt} />
      </span>
    </Detail>
  );
}
