import { type JSX, Show } from "solid-js";
import { Status } from "../../components/status.tsx";
import { formatMoneyExact } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Model } from "./documents.ts";

/** Input and output per million tokens. No price is said as such: it is not free. */
export function PriceMark(props: { readonly price: Model["price"] }): JSX.Element {
  return (
    <Show when={props.price} fallback={<Status tone="warn" shape="triangle" label={t().models.unpriced} />}>
      {(price) => (
        <span class="number">
          {formatMoneyExact(price().input)} <span class="faint">/</span> {formatMoneyExact(price().output)}
        </span>
      )}
    </Show>
  );
}
