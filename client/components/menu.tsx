import { createSignal, For, type JSX, Show } from "solid-js";
import { cx } from "../lib/cx.ts";
import { Icon, type IconName } from "./icon.tsx";
import styles from "./menu.module.css";

export type MenuItem =
  | {
      readonly kind?: "action";
      readonly label: string;
      readonly icon?: IconName;
      readonly danger?: boolean;
      readonly run: () => void;
    }
  | { readonly kind: "choice"; readonly label: string; readonly checked: boolean; readonly run: () => void }
  | { readonly kind: "label"; readonly label: string }
  | { readonly kind: "line" };

interface TriggerProps {
  readonly ref: (element: HTMLElement) => void;
  readonly onClick: () => void;
  readonly expanded: boolean;
}

const GAP = 4;
const MARGIN = 8;

/** A menu on the browser's popover: it stands above everything, a click outside or Escape closes it. Arrow keys move. */
export function Menu(props: {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly trigger: (props: TriggerProps) => JSX.Element;
}): JSX.Element {
  const [open, setOpen] = createSignal(false);
  let trigger: HTMLElement | undefined;
  let menu: HTMLDivElement | undefined;
  // A press on the trigger closes the open popover before the click arrives, which would open it again.
  let closedAt = 0;

  const toggle = () => {
    if (open() || Date.now() - closedAt < 150) return menu?.hidePopover();
    setOpen(true);
    menu?.showPopover();
    if (menu && trigger) place(menu, trigger);
    items(menu)[0]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items(menu);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Tab") menu?.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };

  return (
    <>
      {props.trigger({
        ref: (element) => {
          trigger = element;
        },
        onClick: toggle,
        get expanded() {
          return open();
        },
      })}
      <div
        ref={menu}
        popover="auto"
        role="menu"
        tabindex="-1"
        aria-label={props.label}
        class={styles.menu}
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          if (event.newState !== "closed") return;
          closedAt = Date.now();
          setOpen(false);
          if (menu?.contains(document.activeElement) || document.activeElement === document.body) trigger?.focus();
        }}
      >
        <Show when={open()}>
          <For each={props.items}>{(item) => <MenuRow item={item} onDone={() => menu?.hidePopover()} />}</For>
        </Show>
      </div>
    </>
  );
}

function MenuRow(props: { readonly item: MenuItem; readonly onDone: () => void }): JSX.Element {
  const item = props.item;
  if (item.kind === "line") return <hr class={styles.line} />;
  if (item.kind === "label") return <div class={styles.label}>{item.label}</div>;
  const run = () => {
    props.onDone();
    item.run();
  };
  if (item.kind === "choice") {
    return (
      <button type="button" role="menuitemradio" aria-checked={item.checked} class={styles.item} onClick={run}>
        <span class={styles.tick}>{item.checked ? <Icon name="check" size={14} /> : null}</span>
        {item.label}
      </button>
    );
  }
  return (
    <button type="button" role="menuitem" class={cx(styles.item, item.danger && styles.danger)} onClick={run}>
      {item.icon ? <Icon name={item.icon} size={14} /> : null}
      {item.label}
    </button>
  );
}

function items(menu: HTMLElement | undefined): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("button") ?? [])];
}

/** Below the trigger's end, above it where there is no room; never outside the window. */
function place(menu: HTMLElement, trigger: HTMLElement): void {
  const at = trigger.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + GAP;
  const top = below + height > innerHeight - MARGIN ? Math.max(MARGIN, at.top - GAP - height) : below;
  const left = Math.min(Math.max(MARGIN, at.right - width), innerWidth - width - MARGIN);
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(MARGIN, left)}px`;
}
