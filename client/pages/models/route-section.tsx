import { A } from "@solidjs/router";
import { createSignal, For, type JSX, Show } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { Button } from "../../components/button.tsx";
import { PeekSection } from "../../components/peek.tsx";
import { type Shape, Status, type Tone } from "../../components/status.tsx";
import { formatPercent } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { type Candidate, routeQuery } from "./documents.ts";
import styles from "./models.module.css";

const LOOKS: Readonly<Record<Candidate["verdict"], { readonly tone: Tone; readonly shape: Shape }>> = {
  WOULD_SERVE: { tone: "plain", shape: "disc" },
  FALLBACK: { tone: "idle", shape: "ring" },
  SKIPPED: { tone: "warn", shape: "triangle" },
};

/** Of these the name alone does not tell what is in the way. */
const TELLING: ReadonlySet<NonNullable<Candidate["skip"]>> = new Set([
  "ENDPOINT_UNSUPPORTED",
  "PASSED_OVER",
  "REQUEST_REFUSED",
  "REQUEST_UNSUPPORTED",
]);

/** Key by key: who would be asked, in which order, and who would not, and why. Worked out when somebody wants to know. */
export function RouteSection(props: { readonly model: string }): JSX.Element {
  const [wanted, setWanted] = createSignal(false);
  const query = createQuery(routeQuery, () => (wanted() ? { model: props.model } : null));
  const look = () => (wanted() ? void query.refetch() : setWanted(true));
  return (
    <PeekSection
      title={t().models.route.title}
      tools={
        <Button small kind={wanted() ? "quiet" : "plain"} busy={query.loading()} onClick={look}>
          {wanted() ? t().models.route.again : t().models.route.ask}
        </Button>
      }
    >
      <Show when={query.error()}>{(error) => <p class="muted">{error().message}</p>}</Show>
      <Show when={wanted() && query.data()?.explainRoute}>
        {(route) => (
          <div class={styles.route}>
            <Show when={route().refusal}>
              {(refusal) => (
                <p role="status">
                  {refusal().httpStatus} · {refusal().message}
                </p>
              )}
            </Show>
            <ol class={styles.candidates}>
              <For each={route().candidates}>{(each) => <CandidateLine candidate={each} />}</For>
            </ol>
            <p class="muted">
              <Show when={route().omitted > 0}>{t().models.route.omitted(route().omitted)}. </Show>
              {t().models.route.hint}
            </p>
          </div>
        )}
      </Show>
    </PeekSection>
  );
}

function CandidateLine(props: { readonly candidate: Candidate }): JSX.Element {
  const look = () => LOOKS[props.candidate.verdict];
  const word = () => {
    const { verdict, skip } = props.candidate;
    return skip ? t().models.route.skipped(t().models.route.skip[skip]) : t().models.route.verdict[verdict];
  };
  /** The upstream's words; ours where they say more than the name of the skip. */
  const words = () => {
    const { skip, parked, reason } = props.candidate;
    return parked?.message ?? (skip === null || TELLING.has(skip) ? reason : null);
  };
  return (
    <li>
      <span class={styles.candidate}>
        <span>
          {props.candidate.provider?.name ?? t().models.deletedProvider}
          <Show when={props.candidate.providerKey}>
            {(key) => (
              <>
                {" · "}
                <A href={`/keys?key=${key().id}`}>{key().name}</A>
              </>
            )}
          </Show>{" "}
          <span class="muted">{props.candidate.upstreamModel}</span>
        </span>
        <Status tone={look().tone} shape={look().shape} label={word()} until={props.candidate.parked?.until} />
      </span>
      <Show when={props.candidate.chance !== null && (props.candidate.chance ?? 1) < 1}>
        <span class="muted">{t().models.route.chance(formatPercent(props.candidate.chance ?? 0))}</span>
      </Show>
      <Show when={words()}>{(text) => <span class="muted">{text()}</span>}</Show>
    </li>
  );
}
