import { For, type JSX } from "solid-js";
import { createStore } from "solid-js/store";
import { errorOf, type UserErrorLike } from "../../api/mutation.ts";
import fieldStyles from "../../components/field.module.css";
import { FieldRow, TextArea, TextField } from "../../components/field.tsx";
import { splitWords } from "../../components/tags.tsx";
import { t } from "../../i18n/index.ts";
import type { Key } from "./documents.ts";
import styles from "./keys.module.css";

/** What may be set on a new key and changed on an old one; text as it is typed. */
export interface KeyDraft {
  priority: string;
  weight: string;
  tags: string;
  memo: string;
  userAgent: string;
  proxyUrl: string;
  rpm: string;
  tpm: string;
  rpd: string;
  concurrency: string;
}

export const LIMITS = ["rpm", "tpm", "rpd", "concurrency"] as const;

export function createKeyDraft(key?: Key) {
  return createStore<KeyDraft>({
    priority: String(key?.priority ?? 0),
    weight: String(key?.weight ?? 1),
    tags: key?.tags.join(", ") ?? "",
    memo: key?.memo ?? "",
    userAgent: key?.userAgent ?? "",
    proxyUrl: "",
    rpm: key?.limits.rpm?.toString() ?? "",
    tpm: key?.limits.tpm?.toString() ?? "",
    rpd: key?.limits.rpd?.toString() ?? "",
    concurrency: key?.limits.concurrency?.toString() ?? "",
  });
}

/** The draft as the API takes it. The proxy's address is not part of it: it is never answered, so empty may mean unchanged. */
export function toKeyInput(draft: KeyDraft) {
  const limit = (value: string) => (value.trim() === "" ? null : Math.trunc(Number(value)));
  return {
    priority: Math.trunc(Number(draft.priority) || 0),
    weight: Math.trunc(Number(draft.weight) || 0),
    tags: splitWords(draft.tags),
    memo: draft.memo.trim() || null,
    userAgent: draft.userAgent.trim() || null,
    // Set together: the API takes what is not named as unlimited.
    limits: {
      rpm: limit(draft.rpm),
      tpm: limit(draft.tpm),
      rpd: limit(draft.rpd),
      concurrency: limit(draft.concurrency),
    },
  };
}

export function KeyFields(props: {
  readonly draft: KeyDraft;
  readonly set: (name: keyof KeyDraft, value: string) => void;
  readonly errors: readonly UserErrorLike[];
  /** The proxy in use, as far as it may be shown. */
  readonly proxyPreview?: string | null;
}): JSX.Element {
  return (
    <>
      <FieldRow>
        <TextField
          label={t().keys.columns.priority}
          hint={t().keys.priorityHint}
          kind="number"
          value={props.draft.priority}
          onInput={(value) => props.set("priority", value)}
          error={errorOf(props.errors, "priority")}
        />
        <TextField
          label={t().keys.weight}
          hint={t().keys.weightHint}
          kind="number"
          min={0}
          value={props.draft.weight}
          onInput={(value) => props.set("weight", value)}
          error={errorOf(props.errors, "weight")}
        />
      </FieldRow>
      <fieldset class={fieldStyles.set}>
        <legend>{t().keys.limits}</legend>
        <p class={fieldStyles.hint}>{t().keys.limitsHint}</p>
        <div class={styles.limits}>
          <For each={LIMITS}>
            {(name) => (
              <TextField
                label={t().keys.limit[name]}
                kind="number"
                min={1}
                placeholder="∞"
                value={props.draft[name]}
                onInput={(value) => props.set(name, value)}
                error={errorOf(props.errors, `limits.${name}`)}
              />
            )}
          </For>
        </div>
      </fieldset>
      <TextField
        label={t().keys.tags}
        optional
        hint={t().common.commaSeparated}
        value={props.draft.tags}
        onInput={(value) => props.set("tags", value)}
        error={errorOf(props.errors, "tags")}
      />
      <FieldRow>
        <TextField
          label={t().keys.userAgent}
          optional
          value={props.draft.userAgent}
          onInput={(value) => props.set("userAgent", value)}
          error={errorOf(props.errors, "userAgent")}
        />
        <TextField
          label={t().keys.proxy}
          optional
          kind="url"
          placeholder={props.proxyPreview ?? "http://user:password@host:port"}
          hint={props.proxyPreview ? t().keys.proxyKept : undefined}
          value={props.draft.proxyUrl}
          onInput={(value) => props.set("proxyUrl", value)}
          error={errorOf(props.errors, "proxyUrl")}
        />
      </FieldRow>
      <TextArea
        label={t().common.memo}
        optional
        rows={2}
        value={props.draft.memo}
        onInput={(value) => props.set("memo", value)}
        error={errorOf(props.errors, "memo")}
      />
    </>
  );
}
