/**
 * Gemini's history may leave out the ids of calls and results: a result belongs to the oldest unanswered call of its name. Ids
 * are made from the order of the calls, so that the same history has the same ids in every turn (prompt caches compare bytes).
 */
export interface CallPairing {
  call(name: string, id: string | null): string;
  /** The call's id and name for a result; null when no call fits and the result names neither. */
  result(name: string | null, id: string | null): { readonly id: string; readonly name: string } | null;
}

interface Call {
  readonly id: string;
  readonly name: string;
  isAnswered: boolean;
}

export function pairCalls(): CallPairing {
  const calls: Call[] = [];
  let made = 0;
  const fresh = () => `gemini_call_${++made}`;
  return {
    call(name, id) {
      const call = { id: id ?? fresh(), name, isAnswered: false };
      calls.push(call);
      return call.id;
    },
    result(name, id) {
      const call =
        calls.find((each) => !each.isAnswered && each.id === id) ??
        calls.find((each) => !each.isAnswered && each.name === name);
      if (call !== undefined) {
        call.isAnswered = true;
        return { id: call.id, name: call.name };
      }
      return name === null ? null : { id: id ?? fresh(), name };
    },
  };
}
