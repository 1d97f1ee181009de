import type { Ask, Question } from "./admin-questions.ts";

/** The first time apart: it opens files. */
export async function measure({ query, variables }: Question, rounds: number, ask: Ask) {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startedMs = performance.now();
    const { errors } = await ask(query, variables);
    times.push(performance.now() - startedMs);
    if (errors !== undefined) throw new Error(errors[0]!.message);
  }
  const [firstMs, ...rest] = times;
  rest.sort((a, b) => a - b);
  return { firstMs: firstMs!, bestMs: rest[0]!, medianMs: rest[rest.length >> 1]!, worstMs: rest.at(-1)! };
}

/** Prints a table. Returns whether all were within their limits. */
export async function measureAll(questions: readonly Question[], times: number, ask: Ask): Promise<boolean> {
  const rows = [];
  for (const question of questions) {
    const { firstMs, bestMs, medianMs, worstMs } = await measure(question, times, ask);
    rows.push({
      question: question.name,
      first: ms(firstMs),
      best: ms(bestMs),
      median: ms(medianMs),
      worst: ms(worstMs),
      kept: medianMs <= question.limitMs ? "" : `over ${question.limitMs}`,
    });
  }
  console.table(rows);
  return rows.every(({ kept }) => kept === "");
}

export const ms = (value: number) => Number(value.toFixed(1));
