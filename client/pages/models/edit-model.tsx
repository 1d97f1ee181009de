import { createSignal, For, type JSX, Show } from "solid-js";
import { createStore, produce } from "solid-js/store";
import { createMutation, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { staleVersion } from "../../api/stale.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import fieldStyles from "../../components/field.module.css";
import { CheckField, FieldRow, Form, TextField } from "../../components/field.tsx";
import { toast } from "../../components/toast.tsx";
import { t } from "../../i18n/index.ts";
import { changedFields } from "../../lib/changes.ts";
import type { ProviderOption } from "../keys/documents.ts";
import { createModelMutation, type Model, updateModelMutation } from "./documents.ts";
import { draftOf, toModelInput } from "./model-form.ts";
import styles from "./models.module.css";
import { PriceFields } from "./price-fields.tsx";
import { TargetsEditor } from "./targets-editor.tsx";

const CAPABILITIES = [
  "CHAT",
  "STREAMING",
  "TOOLS",
  "VISION",
  "REASONING",
  "JSON_SCHEMA",
  "AUDIO_IN",
  "EMBEDDING",
  "IMAGE",
  "TTS",
  "TRANSCRIPTION",
] as const satisfies readonly Model["capabilities"][number][];

export function EditModel(props: {
  readonly model?: Model;
  readonly name?: string;
  readonly providers: readonly ProviderOption[];
  readonly onClose: () => void;
  readonly onSaved: (model: Model) => void;
}): JSX.Element {
  const first = draftOf(props.model, props.providers[0]?.id ?? "", props.name);
  const before = toModelInput(first);
  const [draft, setDraft] = createStore(first);
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const creation = createMutation(createModelMutation, (data) => data.createModel);
  const update = createMutation(updateModelMutation, (data) => data.updateModel);
  const busy = () => creation.busy() || update.busy();
  let version = props.model?.version;

  const submit = async () => {
    if (busy()) return;
    const input = toModelInput(draft);
    const changes = changedFields(before, input);
    if (props.model && Object.keys(changes).length === 0) return props.onClose();
    const outcome = props.model
      ? await update.run({ input: { ...changes, id: props.model.id, expectedVersion: version ?? null } })
      : await creation.run({ input });
    if (!outcome.ok) {
      version = staleVersion(outcome.errors) ?? version;
      return setErrors(outcome.errors);
    }
    toast(props.model ? t().common.saved : t().models.added(input.name));
    if (outcome.payload.model) props.onSaved(outcome.payload.model);
    props.onClose();
  };
  const toggle = (capability: (typeof CAPABILITIES)[number], on: boolean) =>
    setDraft("capabilities", (known) => (on ? [...known, capability] : known.filter((each) => each !== capability)));
  const error = (field: string | null) => errorOf(errors(), field);

  return (
    <Dialog
      wide
      title={props.model ? t().models.edit(props.model.name) : t().models.add}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={() => props.onClose()}>{t().common.cancel}</Button>
          <Button type="submit" form="edit-model" kind="primary" busy={busy()}>
            {props.model ? t().common.save : t().models.add}
          </Button>
        </>
      }
    >
      <Form id="edit-model" onSubmit={submit} problem={error(null)}>
        <FieldRow>
          <TextField
            label={t().models.name}
            hint={t().models.nameHint}
            value={draft.name}
            onInput={(name) => setDraft({ name })}
            error={error("name")}
            required
          />
          <TextField
            label={t().models.aliases}
            optional
            hint={t().common.commaSeparated}
            value={draft.aliases}
            onInput={(aliases) => setDraft({ aliases })}
            error={error("aliases")}
          />
        </FieldRow>
        <TargetsEditor
          targets={draft.targets}
          modelName={draft.name}
          providers={props.providers}
          errors={errors()}
          onChange={(index, change) => setDraft("targets", index, change)}
          onAdd={(target) => setDraft("targets", (known) => [...known, target])}
          onRemove={(index) =>
            setDraft(
              "targets",
              produce((known) => void known.splice(index, 1)),
            )
          }
        />
        <PriceFields draft={draft} set={setDraft} errors={errors()} builtin={builtinOf(props.model)} />
        <fieldset class={fieldStyles.set}>
          <legend>{t().models.capabilities}</legend>
          <div class={styles.capabilities}>
            <For each={CAPABILITIES}>
              {(each) => (
                <CheckField
                  label={t().models.capability[each]}
                  checked={draft.capabilities.includes(each)}
                  onChange={(on) => toggle(each, on)}
                />
              )}
            </For>
          </div>
        </fieldset>
        <FieldRow>
          <TextField
            label={t().models.contextWindow}
            optional
            kind="number"
            min={0}
            value={draft.contextWindow}
            onInput={(contextWindow) => setDraft({ contextWindow })}
            error={error("contextWindow")}
          />
          <TextField
            label={t().models.maxOutputTokens}
            optional
            kind="number"
            min={0}
            value={draft.maxOutputTokens}
            onInput={(maxOutputTokens) => setDraft({ maxOutputTokens })}
            error={error("maxOutputTokens")}
          />
        </FieldRow>
        <TextField
          label={t().models.displayName}
          optional
          placeholder={draft.name}
          value={draft.displayName}
          onInput={(displayName) => setDraft({ displayName })}
          error={error("displayName")}
        />
        <TextField
          label={t().models.description}
          optional
          value={draft.description}
          onInput={(description) => setDraft({ description })}
          error={error("description")}
        />
        <Show when={props.model}>
          <CheckField
            label={t().models.enabled}
            hint={t().models.enabledHint}
            checked={draft.enabled}
            onChange={(enabled) => setDraft({ enabled })}
          />
        </Show>
      </Form>
    </Dialog>
  );
}

const builtinOf = (model: Model | undefined) => (model?.price?.source === "BUILTIN" ? model.price : null);
