import type { JSX } from "solid-js";
import { t } from "../i18n/index.ts";
import { IconButton } from "./button.tsx";
import { Menu, type MenuItem } from "./menu.tsx";

/** The three dots beside a title: what else can be done with the thing. */
export function MoreMenu(props: { readonly items: readonly MenuItem[] }): JSX.Element {
  return (
    <Menu
      label={t().common.more}
      items={props.items}
      trigger={(trigger) => (
        <IconButton
          icon="more"
          label={t().common.more}
          ref={trigger.ref}
          onClick={trigger.onClick}
          expanded={trigger.expanded}
        />
      )}
    />
  );
}
