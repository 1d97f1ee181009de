/** The pages of the console. The server answers exactly these paths with index.html (client/build.ts hands them on). */
export const ROUTES = ["/", "/providers", "/keys", "/models", "/clients", "/requests", "/setup"] as const;
export type Route = (typeof ROUTES)[number];
