import { createEffect, type JSX, on, onCleanup, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Peek, PeekActions, PeekSection } from "../../components/peek.tsx";
import { Tags } from "../../components/tags.tsx";
import { formatDuration } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { CostArithmetic } from "./cost-arithmetic.tsx";
import { type Request, requestQuery } from "./documents.ts";
import { RequestCost, RequestDuration, RequestTokens } from "./parts.tsx";
import { RequestContentSection } from "./request-content.tsx";
import { RequestDetails } from "./request-details.tsx";
import { isRunning, RequestStatusMark } from "./request-status.tsx";
import styles from "./requests.module.css";
import { Waterfall } from "./waterfall.tsx";

const RETRY_MS = 700;
const MAX_TRIES = 5;

/** One request: what became of it, upstream call by call, token by token, cent by cent. */
export function RequestPeek(props: {
  readonly id: string;
  readonly row: Request | undefined;
  readonly onClose: () => void;
  readonly onCancel: (request: Request) => void;
}): JSX.Element {
  const query = createQuery(requestQuery, () => ({ id: props.id }));
  const detail = () => query.data()?.requestLog;
  const request = (): Request | undefined => props.row ?? detail() ?? undefined;
  // When it settles, the attempts and the arithmetic are there to be asked for.
  createEffect(
    on(
      () => props.row?.status,
      () => void query.refetch(),
      { defer: true },
    ),
  );
  // The log is written in batches: one that has just settled may take a moment to be found there.
  let tries = 0;
  createEffect(() => {
    const isMissing = query.data() !== undefined && detail() === null;
    if (!isMissing || query.loading() || !props.row || isRunning(props.row) || tries >= MAX_TRIES) return;
    const timer = setTimeout(() => {
      tries++;
      void query.refetch();
    }, RETRY_MS);
    onCleanup(() => clearTimeout(timer));
  });
  return (
    <Peek title={request()?.requestedModel || t().requests.one} onClose={props.onClose}>
      <Show
        when={request()}
        fallback={
          <PeekSection>
            <p class="muted">{query.loading() ? t().common.loading : t().requests.gone}</p>
          </PeekSection>
        }
      >
        {(each) => (
          <>
            <PeekSection>
              <RequestStatusMark request={each()} badge />
              <Show when={each().errorMessage ?? each().errorClass}>
                <blockquote class={styles.quote}>
                  <Show when={each().errorClass}>
                    {(errorClass) => <strong>{t().errorClass[errorClass()]}</strong>}
                  </Show>{" "}
                  {each().errorMessage}
                </blockquote>
              </Show>
              <dl class={styles.summary}>
                <Fact label={t().requests.columns.latency}>
                  <RequestDuration request={each()} />
                </Fact>
                <Fact label={t().requests.columns.firstToken}>{duration(each().firstTokenMs)}</Fact>
                <Fact label={t().requests.columns.tokens}>
                  <RequestTokens request={each()} />
                </Fact>
                <Fact label={t().usage.cost}>
                  <RequestCost request={each()} />
                </Fact>
              </dl>
              <Show when={each().droppedFields.length > 0}>
                <div class={styles.left}>
                  <span class="muted">{t().requests.droppedFields}</span>
                  <Tags words={each().droppedFields} />
                </div>
              </Show>
              <Show when={isRunning(each()) && may("REQUESTS_CANCEL")}>
                <PeekActions>
                  <Button small kind="danger" icon="stop" onClick={() => props.onCancel(each())}>
                    {t().requests.cancel}
                  </Button>
                </PeekActions>
              </Show>
            </PeekSection>
            <Show when={detail()}>
              {(full) => (
                <>
                  <Show when={full().attempts.length > 0}>
                    <PeekSection title={t().requests.attemptsTitle(full().attempts.length)}>
                      <Waterfall
                        attempts={full().attempts}
                        totalMs={full().latencyMs}
                        firstTokenMs={full().firstTokenMs}
                      />
                    </PeekSection>
                  </Show>
                  <Show when={full().usage}>
                    <PeekSection title={t().requests.arithmetic}>
                      <CostArithmetic request={full()} />
                    </PeekSection>
                  </Show>
                  <PeekSection title={t().common.details}>
                    <RequestDetails request={full()} />
                  </PeekSection>
                  <Show when={!isRunning(full())}>
                    <PeekSection title={t().requests.content}>
                      <RequestContentSection request={full()} />
                    </PeekSection>
                  </Show>
                </>
              )}
            </Show>
          </>
        )}
      </Show>
    </Peek>
  );
}

const duration = (ms: number | null) => (ms === null ? "–" : formatDuration(ms));

function Fact(props: { readonly label: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
