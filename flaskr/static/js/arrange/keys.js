/**
 * Moving with the keyboard, and with the buttons that each has. Of each only the
 * grip is on the way of the Tab key: the arrow keys do there what the buttons do.
 */

/** @typedef {import("./order.js").Order} Order */

/** @param {Order} order */
export function watchKeys(order) {
  const { list } = order;
  for (const button of list.querySelectorAll("[name=step]")) {
    /** @type {HTMLElement} */ (button).tabIndex = -1;
  }

  list.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const spot = spotOf(target);
    const place = spot ? goal(order.spots, spot, event.key) : null;
    if (!spot || place === null) return;
    event.preventDefault();
    move(order, spot, place, target);
  });

  list.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    const spot = button && spotOf(button);
    if (!spot || button.name !== "step") return;
    event.preventDefault();
    const keys = { first: "Home", earlier: "ArrowLeft", later: "ArrowRight", last: "End" };
    const place = goal(order.spots, spot, keys[/** @type {keyof typeof keys} */ (button.value)]);
    if (place !== null) move(order, spot, place, button);
  });
}

/**
 * @param {Order} order
 * @param {HTMLElement} spot
 * @param {number} place
 * @param {HTMLElement} focused what keeps the focus
 */
function move(order, spot, place, focused) {
  order.moveTo(spot, place);
  focused.focus({ preventScroll: true });
  spot.scrollIntoView({ block: "nearest" });
}

/**
 * @param {HTMLElement[]} spots
 * @param {HTMLElement} spot
 * @param {string} key
 * @returns {number | null} to which place the key leads; null if it is none of ours
 */
function goal(spots, spot, key) {
  const at = spots.indexOf(spot);
  const row = spots.filter((each) => each.offsetTop === spots[0].offsetTop).length;
  switch (key) {
    case "ArrowLeft":
      return at - 1;
    case "ArrowRight":
      return at + 1;
    case "ArrowUp":
      return at - row;
    case "ArrowDown":
      return at + row;
    case "Home":
      return 0;
    case "End":
      return spots.length - 1;
    default:
      return null;
  }
}

/**
 * @param {Element} element
 * @returns {HTMLElement | null}
 */
function spotOf(element) {
  return element.closest(".spot");
}
