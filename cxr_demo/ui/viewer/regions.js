// A region is four shares of the film: left, top, width, height. It is drawn on every panel, and put back whenever these
// were drawn.
const LEAST = 0.01; // of a side: what is smaller was a click
const SIDES = /** @type {const} */ (["x", "y", "width", "height"]);
/** @type {RegionsValue | null} */
let value = null;
/** @type {{ stage: Element, film: string | undefined, at: [x: number, y: number] } | null} */
let start = null; // while a region is dragged
/** @type {Box | null} */
let dragged = null;

const stages = () => document.querySelectorAll("#panels .stage:has(canvas)");
const isArmed = () => document.body.dataset.drawing === "1";

/**
 * Only a stage that has a canvas is ever drawn on.
 * @param {Element} stage
 */
const canvasOf = (stage) => /** @type {PanelCanvas} */ (stage.querySelector("canvas"));

/** @param {boolean} on */
function arm(on) {
  if (on) document.body.dataset.drawing = "1";
  else delete document.body.dataset.drawing;
  const button = document.querySelector("#panels button.draw-region");
  if (button) button.setAttribute("aria-pressed", String(on));
}

function place() {
  const region = value?.region;
  const box = dragged ?? region?.box;
  for (const stage of stages()) {
    let frame = stage.querySelector(":scope > div.region");
    if (!box) {
      frame?.remove();
      continue;
    }
    if (!frame) {
      frame = document.createElement("div");
      frame.className = "region";
      frame.setAttribute("aria-hidden", "true");
      frame.append(document.createElement("span"));
      stage.append(frame);
    }
    const [left, top] = toStage([box[0], box[1]]);
    const sides = [left, top, box[2] * view.zoom, box[3] * view.zoom].map((share) => `${share * 100}%`);
    Object.assign(frame.style, { left: sides[0], top: sides[1], width: sides[2], height: sides[3] });
    const text = dragged ? "" : (region?.told[canvasOf(stage).dataset.panel] ?? "");
    /** @type {ChildNode} */ (frame.firstChild).textContent = text;
    frame.classList.toggle("low", top < 0.08); // no room above it for the text
    frame.classList.toggle("right", left > 0.5);
  }
  const button = document.querySelector("#panels button.draw-region");
  if (button) button.setAttribute("aria-pressed", String(isArmed()));
}

/**
 * Where on the film.
 * @param {PointerEvent} event
 * @param {Element} stage
 * @returns {Place}
 */
function shares(event, stage) {
  const frame = canvasOf(stage).getBoundingClientRect();
  /** @type {(at: number, from: number, length: number) => number} */
  const share = (at, from, length) => Math.min(1, Math.max(0, (at - from) / length));
  return toFilm([share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)]);
}

function forget() {
  start = dragged = null;
  place();
}

document.addEventListener("pointerdown", (event) => {
  if (!isArmed() || !event.isPrimary || event.button !== 0) return;
  const stage = within(event, "#panels .stage");
  if (!stage?.querySelector("canvas")) return;
  event.preventDefault();
  start = { stage, film: partOf("panels").dataset.film, at: shares(event, stage) };
});
document.addEventListener("pointermove", (event) => {
  if (!start || !event.isPrimary) return;
  const [x, y] = shares(event, start.stage);
  const [left, top] = start.at;
  dragged = [Math.min(x, left), Math.min(y, top), Math.abs(x - left), Math.abs(y - top)];
  place();
});
document.addEventListener("pointerup", (event) => {
  if (!start || !event.isPrimary) return;
  const box = start.film === partOf("panels").dataset.film ? dragged : null; // another film may have come meanwhile
  start = null;
  if (!box || box[2] < LEAST || box[3] < LEAST) return forget();
  arm(false); // so that the finger scrolls again
  press("draw_region", { box });
});
document.addEventListener("pointercancel", forget);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isArmed()) return;
  arm(false);
  forget();
});
document.addEventListener("click", (event) => {
  if (within(event, "#panels button.draw-region")) arm(!isArmed());
});

document.addEventListener("submit", (event) => {
  const form = /** @type {RegionForm} */ (within(event, "#regions form.region"));
  if (!form) return;
  event.preventDefault();
  const fields = SIDES.map((side) => form.elements[side].value);
  press("draw_region", { box: fields.map((field) => (field.trim() === "" ? null : Number(field) / 100)) });
});
on("click", "#regions button.clear", () => press("draw_region", { box: null }));
on("click", "#regions button.cover", ({ ariaPressed, dataset }) =>
  press("cover_region", { how: ariaPressed === "true" ? "" : dataset.how }),
);

// What was typed and refused stays for the person to mend.
function fill() {
  const box = value?.region?.box;
  const form = /** @type {RegionForm | null} */ (partOf("regions").querySelector("form.region"));
  if (!form || form.querySelector(".fault")?.textContent) return;
  SIDES.forEach((side, at) => {
    form.elements[side].value = box ? String(Number((box[at] * 100).toFixed(1))) : "";
  });
}

document.addEventListener("cxr-drawing", place);
onPart("regions", (next) => {
  value = next;
  dragged = null;
  fill();
  place();
});
