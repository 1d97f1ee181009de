import { createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { may } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Code } from "../../components/code.tsx";
import { CopyButton } from "../../components/copy.tsx";
import { formatBytes } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { renderCurl } from "./curl.ts";
import { type RequestContent, type RequestDetail, requestContentQuery } from "./documents.ts";
import styles from "./requests.module.css";

/** Bodies and headers, as far as the policy kept them; fetched when somebody wants to see them. */
export function RequestContentSection(props: { readonly request: RequestDetail }): JSX.Element {
  const [wanted, setWanted] = createSignal(false);
  const query = createQuery(requestContentQuery, () => (wanted() ? { id: props.request.id } : null));
  const content = () => query.data()?.requestLog?.content;
  return (
    <Switch
      fallback={
        <Button small onClick={() => setWanted(true)} busy={query.loading()}>
          {t().requests.showContent}
        </Button>
      }
    >
      <Match when={!may("LOGS_CONTENT")}>
        <p class="muted">{t().requests.contentForbidden}</p>
      </Match>
      <Match when={query.error()}>
        {(error) => (
          <p class="muted">{error().kind === "forbidden" ? t().requests.contentForbidden : error().message}</p>
        )}
      </Match>
      <Match when={content()}>{(kept) => <Kept content={kept()} request={props.request} />}</Match>
      <Match when={query.data()}>
        <p class="muted">{t().requests.notKept}</p>
      </Match>
    </Switch>
  );
}

function Kept(props: { readonly content: RequestContent; readonly request: RequestDetail }): JSX.Element {
  return (
    <div class={styles.stack}>
      <Show when={props.content.requestBody?.text}>
        {(body) => (
          <div>
            <CopyButton text={renderCurl(props.request, body())} label={t().requests.copyCurl} word />
          </div>
        )}
      </Show>
      <Body title={t().requests.requestBody} body={props.content.requestBody} />
      <Body title={t().requests.responseBody} body={props.content.responseBody} />
      <Headers title={t().requests.requestHeaders} headers={props.content.requestHeaders} />
      <Headers title={t().requests.responseHeaders} headers={props.content.responseHeaders} />
      <Show when={props.content.truncated}>
        <p class="muted">{t().requests.truncated}</p>
      </Show>
      <Show when={props.content.policy === "METADATA"}>
        <p class="muted">{t().requests.headersOnly}</p>
      </Show>
    </div>
  );
}

function Body(props: { readonly title: string; readonly body: RequestContent["requestBody"] }): JSX.Element {
  return (
    <Show when={props.body}>
      {(body) => (
        <div class={styles.part}>
          <h4>
            {props.title} <span class="faint">{formatBytes(body().bytes)}</span>
          </h4>
          <Show when={body().text} fallback={<p class="muted">{t().requests.binary}</p>}>
            {(text) => <Code text={pretty(text())} label={props.title} wrap />}
          </Show>
        </div>
      )}
    </Show>
  );
}

function Headers(props: { readonly title: string; readonly headers: unknown }): JSX.Element {
  const lines = () => {
    if (typeof props.headers !== "object" || props.headers === null) return "";
    return Object.entries(props.headers)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join("\n");
  };
  return (
    <Show when={lines()}>
      {(text) => (
        <div class={styles.part}>
          <h4>{props.title}</h4>
          <Code text={text()} label={props.title} wrap />
        </div>
      )}
    </Show>
  );
}

/** JSON indented; everything else, streams too, as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
