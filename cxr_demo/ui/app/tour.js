// The first visit: a card at the edge, a step at a time. Own code, since the libraries for it (driver.js, MIT, 5 kB;
// shepherd.js) lay a veil over the page and keep the keyboard, and here a person may give a film at any moment: the page
// takes it, and the tour goes on. This browser remembers that it was there, and nothing else.
const KEY = "tour";
const LEAVES_IT = ".tour, [data-toured], button.term, .term-sheet, [data-language]"; // pressed there, the tour stays
const card = () => /** @type {HTMLElement} */ (element.querySelector(".tour"));
const steps = () => /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".step")]);
let at = -1; // the step that is shown; -1: none
/** @type {HTMLElement | null} */
let opener = null; // where the keyboard was

// What the step is about; also when it was drawn anew, as the panels are.
function outline() {
  const places = at < 0 ? [] : [...document.querySelectorAll(String(steps()[at].dataset.place))];
  for (const old of document.querySelectorAll("[data-toured]")) {
    if (!places.includes(old)) old.removeAttribute("data-toured");
  }
  for (const place of places) place.setAttribute("data-toured", "");
  return places;
}

/** @param {number} step */
function show(step) {
  at = step;
  for (const [number, each] of steps().entries()) each.hidden = number !== at;
  card().dataset.at = at < 0 ? "none" : at === 0 ? "first" : at === steps().length - 1 ? "last" : "between";
  outline()[0]?.scrollIntoView({ block: step ? "center" : "nearest" });
}

function leave() {
  if (at < 0) return;
  const had = card().contains(document.activeElement);
  show(-1);
  const back = opener?.isConnected ? opener : document.querySelector("#film input");
  if (had) /** @type {HTMLElement | null} */ (back)?.focus({ preventScroll: true });
}

/** @param {number} step */
function go(step) {
  if (step >= steps().length) return leave();
  show(step);
  const shown = step === steps().length - 1 ? ".end" : ".next";
  /** @type {HTMLElement | null} */ (card().querySelector(shown))?.focus({ preventScroll: true });
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".skip, .end")) leave();
  else go(Math.max(0, at + (button.matches(".back") ? -1 : 1)));
});
// A sheet that is open takes this key for itself.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector(":popover-open, dialog[open]")) leave();
});
// Before the page heeds the press, which may take away what was pressed. One who scrolls presses nothing.
document.addEventListener(
  "click",
  (event) => {
    const target = /** @type {Partial<Element>} */ (event.target);
    if (!target.closest?.(LEAVES_IT)) leave();
  },
  { capture: true },
);
// A film was given without a press, and the next thing is what the network says of it.
for (const kind of ["drop", "paste", "change"]) {
  document.addEventListener(
    kind,
    (event) => {
      const { target, clipboardData, dataTransfer } = /** @type {any} */ (event);
      const files =
        clipboardData?.files ?? dataTransfer?.files ?? (target.matches?.("#film input") ? target.files : []);
      if (at === 0 && files.length) show(1);
    },
    { capture: true },
  );
}
addEventListener("hashchange", leave); // to the lesson, where there is none of what it shows
document.addEventListener("cxr-drawing", outline);
// Asked for again, from the sheet of keys or the end of the page.
document.addEventListener("click", (event) => {
  const target = /** @type {Partial<Element>} */ (event.target);
  const asked = /** @type {HTMLElement | null | undefined} */ (target.closest?.("button.tour-again"));
  if (!asked) return;
  opener = asked.closest("dialog") ? document.querySelector("#panels button[data-view=help]") : asked;
  requestAnimationFrame(() => go(0)); // once the sheet has closed
});

// Who comes by a link wants what it shows, and is shown around another time. Where nothing can be kept, every visit would
// be the first: none is.
let isFirst = false;
if (!location.hash) {
  try {
    isFirst = localStorage.getItem(KEY) === null;
    localStorage.setItem(KEY, "seen");
  } catch {
    isFirst = false;
  }
}
if (isFirst) show(0); // the keyboard stays at the film
