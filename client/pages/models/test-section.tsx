import { A } from "@solidjs/router";
import { createSignal, type JSX, Show } from "solid-js";
import { createMutation, describeError } from "../../api/mutation.ts";
import { Button } from "../../components/button.tsx";
import { PeekSection } from "../../components/peek.tsx";
import { Status } from "../../components/status.tsx";
import { formatDuration } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { testModelMutation } from "./documents.ts";
import styles from "./models.module.css";

interface Verdict {
  readonly ok: boolean;
  readonly label: string;
  readonly words: string;
  readonly requestId: string | undefined;
}

/** One real request through the gateway, and what came of it. */
export function TestSection(props: { readonly modelId: string }): JSX.Element {
  const [verdict, setVerdict] = createSignal<Verdict>();
  const test = createMutation(testModelMutation, (data) => data.testModel);
  const run = async () => {
    setVerdict(undefined);
    const outcome = await test.run({ input: { modelId: props.modelId, prompt: "ping" } });
    if (!outcome.ok) {
      const words = outcome.errors[0] ? describeError(outcome.errors[0]) : "";
      return setVerdict({ ok: false, label: t().models.testFailed(""), words, requestId: undefined });
    }
    const { ok, httpStatus, latencyMs, text, errorMessage, request } = outcome.payload;
    setVerdict({
      ok,
      label: ok ? t().models.testOk(formatDuration(latencyMs ?? 0)) : t().models.testFailed(String(httpStatus ?? "")),
      words: (ok ? text : errorMessage) ?? "",
      requestId: request?.id,
    });
  };
  return (
    <PeekSection
      title={t().models.testTitle}
      tools={
        <Button small icon="play" busy={test.busy()} onClick={() => void run()}>
          {t().models.test}
        </Button>
      }
    >
      <Show when={verdict()} fallback={<p class="muted">{t().models.testHint}</p>}>
        {(found) => (
          <div class={styles.route} role="status">
            <Status
              tone={found().ok ? "ok" : "err"}
              shape={found().ok ? "disc" : "cross"}
              label={found().label.trim()}
            />
            <Show when={found().words}>
              <blockquote class={styles.words}>{found().words}</blockquote>
            </Show>
            <Show when={found().requestId}>
              {(id) => <A href={`/requests?request=${id()}`}>{t().models.testRequest}</A>}
            </Show>
          </div>
        )}
      </Show>
    </PeekSection>
  );
}
