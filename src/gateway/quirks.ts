/** What a provider was seen to refuse; learned once, remembered while the process runs. */
export class Quirks {
  readonly #withoutStreamOptions = new Set<string>();

  takesStreamOptions(providerId: string): boolean {
    return !this.#withoutStreamOptions.has(providerId);
  }

  learnNoStreamOptions(providerId: string): void {
    this.#withoutStreamOptions.add(providerId);
  }
}
