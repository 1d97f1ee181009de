import { type JSX, Show } from "solid-js";
import { Button } from "../../components/button.tsx";
import { FilterChips, FilterSelect, SearchField } from "../../components/filter.tsx";
import type { KeyCounts } from "../../components/health-bar.tsx";
import { StatusShape } from "../../components/status.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { KeyStatus, ProviderOption } from "./documents.ts";
import { KEY_STATUSES, type KeyFilters } from "./filters.ts";
import { STATUS_LOOKS } from "./key-status.tsx";
import styles from "./keys.module.css";

const COUNT_OF = {
  ACTIVE: "active",
  COOLING: "cooling",
  EXHAUSTED: "exhausted",
  INVALID: "invalid",
  DISABLED: "disabled",
  UNCHECKED: "unchecked",
} as const satisfies Record<KeyStatus, keyof KeyCounts>;

export function KeyFilterBar(props: {
  readonly filters: KeyFilters;
  readonly counts: KeyCounts | undefined;
  readonly providers: readonly ProviderOption[];
}): JSX.Element {
  const count = (status: KeyStatus) => props.counts?.[COUNT_OF[status]] ?? 0;
  /** States that nothing is in need no place, unless they are chosen. */
  const shown = () => KEY_STATUSES.filter((each) => count(each) > 0 || props.filters.statuses().includes(each));
  return (
    <>
      <SearchField value={props.filters.search()} onChange={props.filters.search.set} label={t().keys.search} />
      <FilterSelect
        label={t().keys.allProviders}
        value={props.filters.provider()}
        options={props.providers.map((each) => ({ value: each.id, label: each.name }))}
        onChange={props.filters.provider.set}
      />
      <FilterChips
        label={t().keys.columns.status}
        chosen={props.filters.statuses()}
        onChange={props.filters.statuses.set}
        options={shown().map((each) => ({
          value: each,
          label: `${t().keys.status[each]} ${formatNumber(count(each))}`,
          shape: (
            <span class={styles[STATUS_LOOKS[each].tone]}>
              <StatusShape shape={STATUS_LOOKS[each].shape} />
            </span>
          ),
        }))}
      />
      <Show when={props.filters.isSet()}>
        <Button kind="quiet" small onClick={props.filters.clear}>
          {t().filter.clearAll}
        </Button>
      </Show>
    </>
  );
}
