import type { JSX } from "solid-js";
import { LinkButton } from "../components/button.tsx";
import { t } from "../i18n/index.ts";
import styles from "./shell.module.css";

export function NotFound(): JSX.Element {
  return (
    <div class={styles.message}>
      <h1>{t().errors.notFound}</h1>
      <LinkButton href="/">{t().nav.overview}</LinkButton>
    </div>
  );
}
