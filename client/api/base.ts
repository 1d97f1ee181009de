/** Where the console is mounted: the server writes it into index.html as <base>. Ends with a slash. */
const BASE_PATH = new URL(document.baseURI).pathname;

/** For the router, which wants it without the last slash. */
export const ROUTER_BASE = BASE_PATH.replace(/\/$/, "");

export const GRAPHQL_URL = new URL("graphql", document.baseURI).href;
/** Where signing in with a provider begins. */
export const SIGN_IN_WITH_URL = new URL("auth/oidc/start", document.baseURI).pathname;
/** What SDKs are pointed at. */
export const GATEWAY_ORIGIN = `${location.origin}${ROUTER_BASE}`;
