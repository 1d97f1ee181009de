import { createEffect, createSignal, type JSX, Show } from "solid-js";
import { createLive } from "../../api/live.ts";
import { createMutation, describeError, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { createQuery } from "../../api/query.ts";
import { Button } from "../../components/button.tsx";
import { Form, TextField } from "../../components/field.tsx";
import { SecretBox } from "../../components/secret-box.tsx";
import { t } from "../../i18n/index.ts";
import { type Client, createClientMutation } from "../clients/documents.ts";
import { SnippetTabs } from "../clients/snippet-tabs.tsx";
import { type Arrival, firstRequest, progressQuery } from "./documents.ts";
import { FirstRequest } from "./first-request.tsx";
import styles from "./setup.module.css";

/** A client key, something to paste, and a line that turns green when the first request has come through. */
export function ClientStep(props: { readonly model: string | undefined; readonly onDone: () => void }): JSX.Element {
  const [name, setName] = createSignal(t().setup.clientDefault);
  const [model, setModel] = createSignal(props.model ?? "");
  const [made, setMade] = createSignal<{ client: Client; secret: string }>();
  const [arrival, setArrival] = createSignal<Arrival>();
  const [isRunning, setRunning] = createSignal(false);
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const creation = createMutation(createClientMutation, (data) => data.createClientKey);
  const progress = createQuery(progressQuery, () => ({}));

  createEffect(() => {
    const known = progress.data()?.models.nodes[0]?.name;
    if (known && model() === "") setModel(known);
  });
  createLive({
    document: firstRequest,
    variables: () => {
      const client = made()?.client;
      return client ? { filter: { clientKeys: [client.id] } } : null;
    },
    onData({ requestFeed: event }) {
      if (event.__typename !== "RequestFeedBatch") return;
      if (event.started.length > 0) setRunning(true);
      // The latest counts; one that came through is not taken back by a later one that failed.
      const latest = event.settled.find((each) => each.status === "SUCCESS") ?? event.settled.at(-1);
      if (latest && arrival()?.status !== "SUCCESS") setArrival(latest);
    },
  });

  const create = async () => {
    if (creation.busy()) return;
    const outcome = await creation.run({ input: { name: name().trim(), enabled: true, allowedModels: [] } });
    if (!outcome.ok) return setErrors(outcome.errors);
    const { clientKey, secret } = outcome.payload;
    if (clientKey && secret) setMade({ client: clientKey, secret });
  };
  const problem = () => {
    const [error] = errors();
    return errorOf(errors(), "name") ?? (error && describeError(error));
  };

  return (
    <section class={styles.step}>
      <h1>{t().setup.clientTitle}</h1>
      <Show
        when={made()}
        fallback={
          <>
            <p>{t().setup.clientText}</p>
            <Form id="setup-client" onSubmit={create}>
              <TextField label={t().clients.name} value={name()} onInput={setName} error={problem()} required />
            </Form>
            <div class={styles.actions}>
              <Button type="submit" form="setup-client" kind="primary" busy={creation.busy()}>
                {t().clients.create}
              </Button>
              <Button kind="quiet" onClick={() => props.onDone()}>
                {t().setup.later}
              </Button>
            </div>
          </>
        }
      >
        {(key) => (
          <>
            <p>{t().clients.secretText}</p>
            <SecretBox secret={key().secret} label={t().clients.one} />
            <TextField
              label={t().setup.model}
              hint={t().setup.modelHint}
              value={model()}
              onInput={setModel}
              placeholder="gpt-…"
            />
            <SnippetTabs secret={key().secret} model={model() || "MODEL"} />
            <FirstRequest arrival={arrival()} isRunning={isRunning()} />
            <div class={styles.actions}>
              <Button kind={arrival()?.status === "SUCCESS" ? "primary" : "plain"} onClick={() => props.onDone()}>
                {arrival()?.status === "SUCCESS" ? t().setup.finish : t().setup.later}
              </Button>
            </div>
          </>
        )}
      </Show>
    </section>
  );
}
