import { createSignal, type JSX, Show } from "solid-js";
import { createStore } from "solid-js/store";
import { createMutation, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { createQuery } from "../../api/query.ts";
import { Button } from "../../components/button.tsx";
import { Form, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import { createKeyMutation } from "../keys/documents.ts";
import { createProviderMutation, type Provider } from "../providers/documents.ts";
import { createPresets, FIRST_PRESET_ID } from "../providers/presets.ts";
import { draftFrom, ProviderFields, toProviderInput } from "../providers/provider-form.tsx";
import { VendorField } from "../providers/vendor-field.tsx";
import { progressQuery } from "./documents.ts";
import styles from "./setup.module.css";

/** A vendor and a key: enough for the first call. `onDone` gets a model of that vendor to try. */
export function ProviderStep(props: { readonly onDone: (model: string | undefined) => void }): JSX.Element {
  const presets = createPresets();
  const [presetId, setPresetId] = createSignal(FIRST_PRESET_ID);
  const [draft, setDraft] = createStore(draftFrom());
  const [secret, setSecret] = createSignal("");
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const progress = createQuery(progressQuery, () => ({}));
  const provider = createMutation(createProviderMutation, (data) => data.createProvider);
  const key = createMutation(createKeyMutation, (data) => data.createProviderKey);
  const busy = () => provider.busy() || key.busy();
  /** Made by an earlier try whose key was refused. */
  let made: Provider | null = null;

  const choose = (id: string) => {
    setPresetId(id);
    const chosen = presets.find(id);
    if (chosen) setDraft(draftFrom(chosen));
    setErrors([]);
  };
  const typeSecret = (value: string) => {
    setSecret(value);
    const found = presets.detect(value);
    if (found && found.id !== presetId() && made === null) choose(found.id);
    setErrors([]);
  };
  const submit = async () => {
    if (busy()) return;
    if (secret().trim() === "") return setErrors([{ code: "REQUIRED", message: "", field: ["secret"] }]);
    if (made === null) {
      const outcome = await provider.run({ input: { ...toProviderInput(draft), kind: draft.kind } });
      if (!outcome.ok) return setErrors(outcome.errors);
      made = outcome.payload.provider;
    }
    if (made === null) return;
    const outcome = await key.run({
      input: { providerId: made.id, secret: secret().trim(), enabled: true, priority: 0, weight: 1, tags: [] },
    });
    if (!outcome.ok) return setErrors(outcome.errors);
    props.onDone(presets.find(presetId())?.model ?? undefined);
  };

  return (
    <section class={styles.step}>
      <h1>{t().setup.providerTitle}</h1>
      <p>{t().setup.providerText}</p>
      <Form id="setup-provider" onSubmit={submit} problem={errorOf(errors(), null)}>
        <TextField
          label={t().setup.apiKey}
          kind="secret"
          placeholder="sk-…"
          hint={t().setup.apiKeyHint}
          value={secret()}
          onInput={typeSecret}
          error={errorOf(errors(), "secret")}
          required
          autofocus
        />
        <VendorField presets={presets} value={presetId()} onChange={choose} />
        <ProviderFields draft={draft} set={setDraft} errors={errors()} brief />
      </Form>
      <div class={styles.actions}>
        <Button type="submit" form="setup-provider" kind="primary" busy={busy()}>
          {t().setup.addKey}
        </Button>
        <Show when={(progress.data()?.providers.totalCount ?? 0) > 0}>
          <Button kind="quiet" onClick={() => props.onDone(undefined)}>
            {t().setup.skip}
          </Button>
        </Show>
      </div>
    </section>
  );
}
