/**
 * A process of its own: an administrator whose console asks one question after the other without a pause, until told to end. It comes after
 * mock and load generator on their core, so that its own work is not taken for the server's.
 */
import { constants, setPriority } from "node:os";

export interface AskerOrder {
  readonly url: string;
  readonly token: string;
  /** Request bodies. */
  readonly questions: readonly string[];
}

if (import.meta.main) {
  setPriority(0, constants.priority.PRIORITY_LOW);
  let asking = true;
  process.on("message", async (message: AskerOrder | "end") => {
    if (message === "end") {
      asking = false;
      return;
    }
    const { url, token, questions } = message;
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    let answered = 0;
    while (asking) {
      const body = questions[answered % questions.length]!;
      const answer = await fetch(`${url}/graphql`, { method: "POST", headers, body });
      await answer.arrayBuffer();
      if (answer.ok) answered++;
      else break;
    }
    process.send!(answered);
  });
}
