import { createMemo, For, type JSX, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { cx } from "../lib/cx.ts";
import { Icon } from "./icon.tsx";
import styles from "./table.module.css";
import type { TableSort } from "./table.tsx";

export interface TableColumn<Item> {
  readonly id: string;
  readonly header: () => string;
  readonly cell: (row: Item) => JSX.Element;
  /** CSS; absent: a share of what is left. */
  readonly width?: string;
  /** Numbers stand at the end of their column. */
  readonly align?: "end";
  /** Which columns give way first when there is little room; absent: never. */
  readonly rank?: "first" | "second" | "third";
  /** The name of the order that a click on the header asks for. */
  readonly sort?: string;
  /** Names the row, and opens it. Exactly one column. */
  readonly primary?: boolean;
  /** The header is for assistive technology only. */
  readonly quietHeader?: boolean;
}

/** The class of each column's cells. The last one keeps its distance from the edge, whichever it is when others give way. */
export function classesOf<Item>(columns: readonly TableColumn<Item>[]): Readonly<Record<string, string>> {
  const lastWithout = (...gone: readonly TableColumn<Item>["rank"][]) =>
    columns.findLast((column) => column.rank === undefined || !gone.includes(column.rank));
  const lastButThird = lastWithout("third");
  const lastButSecond = lastWithout("third", "second");
  const lastOfAll = lastWithout("third", "second", "first");
  return Object.fromEntries(
    columns.map((column) => [
      column.id,
      cx(
        column.align === "end" && styles.end,
        column.rank && styles[column.rank],
        column === lastButThird && styles.lastButThird,
        column === lastButSecond && styles.lastButSecond,
        column === lastOfAll && styles.lastOfAll,
      ),
    ]),
  );
}

export function HeadRow<Item>(props: {
  readonly columns: readonly TableColumn<Item>[];
  readonly sort: TableSort | undefined;
  readonly onSort: ((field: string) => void) | undefined;
  readonly chooseAll: (() => boolean) | undefined;
  /** False while the rows are on their way: there is nothing to choose yet. */
  readonly hasRows: boolean;
  readonly onChooseAll: (chosen: boolean) => void;
}): JSX.Element {
  const classes = createMemo(() => classesOf(props.columns));
  return (
    <tr>
      <Show when={props.chooseAll}>
        {(chooseAll) => (
          <th scope="col" class={styles.checkCell}>
            <input
              type="checkbox"
              class={styles.check}
              aria-label={t().table.chooseAll}
              disabled={!props.hasRows}
              checked={chooseAll()()}
              onChange={(event) => props.onChooseAll(event.currentTarget.checked)}
            />
          </th>
        )}
      </Show>
      <For each={props.columns}>
        {(column) => (
          <th
            scope="col"
            class={classes()[column.id]}
            style={{ width: column.width }}
            aria-sort={ariaSort(column.sort, props.sort)}
          >
            <Show when={column.sort && props.onSort} fallback={<HeadLabel column={column} />}>
              <button
                type="button"
                class={cx(styles.sort, props.sort?.field === column.sort && styles.sorted)}
                onClick={() => column.sort && props.onSort?.(column.sort)}
              >
                {column.header()}
                <Show when={props.sort?.field === column.sort}>
                  <Icon name={props.sort?.descending ? "down" : "up"} size={12} />
                </Show>
              </button>
            </Show>
          </th>
        )}
      </For>
    </tr>
  );
}

function HeadLabel<Item>(props: { readonly column: TableColumn<Item> }): JSX.Element {
  return <span class={props.column.quietHeader ? "hidden" : undefined}>{props.column.header()}</span>;
}

export function Row<Item>(props: {
  readonly row: Item;
  readonly columns: readonly TableColumn<Item>[];
  readonly classes: Readonly<Record<string, string>>;
  readonly index: number;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly isChosen: (() => boolean) | undefined;
  readonly onChoose: (chosen: boolean, range: boolean) => void;
}): JSX.Element {
  const classes = () => props.classes;
  return (
    // The button in the row's name does the same for the keyboard.
    <tr
      class={styles.row}
      aria-rowindex={props.index + 2}
      aria-current={props.isOpen ? "true" : undefined}
      onClick={(event) => {
        if (!(event.target as Element).closest("button, a, input, [role=menu]")) props.onOpen();
      }}
    >
      <Show when={props.isChosen}>
        {(isChosen) => (
          <td class={styles.checkCell}>
            <input
              type="checkbox"
              class={styles.check}
              aria-label={t().table.choose}
              checked={isChosen()()}
              onClick={(event) => props.onChoose(event.currentTarget.checked, event.shiftKey)}
            />
          </td>
        )}
      </Show>
      <For each={props.columns}>
        {(column) => (
          <Show when={column.primary} fallback={<td class={classes()[column.id]}>{column.cell(props.row)}</td>}>
            <th scope="row" class={classes()[column.id]}>
              <button type="button" class={styles.open} onClick={() => props.onOpen()}>
                {column.cell(props.row)}
              </button>
            </th>
          </Show>
        )}
      </For>
    </tr>
  );
}

function ariaSort(field: string | undefined, sort: TableSort | undefined): "ascending" | "descending" | undefined {
  if (!field || sort?.field !== field) return undefined;
  return sort.descending ? "descending" : "ascending";
}
