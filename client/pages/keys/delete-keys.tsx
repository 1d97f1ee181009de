import { type JSX, Show } from "solid-js";
import { Confirm } from "../../components/confirm.tsx";
import { t } from "../../i18n/index.ts";
import type { Key } from "./documents.ts";

/** It takes keys from running work: this one is asked, and can be undone besides. */
export function DeleteKeys(props: {
  readonly keys: readonly Key[];
  /** More than `keys` when a filter stands for rows that are not loaded. */
  readonly count: number;
  readonly onDelete: () => Promise<string | undefined>;
  readonly onClose: () => void;
}): JSX.Element {
  const only = () => (props.count === 1 ? props.keys[0] : undefined);
  return (
    <Confirm
      title={t().keys.deleteTitle(props.count)}
      action={t().common.delete}
      danger
      onConfirm={props.onDelete}
      onClose={props.onClose}
    >
      <p>
        <Show when={only()} fallback={t().keys.deleteMany(props.count)}>
          {(key) => t().keys.deleteOne(key().name, key().provider.name)}
        </Show>
      </p>
    </Confirm>
  );
}
