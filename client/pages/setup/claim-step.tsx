import { createSignal, type JSX, Show } from "solid-js";
import { createMutation, describeError, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { noteSignedIn } from "../../api/session.ts";
import { renewSocket } from "../../api/socket.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import fieldStyles from "../../components/field.module.css";
import { Form, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import { acceptInvitationMutation, setUpMutation } from "./documents.ts";
import styles from "./setup.module.css";

/** A link works once: that of the first start makes the first owner's account, an invitation asks for a password only. */
export function ClaimStep(props: {
  readonly linkToken: string;
  readonly invited: boolean;
  readonly onDone: () => void;
}): JSX.Element {
  const [email, setEmail] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const setUp = createMutation(setUpMutation, (data) => data.setUp);
  const accept = createMutation(acceptInvitationMutation, (data) => data.acceptInvitation);
  const busy = () => setUp.busy() || accept.busy();
  const problemOf = (field: string) => errorOf(errors(), field);
  /** The link itself is at fault: nothing that is typed here helps. */
  const linkProblem = () => {
    const error = errors().find(({ field }) => !["email", "password"].includes(field?.[0] ?? ""));
    if (error === undefined) return undefined;
    if (error.code === "RATE_LIMITED") return describeError(error);
    return props.invited ? t().setup.invitationUsed : t().setup.linkUsed;
  };
  const claim = async () => {
    if (busy()) return;
    const account = { email: email().trim(), password: password() };
    const missing = props.invited || account.email ? (account.password ? undefined : "password") : "email";
    if (missing) return setErrors([{ code: "REQUIRED", message: "", field: [missing] }]);
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const outcome = props.invited
      ? await accept.run({ input: { inviteToken: props.linkToken, password: account.password } })
      : await setUp.run({ input: { setupToken: props.linkToken, ...account, timeZone, locale: navigator.language } });
    if (!outcome.ok) return setErrors(outcome.errors);
    setPassword("");
    renewSocket();
    noteSignedIn(outcome.payload.viewer.scopes);
    props.onDone();
  };
  return (
    <section class={styles.step}>
      <h1>{t().setup.welcome}</h1>
      <p>{props.invited ? t().setup.invitedText : t().setup.welcomeText}</p>
      <Show
        when={linkProblem()}
        fallback={
          <>
            <Form id="claim" onSubmit={claim}>
              <Show when={!props.invited}>
                <TextField
                  label={t().session.email}
                  value={email()}
                  onInput={setEmail}
                  autocomplete="username"
                  error={problemOf("email")}
                  required
                  autofocus
                />
              </Show>
              <TextField
                label={t().session.password}
                kind="secret"
                value={password()}
                onInput={setPassword}
                hint={t().setup.passwordHint}
                error={problemOf("password")}
                required
                autofocus={props.invited}
              />
            </Form>
            <div class={styles.actions}>
              <Button type="submit" form="claim" kind="primary" busy={busy()}>
                {t().setup.claim}
              </Button>
            </div>
          </>
        }
      >
        <p class={fieldStyles.problem} role="alert">
          {linkProblem()}
        </p>
        <div class={styles.actions}>
          <LinkButton href="/">{t().session.signIn}</LinkButton>
        </div>
      </Show>
    </section>
  );
}
