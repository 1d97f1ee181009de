import { createSignal, type JSX } from "solid-js";
import { createMutation, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { staleVersion } from "../../api/stale.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Form, TextField } from "../../components/field.tsx";
import { toast } from "../../components/toast.tsx";
import { t } from "../../i18n/index.ts";
import { changedFields } from "../../lib/changes.ts";
import { type Key, updateKeyMutation } from "./documents.ts";
import { createKeyDraft, KeyFields, toKeyInput } from "./key-form.tsx";

/** Changes a key; its secret only when a new one is typed. */
export function EditKey(props: {
  readonly key: Key;
  readonly onClose: () => void;
  readonly onSaved: (key: Key) => void;
}): JSX.Element {
  const [name, setName] = createSignal(props.key.name);
  const [secret, setSecret] = createSignal("");
  const [draft, setDraft] = createKeyDraft(props.key);
  const input = () => ({ ...toKeyInput(draft), name: name().trim() });
  const before = input();
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const update = createMutation(updateKeyMutation, (data) => data.updateProviderKey);
  let version = props.key.version;

  const submit = async () => {
    if (update.busy()) return;
    const changes = {
      ...changedFields(before, input()),
      ...(secret().trim() ? { secret: secret().trim() } : {}),
      ...(draft.proxyUrl.trim() ? { proxyUrl: draft.proxyUrl.trim() } : {}),
    };
    if (Object.keys(changes).length === 0) return props.onClose();
    const outcome = await update.run({ input: { ...changes, id: props.key.id, expectedVersion: version } });
    if (!outcome.ok) {
      version = staleVersion(outcome.errors) ?? version;
      return setErrors(outcome.errors);
    }
    if (outcome.payload.providerKey) props.onSaved(outcome.payload.providerKey);
    toast(t().common.saved);
    props.onClose();
  };
  return (
    <Dialog
      title={t().keys.edit(props.key.name)}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={() => props.onClose()}>{t().common.cancel}</Button>
          <Button type="submit" form="edit-key" kind="primary" busy={update.busy()}>
            {t().common.save}
          </Button>
        </>
      }
    >
      <Form id="edit-key" onSubmit={submit} problem={errorOf(errors(), null)}>
        <TextField
          label={t().keys.columns.name}
          value={name()}
          onInput={setName}
          error={errorOf(errors(), "name")}
          required
        />
        <TextField
          label={t().keys.newSecret}
          optional
          kind="secret"
          placeholder={props.key.secretPreview}
          hint={t().keys.newSecretHint}
          value={secret()}
          onInput={setSecret}
          error={errorOf(errors(), "secret")}
        />
        <KeyFields draft={draft} set={setDraft} errors={errors()} proxyPreview={props.key.proxyPreview} />
      </Form>
    </Dialog>
  );
}
