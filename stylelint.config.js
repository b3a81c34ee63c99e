/** @type {import("stylelint").Config} */
export default {
  extends: "stylelint-config-standard",
  rules: {
    "custom-property-empty-line-before": null, // blank lines group the tokens
    "declaration-block-no-redundant-longhand-properties": null, // the longhands say more
    "lightness-notation": "number", // oklch(0.64 …), as the design writes it
    "no-descending-specificity": null, // cascade layers settle the order
    "property-no-vendor-prefix": [true, { ignoreProperties: ["-webkit-text-size-adjust"] }], // Safari
    "selector-class-pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*(--[a-z0-9]+(-[a-z0-9]+)*)?$", // block--variant
    "value-keyword-case": ["lower", { ignoreProperties: ["/^--font/"] }], // names of fonts
  },
};
