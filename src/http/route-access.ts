/**
 * Who may use which path of the server, beside the table of the admin API's operations (schema/access.ts). A route without an entry fails
 * a test.
 */
export const ROUTE_ACCESS: Readonly<Record<string, string>> = {
  "ALL /v1/*": "a client key, or nobody's when anonymous access is allowed",
  "ALL /v1beta/*": "a client key, or nobody's when anonymous access is allowed",
  "ALL /openai/*": "a client key, or nobody's when anonymous access is allowed",
  "ALL /graphql": "by operation: an admin token, or a session's cookie with this server's own Origin",
  "GET /graphql/schema.graphql": "whoever has signed in",
  "GET /graphiql": "whoever has signed in to the console, by cookie",
  "GET /auth/oidc/start": "anyone, while a sign-in provider is set: it sends the browser there",
  "GET /auth/oidc/callback": "whoever began here, once: the browser's sealed cookie must belong to the answer",
  "GET /downloads/*": "whoever was given the signed address, while it lasts",
  "GET /files/content/*": "whoever was given the signed address, while it lasts",
  "PUT /files/upload/*": "whoever was given the signed address, while it lasts, once",
  "GET /health": "anyone",
  "GET /ready": "anyone",
  "GET /metrics": "callers on this machine; from elsewhere an admin token with USAGE_READ",
  "ALL /*": "anyone: the console's pages, which hold nothing until somebody signs in",
};
