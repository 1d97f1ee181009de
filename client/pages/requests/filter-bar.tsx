import { type JSX, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { Button } from "../../components/button.tsx";
import { FilterChips, FilterSelect, SearchField } from "../../components/filter.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { t } from "../../i18n/index.ts";
import { clientName } from "../clients/client-name.ts";
import { keyNameQuery, requestFilterOptionsQuery } from "./documents.ts";
import { FLAGS, ORIGINS, OUTCOMES, RANGES, type RequestFilters } from "./filters.ts";

export function RequestFilterBar(props: { readonly filters: RequestFilters }): JSX.Element {
  const options = createQuery(requestFilterOptionsQuery, () => ({}));
  const keyName = createQuery(keyNameQuery, () => (props.filters.key() ? { id: props.filters.key() } : null));
  return (
    <>
      <SearchField value={props.filters.search()} onChange={props.filters.search.set} label={t().requests.search} />
      <Segmented
        label={t().requests.range}
        value={props.filters.range()}
        options={RANGES.map((value) => ({ value, label: t().requests.ranges[value] }))}
        onChange={props.filters.range.set}
      />
      <FilterChips
        label={t().keys.columns.status}
        chosen={props.filters.outcomes()}
        options={OUTCOMES.map((value) => ({ value, label: t().requests.status[value] }))}
        onChange={props.filters.outcomes.set}
      />
      <FilterChips
        label={t().requests.more}
        chosen={props.filters.flags()}
        options={FLAGS.map((value) => ({ value, label: t().requests.flags[value] }))}
        onChange={props.filters.flags.set}
      />
      <FilterSelect
        label={t().requests.anyOrigin}
        value={props.filters.origin()}
        options={ORIGINS.map((value) => ({ value, label: t().requests.origins[value] }))}
        onChange={props.filters.origin.set}
      />
      <FilterSelect
        label={t().requests.allClients}
        value={props.filters.client()}
        options={(options.data()?.clientKeys.nodes ?? []).map((each) => ({ value: each.id, label: clientName(each) }))}
        onChange={props.filters.client.set}
      />
      <FilterSelect
        label={t().keys.allProviders}
        value={props.filters.provider()}
        options={(options.data()?.providers.nodes ?? []).map((each) => ({ value: each.id, label: each.name }))}
        onChange={props.filters.provider.set}
      />
      <Show when={props.filters.key()}>
        <Button small icon="close" onClick={() => props.filters.key.set("")}>
          {t().requests.ofKey(keyName.data()?.providerKey?.name ?? "…")}
        </Button>
      </Show>
      <Show when={props.filters.model()}>
        <Button small icon="close" onClick={() => props.filters.model.set("")}>
          {t().requests.ofModel(props.filters.model())}
        </Button>
      </Show>
      <Show when={props.filters.isSet()}>
        <Button kind="quiet" small onClick={props.filters.clear}>
          {t().filter.clearAll}
        </Button>
      </Show>
    </>
  );
}
