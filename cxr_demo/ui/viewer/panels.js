// The panels: what is looked at is drawn here, on one scale or the other; the server is never asked.
/** @type {{ asked: boolean, about: string | null, film: string | null }} */
const state = { asked: false, about: null, film: null };
/** @type {PanelsValue | null} */
let value = null;
/** @type {Map<string, MapNumbers>} */
const numbers = new Map(); // by id
/** @type {Map<string, HTMLCanvasElement>} */
let layers = new Map(); // by id, scale and way

const panels = () => partOf("panels");

/**
 * @param {PanelMap} map
 * @param {boolean} asCells
 */
function layerOf(map, asCells) {
  const limit = map[drawing.scale];
  const start = drawing.scale === "absolute" ? map.start : 0;
  const key = `${map.map} ${limit} ${start} ${asCells && map.coarse}`;
  const made = layers.get(key);
  const known = numbers.get(map.map);
  if (made || !known || !value?.frame) return made;
  const table = tableOf({ table: value.tables[map.colours] });
  const layer = rasterise(known, value.frame, table, map.colours === "signed", { limit, start }, asCells && map.coarse);
  layers.set(key, layer);
  return layer;
}

/**
 * The layer of a panel as it is looked at now.
 * @param {string} panel
 */
function layersOfPanel(panel) {
  const map = value?.maps[panel];
  const layer = map && layerOf(map, drawing.cells);
  return layer && { source: map.map, smooth: layer, cells: layer };
}

/**
 * The controls come all at once, with the first film.
 * @param {string} name
 */
const control = (name) => /** @type {HTMLInputElement} */ (panels().querySelector(`input.${name}`));

function draw() {
  const element = panels();
  if (view.window && !films.offered.length) fetchWindows();
  drawing.film = films.offered[view.window - 1] ?? films.read;
  paintAll(element, layersOfPanel, Boolean(value?.held) && !state.asked, state.asked);
  document.body.dataset.outlined = drawing.outlined ? "1" : "";
  const shown = element.querySelector("input.truth");
  if (shown) {
    shown.checked = drawing.outlined;
    const planted = /** @type {HTMLElement} */ (element.querySelector(".planted"));
    planted.hidden = !drawing.outlined;
  }
  const isComing = String(view.window > films.offered.length);
  element.querySelector("select.file-window")?.setAttribute("aria-busy", isComing);
  const slider = element.querySelector("input.opacity");
  if (slider) {
    slider.value = String(Math.round(drawing.opacity * 100));
    const percent = /** @type {HTMLOutputElement} */ (element.querySelector("input.opacity + output"));
    percent.textContent = `${slider.value} %`;
    control("as-cells").checked = drawing.cells;
    control("contours").checked = drawing.contours;
    control("keep").checked = Boolean(value?.pinned);
    const contrast = element.querySelector("input.contrast"); // none where the network knows one finding
    if (contrast) contrast.checked = Boolean(value?.contrast);
    for (const way of element.querySelectorAll("input[name=scale]")) way.checked = way.value === drawing.scale;
  }
  element.dataset.scale = drawing.scale;
  element.dataset.drawn = String(Number(element.dataset.drawn || 0) + 1);
}

// To the sections below, which draw on the same film.
const tell = () => document.dispatchEvent(new Event("cxr-drawing"));

/** @type {{ read: Greys | null, offered: readonly Greys[] }} */
const films = { read: null, offered: [] }; // as the network reads it, and in the other windows of its file
/** @type {Set<string>} */
const fetched = new Set(); // names of deep films, of this one

/** @param {string | null | undefined} name */
async function fetchOnce(name) {
  if (!name || !drawing.film || fetched.has(name)) return null;
  fetched.add(name);
  const deep = await deepGreysOf(name).catch(() => null);
  if (!deep) fetched.delete(name); // to be tried again; until then what is there stays
  return deep;
}

// Whoever comes near the films gets all of them that there is, once.
async function deepen() {
  const name = value?.film?.deep;
  const deep = await fetchOnce(name);
  if (!deep || !name || value?.film?.deep !== name) return;
  films.read = deep;
  panels().dataset.deep = name;
  redraw();
}

async function fetchWindows() {
  const name = value?.film?.windows;
  if (!name || !drawing.film || fetched.has(name)) return;
  const deep = await fetchOnce(name);
  if (value?.film?.windows !== name) return;
  if (deep) films.offered = deep.looks.map((look) => ({ ...deep, look }));
  else view.window = 0; // no label names what is not to be seen
  redraw();
}

/** @type {Promise<void>} */
let loading = Promise.resolve();

/** @param {Film} film */
async function load(film) {
  const outlines = film.outlines ? loadPicture(pictureOf(film.outlines).source) : null;
  const [greys, lines] = await Promise.all([loadGreys(pictureOf(film.picture)), outlines]);
  if (state.film !== film.picture) return;
  films.read = drawing.film = greys;
  films.offered = pictureOf(film.picture).offered ?? [];
  drawing.outlines = lines;
}

/** @param {PanelsValue} next */
async function show(next) {
  value = next;
  panels().dataset.ready = "";
  const film = next.film?.picture ?? null;
  const isOther = state.about !== next.about || film !== state.film;
  if (state.about !== next.about) {
    state.about = next.about;
    state.asked = false;
    layers = new Map();
  }
  if (film !== state.film) {
    state.film = film;
    drawing.film = drawing.outlines = films.read = null;
    drawing.outlined = false;
    films.offered = [];
    fetched.clear();
    delete panels().dataset.deep;
    resetView();
    loading = next.film ? load(next.film).catch(() => {}) : Promise.resolve();
  }
  if (isOther) draw(); // what was drawn of something else goes at once
  await loading;
  if (value !== next) return; // the newer one draws itself
  const wanted = Object.values(next.maps).map((map) => map.map);
  for (const id of [...numbers.keys()]) if (!wanted.includes(id)) numbers.delete(id);
  await Promise.all(
    wanted.map(async (id) => {
      const known = numbers.get(id) ?? (await numbersOf(packedMapOf(id)).catch(() => null));
      if (known) numbers.set(id, known);
    }),
  );
  if (value !== next) return; // the newer one draws itself
  draw();
  tell();
  panels().dataset.ready = panels().querySelector(".busy") ? "" : next.about; // all that will come is drawn
}

let asked = 0;
function redraw() {
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(() => {
    draw();
    tell();
  });
}

on("input", "#panels input", (input) => {
  if (input.matches("input.opacity")) drawing.opacity = Number(input.value) / 100;
  else if (input.matches("input.as-cells")) drawing.cells = input.checked;
  else if (input.matches("input.truth")) drawing.outlined = input.checked;
  else if (input.matches("input.contours")) drawing.contours = input.checked;
  else if (input.matches("input.contrast")) return press("contrast_labels", { contrast: input.checked });
  else if (input.matches("input.keep")) return press("pin_scale", { pinned: input.checked });
  else if (input.matches("input[name=scale]")) drawing.scale = /** @type {Scale} */ (input.value);
  else return;
  redraw();
});
on("change", "#panels select.file-window", (select) => {
  view.window = select.selectedIndex;
  redraw();
});
on("click", "#panels button.ask", () => {
  state.asked = !state.asked;
  redraw();
});
for (const kind of /** @type {const} */ (["pointerover", "focusin"])) on(kind, "#panels .row, #panels .view", deepen);
document.addEventListener("cxr-view", redraw);
onPart("panels", show);
