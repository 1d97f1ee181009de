import { createEffect, createMemo, For, type JSX, on, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { isNarrow } from "../lib/media.ts";
import { createShortcuts } from "../lib/shortcuts.ts";
import { createVirtualRows } from "../lib/virtual-rows.ts";
import styles from "./table.module.css";
import { classesOf, HeadRow, Row, type TableColumn } from "./table-row.tsx";

export type { TableColumn } from "./table-row.tsx";

export interface TableSort {
  readonly field: string;
  readonly descending: boolean;
}

export interface TableProps<Item extends { readonly id: string }> {
  /** What the rows are, for assistive technology. */
  readonly label: string;
  readonly columns: readonly TableColumn<Item>[];
  readonly rows: readonly Item[];
  /** All rows there are, also those not loaded yet. */
  readonly total?: number | null;
  /** Two lines for a phone. */
  readonly card: (row: Item) => JSX.Element;
  readonly openId: string | null;
  readonly onOpen: (row: Item) => void;
  readonly sort?: TableSort;
  readonly onSort?: (field: string) => void;
  /** The last loaded rows come into view. */
  readonly onEnd?: () => void;
  readonly loading: boolean;
  /** Instead of the rows when there are none. */
  readonly empty: JSX.Element;
  readonly onTopChange?: (isAtTop: boolean) => void;
  readonly scrollerRef?: (element: HTMLElement) => void;
  /** Chosen rows, for actions on several. */
  readonly chosen?: ReadonlySet<string> | undefined;
  readonly onChoose?: ((ids: readonly string[], chosen: boolean) => void) | undefined;
}

const ROW_PX = 36;
const CARD_PX = 64;
const HEAD_PX = 32;
const BONES = [0, 1, 2, 3, 4, 5];

/** A real table whose rows are drawn while they are in view; on a phone a list of cards. J and K walk through it. */
export function Table<Item extends { readonly id: string }>(props: TableProps<Item>): JSX.Element {
  const virtual = createVirtualRows({
    count: () => props.rows.length,
    rowHeight: () => (isNarrow() ? CARD_PX : ROW_PX),
    headHeight: () => (isNarrow() ? 0 : HEAD_PX),
  });
  const classes = createMemo(() => classesOf(props.columns));
  const visible = createMemo(() => props.rows.slice(virtual.start(), virtual.end()));
  /** Room for the rows that are not drawn. */
  const gaps = () => ({ "--before": `${virtual.before()}px`, "--after": `${virtual.after()}px` });
  const isEmpty = () => props.rows.length === 0;

  createEffect(
    on([virtual.end, () => props.rows.length], ([end, count]) => {
      if (count > 0 && end >= count) props.onEnd?.();
    }),
  );
  createEffect(() => props.onTopChange?.(virtual.isAtTop()));

  const step = (by: 1 | -1) => {
    const at = props.rows.findIndex((row) => row.id === props.openId);
    const to = at < 0 ? 0 : at + by;
    const row = props.rows[to];
    if (!row) return;
    virtual.reveal(to);
    props.onOpen(row);
  };
  createShortcuts([
    { keys: "j", label: () => t().shortcuts.next, run: () => step(1) },
    { keys: "k", label: () => t().shortcuts.previous, run: () => step(-1) },
    ...(props.onChoose ? [{ keys: "x", label: () => t().table.choose, run: () => chooseOpen() }] : []),
  ]);

  const chooseOpen = () => {
    const { openId } = props;
    if (openId !== null) props.onChoose?.([openId], !props.chosen?.has(openId));
  };
  let lastChosen = -1;
  const choose = (index: number, chosen: boolean, range: boolean) => {
    const [from, to] =
      range && lastChosen >= 0 ? [Math.min(lastChosen, index), Math.max(lastChosen, index)] : [index, index];
    lastChosen = index;
    const ids = props.rows.slice(from, to + 1).map((row) => row.id);
    props.onChoose?.(ids, chosen);
  };

  return (
    // Reachable by keyboard because it scrolls (WCAG 2.1.1).
    <section
      class={styles.scroller}
      ref={(element) => {
        virtual.attach(element);
        props.scrollerRef?.(element);
      }}
      aria-busy={props.loading}
      tabindex="0"
      aria-label={props.label}
    >
      <Show when={!isEmpty() || props.loading} fallback={props.empty}>
        <Show
          when={!isNarrow()}
          fallback={
            <ul class={styles.cards} aria-label={props.label} style={gaps()}>
              <Show when={!isEmpty()} fallback={<For each={BONES}>{() => <BoneCard />}</For>}>
                <For each={visible()}>
                  {(row) => (
                    <li>
                      <button
                        type="button"
                        class={styles.card}
                        aria-current={row.id === props.openId ? "true" : undefined}
                        onClick={() => props.onOpen(row)}
                      >
                        {props.card(row)}
                      </button>
                    </li>
                  )}
                </For>
              </Show>
            </ul>
          }
        >
          <table class={styles.table} aria-label={props.label} aria-rowcount={(props.total ?? props.rows.length) + 1}>
            <thead>
              <HeadRow
                columns={props.columns}
                sort={props.sort}
                onSort={props.onSort}
                chooseAll={props.chosen && (() => choosesAll(props))}
                hasRows={!isEmpty()}
                onChooseAll={(chosen) =>
                  props.onChoose?.(
                    props.rows.map((row) => row.id),
                    chosen,
                  )
                }
              />
            </thead>
            <tbody class={styles.body} style={gaps()}>
              <Show
                when={!isEmpty()}
                fallback={
                  <For each={BONES}>
                    {() => (
                      <BoneRow columns={props.columns} classes={classes()} hasChoice={props.chosen !== undefined} />
                    )}
                  </For>
                }
              >
                <For each={visible()}>
                  {(row, index) => (
                    <Row
                      row={row}
                      columns={props.columns}
                      classes={classes()}
                      index={virtual.start() + index()}
                      isOpen={row.id === props.openId}
                      onOpen={() => props.onOpen(row)}
                      isChosen={props.chosen && (() => props.chosen?.has(row.id) ?? false)}
                      onChoose={(chosen, range) => choose(virtual.start() + index(), chosen, range)}
                    />
                  )}
                </For>
              </Show>
            </tbody>
          </table>
        </Show>
      </Show>
    </section>
  );
}

function choosesAll(props: {
  readonly rows: readonly { readonly id: string }[];
  readonly chosen?: ReadonlySet<string> | undefined;
}) {
  return props.rows.length > 0 && props.rows.every((row) => props.chosen?.has(row.id));
}

function BoneRow<Item>(props: {
  readonly columns: readonly TableColumn<Item>[];
  readonly classes: Readonly<Record<string, string>>;
  readonly hasChoice: boolean;
}): JSX.Element {
  return (
    <tr>
      <Show when={props.hasChoice}>
        <td class={styles.checkCell} />
      </Show>
      <For each={props.columns}>
        {(column) => (
          <td class={props.classes[column.id]}>
            <span class={styles.bone} />
          </td>
        )}
      </For>
    </tr>
  );
}

function BoneCard(): JSX.Element {
  return (
    <li class={styles.card}>
      <span class={styles.bone} />
    </li>
  );
}

/** The two lines of a card: each with a start that may be cut and an end that may not. */
export function CardLines(props: {
  readonly title: JSX.Element;
  readonly aside: JSX.Element;
  readonly detail: JSX.Element;
  readonly number: JSX.Element;
}): JSX.Element {
  return (
    <>
      <span class={styles.lineOne}>
        <span>{props.title}</span>
        <span>{props.aside}</span>
      </span>
      <span class={styles.lineTwo}>
        <span>{props.detail}</span>
        <span class="number">{props.number}</span>
      </span>
    </>
  );
}
