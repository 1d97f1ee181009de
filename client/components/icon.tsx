import type { JSX } from "solid-js";

/** Strokes on a 16 px grid, drawn for this console. */
const PATHS = {
  overview: "M2.5 9.5h3v4h-3zM6.5 5.5h3v8h-3zM10.5 2.5h3v11h-3z",
  keys: "M9.2 6.8a3.2 3.2 0 1 1 4.5-4.5 3.2 3.2 0 0 1-4.5 4.5Zm0 0L2.5 13.5M4.8 11.2l1.7 1.7M6.6 9.4l1.2 1.2",
  models: "M8 1.8 14 5v6l-6 3.2L2 11V5zM2 5l6 3.2L14 5M8 8.2v6",
  clients:
    "M10.5 13.5v-1a3 3 0 0 0-3-3h-3a3 3 0 0 0-3 3v1M6 7a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM11 5.5h3.5M12.75 3.75v3.5",
  requests: "M2 4h12M2 8h9M2 12h6",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM14 14l-3.5-3.5",
  plus: "M8 3v10M3 8h10",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  more: "M3 8a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M7.5 8a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M12 8a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0",
  check: "M3 8.5 6.5 12 13 4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  down: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  right: "M6 4l4 4-4 4",
  back: "M13 8H3M7 4 3 8l4 4",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9",
  edit: "M10.8 2.7 13.3 5.2 5.5 13H3v-2.5z",
  stop: "M4 4h8v8H4z",
  play: "M5 3.5v9l7-4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6L13 6M13 2.5V6H9.5",
  warning: "M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.01",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5v3.5M8 5v.01",
  settings:
    "M2 4.5h6.5M12.5 4.5H14M10.5 6.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM2 11.5h1.5M7.5 11.5H14M5.5 13.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  signOut: "M6 2.5H2.5v11H6M10.5 11.5 14 8l-3.5-3.5M14 8H6",
  filter: "M2 3.5h12L9.5 8.8v4.7l-3-1.5V8.8z",
  providers: "M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11zM5 4.5h.01M5 11.5h.01",
  reset: "M3 8a5 5 0 1 0 1.5-3.6L3 6M3 2.5V6h3.5",
  external: "M9 2.5h4.5V7M13.5 2.5 7.5 8.5M12 9.5v4H2.5V4h4",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.5M8 13v1.5M3.4 3.4l1 1M11.6 11.6l1 1M1.5 8H3M13 8h1.5M3.4 12.6l1-1M11.6 4.4l1-1",
  language: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14M8 2C6 4 5.4 6 5.4 8S6 12 8 14",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: the words beside it, or the button's label, say what it means. */
export function Icon(props: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg
      width={props.size ?? 16}
      height={props.size ?? 16}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}
