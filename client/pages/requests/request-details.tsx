import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import { CopyButton } from "../../components/copy.tsx";
import { Detail, Details } from "../../components/peek.tsx";
import { formatBytes, formatFull } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { clientName } from "../clients/client-name.ts";
import type { RequestDetail } from "./documents.ts";
import styles from "./requests.module.css";

export function RequestDetails(props: { readonly request: RequestDetail }): JSX.Element {
  return (
    <Details>
      <Detail label={t().requests.columns.time}>{formatFull(props.request.receivedAt)}</Detail>
      <Detail label={t().requests.columns.model}>{props.request.requestedModel}</Detail>
      <Detail label={t().requests.servedModel}>{props.request.servedModel}</Detail>
      <Detail label={t().requests.origin}>{t().requests.origins[props.request.origin]}</Detail>
      <Detail label={t().requests.columns.client}>
        <Show when={props.request.clientKey}>
          {(client) => <A href={`/clients?client=${client().id}`}>{clientName(client())}</A>}
        </Show>
      </Detail>
      <Detail label={t().requests.columns.key}>
        <Show when={props.request.providerKey}>
          {(key) => (
            <>
              {props.request.provider?.name} · <A href={`/keys?key=${key().id}`}>{key().name}</A>
            </>
          )}
        </Show>
      </Detail>
      <Detail label={t().requests.endpoint}>
        {props.request.endpoint} · {t().requests.format[props.request.format]}
      </Detail>
      <Detail label={t().requests.stream}>{props.request.stream ? t().common.yes : t().common.no}</Detail>
      <Detail label={t().requests.sent}>
        {props.request.requestBytes === null ? null : formatBytes(props.request.requestBytes)}
      </Detail>
      <Detail label={t().requests.received}>{formatBytes(props.request.responseBytes)}</Detail>
      <Detail label={t().requests.address}>{props.request.clientAddress}</Detail>
      <Detail label={t().keys.userAgent}>{props.request.userAgent}</Detail>
      <Detail label={t().requests.id}>
        <span class={styles.id}>
          <span class="mono">{props.request.id}</span>
          <CopyButton text={props.request.id} label={t().requests.copyId} />
        </span>
      </Detail>
    </Details>
  );
}
