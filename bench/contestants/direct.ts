import type { Arena, Contestant } from "./contestant.ts";

/** No gateway at all: what is left when its part is subtracted, and the ceiling of mock and load generator. */
export function direct({ mockPort }: Arena): Contestant {
  return { name: "direct", start: async () => ({ port: mockPort, stop: async () => {} }) };
}
