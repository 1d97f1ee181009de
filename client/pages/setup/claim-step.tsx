import { createEffect, createSignal, type JSX, onCleanup, Show } from "solid-js";
import { createMutation, describeError } from "../../api/mutation.ts";
import { noteSignedIn } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import fieldStyles from "../../components/field.module.css";
import { SecretBox } from "../../components/secret-box.tsx";
import { t } from "../../i18n/index.ts";
import { setUpMutation } from "./documents.ts";
import styles from "./setup.module.css";

/** The link works once. Its answer, the admin token, is shown once: the next step waits until it has been put away. */
export function ClaimStep(props: { readonly setupToken: string; readonly onDone: () => void }): JSX.Element {
  const [adminToken, setAdminToken] = createSignal<string>();
  const [problem, setProblem] = createSignal<string>();
  const setUp = createMutation(setUpMutation, (data) => data.setUp);
  // The token cannot be shown again: leaving asks first.
  createEffect(() => {
    if (adminToken() === undefined) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    onCleanup(() => window.removeEventListener("beforeunload", ask));
  });
  const claim = async () => {
    const outcome = await setUp.run({ input: { setupToken: props.setupToken } });
    if (outcome.ok && outcome.payload.adminToken) return setAdminToken(outcome.payload.adminToken);
    const error = outcome.ok ? undefined : outcome.errors[0];
    setProblem(error?.code === "RATE_LIMITED" ? describeError(error) : t().setup.linkUsed);
  };
  return (
    <section class={styles.step}>
      <Show
        when={adminToken()}
        fallback={
          <>
            <h1>{t().setup.welcome}</h1>
            <p>{t().setup.welcomeText}</p>
            <Show
              when={problem()}
              fallback={
                <div class={styles.actions}>
                  <Button kind="primary" busy={setUp.busy()} onClick={claim}>
                    {t().setup.claim}
                  </Button>
                </div>
              }
            >
              <p class={fieldStyles.problem} role="alert">
                {problem()}
              </p>
              <div class={styles.actions}>
                <LinkButton href="/">{t().session.signIn}</LinkButton>
              </div>
            </Show>
          </>
        }
      >
        {(token) => (
          <>
            <h1>{t().setup.tokenTitle}</h1>
            <p>{t().setup.tokenText}</p>
            <SecretBox secret={token()} label={t().session.token} />
            <div class={styles.actions}>
              <Button
                kind="primary"
                onClick={() => {
                  // Only now: signing in earlier would let a reload pass over the one moment the token is seen.
                  noteSignedIn();
                  props.onDone();
                }}
              >
                {t().setup.tokenKept}
              </Button>
            </div>
          </>
        )}
      </Show>
    </section>
  );
}
