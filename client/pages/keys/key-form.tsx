import type { JSX } from "solid-js";
import { createStore } from "solid-js/store";
import { errorOf, type UserErrorLike } from "../../api/mutation.ts";
import { FieldRow, TextArea, TextField } from "../../components/field.tsx";
import { splitWords } from "../../components/tags.tsx";
import { t } from "../../i18n/index.ts";
import type { Key } from "./documents.ts";

/** What may be set on a new key and changed on an old one; text as it is typed. */
export interface KeyDraft {
  priority: string;
  weight: string;
  tags: string;
  memo: string;
  userAgent: string;
  proxyUrl: string;
}

export function createKeyDraft(key?: Key) {
  return createStore<KeyDraft>({
    priority: String(key?.priority ?? 0),
    weight: String(key?.weight ?? 1),
    tags: key?.tags.join(", ") ?? "",
    memo: key?.memo ?? "",
    userAgent: key?.userAgent ?? "",
    proxyUrl: "",
  });
}

/** The draft as the API takes it. The proxy's address is not part of it: it is never answered, so empty may mean unchanged. */
export function toKeyInput(draft: KeyDraft) {
  return {
    priority: Math.trunc(Number(draft.priority) || 0),
    weight: Math.trunc(Number(draft.weight) || 0),
    tags: splitWords(draft.tags),
    memo: draft.memo.trim() || null,
    userAgent: draft.userAgent.trim() || null,
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
