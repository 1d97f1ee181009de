/** So many keys stand in one text. */
const BLOCK = 256;
/** So many texts are made before other work gets its turn: about 3 ms. */
const BLOCKS_A_SLICE = 8;
/** Between two keys. Nothing that a key is called is found across it. */
const END = "\0";

interface Block {
  readonly text: string;
  /** Where the text of each slot begins. */
  readonly starts: Uint32Array;
}

/**
 * The words of all keys in few long texts: to look through 400 of them for some words takes a fraction of what it takes to look into
 * 100,000 short ones. Made when somebody searches; a text is made anew when the words of one of its keys have changed.
 */
export class SearchText {
  readonly #blocks: (Block | null)[] = [];

  /** `wordsOf`: what is searched in of the key in a slot; "" when it is empty. */
  constructor(private readonly wordsOf: (slot: number) => string) {}

  forget(slot: number): void {
    this.#blocks[Math.floor(slot / BLOCK)] = null;
  }

  /** Makes what is not made, slice by slice; `end` is asked again after each. */
  async prepare(end: () => number): Promise<void> {
    let made = 0;
    for (let number = 0; number * BLOCK < end(); number++) {
      if (this.#blocks[number] != null) continue;
      this.#blocks[number] = this.#make(number);
      if (++made % BLOCKS_A_SLICE === 0) await Bun.sleep(0);
    }
  }

  /** Takes the mark from each slot in whose words these do not stand. */
  narrow(marks: Uint8Array, wanted: string): void {
    for (let first = 0; first < marks.length; first += BLOCK) {
      const last = Math.min(first + BLOCK, marks.length);
      const number = first / BLOCK;
      if (!marks.subarray(first, last).includes(1)) continue;
      this.#blocks[number] ??= this.#make(number);
      const { text, starts } = this.#blocks[number];
      let at = wanted.includes(END) ? -1 : text.indexOf(wanted);
      for (let slot = first; slot < last; slot++) {
        const next = starts[slot - first + 1]!;
        if (at >= 0 && at < next) at = text.indexOf(wanted, next);
        else marks[slot] = 0;
      }
    }
  }

  #make(number: number): Block {
    const words = Array.from({ length: BLOCK }, (_, index) => this.wordsOf(number * BLOCK + index));
    const starts = new Uint32Array(BLOCK + 1);
    for (const [index, each] of words.entries()) starts[index + 1] = starts[index]! + each.length + END.length;
    return { text: words.join(END), starts };
  }
}
