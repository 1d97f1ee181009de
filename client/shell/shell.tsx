import { type RouteSectionProps, useLocation } from "@solidjs/router";
import { createSignal, ErrorBoundary, type JSX, Match, onMount, Show, Suspense, Switch } from "solid-js";
import { ROUTER_BASE } from "../api/base.ts";
import { proofAsked } from "../api/proof.ts";
import { session } from "../api/session.ts";
import { Button } from "../components/button.tsx";
import { ToastRegion } from "../components/toast.tsx";
import { t } from "../i18n/index.ts";
import { isNarrow } from "../lib/media.ts";
import { ProofDialog } from "../pages/sign-in/proof-dialog.tsx";
import { checkSession } from "../pages/sign-in/session.ts";
import { SignInDialog, SignInPage } from "../pages/sign-in/sign-in.tsx";
import { ROUTES } from "../routes.ts";
import { lackingFor } from "./access.ts";
import { ConnectionChip } from "./connection-chip.tsx";
import { Navigation } from "./navigation.tsx";
import { NoAccess } from "./no-access.tsx";
import { Palette } from "./palette.tsx";
import styles from "./shell.module.css";
import { createShellShortcuts, ShortcutSheet } from "./shortcut-sheet.tsx";
import { UpdateBar } from "./update-bar.tsx";

/** Everything around a page: who is signed in decides what is shown at all. */
export function Shell(props: RouteSectionProps): JSX.Element {
  const location = useLocation();
  const [overlay, setOverlay] = createSignal<"palette" | "shortcuts" | null>(null);
  const isSetup = () => location.pathname.endsWith("/setup");
  const lacking = () => {
    const route = ROUTES.find((each) => location.pathname === ROUTER_BASE + each);
    return route === undefined ? [] : lackingFor(route);
  };
  onMount(checkSession);
  createShellShortcuts({ openPalette: () => setOverlay("palette"), openSheet: () => setOverlay("shortcuts") });

  return (
    <>
      <Switch>
        <Match when={session() === "unreachable"}>
          <Unreachable />
        </Match>
        <Match when={isSetup() && session() !== "checking"}>
          <Guarded>{props.children}</Guarded>
        </Match>
        <Match when={session() === "anonymous"}>
          <SignInPage />
        </Match>
        <Match when={session() === "active" || session() === "expired"}>
          <button type="button" class={styles.skip} onClick={() => document.getElementById("content")?.focus()}>
            {t().nav.skip}
          </button>
          <div class={styles.shell}>
            <Navigation onPalette={() => setOverlay("palette")} onShortcuts={() => setOverlay("shortcuts")} />
            <main id="content" class={styles.content} tabindex="-1">
              <Show when={lacking().length === 0} fallback={<NoAccess lacking={lacking()} />}>
                <Guarded>{props.children}</Guarded>
              </Show>
            </main>
          </div>
          <ConnectionChip />
        </Match>
      </Switch>
      <UpdateBar />
      <Show when={session() === "expired"}>
        <SignInDialog />
      </Show>
      <Show when={session() === "active" && proofAsked()}>{(asked) => <ProofDialog asked={asked()} />}</Show>
      <Show when={overlay() === "palette" && session() === "active"}>
        <Palette onClose={() => setOverlay(null)} />
      </Show>
      <Show when={overlay() === "shortcuts" && !isNarrow()}>
        <ShortcutSheet onClose={() => setOverlay(null)} />
      </Show>
      <ToastRegion />
    </>
  );
}

/** A page whose script is gone belongs to an older server: a reload gets the new one. */
function Guarded(props: { readonly children: JSX.Element }): JSX.Element {
  return (
    <ErrorBoundary
      fallback={(error: unknown) => {
        const isOld = /dynamically imported module|importing a module script/i.test(String(error));
        if (!isOld) console.error(error);
        return (
          <div class={styles.message} role="alert">
            <h1>{isOld ? t().errors.newVersion : t().errors.broken}</h1>
            <p>{isOld ? t().errors.newVersionHint : String(error)}</p>
            <Button kind="primary" icon="refresh" onClick={() => location.reload()}>
              {t().common.reload}
            </Button>
          </div>
        );
      }}
    >
      <Suspense>{props.children}</Suspense>
    </ErrorBoundary>
  );
}

function Unreachable(): JSX.Element {
  return (
    <main class={styles.message}>
      <h1>{t().errors.unreachableTitle}</h1>
      <p>{t().errors.unreachable}</p>
      <Button kind="primary" icon="refresh" onClick={checkSession}>
        {t().common.retry}
      </Button>
    </main>
  );
}
