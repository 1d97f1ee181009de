import { createSignal, type JSX, Show } from "solid-js";
import { createStore } from "solid-js/store";
import { createMutation, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { staleVersion } from "../../api/stale.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { CheckField, FieldRow, Form, SelectField, TextArea, TextField } from "../../components/field.tsx";
import { splitWords } from "../../components/tags.tsx";
import { toast } from "../../components/toast.tsx";
import { t } from "../../i18n/index.ts";
import { changedFields } from "../../lib/changes.ts";
import { toLocalInput } from "../../lib/local-time.ts";
import { type Client, createClientMutation, modelNamesQuery, updateClientMutation } from "./documents.ts";

type Policy = NonNullable<Client["requestContent"]> | "DEFAULT";

/** A new client key, whose secret `onCreated` then shows, or changes to one that is there. */
export function EditClient(props: {
  readonly client?: Client;
  readonly onClose: () => void;
  readonly onCreated: (client: Client, secret: string) => void;
  readonly onSaved: (client: Client) => void;
}): JSX.Element {
  const [draft, setDraft] = createStore({
    name: props.client?.name ?? "",
    expiresAt: props.client?.expiresAt ? toLocalInput(props.client.expiresAt) : "",
    allowedModels: props.client?.allowedModels.join(", ") ?? "",
    requestContent: (props.client?.requestContent ?? "DEFAULT") as Policy,
    strictParameters: props.client?.strictParameters ?? false,
    tags: props.client?.tags.join(", ") ?? "",
    memo: props.client?.memo ?? "",
  });
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const models = createQuery(modelNamesQuery, () => (may("MODELS_READ") ? {} : null));
  const creation = createMutation(createClientMutation, (data) => data.createClientKey);
  const update = createMutation(updateClientMutation, (data) => data.updateClientKey);
  const busy = () => creation.busy() || update.busy();
  let version = props.client?.version;

  const input = () => ({
    name: draft.name.trim(),
    expiresAt: draft.expiresAt ? new Date(draft.expiresAt).toISOString() : null,
    allowedModels: splitWords(draft.allowedModels),
    requestContent: draft.requestContent === "DEFAULT" ? null : draft.requestContent,
    strictParameters: draft.strictParameters,
    tags: splitWords(draft.tags),
    memo: draft.memo.trim() || null,
  });
  const before = input();
  const create = async () => {
    const outcome = await creation.run({ input: input() });
    if (!outcome.ok) return setErrors(outcome.errors);
    const { clientKey, secret } = outcome.payload;
    props.onClose();
    if (clientKey && secret) props.onCreated(clientKey, secret);
  };
  const save = async (client: Client) => {
    // The name of a built-in client is not a person's to choose.
    const { name, ...rest } = changedFields(before, input());
    const changes = client.builtin || name === undefined ? rest : { name, ...rest };
    if (Object.keys(changes).length === 0) return props.onClose();
    const outcome = await update.run({ input: { ...changes, id: client.id, expectedVersion: version ?? null } });
    if (!outcome.ok) {
      version = staleVersion(outcome.errors) ?? version;
      return setErrors(outcome.errors);
    }
    if (outcome.payload.clientKey) props.onSaved(outcome.payload.clientKey);
    toast(t().common.saved);
    props.onClose();
  };
  const submit = async () => {
    if (busy()) return;
    await (props.client ? save(props.client) : create());
  };
  const policies: readonly Policy[] = ["DEFAULT", "NONE", "METADATA", "FULL"];
  const error = (field: string | null) => errorOf(errors(), field);

  return (
    <Dialog
      title={props.client ? t().clients.edit(props.client.name) : t().clients.add}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={() => props.onClose()}>{t().common.cancel}</Button>
          <Button type="submit" form="edit-client" kind="primary" busy={busy()}>
            {props.client ? t().common.save : t().clients.create}
          </Button>
        </>
      }
    >
      <Form id="edit-client" onSubmit={submit} problem={error(null)}>
        <Show when={!props.client?.builtin}>
          <TextField
            label={t().clients.name}
            hint={t().clients.nameHint}
            value={draft.name}
            onInput={(name) => setDraft({ name })}
            error={error("name")}
            required
            autofocus
          />
        </Show>
        <TextField
          label={t().clients.allowedModels}
          optional
          hint={t().clients.allowedModelsHint}
          value={draft.allowedModels}
          onInput={(allowedModels) => setDraft({ allowedModels })}
          suggestions={models.data()?.models.nodes.map((each) => each.name) ?? []}
          error={error("allowedModels")}
        />
        <FieldRow>
          <TextField
            label={t().clients.expires}
            optional
            kind="datetime-local"
            value={draft.expiresAt}
            onInput={(expiresAt) => setDraft({ expiresAt })}
            error={error("expiresAt")}
          />
          <SelectField
            label={t().clients.content}
            hint={t().clients.contentHints[draft.requestContent]}
            value={draft.requestContent}
            options={policies.map((value) => ({ value, label: t().clients.contentPolicies[value] }))}
            onChange={(requestContent) => setDraft({ requestContent })}
            error={error("requestContent")}
          />
        </FieldRow>
        <CheckField
          label={t().clients.strict}
          hint={t().clients.strictHint}
          checked={draft.strictParameters}
          onChange={(strictParameters) => setDraft({ strictParameters })}
        />
        <TextField
          label={t().keys.tags}
          optional
          hint={t().common.commaSeparated}
          value={draft.tags}
          onInput={(tags) => setDraft({ tags })}
          error={error("tags")}
        />
        <TextArea
          label={t().common.memo}
          optional
          rows={2}
          value={draft.memo}
          onInput={(memo) => setDraft({ memo })}
          error={error("memo")}
        />
      </Form>
    </Dialog>
  );
}
