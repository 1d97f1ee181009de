/** The one function of @babel/core 7 that the build uses; the package ships no types. */
declare module "@babel/core" {
  export function transformAsync(
    code: string,
    options: {
      readonly filename: string;
      readonly babelrc: boolean;
      readonly configFile: boolean;
      readonly presets: readonly (readonly [string, ...object[]])[];
    },
  ): Promise<{ readonly code?: string | null } | null>;
}
