declare module "*.module.css" {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}
declare module "*.css" {}
/** The hash of each document of the console, by the name of its operation: written in by client/build.ts. */
declare const DOCUMENT_IDS: Readonly<Record<string, string>>;
