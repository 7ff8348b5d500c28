// Given by gr.HTML: element, trigger, watch. The answers are kept here, in the section; the server is told them anew
// each time. A finding is chosen, and a box is drawn for it on the film: with mouse, finger or keys.
const PATIENCE_MS = 60000;
const TELLING_MS = 1500; // until what is waited for is said
const MIDDLE = /** @type {Box} */ ([0.4, 0.4, 0.2, 0.2]); // the keyboard has no place of its own
/** @type {Set<string>} */
const chosen = new Set();
/** @type {Map<string, Shape>} */
const boxes = new Map();
/** @type {{ layer: Element, before: Map<string, Shape>, move: (to: Place) => void } | null} */
let gesture = null; // while a hand holds something
let last = ""; // the finding that was drawn or moved last
let answering = ""; // what the choices are of
let moved = false; // by the person: then the keyboard follows to what is new

const section = () => /** @type {HTMLElement} */ (element.querySelector("section"));
const layerNow = () => /** @type {HTMLElement | null} */ (element.querySelector(".on-film .boxes"));
const choices = () => element.querySelectorAll("button.choice");
const none = () => /** @type {HTMLElement} */ (element.querySelector("[data-none]")).dataset.none ?? "";
const goOn = () =>
  /** @type {HTMLButtonElement | null} */ (element.querySelector(":is([data-go=answer], [data-go=final])"));
/** The finding that a box is still to be drawn for. */
const waiting = () => [...chosen].filter((label) => label !== none() && !boxes.has(label)).pop() ?? "";

/** @param {string} label */
const nameOf = (label) => [...choices()].find((button) => button.dataset.label === label)?.textContent ?? "";

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

// ---- what the server is told

/**
 * @param {string} go
 * @param {{ deck?: string, own?: { label: string, box: Shape }[], final?: string[] }} [more]
 */
function tell(go, more) {
  const { deck = "", state = "" } = section().dataset;
  trigger("step", { go, deck, state, language: document.documentElement.lang, ...more });
}

/** @param {HTMLButtonElement} button */
function goThere(button) {
  const { dataset } = button;
  const buttons = [...element.querySelectorAll("button")].filter((each) => !each.disabled);
  /** @param {boolean} is */
  const able = (is) => {
    for (const each of buttons) each.disabled = !is;
    section().ariaBusy = String(!is);
  };
  able(false); // one answer to one film
  const said = document.createElement("p");
  said.className = "how";
  said.role = "status";
  if (dataset.wait) button.after(said);
  const telling = setTimeout(() => {
    said.textContent = button.dataset.wait ?? "";
  }, TELLING_MS);
  setTimeout(() => {
    clearTimeout(telling);
    said.remove();
    able(true); // no answer came: the server was busy or is gone
  }, PATIENCE_MS);
  moved = true;
  if (dataset.go === "answer") tell("answer", { own: [...boxes].map(([label, box]) => ({ label, box })) });
  else if (dataset.go === "final") tell("final", { final: [...chosen] });
  else tell(String(dataset.go), dataset.deck ? { deck: dataset.deck } : {});
}

// ---- the choices and their boxes

/**
 * @param {string} label
 * @param {boolean} byKey
 */
function toggle(label, byKey) {
  if (chosen.delete(label)) boxes.delete(label);
  else {
    if (label === none()) {
      chosen.clear();
      boxes.clear();
    } else chosen.delete(none());
    chosen.add(label);
    if (byKey && layerNow() && label !== none()) boxes.set(label, MIDDLE);
  }
  show();
  if (byKey && boxes.has(label)) tagOf(label)?.focus();
}

/** @param {string} label */
const tagOf = (label) => /** @type {HTMLElement | null} */ (layerNow()?.querySelector(`[data-label="${label}"] .tag`));

/**
 * @param {string} label
 * @param {Shape} box
 */
function place(label, box) {
  boxes.set(label, box);
  last = label;
  show();
}

/** @param {string} label */
function makeBox(label) {
  const box = document.createElement("div");
  box.className = "box own";
  box.dataset.label = label;
  const tag = document.createElement("button");
  Object.assign(tag, { type: "button", className: "tag", textContent: nameOf(label) });
  const handles = CORNERS.map((corner) => {
    const handle = document.createElement("i");
    handle.className = "handle";
    handle.dataset.corner = corner;
    return handle;
  });
  box.append(tag, ...handles);
  return box;
}

const stillNow = () => /** @type {HTMLElement} */ (element.querySelector(".still"));

/** @param {string} told */
function hintAt(told) {
  if (stillNow().textContent !== told) stillNow().textContent = told;
}

function show() {
  for (const button of choices()) button.setAttribute("aria-pressed", String(chosen.has(String(button.dataset.label))));
  const layer = layerNow();
  const still = layer ? waiting() : "";
  const go = goOn();
  if (go) go.disabled = !chosen.size || Boolean(still);
  if (!layer) return;
  layer.parentElement?.toggleAttribute("data-armed", Boolean(still));
  const hint = stillNow();
  const named = [...chosen].map(nameOf).join(", ");
  const all = chosen.size > 1 ? fillIn(String(hint.dataset.named), { names: named }) : "";
  hintAt([all, still && fillIn(String(hint.dataset.draw), { name: nameOf(still) })].filter(Boolean).join(" "));
  for (const old of layer.querySelectorAll("div.box")) if (!boxes.has(String(old.dataset.label))) old.remove();
  for (const [label, shape] of boxes) {
    const known = layer.querySelector(`div.box[data-label="${label}"]`);
    const box = known ?? makeBox(label);
    if (!known) layer.append(box);
    const [left, top, width, height] = boundsOf(shape).map((share) => Math.round(share * 1000) / 10);
    const sides = { left, top, width, height };
    for (const [side, share] of Object.entries(sides)) box.style.setProperty(side, `${share}%`);
    box.classList.toggle("low", top < 8); // no room above it for its name
    const words = fillIn(String(layer.dataset.told), { name: nameOf(label), ...sides });
    tagOf(label)?.setAttribute("aria-label", words);
  }
}

// ---- a hand

/**
 * Where on the film.
 * @param {PointerEvent} event
 * @param {Element} layer
 * @returns {Place}
 */
function placeOf(event, layer) {
  const frame = layer.getBoundingClientRect();
  /** @type {(at: number, from: number, length: number) => number} */
  const share = (at, from, length) => Math.min(1, Math.max(0, (at - from) / length));
  return [share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)];
}

/**
 * What follows the pointer: a new box, a corner, or a box as it is.
 * @param {PointerEvent & { target: Element }} event
 * @param {Place} at
 * @returns {((to: Place) => void) | null}
 */
function takeHold(event, at) {
  const held = /** @type {HTMLElement | null} */ (event.target.closest(".box"))?.dataset.label ?? "";
  const corner = /** @type {HTMLElement | null} */ (event.target.closest(".handle"))?.dataset.corner;
  const shape = boxes.get(held);
  const wanted = waiting();
  if (shape && corner && !wanted) {
    return (to) => {
      const pulled = pullCorner(shape, corner, to);
      if (pulled) place(held, pulled);
    };
  }
  if (shape && !wanted) return (to) => place(held, moveShape(shape, [to[0] - at[0], to[1] - at[1]]));
  const drawn = wanted || (boxes.has(last) && event.pointerType !== "touch" ? last : ""); // a finger scrolls
  if (!drawn) return null;
  return (to) => {
    const box = boxBetween(at, to);
    if (Math.min(box[2], box[3]) >= LEAST) place(drawn, box);
  };
}

function giveUp() {
  if (!gesture) return;
  boxes.clear();
  for (const [label, shape] of gesture.before) boxes.set(label, shape);
  gesture = null;
  show();
}

element.addEventListener("pointerdown", (event) => {
  if (gesture) return giveUp(); // another finger: two of them magnify
  const layer = layerNow();
  if (!layer || !event.target.closest(".on-film") || !event.isPrimary || event.button !== 0) return;
  const move = takeHold(event, placeOf(event, layer));
  if (!move) return;
  if (!event.target.closest(".tag")) event.preventDefault();
  gesture = { layer, before: new Map(boxes), move };
});
document.addEventListener("pointermove", (event) => {
  if (gesture && event.isPrimary) gesture.move(placeOf(event, gesture.layer));
});
document.addEventListener("pointerup", (event) => {
  if (event.isPrimary) gesture = null;
});
document.addEventListener("pointercancel", giveUp);

// ---- keys and presses

element.addEventListener("keydown", (event) => {
  const box = /** @type {HTMLElement | null} */ (event.target.closest(".boxes .tag")?.closest(".box"));
  const label = box?.dataset.label ?? "";
  const shape = boxes.get(label);
  if (!shape) return;
  if (event.key in ARROWS) place(label, moveByArrow(shape, event, STEP));
  else if (["Delete", "Backspace"].includes(event.key)) {
    toggle(label, false);
    [...choices()].find((button) => button.dataset.label === label)?.focus();
  } else return;
  event.preventDefault();
});
element.addEventListener("click", (event) => {
  const choice = event.target.closest("button.choice");
  if (choice) return toggle(String(choice.dataset.label), event.detail === 0);
  if (event.target.closest("button.print")) return print();
  const button = event.target.closest("button.go");
  if (button) goThere(button);
  const isBefore = layerNow() && !boxes.size && !waiting(); // a box of what?
  if (isBefore && event.target.closest(".on-film")) hintAt(String(stillNow().dataset.first));
});

// ---- another step, or the same in another language

function settle() {
  gesture = null; // its film is gone
  const { step, state } = section().dataset;
  const now = `${step} ${state}`;
  if (now !== answering) {
    answering = now;
    boxes.clear();
    chosen.clear();
    for (const button of choices()) if (button.ariaPressed === "true") chosen.add(String(button.dataset.label));
  }
  show();
  if (!moved) return;
  moved = false;
  const title = /** @type {HTMLElement | null} */ (element.querySelector("[tabindex='-1']"));
  title?.focus();
}

function reword() {
  moved = false;
  tell(String(section().dataset.step));
}
document.addEventListener("language", reword);
if (document.documentElement.lang !== "en") reword();
watch("value", () => requestAnimationFrame(settle));
