/** @type {import("stylelint").Config} */
export default {
  extends: "stylelint-config-standard",
  rules: {
    "declaration-block-no-redundant-longhand-properties": null, // the longhands say more
    "no-descending-specificity": null, // cascade layers settle the order
  },
};
