const count = (n: number, one: string, many: string) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const common = {
  cancel: "Cancel",
  close: "Close",
  save: "Save",
  saved: "Saved",
  edit: "Edit",
  delete: "Delete",
  enable: "Enable",
  disable: "Disable",
  undo: "Undo",
  broughtBack: (n: number) => `${n.toLocaleString("en")} brought back`,
  notBroughtBack: (n: number) => `${n.toLocaleString("en")} not brought back: something else has the name now`,
  retry: "Try again",
  reload: "Reload",
  dismiss: "Dismiss",
  more: "More actions",
  moreOptions: "More options",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "Could not copy: select the text instead",
  optional: "optional",
  never: "never",
  now: "now",
  yes: "Yes",
  no: "No",
  memo: "Note",
  details: "Details",
  created: "Created",
  changed: "Changed",
  loading: "Loading…",
  last24h: "Last 24 hours",
  commaSeparated: "Separate several with commas",
  orCommand: "Or from a script:",
  sparkline: (requests: number, errors: number) =>
    `${count(requests, "request", "requests")}, ${count(errors, "error", "errors")}`,
};

export const nav = {
  label: "Main",
  skip: "Skip to content",
  overview: "Overview",
  pages: {
    overview: "Overview",
    keys: "Provider keys",
    providers: "Providers",
    models: "Models",
    clients: "Client keys",
    requests: "Requests",
  },
  /** For the bar at the bottom of a phone. */
  short: {
    overview: "Overview",
    keys: "Keys",
    providers: "Providers",
    models: "Models",
    clients: "Clients",
    requests: "Requests",
  },
};

export const preferences = {
  title: "Preferences",
  theme: "Theme",
  themes: { system: "System", light: "Light", dark: "Dark" },
  language: "Language",
};

export const palette = {
  open: "Go to…",
  placeholder: "Type a page or an action",
  nothing: "Nothing goes by that name.",
};

export const shortcuts = {
  title: "Keyboard shortcuts",
  next: "Next row",
  previous: "Previous row",
  filter: "Search this list",
  closePanel: "Close the panel",
  enabled: "Single-key shortcuts",
  enabledHint: "Switch off if they get in the way of your assistive technology.",
};

export const session = {
  signIn: "Sign in",
  signOut: "Sign out",
  token: "Admin token",
  email: "E-mail",
  password: "Password",
  code: "Code",
  codeHint: "From your authenticator app, or one of your recovery codes.",
  useToken: "Use an admin token",
  usePassword: "Use e-mail and password",
  hint: "Sign in to administer this gateway.",
  note: "ADMIN_TOKEN, or a token that was made here.",
  wrongPassword: "E-mail and password do not belong together.",
  wrongCode: "This code is not valid, or has been used.",
  setupHint: "This Sluice has not been set up yet. Open the one-time link that it printed when it started.",
  wrongToken: "This token is not valid.",
  with: (name: string) => `Sign in with ${name}`,
  prove: "Confirm that it is you",
  proveHint: "What you are about to do needs a fresh proof. For ten minutes you will not be asked again.",
  goOn: "Continue",
  byCode: "Use a code of your authenticator app",
  byPassword: "Use your password",
  wrongOwnPassword: "This is not your password.",
  or: "or",
  problems: {
    unavailable: "The sign-in provider does not answer. Try again later, or sign in another way.",
    declined: "The sign-in provider did not let you in.",
    not_valid: "The answer of the sign-in provider is not valid. The log of this gateway says why.",
    not_configured: "Signing in with a provider is not set up here.",
    expired: "This took too long, or was begun elsewhere. Try again.",
    throttled: "Too many attempts. Wait a few minutes.",
    other_person: "This was not a fresh proof of the person who is signed in.",
    email_not_verified: "The sign-in provider has not verified your e-mail address.",
    email_not_allowed: "E-mail addresses of this domain may not come here.",
    other_identity: "Your e-mail address belongs to another account here.",
    not_invited: "You have not been invited. Ask an owner of this gateway.",
    no_role: "None of your groups may come here. Ask an owner of this gateway.",
    disabled: "Your account is switched off. Ask an owner of this gateway.",
  },
  expired: "Your session has ended",
  expiredHint: "Sign in again to go on. What you typed is still here.",
};

export const connection = {
  reconnecting: "Reconnecting…",
  reconnectingSince: (time: string) => `Reconnecting · last update ${time}`,
};

export const access = {
  noPage: "You may not see this page",
  needs: (scopes: string) => `It needs ${scopes}. An owner of this Sluice can give you a role that has it.`,
};

export const filter = {
  clear: "Clear the search",
  clearAll: "Clear filters",
  nothing: "Nothing matches these filters",
};

export const table = {
  choose: "Select this row",
  chooseAll: "Select all loaded rows",
  chooseMatching: (n: number) => `Select all ${n.toLocaleString("en")} matching`,
  chooseNone: "Clear selection",
  chosen: (n: number) => `${n.toLocaleString("en")} selected`,
};

export const errors = {
  unreachable: "Sluice does not answer. What you see may be out of date.",
  unreachableTitle: "No connection",
  notFound: "There is no such page",
  broken: "This page failed",
  updated: "Sluice was updated",
  newVersion: "A new version is running",
  newVersionHint: "Reload the page to get it.",
  chart: "The chart could not be drawn.",
  codes: {
    REQUIRED: "This is needed.",
    DUPLICATE: "This exists already.",
    STALE_VERSION: "Somebody changed this meanwhile. Save again to overwrite their change.",
    NOT_FOUND: "This does not exist any more.",
    FORBIDDEN: "You may not do this.",
    RATE_LIMITED: "Too many tries. Wait a little.",
    unauthenticated: "Your session has ended.",
    unproved: "Nothing was done: it was not confirmed that this is you.",
  },
};

export const errorClass = {
  INVALID_REQUEST: "Invalid request",
  UNAUTHORIZED: "Client not authorised",
  FORBIDDEN: "Not allowed for this client",
  NOT_FOUND: "Not found",
  TOO_LARGE: "Too large",
  UNSUPPORTED: "Not supported",
  CONTENT_FILTER: "Blocked by content filter",
  KEY_INVALID: "Key refused",
  QUOTA: "Out of quota",
  RATE_LIMITED: "Rate limited",
  UPSTREAM_ERROR: "Upstream error",
  TIMEOUT: "Timed out",
  NETWORK: "Network error",
  TRUNCATED: "Answer cut off",
  NO_CANDIDATE: "No key could serve it",
  CLIENT_CLOSED: "Client left",
  CANCELLED: "Cancelled",
  OVERLOADED: "Sluice overloaded",
  INTERNAL: "Internal error",
};

export const usage = {
  requests: "Requests",
  errors: "Errors",
  tokens: "Tokens",
  cost: "Cost",
  firstToken: "First token, p95",
  latency: "Latency, p95",
  unpriced: (n: number) =>
    `${count(n, "request has", "requests have")} no known price and ${n === 1 ? "is" : "are"} not in the cost`,
};
