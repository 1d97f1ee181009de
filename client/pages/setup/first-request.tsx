import { type JSX, Match, Switch } from "solid-js";
import { Icon } from "../../components/icon.tsx";
import { StatusShape } from "../../components/status.tsx";
import { formatDuration, formatMoney } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { cx } from "../../lib/cx.ts";
import type { Arrival } from "./documents.ts";
import styles from "./setup.module.css";

/** Waits, sees it run, and says how it went. */
export function FirstRequest(props: {
  readonly arrival: Arrival | undefined;
  readonly isRunning: boolean;
}): JSX.Element {
  const arrived = () => (props.arrival?.status === "SUCCESS" ? props.arrival : undefined);
  const failed = () => (props.arrival && props.arrival.status !== "SUCCESS" ? props.arrival : undefined);
  return (
    <div class={cx(styles.waiting, arrived() && styles.arrived, failed() && styles.failed)} role="status">
      <Switch
        fallback={
          <>
            <StatusShape shape={props.isRunning ? "quarter" : "dashes"} />
            <p>{props.isRunning ? t().setup.running : t().setup.waiting}</p>
          </>
        }
      >
        <Match when={arrived()}>
          {(request) => (
            <>
              <Icon name="check" />
              <p>{describe(request())}</p>
            </>
          )}
        </Match>
        <Match when={failed()}>
          {(request) => (
            <>
              <Icon name="warning" />
              <p>{t().setup.failed(request().httpStatus ?? 0, request().errorMessage ?? "")}</p>
            </>
          )}
        </Match>
      </Switch>
    </div>
  );
}

function describe(request: Arrival): string {
  const model = request.servedModel ?? request.requestedModel;
  const time = request.latencyMs === null ? "–" : formatDuration(request.latencyMs);
  return t().setup.arrived(model, time, request.cost === null ? null : formatMoney(request.cost));
}
