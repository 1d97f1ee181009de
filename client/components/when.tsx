import { type JSX, Show } from "solid-js";
import { formatFull, formatRelative } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { createClock } from "../lib/clock.ts";

/** How long ago, kept up to date; the exact instant on hover. */
export function When(props: { readonly at: string | null | undefined; readonly never?: string }): JSX.Element {
  const now = createClock();
  return (
    <Show when={props.at} fallback={<span class="faint">{props.never ?? t().common.never}</span>}>
      {(at) => (
        <time dateTime={at()} title={formatFull(at())}>
          {formatRelative(Date.parse(at()), now())}
        </time>
      )}
    </Show>
  );
}
