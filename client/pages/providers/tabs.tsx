import type { JSX } from "solid-js";
import { PageTabs } from "../../components/segmented.tsx";
import { t } from "../../i18n/index.ts";

/** Keys and the providers they belong to are two views of one pool. */
export function ProviderTabs(): JSX.Element {
  return (
    <PageTabs
      label={t().nav.pages.keys}
      tabs={[
        { href: "/keys", label: t().keys.tab },
        { href: "/providers", label: t().providers.tab },
      ]}
    />
  );
}
