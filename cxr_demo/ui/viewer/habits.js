// A viewer's habits on every stage of the page: wheel, drag, pinch, double click, keys and the buttons that do the same.
// All panels look at the same part of the film with the same greys, and the server is never asked.
const STEP = 1.25; // of a key or a button
const WHEEL = 0.0015; // of the zoom's logarithm, for a pixel of the wheel
const LINE_PX = 16; // where a wheel counts in lines
const PASSING_MS = 300; // a page that is scrolled goes on scrolling under a pointer that comes to a film
const NUDGE = 0.1; // of the stage, or of the film's range
const DRAG_PX = 400; // across which the whole range of the film passes
const DIRECTIONS = /** @type {Record<string, Place>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
}); // biome-ignore format: a table
const MIDDLE = /** @type {Place} */ ([0.5, 0.5]);
/** @type {Map<number, Place>} */
const fingers = new Map(); // pointers that are down, and where they are on the screen
/** @type {HTMLCanvasElement | null} */
let pointed = null; // under the pointer
let isWindowing = false;
let scrolled = Number.NEGATIVE_INFINITY;

const tell = () => document.dispatchEvent(new Event("cxr-view"));
const sheet = () => /** @type {HTMLDialogElement} */ (document.querySelector("#keys dialog"));

/**
 * The film or map that an event has happened on; what lies over it, a region or a line, is of it.
 * @param {Event} event
 * @returns {HTMLCanvasElement | null}
 */
const stageOf = (event) => (drawing.film && within(event, STAGES)?.querySelector("canvas")) || null;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Place} screen
 * @returns {Place}
 */
function placeOn(canvas, [x, y]) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [(x - left) / width, (y - top) / height];
}

/** The canvas that keys and buttons speak of: all panels have one size. */
const anyStage = () => pointed ?? document.querySelector("#panels .stage canvas");

/**
 * @param {HTMLCanvasElement | null} canvas
 * @param {number} factor
 * @param {Place} place
 */
function zoomBy(canvas, factor, place) {
  if (!canvas || !drawing.film) return;
  zoomTo(view.zoom * factor, place, zoomsOf(drawing.film, canvas.width).most);
  tell();
}

/**
 * By shares of the stage: what is seen goes the way of the hand.
 * @param {number} x
 * @param {number} y
 */
function moveBy(x, y) {
  lookAt(view.x - x / view.zoom, view.y - y / view.zoom);
  tell();
}

/**
 * By shares of the film's range: a wider window has less contrast, a higher level is darker.
 * @param {number} wider
 * @param {number} higher
 */
function windowBy(wider, higher) {
  setWindow((view.low + view.high) / 2 + higher, view.high - view.low + wider);
  tell();
}

/** @type {Record<string, () => void>} */
const ACTIONS = {
  in: () => zoomBy(anyStage(), STEP, MIDDLE),
  out: () => zoomBy(anyStage(), 1 / STEP, MIDDLE),
  whole: () => zoomBy(anyStage(), 0, MIDDLE),
  pixels: () => {
    const canvas = anyStage();
    if (!canvas || !drawing.film) return;
    const { one } = zoomsOf(drawing.film, canvas.width);
    zoomBy(canvas, one / view.zoom, MIDDLE);
  },
  invert: () => {
    view.inverted = !view.inverted;
    tell();
  },
  reset: () => {
    resetView();
    tell();
  },
  swipe: () => {
    drawing.swipe.isOn = !drawing.swipe.isOn;
    tell();
  },
  enlarge: () => enlarge(anyStage()),
  help: () => (sheet().open ? sheet().close() : sheet().showModal()),
};
const KEYS = /** @type {Record<string, string>} */ ({
  "+": "in", "=": "in", "-": "out", 0: "whole", 1: "pixels", i: "invert", r: "reset", s: "swipe", f: "enlarge", "?": "help",
}); // biome-ignore format: a table

/** @param {Element | null} inside */
function enlarge(inside) {
  if (document.fullscreenElement) document.exitFullscreen();
  else inside?.closest("figure")?.requestFullscreen();
}

/** @param {boolean} is */
function bare(is) {
  if (drawing.bare === is) return;
  drawing.bare = is;
  tell();
}

document.addEventListener(
  "wheel",
  (event) => {
    const canvas = stageOf(event);
    const isWhole = view.zoom === 1 && event.deltaY > 0; // nothing to come back from: the page is scrolled
    if (!canvas || isWhole || (event.timeStamp - scrolled < PASSING_MS && !event.ctrlKey)) {
      scrolled = event.timeStamp;
      return;
    }
    event.preventDefault();
    const turned = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    zoomBy(canvas, Math.exp(-turned * WHEEL), placeOn(canvas, [event.clientX, event.clientY]));
  },
  { passive: false },
);

document.addEventListener("pointerdown", (event) => {
  const canvas = stageOf(event);
  if (!canvas || document.body.dataset.drawing === "1") return;
  if (event.isPrimary) fingers.clear();
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  isWindowing = event.button === 2 || event.shiftKey;
  canvas.setPointerCapture(event.pointerId); // a drag goes on outside
});
document.addEventListener("pointermove", (event) => {
  pointed = stageOf(event);
  const before = fingers.get(event.pointerId);
  if (!before || !pointed) return;
  const after = /** @type {Place} */ ([event.clientX, event.clientY]);
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  fingers.set(event.pointerId, after);
  if (document.body.dataset.held) return; // something that lies over the film is moved, not the film
  const { clientWidth, clientHeight } = pointed;
  const [x, y] = [after[0] - before[0], after[1] - before[1]];
  if (other) {
    const factor = Math.hypot(after[0] - other[0], after[1] - other[1]);
    const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
    const middle = placeOn(pointed, [(after[0] + other[0]) / 2, (after[1] + other[1]) / 2]);
    zoomBy(pointed, was ? factor / was : 1, middle);
    moveBy(x / 2 / clientWidth, y / 2 / clientHeight); // the middle has moved half as far as the finger
  } else if (isWindowing) windowBy(x / DRAG_PX, y / DRAG_PX);
  else moveBy(x / clientWidth, y / clientHeight);
});
for (const kind of /** @type {const} */ (["pointerup", "pointercancel"])) {
  document.addEventListener(kind, (event) => {
    fingers.delete(event.pointerId);
    if (event.pointerType === "touch") pointed = null;
    bare(false);
  });
}
document.documentElement.addEventListener("pointerleave", () => {
  pointed = null;
});
document.addEventListener("contextmenu", (event) => {
  if (stageOf(event)) event.preventDefault(); // the right button is for the window
});
document.addEventListener("dblclick", (event) => {
  if (stageOf(event) && document.body.dataset.drawing !== "1") ACTIONS.reset();
});

/**
 * Keys are a viewer's only where a person is at it: the keyboard's place is there, or the pointer is.
 * @param {KeyboardEvent} event
 */
function isMeant(event) {
  const target = /** @type {Element} */ (event.target);
  if (!drawing.film || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (target.closest("input:is(:not([type]), [type=text], [type=number]), textarea, select")) return false;
  if (event.key in DIRECTIONS && target.closest("input:is([type=radio], [type=range])")) return false;
  return pointed !== null || Boolean(target.closest("#panels, #pair, #keys"));
}

document.addEventListener("keydown", (event) => {
  if (!isMeant(event)) return;
  const direction = DIRECTIONS[event.key];
  if (direction && event.shiftKey) windowBy(direction[0] * NUDGE, direction[1] * NUDGE);
  else if (direction && view.zoom > 1) moveBy(-direction[0] * NUDGE, -direction[1] * NUDGE);
  else if (event.key === "b") bare(true);
  else if (KEYS[event.key]) ACTIONS[KEYS[event.key]]();
  else return;
  event.preventDefault();
});
document.addEventListener("keyup", (event) => {
  if (["b", " ", "Enter"].includes(event.key)) bare(false);
});
window.addEventListener("blur", () => bare(false));
window.addEventListener("resize", tell);
document.addEventListener("fullscreenchange", () => requestAnimationFrame(tell)); // once it has its size

on("click", "button[data-view]", (button) => ACTIONS[String(button.dataset.view)]?.());
on("click", "button.enlarge", enlarge);
on("pointerdown", "button.bare", () => bare(true));
on("keydown", "button.bare", (_, event) => {
  if ([" ", "Enter"].includes(event.key)) bare(true);
});
on("input", "#panels input.level, #panels input.window", () => {
  const [level, wide] = ["level", "window"].map((name) => Number(slider(name)?.value) / 100);
  setWindow(level, wide);
  tell();
});

/** @param {string} name */
const slider = (name) => /** @type {HTMLInputElement | null} */ (document.querySelector(`#panels input.${name}`));

// What the buttons and the frames on a stage say of the view.
document.addEventListener("cxr-drawing", () => {
  const { left, top } = partShown();
  // On the frames alone: what is set on the page's body is worked out anew for every element of it.
  for (const { style } of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#panels .stage .seen"))) {
    style.setProperty("--zoom", String(view.zoom));
    style.setProperty("--view-left", String(left));
    style.setProperty("--view-top", String(top));
  }
  document.body.dataset.zoomed = view.zoom > 1 ? "1" : "";
  partOf("panels").dataset.view = JSON.stringify(view);
  const [level, wide] = [(view.low + view.high) / 2, view.high - view.low].map((share) => Math.round(share * 100));
  for (const [name, value] of Object.entries({ level, window: wide })) {
    const input = slider(name);
    if (input) input.value = String(value);
    const told = input?.nextElementSibling;
    if (told) told.textContent = `${value} %`;
  }
  const ofFile = document.querySelector("#panels select.file-window");
  if (ofFile) ofFile.selectedIndex = view.window;
  const invert = document.querySelector("#panels button[data-view=invert]");
  invert?.setAttribute("aria-pressed", String(view.inverted));
  const zoom = document.querySelector("#panels output.zoom");
  if (zoom)
    zoom.textContent = `${view.zoom.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ×`;
});
