// Given by gr.HTML: element, trigger, props, watch; by drawing.js: how maps are drawn. The server is never asked.
const own = /** @type {{ value: PanelsValue }} */ (props);
const SCALES = /** @type {const} */ (["relative", "absolute"]);
/** @type {{ scale: Scale, asked: boolean, about: string | null }} */
const state = { scale: "relative", asked: false, about: null };
/** @type {Record<string, Record<Scale, Layers> | undefined>} */
let layers = {};

/**
 * Both scales of a map; what was made of the same picture before is kept.
 * @param {PanelMap} map
 * @param {Record<Scale, Layers> | undefined} old
 */
async function scalesOf(map, old) {
  const table = tableOf(map);
  const made = old ? Object.values(old) : [];
  const scales = /** @type {Record<Scale, Layers>} */ ({}); // once the loop has ended
  for (const scale of SCALES) {
    const found = made.find((one) => one.source === map[scale].smooth);
    scales[scale] = found ?? (await layersOf(map[scale], table));
    made.push(scales[scale]);
  }
  return scales;
}

/**
 * The controls come all at once, with the first film.
 * @param {string} name
 */
const control = (name) => /** @type {HTMLInputElement} */ (element.querySelector(`input.${name}`));

function draw() {
  const off = Boolean(own.value.held) && !state.asked;
  paintAll(element, (panel) => layers[panel]?.[state.scale], off, state.asked);
  document.body.dataset.outlined = drawing.outlined ? "1" : "";
  const shown = element.querySelector("input.truth");
  if (shown) {
    shown.checked = drawing.outlined;
    const planted = /** @type {HTMLElement} */ (element.querySelector(".planted"));
    planted.hidden = !drawing.outlined;
  }
  const slider = element.querySelector("input.opacity");
  if (slider) {
    slider.value = String(Math.round(drawing.opacity * 100));
    const percent = /** @type {HTMLOutputElement} */ (element.querySelector("input.opacity + output"));
    percent.textContent = `${slider.value} %`;
    control("as-cells").checked = drawing.cells;
    control("contours").checked = drawing.contours;
    control("keep").checked = Boolean(own.value.pinned);
    for (const way of element.querySelectorAll("input[name=scale]")) way.checked = way.value === state.scale;
  }
  element.dataset.scale = state.scale;
  element.dataset.drawn = String(Number(element.dataset.drawn || 0) + 1);
}

// To the sections below, which draw on the same film.
const tell = () => document.dispatchEvent(new Event("cxr-drawing"));

async function show() {
  const value = own.value;
  if (state.about !== value.about) {
    state.about = drawing.about = value.about;
    state.asked = false;
    layers = {};
  }
  if (!value.film) drawing.film = drawing.filmId = drawing.truth = null;
  else if (value.film.src && value.film.id !== drawing.filmId) {
    drawing.film = await picture(value.film.src);
    drawing.filmId = value.film.id;
    drawing.truth = value.film.truth ? await picture(value.film.truth) : null;
    drawing.outlined = false;
  }
  tell();
  draw(); // a panel that was put in between has moved the others' canvases
  const kept = layers;
  for (const [key, map] of Object.entries(value.maps)) {
    const made = await scalesOf(map, kept[key]);
    if (kept !== layers) return; // another finding came meanwhile and draws itself
    kept[key] = made;
  }
  draw();
  element.dataset.ready = element.querySelector(".busy") ? "" : value.about; // all that will come is drawn
}

let asked = 0;
function redraw() {
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(() => {
    draw();
    tell();
  });
}

element.addEventListener("input", (event) => {
  if (event.target.matches("input.opacity")) drawing.opacity = Number(event.target.value) / 100;
  else if (event.target.matches("input.as-cells")) drawing.cells = event.target.checked;
  else if (event.target.matches("input.truth")) drawing.outlined = event.target.checked;
  else if (event.target.matches("input.contours")) drawing.contours = event.target.checked;
  else if (event.target.matches("input.keep")) return trigger("pin", { pinned: event.target.checked });
  else if (event.target.matches("input[name=scale]")) state.scale = /** @type {Scale} */ (event.target.value);
  else return;
  redraw();
});
element.addEventListener("click", (event) => {
  const leave = event.target.closest("button.leave");
  if (leave) trigger("leave", { method: leave.dataset.leave });
  if (!event.target.closest("button.ask")) return;
  state.asked = !state.asked;
  redraw();
});
watch("value", show);
show();
