import { createSignal, type JSX, Show } from "solid-js";
import { createMutation, describeError, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { noteSignedIn } from "../../api/session.ts";
import { renewSocket } from "../../api/socket.ts";
import { Button } from "../../components/button.tsx";
import { Form, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import { signInMutation } from "./documents.ts";
import styles from "./sign-in.module.css";

/** By password, or by an admin token. What is typed goes into a cookie that no script can read; it is kept nowhere else. */
export function SignInForm(props: {
  readonly id: string;
  /** The button that sends it, where that is not elsewhere. */
  readonly children?: JSX.Element;
}): JSX.Element {
  const [byToken, setByToken] = createSignal(false);
  const [email, setEmail] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [code, setCode] = createSignal("");
  /** Known only once the password was right. */
  const [asksCode, setAsksCode] = createSignal(false);
  const [token, setToken] = createSignal("");
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const signIn = createMutation(signInMutation, (data) => data.signIn);

  const submit = async () => {
    if (signIn.busy()) return;
    const missing = byToken()
      ? !token().trim() && "token"
      : (!email().trim() && "email") || (!password() && "password");
    if (missing) return setErrors([{ code: "REQUIRED", message: "", field: [missing] }]);
    const input = byToken()
      ? { token: token().trim() }
      : { email: email().trim(), password: password(), ...(asksCode() ? { totp: code().trim() } : {}) };
    const outcome = await signIn.run({ input });
    if (!outcome.ok) {
      const isAsked = outcome.errors.some((error) => error.code === "TOTP_REQUIRED");
      const isNews = isAsked && !asksCode();
      if (isAsked) setAsksCode(true);
      return setErrors(isNews ? [] : outcome.errors);
    }
    setToken("");
    setPassword("");
    setCode("");
    renewSocket();
    noteSignedIn(outcome.payload.viewer.scopes);
  };
  const typed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setErrors([]);
  };
  /** Whatever the reason, one answer: who and which tokens there are is nobody's business. */
  const problemOf = (field: string, words: () => string) => {
    const [error] = errors();
    if (error?.code === "REQUIRED") return errorOf(errors(), field);
    if (error?.code === "unauthenticated") return field === "token" ? words() : undefined;
    return error?.code === "INVALID" && error.field?.[0] === field ? words() : undefined;
  };
  const formProblem = () => errors().find((error) => error.field === null && error.code !== "unauthenticated");

  return (
    <Form id={props.id} onSubmit={submit}>
      <Show
        when={byToken()}
        fallback={
          <>
            <TextField
              label={t().session.email}
              value={email()}
              onInput={typed(setEmail)}
              autocomplete="username"
              error={problemOf("email", () => t().session.wrongPassword)}
              required
              autofocus
            />
            <TextField
              label={t().session.password}
              kind="secret"
              value={password()}
              onInput={typed(setPassword)}
              autocomplete="current-password"
              error={problemOf("password", () => t().session.wrongPassword)}
              required
            />
            <Show when={asksCode()}>
              <TextField
                label={t().session.code}
                hint={t().session.codeHint}
                value={code()}
                onInput={typed(setCode)}
                autocomplete="one-time-code"
                error={problemOf("totp", () => t().session.wrongCode)}
                required
                autofocus
              />
            </Show>
          </>
        }
      >
        <TextField
          label={t().session.token}
          kind="secret"
          value={token()}
          onInput={typed(setToken)}
          placeholder="adm_…"
          error={problemOf("token", () => t().session.wrongToken)}
          hint={t().session.note}
          required
          autofocus
        />
      </Show>
      <Show when={formProblem()}>{(error) => <p role="alert">{describeError(error())}</p>}</Show>
      {props.children}
      <div class={styles.other}>
        <Button
          kind="quiet"
          small
          onClick={() => {
            setByToken(!byToken());
            setErrors([]);
          }}
        >
          {byToken() ? t().session.usePassword : t().session.useToken}
        </Button>
      </div>
    </Form>
  );
}
