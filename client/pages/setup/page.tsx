import { useLocation, useNavigate } from "@solidjs/router";
import { createEffect, createSignal, For, type JSX, Match, onMount, Show, Switch } from "solid-js";
import { session } from "../../api/session.ts";
import { t } from "../../i18n/index.ts";
import { cx } from "../../lib/cx.ts";
import { lackingFor, mayOpen } from "../../shell/access.ts";
import { AppearanceMenu } from "../../shell/appearance-menu.tsx";
import { Mark } from "../../shell/navigation.tsx";
import { NoAccess } from "../../shell/no-access.tsx";
import { SignInPage } from "../sign-in/sign-in.tsx";
import { ClaimStep } from "./claim-step.tsx";
import { ClientStep } from "./client-step.tsx";
import { ProviderStep } from "./provider-step.tsx";
import styles from "./setup.module.css";

const STEPS = ["claim", "provider", "client"] as const;
type Step = (typeof STEPS)[number];

/** The first run: the one-time link becomes an account, then a provider key, then the first request. An invitation ends here too. */
export default function SetupPage(): JSX.Element {
  const location = useLocation();
  const navigate = useNavigate();
  const [linkToken, setLinkToken] = createSignal(location.hash.slice(1));
  const isInvited = linkToken().startsWith("inv_");
  const [step, setStep] = createSignal<Step>(linkToken() ? "claim" : "provider");
  /** The model to try first: known from the vendor that was chosen. */
  const [model, setModel] = createSignal<string>();

  // The token is worth the whole installation: out of the address bar and the history with it.
  onMount(() => {
    if (linkToken()) history.replaceState(history.state, "", location.pathname);
  });
  createEffect(() => {
    document.title = `${t().setup.title} · Sluice`;
  });

  return (
    <Switch>
      <Match when={step() !== "claim" && session() !== "active" && session() !== "expired"}>
        <SignInPage />
      </Match>
      <Match when={step() !== "claim" && !mayOpen("/setup")}>
        <main class={styles.page}>
          <NoAccess lacking={lackingFor("/setup")} />
        </main>
      </Match>
      <Match when={true}>
        <main class={styles.page}>
          <div class={styles.inner}>
            <div class={styles.brand}>
              <span>
                <Mark />
                Sluice
              </span>
              <AppearanceMenu />
            </div>
            <Show when={!isInvited}>
              <ol class={styles.steps}>
                <For each={STEPS}>
                  {(each) => (
                    <li
                      aria-current={each === step() ? "step" : undefined}
                      class={cx(STEPS.indexOf(each) < STEPS.indexOf(step()) && styles.done)}
                    >
                      {t().setup.steps[each]}
                    </li>
                  )}
                </For>
              </ol>
            </Show>
            <Switch>
              <Match when={step() === "claim"}>
                <ClaimStep
                  linkToken={linkToken()}
                  invited={isInvited}
                  onDone={() => {
                    setLinkToken("");
                    if (isInvited) navigate("/");
                    else setStep("provider");
                  }}
                />
              </Match>
              <Match when={step() === "provider"}>
                <ProviderStep
                  onDone={(trial) => {
                    setModel(trial);
                    setStep("client");
                  }}
                />
              </Match>
              <Match when={step() === "client"}>
                <ClientStep model={model()} onDone={() => navigate("/")} />
              </Match>
            </Switch>
          </div>
        </main>
      </Match>
    </Switch>
  );
}
