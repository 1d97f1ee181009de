import { createSignal } from "solid-js";

/** Something wants to be done that needs a fresh proof of who is there. */
export interface ProofAsked {
  readonly answer: (isProved: boolean) => void;
  readonly isProved: Promise<boolean>;
}

const [proofAsked, setProofAsked] = createSignal<ProofAsked | null>(null);

export { proofAsked };

/** Asks for it over the page, once for all that wait for it. False: whoever is there would not. */
export function askForProof(): Promise<boolean> {
  const asked = proofAsked();
  if (asked !== null) return asked.isProved;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  setProofAsked({
    isProved: promise,
    answer(isProved) {
      setProofAsked(null);
      resolve(isProved);
    },
  });
  return promise;
}
