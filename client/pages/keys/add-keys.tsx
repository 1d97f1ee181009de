import { createSignal, For, type JSX, Show } from "solid-js";
import { createMutation, describeError, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Form, MoreFields, SelectField, TextArea, TextField } from "../../components/field.tsx";
import { Status } from "../../components/status.tsx";
import { toast } from "../../components/toast.tsx";
import { t } from "../../i18n/index.ts";
import { createKeyMutation, type ProviderOption } from "./documents.ts";
import { createKeyDraft, KeyFields, toKeyInput } from "./key-form.tsx";
import styles from "./keys.module.css";

interface Refusal {
  readonly preview: string;
  readonly reason: string;
}

/** One key, or many at once, a line each. What was refused stays in the field, so that only that is tried again. */
export function AddKeys(props: {
  readonly providers: readonly ProviderOption[];
  readonly providerId: string;
  readonly onClose: () => void;
}): JSX.Element {
  const [providerId, setProviderId] = createSignal(props.providerId);
  const [name, setName] = createSignal("");
  const [secrets, setSecrets] = createSignal("");
  const [draft, setDraft] = createKeyDraft();
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const [refusals, setRefusals] = createSignal<readonly Refusal[]>([]);
  const [progress, setProgress] = createSignal<number | null>(null);
  const creation = createMutation(createKeyMutation, (data) => data.createProviderKey);
  const chosenProvider = () => props.providers.find((each) => each.id === providerId()) ?? props.providers[0];
  const lines = () => [...new Set(secrets().split(/\s+/))].filter((line) => line !== "");

  const submit = async () => {
    const provider = chosenProvider();
    const all = lines();
    if (progress() !== null || !provider) return;
    if (all.length === 0) return setErrors([{ code: "REQUIRED", message: "", field: ["secret"] }]);
    const failed: { secret: string; errors: readonly UserErrorLike[] }[] = [];
    for (const [index, secret] of all.entries()) {
      setProgress(index);
      const outcome = await creation.run({
        input: {
          ...toKeyInput(draft),
          providerId: provider.id,
          secret,
          name: name().trim() ? (all.length > 1 ? `${name().trim()} ${index + 1}` : name().trim()) : null,
          enabled: true,
          proxyUrl: draft.proxyUrl.trim() || null,
        },
      });
      if (!outcome.ok) failed.push({ secret, errors: outcome.errors });
    }
    setProgress(null);
    const added = all.length - failed.length;
    if (added > 0) toast(t().keys.added(added));
    if (failed.length === 0) return props.onClose();
    setSecrets(failed.map((each) => each.secret).join("\n"));
    if (all.length === 1) return setErrors(failed[0]?.errors ?? []);
    setErrors([]);
    setRefusals(failed.map((each) => ({ preview: preview(each.secret), reason: reasonOf(each.errors) })));
  };

  return (
    <Dialog
      title={t().keys.add}
      onClose={props.onClose}
      footer={
        <Show
          when={props.providers.length > 0}
          fallback={
            <LinkButton kind="primary" href="/providers?new=provider">
              {t().providers.add}
            </LinkButton>
          }
        >
          <Button onClick={() => props.onClose()}>{t().common.cancel}</Button>
          <Button type="submit" form="add-keys" kind="primary" busy={progress() !== null}>
            {progress() === null
              ? t().keys.addCount(lines().length)
              : t().keys.adding((progress() ?? 0) + 1, lines().length)}
          </Button>
        </Show>
      }
    >
      <Show when={props.providers.length > 0} fallback={<p>{t().keys.needsProvider}</p>}>
        <Form id="add-keys" onSubmit={submit} problem={errorOf(errors(), null)}>
          <SelectField
            label={t().keys.columns.provider}
            value={chosenProvider()?.id ?? ""}
            options={props.providers.map((each) => ({ value: each.id, label: each.name }))}
            onChange={setProviderId}
            error={errorOf(errors(), "providerId")}
          />
          <TextArea
            label={t().keys.secrets}
            hint={t().keys.secretsHint}
            mono
            rows={3}
            placeholder="sk-…"
            value={secrets()}
            onInput={(value) => {
              setSecrets(value);
              setErrors([]);
            }}
            error={errorOf(errors(), "secret")}
            required
            autofocus
          />
          <Show when={refusals().length > 0}>
            <ul class={styles.outcomes} aria-label={t().keys.refused}>
              <For each={refusals()}>
                {(each) => (
                  <li>
                    <span class="mono">{each.preview}</span>
                    <Status tone="err" shape="cross" label={each.reason} />
                  </li>
                )}
              </For>
            </ul>
          </Show>
          <TextField
            label={t().keys.columns.name}
            optional
            hint={t().keys.nameHint}
            value={name()}
            onInput={setName}
            error={errorOf(errors(), "name")}
          />
          <MoreFields label={t().common.moreOptions}>
            <KeyFields draft={draft} set={setDraft} errors={errors()} />
          </MoreFields>
        </Form>
      </Show>
    </Dialog>
  );
}

const preview = (secret: string) => (secret.length > 12 ? `${secret.slice(0, 3)}…${secret.slice(-4)}` : "…");
const reasonOf = (errors: readonly UserErrorLike[]) => (errors[0] ? describeError(errors[0]) : "");
