/** Which of the answer's choices (`n`) have come to their end: without [DONE] that is how a whole stream is known. */
export class Choices {
  #highest = -1;
  readonly #finished = new Set<number>();

  note(index: number, isFinished: boolean): void {
    if (index > this.#highest) this.#highest = index;
    if (isFinished) this.#finished.add(index);
  }

  get areFinished(): boolean {
    return this.#highest >= 0 && this.#finished.size > this.#highest;
  }
}
