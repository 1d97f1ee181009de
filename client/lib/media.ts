import { createSignal } from "solid-js";

const query = matchMedia("(max-width: 720px)");
const [isNarrow, setNarrow] = createSignal(query.matches);
query.addEventListener("change", () => setNarrow(query.matches));

/** A phone: tables become cards, the panel a sheet, the navigation a bar. The same number stands in the style sheets. */
export { isNarrow };
