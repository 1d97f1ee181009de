import { createMemo, createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { createList } from "../../api/list.ts";
import { createLive } from "../../api/live.ts";
import { createMutation, describeError } from "../../api/mutation.ts";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { createUndo } from "../../api/undo.ts";
import { Confirm } from "../../components/confirm.tsx";
import { FilterChips, FilterSelect, SearchField } from "../../components/filter.tsx";
import { CardLines, Table } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { createThrottle } from "../../lib/throttle.ts";
import { createUrlSelection, createUrlSetter, createUrlText } from "../../lib/url-state.ts";
import { Page } from "../../shell/page.tsx";
import { providerOptionsQuery } from "../keys/documents.ts";
import { describeTargets, modelColumns } from "./columns.tsx";
import {
  deleteModelsMutation,
  type Model,
  type ModelRow,
  modelEvents,
  modelsQuery,
  restoreModelsMutation,
  updateModelMutation,
} from "./documents.ts";
import { EditModel } from "./edit-model.tsx";
import { createModelFilters, MODEL_FLAGS } from "./filters.ts";
import { ModelHealthMark } from "./model-health.tsx";
import { ModelPeek } from "./model-peek.tsx";
import { NoModels } from "./no-models.tsx";
import { PriceMark } from "./price.tsx";

type Task = { readonly kind: "edit" | "delete"; readonly model: Model };

export default function ModelsPage(): JSX.Element {
  const filters = createModelFilters();
  const open = createUrlSelection("model");
  const adding = createUrlSelection("new");
  const newName = createUrlText("name");
  const setUrl = createUrlSetter();
  const canWrite = () => may("MODELS_WRITE");
  const [task, setTask] = createSignal<Task | null>(null);
  const list = createList(modelsQuery, filters.variables, (data) => data.models);
  const providers = createQuery(providerOptionsQuery, () => ({}));
  const openRow = createMemo(() => list.rows().find((row) => row.id === open()));
  const refetchSoon = createThrottle(list.refetch);
  const update = createMutation(updateModelMutation, (data) => data.updateModel);
  const deletion = createMutation(deleteModelsMutation, (data) => data.deleteModels);
  const undoDeletion = createUndo(restoreModelsMutation, (data) => data.restoreModels);
  const providerNodes = () => providers.data()?.providers.nodes ?? [];

  createLive({
    document: modelEvents,
    variables: () => ({}),
    cursor: (data) => data.modelEvents.cursor,
    onGap: list.refetch,
    onData({ modelEvents: event }) {
      if (event.__typename !== "ModelEvent") return list.refetch();
      if (event.kind === "DELETED") return list.remove([event.modelId]);
      if (event.model) list.patch([event.model]);
      if (event.kind === "CREATED" || filters.isSet()) refetchSoon();
    },
  });

  const setEnabled = async (model: Model, enabled: boolean) => {
    const outcome = await update.run({ input: { id: model.id, enabled } });
    if (!outcome.ok) return toast(outcome.errors[0] ? describeError(outcome.errors[0]) : "");
    if (outcome.payload.model) list.patch([outcome.payload.model]);
    toast(enabled ? t().models.enabledNow(model.name) : t().models.disabledNow(model.name), {
      label: t().common.undo,
      run: () => void setEnabled(model, !enabled),
    });
  };
  const remove = async (model: Model) => {
    const outcome = await deletion.run({ input: { ids: [model.id] } });
    if (!outcome.ok) return outcome.errors[0] && describeError(outcome.errors[0]);
    list.remove(outcome.payload.deletedIds);
    if (open() === model.id) open.set(null);
    toast(t().models.deleted(model.name), undoDeletion(outcome.payload.undoToken));
    return undefined;
  };

  return (
    <Page
      title={t().nav.pages.models}
      shortTitle={t().nav.short.models}
      add={canWrite() ? { label: t().models.addShort, run: () => adding.set("model") } : undefined}
      note={list.total() === null ? undefined : formatNumber(list.total() ?? 0)}
      error={list.error()}
      onRetry={list.refetch}
      bar={
        <>
          <SearchField value={filters.search()} onChange={filters.search.set} label={t().models.search} />
          <FilterSelect
            label={t().keys.allProviders}
            value={filters.provider()}
            options={providerNodes().map((each) => ({ value: each.id, label: each.name }))}
            onChange={filters.provider.set}
          />
          <FilterChips
            label={t().models.show}
            chosen={filters.flags()}
            options={MODEL_FLAGS.map((value) => ({ value, label: t().models.flags[value] }))}
            onChange={filters.flags.set}
          />
        </>
      }
      peek={
        <Show when={open()} keyed>
          {(id) => (
            <ModelPeek
              id={id}
              row={openRow()}
              onClose={() => open.set(null)}
              onSetEnabled={setEnabled}
              onEdit={(model) => setTask({ kind: "edit", model })}
              onDelete={(model) => setTask({ kind: "delete", model })}
            />
          )}
        </Show>
      }
    >
      <Table
        label={t().nav.pages.models}
        columns={modelColumns()}
        rows={list.rows()}
        total={list.total()}
        loading={list.loading()}
        card={(row) => <ModelCard row={row} />}
        openId={open()}
        onOpen={(row) => open.set(row.id)}
        onEnd={list.loadMore}
        empty={
          <NoModels
            isFiltered={filters.isSet()}
            onClear={filters.clear}
            onAdd={() => adding.set("model")}
            hasProviders={providerNodes().length > 0}
          />
        }
      />
      <Switch>
        <Match when={adding() === "model" && canWrite() && providers.data()}>
          <EditModel
            name={newName()}
            providers={providerNodes()}
            onClose={() => setUrl({ new: null, name: null })}
            onSaved={(model) => open.set(model.id)}
          />
        </Match>
        <Match when={modelOf(task(), "edit")} keyed>
          {(model) => (
            <EditModel
              model={model}
              providers={providerNodes()}
              onClose={() => setTask(null)}
              onSaved={(saved) => list.patch([saved])}
            />
          )}
        </Match>
        <Match when={modelOf(task(), "delete")} keyed>
          {(model) => (
            <Confirm
              title={t().models.deleteTitle(model.name)}
              action={t().common.delete}
              danger
              onConfirm={() => remove(model)}
              onClose={() => setTask(null)}
            >
              <p>{t().models.deleteText(model.name)}</p>
            </Confirm>
          )}
        </Match>
      </Switch>
    </Page>
  );
}

const modelOf = (task: Task | null, kind: Task["kind"]) => (task?.kind === kind ? task.model : undefined);

function ModelCard(props: { readonly row: ModelRow }): JSX.Element {
  return (
    <CardLines
      title={props.row.name}
      aside={<ModelHealthMark model={props.row} />}
      detail={describeTargets(props.row)}
      number={<PriceMark price={props.row.price} />}
    />
  );
}
