import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { type Shape, Status, type Tone } from "../../components/status.tsx";
import { formatDuration } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { cx } from "../../lib/cx.ts";
import type { Attempt } from "./documents.ts";
import styles from "./requests.module.css";

const LOOKS: Readonly<Record<Attempt["outcome"], { readonly tone: Tone; readonly shape: Shape }>> = {
  OK: { tone: "plain", shape: "disc" },
  REJECTED: { tone: "err", shape: "cross" },
  UNREACHABLE: { tone: "err", shape: "cross" },
  ABANDONED: { tone: "idle", shape: "ring" },
};

/** Every upstream call against one time axis, so that it can be seen where the time went. */
export function Waterfall(props: {
  readonly attempts: readonly Attempt[];
  readonly totalMs: number | null;
  readonly firstTokenMs: number | null;
}): JSX.Element {
  const total = () =>
    Math.max(1, props.totalMs ?? 0, ...props.attempts.map((each) => each.startOffsetMs + each.durationMs));
  const percent = (ms: number) => `${Math.min(100, Math.max(0, (ms / total()) * 100)).toFixed(2)}%`;
  return (
    <ol class={styles.attempts}>
      <For each={props.attempts}>
        {(attempt) => (
          <li class={styles.attempt}>
            <div class={styles.attemptHead}>
              <span>
                {attempt.provider?.name ?? t().models.deletedProvider}
                <Show when={attempt.providerKey}>
                  {(key) => (
                    <>
                      {" · "}
                      <A href={`/keys?key=${key().id}`}>{key().name}</A>
                    </>
                  )}
                </Show>
                <span class="muted"> {attempt.upstreamModel}</span>
              </span>
              <Status {...LOOKS[attempt.outcome]} label={label(attempt)} />
            </div>
            <div class={styles.track} aria-hidden="true">
              <div
                class={cx(
                  styles.bar,
                  attempt.outcome === "ABANDONED" && styles.given,
                  isFailed(attempt) && styles.failed,
                )}
                style={{ left: percent(attempt.startOffsetMs), width: percent(attempt.durationMs) }}
              />
              <Show when={attempt.outcome === "OK" && props.firstTokenMs}>
                {(ms) => <div class={styles.mark} style={{ left: percent(ms()) }} />}
              </Show>
            </div>
            <p class={styles.words}>
              {t().requests.attemptTime(formatDuration(attempt.startOffsetMs), formatDuration(attempt.durationMs))}
              <Show when={attempt.errorClass}>{(errorClass) => <> · {t().errorClass[errorClass()]}</>}</Show>
              <Show when={attempt.errorMessage}>{(message) => <>: {message()}</>}</Show>
              <Show when={attempt.cooldownMs}>{(ms) => <> · {t().requests.parkedFor(formatDuration(ms()))}</>}</Show>
            </p>
          </li>
        )}
      </For>
      <li class={styles.axis} aria-hidden="true">
        <span>0</span>
        <span>{formatDuration(total())}</span>
      </li>
    </ol>
  );
}

const isFailed = (attempt: Attempt) => attempt.outcome === "REJECTED" || attempt.outcome === "UNREACHABLE";

function label(attempt: Attempt): string {
  const word = t().requests.outcome[attempt.outcome];
  return attempt.httpStatus === null ? word : `${word} ${attempt.httpStatus}`;
}
