import { type Accessor, createSignal } from "solid-js";
import { createStore, produce, reconcile, unwrap } from "solid-js/store";
import { execute } from "./client.ts";
import type { ApiError } from "./errors.ts";
import type { Document } from "./graphql.ts";
import { createQuery } from "./query.ts";

interface Connection<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number | null;
}

export interface List<Data, Node> {
  readonly rows: Accessor<readonly Node[]>;
  /** The first page's whole answer, for what stands beside the rows. */
  readonly data: Accessor<Data | undefined>;
  /** Null: more than the server counts exactly. */
  readonly total: Accessor<number | null>;
  readonly hasMore: Accessor<boolean>;
  readonly error: Accessor<ApiError | undefined>;
  /** Also while nothing has been answered, if only with an error: what is not known is not empty. */
  readonly loading: Accessor<boolean>;
  /** The next page, when there is one and it is not on its way already. */
  loadMore(): Promise<void>;
  refetch(): void;
  /** Replaces rows that are shown (by id) by their newer selves; parts that the newer one lacks stay. */
  patch(nodes: readonly Node[] | readonly Partial<Node>[]): void;
  /** Puts a row on top, or updates it where it stands. */
  prepend(nodes: readonly Node[]): void;
  remove(ids: readonly string[]): void;
  /** Changes the first page's answer in place. */
  update(change: (data: Data) => void): void;
}

const PAGE_SIZE = 100;

/** A connection that grows page by page while somebody scrolls. Starts anew when `variables` changes. */
export function createList<Data, Variables extends { first?: number | null }, Node extends { readonly id: string }>(
  document: Document<Data, Variables>,
  variables: Accessor<Omit<Variables, "first" | "after"> | null>,
  pick: (data: Data) => Connection<Node>,
): List<Data, Node> {
  const page = (after: string | null) => {
    const values = variables();
    return values && ({ ...values, first: PAGE_SIZE, after } as unknown as Variables);
  };
  const [store, setStore] = createStore<{ rows: Node[] }>({ rows: [] });
  const [end, setEnd] = createSignal<Connection<Node>["pageInfo"]>({ hasNextPage: false, endCursor: null });
  const [loadingMore, setLoadingMore] = createSignal(false);
  const [added, setAdded] = createSignal(0);
  let shown = "";
  const query = createQuery(
    document,
    () => page(null),
    (data) => {
      const { nodes, pageInfo } = pick(data);
      const asked = JSON.stringify(variables());
      const isDeeper = asked === shown && store.rows.length > nodes.length && pageInfo.hasNextPage;
      shown = asked;
      setAdded(0);
      // Asked again while somebody reads further down: what follows the first page stays, and so does his place.
      const fresh = new Set(nodes.map((each) => each.id));
      const rest = isDeeper
        ? unwrap(store.rows)
            .slice(nodes.length)
            .filter((each) => !fresh.has(each.id))
        : [];
      setStore("rows", reconcile([...nodes, ...rest], { key: "id" }));
      if (!isDeeper) setEnd(pageInfo);
    },
  );
  const rowsById = () => new Map(store.rows.map((row, index) => [row.id, index]));

  async function loadMore(): Promise<void> {
    const { hasNextPage, endCursor } = end();
    const values = page(endCursor);
    if (!hasNextPage || !values || loadingMore()) return;
    setLoadingMore(true);
    const answer = await execute(document, values);
    setLoadingMore(false);
    if (!answer.ok) return;
    // The list has begun anew meanwhile: this page belongs to the old one, and whoever wanted more still does.
    if (end().endCursor !== endCursor) return loadMore();
    const connection = pick(answer.data);
    const known = rowsById();
    const fresh = connection.nodes.filter((each) => !known.has(each.id));
    setStore(
      "rows",
      produce((rows) => rows.push(...fresh)),
    );
    setEnd(connection.pageInfo);
  }

  return {
    rows: () => store.rows,
    data: query.data,
    total: () => {
      const data = query.data();
      const total = data && pick(data).totalCount;
      return typeof total === "number" ? total + added() : null;
    },
    hasMore: () => end().hasNextPage,
    error: query.error,
    loading: () => query.loading() || query.data() === undefined,
    loadMore,
    refetch: () => void query.refetch(),
    patch(nodes) {
      query.outdate();
      const known = rowsById();
      for (const node of nodes) {
        const index = node.id === undefined ? undefined : known.get(node.id);
        if (index !== undefined) setStore("rows", index, node as never);
      }
    },
    prepend(nodes) {
      query.outdate();
      const known = rowsById();
      const fresh = nodes.filter((each) => !known.has(each.id));
      for (const node of nodes) {
        const index = known.get(node.id);
        if (index !== undefined) setStore("rows", index, node as never);
      }
      setStore(
        "rows",
        produce((rows) => rows.unshift(...fresh)),
      );
      setAdded((count) => count + fresh.length);
    },
    remove(ids) {
      query.outdate();
      const gone = new Set(ids);
      const before = store.rows.length;
      setStore("rows", (rows) => rows.filter((row) => !gone.has(row.id)));
      setAdded((count) => count - (before - store.rows.length));
    },
    update: query.update,
  };
}
