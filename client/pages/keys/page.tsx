import { createEffect, createMemo, createSignal, type JSX, Match, on, Show, Switch } from "solid-js";
import { createList } from "../../api/list.ts";
import { createLive } from "../../api/live.ts";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { CardLines, Table } from "../../components/table.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { createThrottle } from "../../lib/throttle.ts";
import { createUrlSelection } from "../../lib/url-state.ts";
import { Page } from "../../shell/page.tsx";
import { ProviderTabs } from "../providers/tabs.tsx";
import { createKeyActions, type Selection } from "./actions.ts";
import { AddKeys } from "./add-keys.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { createChoice } from "./choice.ts";
import { keyColumns } from "./columns.tsx";
import { DeleteKeys } from "./delete-keys.tsx";
import { type Key, type KeyRow, keyEvents, keysQuery, providerOptionsQuery } from "./documents.ts";
import { EditKey } from "./edit-key.tsx";
import { KeyFilterBar } from "./filter-bar.tsx";
import { createKeyFilters } from "./filters.ts";
import { KeyPeek } from "./key-peek.tsx";
import { KeyStatusMark } from "./key-status.tsx";
import { NoKeys } from "./no-keys.tsx";

type Task =
  | { readonly kind: "edit"; readonly key: Key }
  | { readonly kind: "delete"; readonly keys: readonly Key[]; readonly selection: Selection };

export default function KeysPage(): JSX.Element {
  const filters = createKeyFilters();
  const open = createUrlSelection("key");
  const adding = createUrlSelection("new");
  const [task, setTask] = createSignal<Task | null>(null);
  const choice = createChoice();
  const canWrite = () => may("KEYS_WRITE");

  const list = createList(keysQuery, filters.variables, (data) => data.providerKeys);
  const providers = createQuery(providerOptionsQuery, () => ({}));
  const actions = createKeyActions(list);
  const refetchSoon = createThrottle(list.refetch);
  const counts = () => list.data()?.providerKeys.counts;

  createLive({
    document: keyEvents,
    variables: () => ({}),
    cursor: (data) => data.keyEvents.cursor,
    onGap: list.refetch,
    onData({ keyEvents: event }) {
      if (event.__typename !== "KeyEventBatch") return list.refetch();
      list.patch(event.events.flatMap((each) => (each.key ? [each.key] : [])));
      list.remove(event.events.filter((each) => each.kind === "DELETED").map((each) => each.keyId));
      // The batch counts all keys; a narrowed list, and whether a row still belongs to it, is the server's to say.
      const isWhole = filters.search() === "" && filters.provider() === "";
      if (isWhole) list.update((data) => Object.assign(data.providerKeys.counts, event.counts));
      if (!isWhole || filters.statuses().length > 0 || event.events.some((each) => each.kind === "CREATED"))
        refetchSoon();
    },
  });

  const chosenKeys = createMemo(() => list.rows().filter((row) => choice.ids().has(row.id)));
  const selection = (): Selection =>
    choice.isEverything() ? { filter: filters.variables().filter } : { ids: chosenKeys().map((key) => key.id) };
  const chosenCount = () => (choice.isEverything() ? (list.total() ?? 0) : chosenKeys().length);
  /** Offered when every loaded row is chosen and there are more. */
  const matching = () => {
    const total = list.total() ?? 0;
    return !choice.isEverything() && chosenKeys().length === list.rows().length && total > list.rows().length
      ? total
      : null;
  };
  // Another filter means other rows.
  createEffect(on(() => JSON.stringify(filters.variables().filter), choice.clear, { defer: true }));
  const openRow = createMemo(() => list.rows().find((row) => row.id === open()));
  const note = () => {
    const total = list.total();
    return total === null ? undefined : formatNumber(total);
  };

  return (
    <Page
      title={t().nav.pages.keys}
      shortTitle={t().nav.short.keys}
      add={canWrite() ? { label: t().keys.addShort, run: () => adding.set("key") } : undefined}
      note={note()}
      error={list.error()}
      onRetry={list.refetch}
      actions={<ProviderTabs />}
      bar={<KeyFilterBar filters={filters} counts={counts()} providers={providers.data()?.providers.nodes ?? []} />}
      peek={
        <Show when={open()} keyed>
          {(id) => (
            <KeyPeek
              id={id}
              row={openRow()}
              onClose={() => open.set(null)}
              onAct={(action) => actions.act({ ids: [id] }, action)}
              onEdit={(key) => setTask({ kind: "edit", key })}
              onDelete={(key) => setTask({ kind: "delete", keys: [key], selection: { ids: [key.id] } })}
            />
          )}
        </Show>
      }
    >
      <Show when={chosenKeys().length > 0}>
        <BulkBar
          count={chosenCount()}
          matching={matching()}
          onChooseMatching={choice.chooseEverything}
          onAct={(action) => actions.act(selection(), action)}
          onDelete={() => setTask({ kind: "delete", keys: chosenKeys(), selection: selection() })}
          onClear={choice.clear}
        />
      </Show>
      <Table
        label={t().nav.pages.keys}
        columns={keyColumns()}
        rows={list.rows()}
        total={list.total()}
        loading={list.loading()}
        card={(row) => <KeyCard row={row} />}
        openId={open()}
        onOpen={(row) => open.set(row.id)}
        sort={filters.sort()}
        onSort={filters.sortBy}
        onEnd={list.loadMore}
        chosen={canWrite() ? choice.ids() : undefined}
        onChoose={canWrite() ? choice.choose : undefined}
        empty={
          <NoKeys
            isFiltered={filters.isSet()}
            onClear={filters.clear}
            onAdd={() => adding.set("key")}
            hasProviders={(providers.data()?.providers.nodes.length ?? 0) > 0}
          />
        }
      />
      <Switch>
        <Match when={adding() === "key" && canWrite() && providers.data()}>
          <AddKeys
            providers={providers.data()?.providers.nodes ?? []}
            providerId={filters.provider()}
            onClose={() => adding.set(null)}
          />
        </Match>
        <Match when={editOf(task())} keyed>
          {(key) => <EditKey key={key} onClose={() => setTask(null)} onSaved={(saved) => list.patch([saved])} />}
        </Match>
        <Match when={deleteOf(task())} keyed>
          {(asked) => (
            <DeleteKeys
              keys={asked.keys}
              count={"ids" in asked.selection ? asked.keys.length : chosenCount()}
              onClose={() => setTask(null)}
              onDelete={async () => {
                const problem = await actions.remove(asked.selection);
                if (problem) return problem;
                choice.clear();
                if (asked.keys.some((key) => key.id === open())) open.set(null);
                return undefined;
              }}
            />
          )}
        </Match>
      </Switch>
    </Page>
  );
}

const editOf = (task: Task | null) => (task?.kind === "edit" ? task.key : undefined);
const deleteOf = (task: Task | null) => (task?.kind === "delete" ? task : undefined);

function KeyCard(props: { readonly row: KeyRow }): JSX.Element {
  return (
    <CardLines
      title={props.row.name}
      aside={<KeyStatusMark status={props.row.status} until={props.row.cooldownUntil} />}
      detail={`${props.row.provider.name} · ${props.row.secretPreview}`}
      number={t().keys.uses(props.row.usageCount)}
    />
  );
}
