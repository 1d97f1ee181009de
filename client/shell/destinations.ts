import type { IconName } from "../components/icon.tsx";
import type { Dictionary } from "../i18n/index.ts";
import type { Route } from "../routes.ts";

export interface Destination {
  readonly path: Route;
  readonly name: keyof Dictionary["nav"]["pages"];
  readonly icon: IconName;
  /** After "g". */
  readonly letter: string;
  /** Reached from another page's tabs: no entry of its own. */
  readonly under?: Route;
}

export const DESTINATIONS: readonly Destination[] = [
  { path: "/", name: "overview", icon: "overview", letter: "o" },
  { path: "/keys", name: "keys", icon: "keys", letter: "k" },
  { path: "/providers", name: "providers", icon: "providers", letter: "p", under: "/keys" },
  { path: "/models", name: "models", icon: "models", letter: "m" },
  { path: "/clients", name: "clients", icon: "clients", letter: "c" },
  { path: "/requests", name: "requests", icon: "requests", letter: "r" },
];
