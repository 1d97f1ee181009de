import { type Accessor, createEffect, createMemo, createSignal, onCleanup } from "solid-js";

export interface VirtualRows {
  /** First and one past the last row to draw. */
  readonly start: Accessor<number>;
  readonly end: Accessor<number>;
  /** Pixels that the rows left out above and below would take. */
  readonly before: Accessor<number>;
  readonly after: Accessor<number>;
  attach(scroller: HTMLElement): void;
  /** Brings a row into view, if it is not. */
  reveal(index: number): void;
  readonly isAtTop: Accessor<boolean>;
}

const OVERSCAN = 8;

/** Rows of one height: which of them are on screen is a division. */
export function createVirtualRows(options: {
  readonly count: Accessor<number>;
  readonly rowHeight: Accessor<number>;
  /** Height of what sticks to the top of the scroller. */
  readonly headHeight: Accessor<number>;
}): VirtualRows {
  const [top, setTop] = createSignal(0);
  const [height, setHeight] = createSignal(900);
  let scroller: HTMLElement | undefined;

  const start = createMemo(() => Math.max(0, Math.floor(top() / options.rowHeight()) - OVERSCAN));
  const end = createMemo(() =>
    Math.min(options.count(), Math.ceil((top() + height()) / options.rowHeight()) + OVERSCAN),
  );
  // Fewer rows than before: the browser moves the scroll position, and says so only when it is asked.
  createEffect(() => {
    options.count();
    if (scroller) setTop(scroller.scrollTop);
  });

  return {
    start: () => Math.min(start(), end()),
    end,
    before: () => Math.min(start(), end()) * options.rowHeight(),
    after: () => Math.max(0, options.count() - end()) * options.rowHeight(),
    isAtTop: () => top() < options.rowHeight() / 2,
    attach(element) {
      scroller = element;
      const observer = new ResizeObserver(() => setHeight(element.clientHeight));
      observer.observe(element);
      element.addEventListener("scroll", () => setTop(element.scrollTop), { passive: true });
      onCleanup(() => observer.disconnect());
    },
    reveal(index) {
      if (!scroller) return;
      const at = index * options.rowHeight();
      const room = scroller.clientHeight - options.headHeight();
      if (at < scroller.scrollTop) scroller.scrollTop = at;
      else if (at + options.rowHeight() > scroller.scrollTop + room)
        scroller.scrollTop = at + options.rowHeight() - room;
    },
  };
}
