// A line in every panel: on its left the panel as it is, on its right another one of its row at the same place. The line
// is moved by hand, finger or keys, and is the same for all; what lies on its right is chosen in each panel.
const STEP = 0.02; // of the panel, for an arrow
const LEAP = 0.1; // for a page key
/** @type {Record<string, (at: number) => number>} */
const MOVES = {
  ArrowLeft: (at) => at - STEP,
  ArrowRight: (at) => at + STEP,
  ArrowDown: (at) => at - STEP,
  ArrowUp: (at) => at + STEP,
  PageDown: (at) => at - LEAP,
  PageUp: (at) => at + LEAP,
  Home: () => 0,
  End: () => 1,
};

const redraw = () => document.dispatchEvent(new Event("cxr-view"));
/** @param {PanelCanvas} canvas */
const nameOf = (canvas) => canvas.closest("figure")?.querySelector(".name :is(h3, h4)")?.firstChild?.textContent ?? "";

/** @param {number} at */
function moveTo(at) {
  drawing.swipe.at = Math.min(1, Math.max(0, at));
  redraw();
}

/**
 * What lies over one stage, made where there is none. The keyboard stops at one line of a row.
 * @param {Element} stage
 * @param {boolean} isFirst
 */
function layerOn(stage, isFirst) {
  const known = /** @type {HTMLElement | null} */ (stage.querySelector(":scope > .swipe"));
  if (known) return known;
  const layer = document.createElement("div");
  layer.className = "swipe";
  layer.dataset.added = "1";
  const line = document.createElement("div");
  line.className = "line";
  if (isFirst) {
    for (const [name, set] of Object.entries({ role: "slider", "aria-valuemin": "0", "aria-valuemax": "100" }))
      line.setAttribute(name, set);
    line.tabIndex = 0;
  }
  layer.append(document.createElement("select"), line);
  stage.append(layer);
  return layer;
}

/**
 * @param {HTMLSelectElement} select
 * @param {readonly PanelCanvas[]} others
 * @param {PanelCanvas} chosen
 */
function offer(select, others, chosen) {
  const wanted = others.map((each) => new Option(nameOf(each), each.dataset.panel));
  /** @type {(options: readonly HTMLOptionElement[]) => string} */
  const write = (options) => JSON.stringify(options.map(({ value, text }) => [value, text]));
  if (write([...select.options]) !== write(wanted)) select.replaceChildren(...wanted);
  select.value = chosen.dataset.panel;
}

/**
 * A film of another shape than all others of its row has no line, and says why.
 * @param {Element} stage
 * @param {string} why empty: there is one, or none is wanted
 */
function explainNone(stage, why) {
  const known = stage.querySelector(":scope > .no-swipe");
  if (!why) return known?.remove();
  const told = known ?? document.createElement("p");
  told.textContent = why; // in the language of now
  if (known) return;
  told.className = "notice no-swipe";
  /** @type {HTMLElement} */ (told).dataset.added = "1";
  stage.append(told);
}

/** @param {KeyboardEvent} event */
const hasModifier = (event) => event.shiftKey || event.altKey || event.ctrlKey || event.metaKey;

function place() {
  const button = document.querySelector("#panels button[data-view=swipe]");
  button?.setAttribute("aria-pressed", String(drawing.swipe.isOn));
  for (const canvas of /** @type {NodeListOf<PanelCanvas>} */ (document.querySelectorAll(`:is(${STAGES}) canvas`))) {
    const stage = /** @type {Element} */ (canvas.parentElement);
    const beside = besideOf(canvas);
    const inRow = canvas.closest(".row")?.querySelectorAll("canvas[data-panel]").length ?? 0;
    explainNone(stage, drawing.swipe.isOn && !beside && inRow > 1 ? (button?.dataset.none ?? "") : "");
    if (!beside || !button) {
      stage.querySelector(":scope > .swipe")?.remove();
      continue;
    }
    const others = listBeside(canvas);
    const isFirst = canvas.closest(".row")?.querySelector("canvas") === canvas;
    const layer = layerOn(stage, isFirst);
    const [select, line] = /** @type {[HTMLSelectElement, HTMLElement]} */ ([...layer.children]);
    select.setAttribute("aria-label", `${nameOf(canvas)}: ${button.dataset.beside}`);
    offer(select, others, beside);
    const percent = Math.round(drawing.swipe.at * 100);
    line.style.left = `${drawing.swipe.at * 100}%`;
    if (!isFirst) continue;
    line.setAttribute("aria-label", String(button.dataset.line));
    line.setAttribute("aria-valuenow", String(percent));
  }
}

// Before the viewer's own habits: what is at the line is not at the film.
for (const kind of /** @type {const} */ (["pointerdown", "dblclick"])) {
  window.addEventListener(
    kind,
    (event) => {
      const layer = within(event, ".stage .swipe");
      if (!layer) return;
      event.stopImmediatePropagation();
      const line = /** @type {HTMLElement | null} */ (within(event, ".stage .swipe .line"));
      if (kind !== "pointerdown" || !line) return;
      event.preventDefault();
      line.setPointerCapture(/** @type {PointerEvent} */ (event).pointerId);
      if (line.tabIndex === 0) line.focus({ preventScroll: true });
    },
    true,
  );
}
document.addEventListener("pointermove", (event) => {
  const line = /** @type {HTMLElement | null} */ (within(event, ".stage .swipe .line"));
  if (!line?.hasPointerCapture(event.pointerId)) return;
  const { left, width } = /** @type {Element} */ (line.parentElement).getBoundingClientRect();
  moveTo((event.clientX - left) / width);
});
document.addEventListener(
  "keydown",
  (event) => {
    const move = within(event, ".swipe .line") && !hasModifier(event) && MOVES[event.key];
    if (!move) return;
    moveTo(move(drawing.swipe.at));
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
on("change", ".stage .swipe select", (select) => {
  const canvas = /** @type {PanelCanvas | null} */ (select.closest(".stage")?.querySelector("canvas"));
  if (!canvas) return;
  drawing.swipe.beside[canvas.dataset.panel] = select.value;
  redraw();
});
document.addEventListener("cxr-painted", place);
