// The first visit: a card at the edge, a step at a time. Own code, since the libraries for it (driver.js, MIT, 5 kB;
// shepherd.js) lay a veil over the page and keep the keyboard, and here a person may upload a film at any moment, which
// ends the tour. This browser remembers that it was there, and nothing else.
const KEY = "tour";
const STEPS = ["film", "findings", "maps", "look", "home"];
const PLACES = /** @type {Record<string, string>} */ ({
  film: "#film", findings: "#findings", maps: "#panels .row", look: "#panels .view", home: "#take_home",
}); // biome-ignore format: a table
const card = () => /** @type {HTMLElement} */ (element.querySelector(".tour"));
let at = -1; // the step that is shown; -1: none
/** @type {HTMLElement | null} */
let opener = null; // where the keyboard was

/** @param {number} step */
function show(step) {
  at = step;
  document.body.dataset.tour = STEPS[step];
  card().dataset.at = STEPS[step];
  document.querySelector(PLACES[STEPS[step]])?.scrollIntoView({ block: step ? "center" : "nearest" });
}

function leave() {
  if (at < 0) return;
  const had = card().contains(document.activeElement);
  at = -1;
  delete document.body.dataset.tour;
  delete card().dataset.at;
  const back = opener?.isConnected ? opener : document.querySelector("#film input");
  if (had) /** @type {HTMLElement | null} */ (back)?.focus({ preventScroll: true });
}

/** @param {number} step */
function go(step) {
  if (step >= STEPS.length) return leave();
  show(step);
  const shown = step === STEPS.length - 1 ? ".end" : ".next";
  /** @type {HTMLElement | null} */ (card().querySelector(shown))?.focus({ preventScroll: true });
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".skip, .end")) leave();
  else go(Math.max(0, at + (button.matches(".back") ? -1 : 1)));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leave();
});
// A press elsewhere ends it, and does what it does.
document.addEventListener("pointerdown", (event) => {
  if (!element.contains(/** @type {Node} */ (event.target))) leave();
});
// Asked for again, from the sheet of keys.
document.addEventListener("click", (event) => {
  const target = /** @type {Partial<Element>} */ (event.target);
  if (!target.closest?.("#keys button.tour-again")) return;
  opener = document.querySelector("#panels button[data-view=help]");
  requestAnimationFrame(() => go(0)); // once the sheet has closed
});

let isFirst = false;
try {
  isFirst = localStorage.getItem(KEY) === null;
  localStorage.setItem(KEY, "seen");
} catch {} // where nothing may be kept, every visit would be the first: none is
if (isFirst && !location.hash) show(0); // the keyboard stays at the film
