import { createEffect, createSignal, type JSX, Show } from "solid-js";
import { createMutation, describeError, type UserErrorLike } from "../../api/mutation.ts";
import { noteSignedIn } from "../../api/session.ts";
import { renewSocket } from "../../api/socket.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Form, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import { AppearanceMenu } from "../../shell/appearance-menu.tsx";
import { Mark } from "../../shell/navigation.tsx";
import { signInMutation } from "./documents.ts";
import { isSetupRequired } from "./session.ts";
import styles from "./sign-in.module.css";

export function SignInPage(): JSX.Element {
  createEffect(() => {
    document.title = `${t().session.signIn} · Sluice`;
  });
  return (
    <main class={styles.page}>
      <div class={styles.corner}>
        <AppearanceMenu />
      </div>
      <div class={styles.head}>
        <h1>
          <Mark />
          Sluice
        </h1>
        <p>{isSetupRequired() ? t().session.setupHint : t().session.hint}</p>
      </div>
      <Show when={!isSetupRequired()}>
        <SignInForm id="sign-in" />
        <Button type="submit" form="sign-in" kind="primary">
          {t().session.signIn}
        </Button>
        <p class={styles.note}>{t().session.note}</p>
      </Show>
    </main>
  );
}

/** Over the page whose session has ended: what was typed there is still there afterwards. */
export function SignInDialog(): JSX.Element {
  return (
    <Dialog
      title={t().session.expired}
      onClose={() => {}}
      firm
      footer={
        <Button type="submit" form="sign-in-again" kind="primary">
          {t().session.signIn}
        </Button>
      }
    >
      <div class={styles.form}>
        <p class="muted">{t().session.expiredHint}</p>
        <SignInForm id="sign-in-again" />
      </div>
    </Dialog>
  );
}

/** The token goes into a cookie that no script can read; it is kept nowhere else. */
function SignInForm(props: { readonly id: string }): JSX.Element {
  const [token, setToken] = createSignal("");
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const signIn = createMutation(signInMutation, (data) => data.signIn);
  const submit = async () => {
    if (signIn.busy()) return;
    if (token().trim() === "") return setErrors([{ code: "REQUIRED", message: "", field: ["token"] }]);
    const outcome = await signIn.run({ input: { token: token().trim() } });
    if (!outcome.ok) return setErrors(outcome.errors);
    setToken("");
    renewSocket();
    noteSignedIn();
  };
  const problem = () => {
    const [error] = errors();
    if (!error) return undefined;
    // Whatever the reason, one answer: which tokens exist is nobody's business.
    return error.code === "unauthenticated" || error.code === "INVALID" ? t().session.wrongToken : describeError(error);
  };
  return (
    <Form id={props.id} onSubmit={submit}>
      <TextField
        label={t().session.token}
        kind="secret"
        value={token()}
        onInput={(value) => {
          setToken(value);
          setErrors([]);
        }}
        placeholder="adm_…"
        error={problem()}
        required
        autofocus
      />
    </Form>
  );
}
