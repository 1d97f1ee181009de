/// <reference path="./babel.d.ts" />
import { transformAsync } from "@babel/core";
import type { BunPlugin } from "bun";

/** Solid compiles JSX to DOM templates and fine-grained updates, which only its Babel preset can do. */
export const solidPlugin: BunPlugin = {
  name: "solid",
  setup(build) {
    build.onLoad({ filter: /\.tsx$/ }, async ({ path }) => {
      const result = await transformAsync(await Bun.file(path).text(), {
        filename: path,
        babelrc: false,
        configFile: false,
        presets: [["babel-preset-solid"], ["@babel/preset-typescript"]],
      });
      return { contents: result?.code ?? "", loader: "js" };
    });
  },
};
