import { createSignal, type JSX, Show } from "solid-js";
import { createStore } from "solid-js/store";
import { createMutation, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { staleVersion } from "../../api/stale.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { CheckField, Form } from "../../components/field.tsx";
import { toast } from "../../components/toast.tsx";
import { t } from "../../i18n/index.ts";
import { changedFields } from "../../lib/changes.ts";
import { createProviderMutation, type Provider, updateProviderMutation } from "./documents.ts";
import { createPresets, FIRST_PRESET_ID } from "./presets.ts";
import { draftFrom, draftOf, ProviderFields, toProviderInput } from "./provider-form.tsx";
import { VendorField } from "./vendor-field.tsx";

/** A new provider from a vendor's preset, or changes to one that is there. */
export function EditProvider(props: {
  readonly provider?: Provider;
  readonly onClose: () => void;
  readonly onSaved: (provider: Provider) => void;
}): JSX.Element {
  const presets = createPresets();
  const [presetId, setPresetId] = createSignal(FIRST_PRESET_ID);
  const first = props.provider ? draftOf(props.provider) : draftFrom();
  const before = toProviderInput(first);
  const [draft, setDraft] = createStore(first);
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const [dropsKeys, setDropsKeys] = createSignal(false);
  const creation = createMutation(createProviderMutation, (data) => data.createProvider);
  const update = createMutation(updateProviderMutation, (data) => data.updateProvider);
  const busy = () => creation.busy() || update.busy();
  /** The stored keys would be sent to the new address: the API wants to be told what becomes of them. */
  const asksAboutKeys = () => errors().some((each) => each.code === "CONFIRMATION_REQUIRED");
  let version = props.provider?.version;

  const submit = async () => {
    if (busy()) return;
    const input = toProviderInput(draft);
    const changes = changedFields(before, input);
    if (props.provider && Object.keys(changes).length === 0) return props.onClose();
    const outcome = props.provider
      ? await update.run({
          input: {
            ...changes,
            id: props.provider.id,
            expectedVersion: version ?? null,
            ...(dropsKeys() ? { storedKeys: "DELETE" as const } : {}),
          },
        })
      : await creation.run({ input: { ...input, kind: draft.kind } });
    if (!outcome.ok) {
      version = staleVersion(outcome.errors) ?? version;
      return setErrors(outcome.errors);
    }
    toast(props.provider ? t().common.saved : t().providers.added(draft.name.trim()));
    if (outcome.payload.provider) props.onSaved(outcome.payload.provider);
    props.onClose();
  };
  const choose = (id: string) => {
    setPresetId(id);
    const chosen = presets.find(id);
    if (chosen) setDraft({ ...draftFrom(chosen), strategy: draft.strategy, memo: draft.memo });
    setErrors([]);
  };
  const problem = () =>
    asksAboutKeys() ? t().providers.originMoves : (errorOf(errors(), null) ?? presets.error()?.message);

  return (
    <Dialog
      title={props.provider ? t().providers.edit(props.provider.name) : t().providers.add}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={() => props.onClose()}>{t().common.cancel}</Button>
          <Button
            type="submit"
            form="edit-provider"
            kind="primary"
            busy={busy()}
            disabled={asksAboutKeys() && !dropsKeys()}
          >
            {props.provider ? t().common.save : t().providers.add}
          </Button>
        </>
      }
    >
      <Form id="edit-provider" onSubmit={submit} problem={problem()}>
        <Show when={asksAboutKeys()}>
          <CheckField label={t().providers.dropKeys} checked={dropsKeys()} onChange={setDropsKeys} />
        </Show>
        <Show when={!props.provider}>
          <VendorField presets={presets} value={presetId()} onChange={choose} />
        </Show>
        <ProviderFields draft={draft} set={setDraft} errors={errors()} />
      </Form>
    </Dialog>
  );
}
