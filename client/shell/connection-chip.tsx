import { createEffect, createSignal, type JSX, onCleanup, Show } from "solid-js";
import { connection, lastUpdate } from "../api/socket.ts";
import { StatusShape } from "../components/status.tsx";
import { formatTime } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import styles from "./shell.module.css";

/** A line that is back within this time was never missed. */
const PATIENCE_MS = 1500;

/** Says since when the live data stands still. */
export function ConnectionChip(): JSX.Element {
  const [shown, setShown] = createSignal(false);
  createEffect(() => {
    if (connection() !== "lost") return setShown(false);
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    onCleanup(() => clearTimeout(timer));
  });
  return (
    <div role="status">
      <Show when={shown()}>
        <div class={styles.chip}>
          <StatusShape shape="quarter" />
          <Show when={lastUpdate()} fallback={t().connection.reconnecting}>
            {(at) => t().connection.reconnectingSince(formatTime(at()))}
          </Show>
        </div>
      </Show>
    </div>
  );
}
