import { createSignal, type JSX, Show } from "solid-js";
import { SIGN_IN_WITH_URL } from "../../api/base.ts";
import { AwayButton } from "../../components/button.tsx";
import { t } from "../../i18n/index.ts";
import { signInWith } from "./session.ts";
import styles from "./sign-in.module.css";

const PARAMETER = "signInProblem";
const [problem] = createSignal(takeProblem());

/** The way in by the provider's word, where one is set: the browser goes there and comes back to this page. */
export function ProviderSignIn(props: {
  /** The same person again: a fresh proof. */
  readonly again?: boolean;
}): JSX.Element {
  const href = () => {
    const back = encodeURIComponent(location.pathname + location.search);
    return `${SIGN_IN_WITH_URL}?return=${back}${props.again === true ? "&reauthenticate=true" : ""}`;
  };
  return (
    <Show when={signInWith()}>
      {(name) => (
        <div class={styles.provider}>
          <div class={styles.or}>{t().session.or}</div>
          <AwayButton href={href()}>{t().session.with(name())}</AwayButton>
        </div>
      )}
    </Show>
  );
}

/** Why the last attempt led back here. */
export function ProviderProblem(): JSX.Element {
  const words = () => {
    const problems: Readonly<Record<string, string>> = t().session.problems;
    const code = problem();
    return code !== null && Object.hasOwn(problems, code) ? problems[code] : null;
  };
  return (
    <Show when={words()}>
      {(text) => (
        <p role="alert" class={styles.problem}>
          {text()}
        </p>
      )}
    </Show>
  );
}

/** Read once and taken out of the address: reloading the page does not tell it again. */
function takeProblem(): string | null {
  const url = new URL(location.href);
  const code = url.searchParams.get(PARAMETER);
  if (code === null) return null;
  url.searchParams.delete(PARAMETER);
  history.replaceState(history.state, "", url);
  return code;
}
