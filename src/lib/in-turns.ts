/**
 * The items one after the other, each in a turn of the event loop of its own: what is made of a long list then never holds up the
 * streams for longer than one of its items.
 */
export function inTurns<Item>(items: readonly Item[]): Promise<Item>[] {
  let before: Promise<unknown> = Promise.resolve();
  return items.map((item) => {
    const turn = before.then(() => new Promise<Item>((resolve) => setImmediate(() => resolve(item))));
    before = turn;
    return turn;
  });
}
