import { Route, Router } from "@solidjs/router";
import { type JSX, lazy } from "solid-js";
import { ROUTER_BASE } from "./api/base.ts";
import type { Route as Path } from "./routes.ts";
import { NotFound } from "./shell/not-found.tsx";
import { Shell } from "./shell/shell.tsx";

const PAGES = {
  "/": lazy(() => import("./pages/overview/page.tsx")),
  "/providers": lazy(() => import("./pages/providers/page.tsx")),
  "/keys": lazy(() => import("./pages/keys/page.tsx")),
  "/models": lazy(() => import("./pages/models/page.tsx")),
  "/clients": lazy(() => import("./pages/clients/page.tsx")),
  "/requests": lazy(() => import("./pages/requests/page.tsx")),
  "/setup": lazy(() => import("./pages/setup/page.tsx")),
} satisfies Record<Path, () => JSX.Element>;

export function App(): JSX.Element {
  return (
    <Router base={ROUTER_BASE} root={Shell}>
      {Object.entries(PAGES).map(([path, component]) => (
        <Route path={path} component={component} />
      ))}
      <Route path="*" component={NotFound} />
    </Router>
  );
}
