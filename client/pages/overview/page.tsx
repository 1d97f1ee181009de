import { createEffect, type JSX, onCleanup, Show } from "solid-js";
import { createLive } from "../../api/live.ts";
import { createQuery } from "../../api/query.ts";
import { LinkButton } from "../../components/button.tsx";
import { Status } from "../../components/status.tsx";
import { When } from "../../components/when.tsx";
import { t } from "../../i18n/index.ts";
import { TIME_ZONE } from "../../lib/local-time.ts";
import { createThrottle } from "../../lib/throttle.ts";
import { mayOpen } from "../../shell/access.ts";
import { Page } from "../../shell/page.tsx";
import { keyEvents } from "../keys/documents.ts";
import { Attention } from "./attention.tsx";
import { DayChart } from "./day-chart.tsx";
import { overviewQuery } from "./documents.ts";
import { KeyHealth } from "./key-health.tsx";
import { LiveStrip } from "./live-strip.tsx";
import styles from "./overview.module.css";
import { createPulse } from "./pulse.ts";
import { Today } from "./today.tsx";

/** What the live numbers do not carry, the day's sums, is asked for again this often. */
const REFRESH_MS = 30_000;

export default function OverviewPage(): JSX.Element {
  const query = createQuery(overviewQuery, () => ({ timeZone: TIME_ZONE }));
  const pulse = createPulse();
  const refetchSoon = createThrottle(() => void query.refetch());
  const overview = () => query.data()?.overview;

  createLive({
    document: keyEvents,
    variables: () => ({}),
    cursor: (data) => data.keyEvents.cursor,
    onGap: refetchSoon,
    onData: refetchSoon,
  });
  createEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void query.refetch();
    }, REFRESH_MS);
    onCleanup(() => clearInterval(timer));
  });

  return (
    <Page
      title={t().nav.pages.overview}
      error={query.error()}
      onRetry={() => void query.refetch()}
      scroll
      actions={
        <Show when={overview()?.providers === 0 && mayOpen("/setup")}>
          <LinkButton kind="primary" href="/setup">
            {t().setup.start}
          </LinkButton>
        </Show>
      }
    >
      <LiveStrip pulse={pulse} first={overview()?.now} />
      <div class={styles.grid}>
        <div class={styles.column}>
          <DayChart />
          <section class={styles.section}>
            <h2>{t().overview.today}</h2>
            <Show when={overview()}>{(data) => <Today today={data().today} yesterday={data().yesterday} />}</Show>
          </section>
        </div>
        <div class={styles.column}>
          <section class={`${styles.section} ${styles.urgent}`}>
            <div class={styles.sectionHead}>
              <h2>{t().overview.needsAttention}</h2>
              <Show when={overview()?.openAlerts}>
                {(count) => <Status tone="warn" shape="triangle" label={t().overview.openAlerts(count())} />}
              </Show>
            </div>
            <Show when={overview()}>{(data) => <Attention items={data().attention} />}</Show>
          </section>
          <section class={styles.section}>
            <h2>{t().overview.keyHealth}</h2>
            <Show when={query.data()}>{(data) => <KeyHealth providers={data().providers.nodes} />}</Show>
          </section>
          <Show when={overview()?.versionInfo}>
            {(info) => (
              <p class={styles.version}>
                Sluice {info().version} · {t().overview.started} <When at={info().startedAt} /> ·{" "}
                {t().overview.retention(info().logRetentionDays)}
              </p>
            )}
          </Show>
        </div>
      </div>
    </Page>
  );
}
