import { useSearchParams } from "@solidjs/router";

/** One value in the page's URL. Setting the default removes it; `replace` keeps filters out of the history. */
export interface UrlValue<T> {
  (): T;
  set(value: T): void;
}

/** A piece of text in the URL, e.g. the search. */
export function createUrlText(name: string, fallback = ""): UrlValue<string> {
  const [params, setParams] = useSearchParams();
  const read = () => first(params[name]) ?? fallback;
  return Object.assign(read, {
    set: (value: string) => setParams({ [name]: value === fallback ? null : value }, { replace: true }),
  });
}

/** The id of what is open, e.g. the row in the panel: opening one is a step in the history, so that Back closes it. */
export function createUrlSelection(name: string): UrlValue<string | null> {
  const [params, setParams] = useSearchParams();
  const read = () => first(params[name]) || null;
  return Object.assign(read, {
    set: (value: string | null) => setParams({ [name]: value }, { replace: read() !== null && value !== null }),
  });
}

/** Several of a closed list, comma separated; unknown words in the URL are dropped. */
export function createUrlChoices<const T extends string>(name: string, allowed: readonly T[]): UrlValue<readonly T[]> {
  const [params, setParams] = useSearchParams();
  const read = () => {
    const words = (first(params[name]) ?? "").split(",");
    return allowed.filter((each) => words.includes(each));
  };
  return Object.assign(read, {
    set: (value: readonly T[]) => setParams({ [name]: value.length > 0 ? value.join(",") : null }, { replace: true }),
  });
}

/** One of a closed list. */
export function createUrlChoice<const T extends string>(
  name: string,
  allowed: readonly T[],
  fallback: NoInfer<T>,
): UrlValue<T> {
  const text = createUrlText(name, fallback);
  const read = () => allowed.find((each) => each === text()) ?? fallback;
  return Object.assign(read, { set: (value: T) => text.set(value) });
}

/** Several values in one step; null removes one. */
export function createUrlSetter(): (values: Readonly<Record<string, string | null>>) => void {
  const [, setParams] = useSearchParams();
  return (values) => setParams({ ...values }, { replace: true });
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
