import { createSignal, type JSX, Match, onMount, Show, Switch } from "solid-js";
import { execute } from "../../api/client.ts";
import { createMutation, describeError, errorOf, type UserErrorLike } from "../../api/mutation.ts";
import type { ProofAsked } from "../../api/proof.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Form, TextField } from "../../components/field.tsx";
import { t } from "../../i18n/index.ts";
import { proofKindsQuery, reauthenticateMutation } from "./documents.ts";
import { ProviderSignIn } from "./provider-sign-in.tsx";
import styles from "./sign-in.module.css";

type Kind = "password" | "totp" | "token";

/** Over a page whose action needs a fresh proof: the action goes on with it, and what was typed stays. */
export function ProofDialog(props: { readonly asked: ProofAsked }): JSX.Element {
  const [kinds, setKinds] = createSignal<readonly Kind[]>();
  const [kind, setKind] = createSignal<Kind>("password");
  const [given, setGiven] = createSignal("");
  const [errors, setErrors] = createSignal<readonly UserErrorLike[]>([]);
  const prove = createMutation(reauthenticateMutation, (data) => data.reauthenticate);

  onMount(async () => {
    const answer = await execute(proofKindsQuery, {});
    const user = answer.ok ? answer.data.viewer.user : null;
    const token = answer.ok && user === null;
    const found: Kind[] = token
      ? ["token"]
      : [
          ...(user === null || user.passwordSet ? (["password"] as const) : []),
          ...(user?.totpEnabled ? (["totp"] as const) : []),
        ];
    setKind(found[0] ?? "password");
    setKinds(found);
  });
  const choose = (next: Kind) => {
    setKind(next);
    setGiven("");
    setErrors([]);
  };
  const submit = async () => {
    if (prove.busy()) return;
    if (!given()) return setErrors([{ code: "REQUIRED", message: "", field: [kind()] }]);
    const outcome = await prove.run({ input: { [kind()]: given() } });
    if (outcome.ok) return props.asked.answer(true);
    setErrors(outcome.errors);
  };
  const problem = (words: string) => {
    const [error] = errors();
    return error?.code === "INVALID" ? words : errorOf(errors(), kind());
  };
  const formProblem = () => errors().find((error) => error.field === null);
  const onInput = (value: string) => {
    setGiven(value);
    setErrors([]);
  };

  return (
    <Dialog
      title={t().session.prove}
      onClose={() => props.asked.answer(false)}
      footer={
        <>
          <Button onClick={() => props.asked.answer(false)}>{t().common.cancel}</Button>
          <Show when={kinds()?.length !== 0}>
            <Button type="submit" form="prove" kind="primary" busy={prove.busy()}>
              {t().session.goOn}
            </Button>
          </Show>
        </>
      }
    >
      <div class={styles.form}>
        <p class="muted">{t().session.proveHint}</p>
        <Show when={kinds()?.length}>
          <Form id="prove" onSubmit={submit}>
            <Switch>
              <Match when={kind() === "password"}>
                <TextField
                  label={t().session.password}
                  kind="secret"
                  value={given()}
                  onInput={onInput}
                  autocomplete="current-password"
                  error={problem(t().session.wrongOwnPassword)}
                  required
                  autofocus
                />
              </Match>
              <Match when={kind() === "totp"}>
                <TextField
                  label={t().session.code}
                  hint={t().session.codeHint}
                  value={given()}
                  onInput={onInput}
                  autocomplete="one-time-code"
                  error={problem(t().session.wrongCode)}
                  required
                  autofocus
                />
              </Match>
              <Match when={kind() === "token"}>
                <TextField
                  label={t().session.token}
                  kind="secret"
                  value={given()}
                  onInput={onInput}
                  placeholder="adm_…"
                  error={problem(t().session.wrongToken)}
                  required
                  autofocus
                />
              </Match>
            </Switch>
            <Show when={formProblem()}>{(error) => <p role="alert">{describeError(error())}</p>}</Show>
            <Show when={kinds()!.length > 1}>
              <div class={styles.other}>
                <Button kind="quiet" small onClick={() => choose(kind() === "totp" ? "password" : "totp")}>
                  {kind() === "totp" ? t().session.byPassword : t().session.byCode}
                </Button>
              </div>
            </Show>
          </Form>
        </Show>
        <Show when={kinds() !== undefined && kind() !== "token"}>
          <ProviderSignIn again />
        </Show>
      </div>
    </Dialog>
  );
}
