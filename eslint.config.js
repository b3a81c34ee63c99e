import js from "@eslint/js";
import globals from "globals";

// What WeChat gives a mini program.
const wechat = Object.fromEntries(
  ["App", "Component", "Page", "getApp", "getCurrentPages", "wx"].map((name) => [name, "readonly"]),
);

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-alert": "error",
      "no-console": "error", // a console message fails the browser tests
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["flaskr/static/js/**/*.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
  },
  {
    files: ["examples/miniprogram/**/*.js"],
    // async functions, but nothing that WeChat's own compiler does not know.
    languageOptions: {
      ecmaVersion: 2020,
      sourceType: "commonjs",
      globals: { ...wechat, Promise: "readonly", clearTimeout: "readonly", setTimeout: "readonly" },
    },
  },
  {
    files: ["tests/miniprogram/**/*.js", "tests/tus/**/*.js"],
    languageOptions: { sourceType: "module", globals: globals.node },
  },
  {
    files: ["tests/clients/**/*.cjs"],
    languageOptions: { sourceType: "commonjs", globals: globals.node },
  },
];
