import { createEffect, type JSX, Show } from "solid-js";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { t } from "../../i18n/index.ts";
import { AppearanceMenu } from "../../shell/appearance-menu.tsx";
import { Mark } from "../../shell/navigation.tsx";
import { ProviderProblem, ProviderSignIn } from "./provider-sign-in.tsx";
import { isSetupRequired } from "./session.ts";
import styles from "./sign-in.module.css";
import { SignInForm } from "./sign-in-form.tsx";

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
        <SignInForm id="sign-in">
          <ProviderProblem />
          <Button type="submit" kind="primary">
            {t().session.signIn}
          </Button>
        </SignInForm>
        <ProviderSignIn />
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
        <ProviderSignIn />
      </div>
    </Dialog>
  );
}
