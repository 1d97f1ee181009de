import type { JSX } from "solid-js";
import { createQuery } from "../../api/query.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { SecretBox } from "../../components/secret-box.tsx";
import { t } from "../../i18n/index.ts";
import styles from "./clients.module.css";
import { modelNamesQuery } from "./documents.ts";
import { SnippetTabs } from "./snippet-tabs.tsx";

/** The one moment in which a client key can be seen. */
export function SecretDialog(props: {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}): JSX.Element {
  const models = createQuery(modelNamesQuery, () => ({}));
  const model = () => models.data()?.models.nodes.find((each) => each.enabled)?.name ?? "MODEL";
  return (
    <Dialog
      title={t().clients.secretTitle(props.name)}
      onClose={props.onClose}
      wide
      firm
      footer={
        <Button kind="primary" onClick={() => props.onClose()}>
          {t().clients.secretDone}
        </Button>
      }
    >
      <div class={styles.stack}>
        <p>{t().clients.secretText}</p>
        <SecretBox secret={props.secret} label={t().clients.one} />
        <SnippetTabs secret={props.secret} model={model()} />
      </div>
    </Dialog>
  );
}
