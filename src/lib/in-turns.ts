/**
 * The items one after the other, so many at once in each turn of the event loop: what is made of a long list then never holds up the
 * streams for longer than those take.
 */
export function inTurns<Item>(items: readonly Item[], atOnce = 1): Promise<Item>[] {
  let turn: Promise<unknown> = Promise.resolve();
  return items.map((item, index) => {
    if (index % atOnce === 0) turn = turn.then(() => new Promise((resolve) => setImmediate(resolve)));
    return turn.then(() => item);
  });
}
