// Given by gr.HTML: element, trigger, props, watch. Colours come from Python as a table of 256 RGBA levels per map; here a map
// becomes one transparent layer, once, and every redraw is the film with the layer over it. The server is never asked.
const state = { opacity: 0.7, scale: "relative", contours: false, cells: false, truth: false, asked: false, about: null };
const LINES = 4; // contours at every quarter of the limit
const THICK = 2; // px of a map
let film = null;
let filmId = null;
let truth = null; // outlines of what was planted in a drawn film
let layers = {};
const lines = new WeakMap(); // a layer -> its contours, made when they are first asked for

function picture(source) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("a picture of the page could not be decoded"));
    image.src = source;
  });
}

async function layer(source, table) {
  const image = await picture(source);
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const data = pixels.data;
  for (let at = 0; at < data.length; at += 4) {
    const level = data[at] * 4;
    data[at] = table[level];
    data[at + 1] = table[level + 1];
    data[at + 2] = table[level + 2];
    data[at + 3] = table[level + 3];
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

async function layersOf(pictures, table) {
  const smooth = await layer(pictures.smooth, table);
  return { source: pictures.smooth, smooth, cells: pictures.cells ? await layer(pictures.cells, table) : smooth };
}

// Both scales of a map; what was made of the same picture before is kept.
async function scalesOf(map, old) {
  const table = Uint8Array.from(atob(map.table), (character) => character.charCodeAt(0));
  const made = Object.values(old ?? {});
  const scales = {};
  for (const scale of ["relative", "absolute"]) {
    const found = made.find((one) => one.source === map[scale].smooth);
    scales[scale] = found ?? (await layersOf(map[scale], table));
    made.push(scales[scale]);
  }
  return scales;
}

// A layer's alpha is the magnitude: its lines are the pixels just inside each quarter, in their own colour.
function contoursOf(fill) {
  if (lines.has(fill)) return lines.get(fill);
  const { width, height } = fill;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const pixels = fill.getContext("2d").getImageData(0, 0, width, height);
  const data = pixels.data;
  const band = new Uint8Array(width * height);
  for (let at = 0; at < band.length; at++) band[at] = (data[at * 4 + 3] * LINES) / 255;
  for (let at = 0; at < band.length; at++) {
    const x = at % width;
    const lower = (there, inside) => inside && band[there] < band[at];
    const line =
      lower(at - THICK, x >= THICK) ||
      lower(at + THICK, x < width - THICK) ||
      lower(at - THICK * width, at >= THICK * width) ||
      lower(at + THICK * width, at < band.length - THICK * width);
    data[at * 4 + 3] = line ? 255 : 0;
  }
  context.putImageData(pixels, 0, 0);
  lines.set(fill, canvas);
  return canvas;
}

function paint(canvas, off) {
  const context = canvas.getContext("2d");
  context.globalAlpha = 1;
  context.drawImage(film, 0, 0, canvas.width, canvas.height);
  paintMap(canvas, context, off);
  context.globalAlpha = 1;
  if (truth && state.truth) context.drawImage(truth, 0, 0, canvas.width, canvas.height);
}

function paintMap(canvas, context, off) {
  const map = layers[canvas.dataset.panel]?.[state.scale];
  if (!map || off) return;
  const fill = state.cells ? map.cells : map.smooth;
  context.globalAlpha = state.opacity;
  context.drawImage(state.contours ? contoursOf(fill) : fill, 0, 0, canvas.width, canvas.height);
}

function draw() {
  const held = Boolean(props.value.held);
  const off = held && !state.asked;
  for (const canvas of element.querySelectorAll("canvas[data-panel]")) {
    if (film) paint(canvas, off);
    const told = off && layers[canvas.dataset.panel] ? canvas.dataset.off : canvas.dataset.text;
    canvas.setAttribute("aria-label", told);
  }
  const shown = element.querySelector("input.truth");
  if (shown) {
    shown.checked = state.truth;
    element.querySelector(".planted").hidden = !state.truth;
  }
  const ask = element.querySelector("button.ask");
  if (ask) ask.textContent = state.asked ? ask.dataset.hide : ask.dataset.show;
  const slider = element.querySelector("input.opacity");
  if (slider) {
    slider.value = Math.round(state.opacity * 100);
    slider.parentElement.querySelector("output").textContent = `${slider.value} %`;
    element.querySelector("input.as-cells").checked = state.cells;
    element.querySelector("input.contours").checked = state.contours;
    for (const way of element.querySelectorAll("input[name=scale]")) way.checked = way.value === state.scale;
  }
  element.dataset.scale = state.scale;
  element.dataset.off = String(off);
  element.dataset.drawn = String(Number(element.dataset.drawn || 0) + 1);
}

async function show() {
  const value = props.value;
  if (state.about !== value.about) {
    state.about = value.about;
    state.asked = false;
    layers = {};
  }
  if (!value.film) film = filmId = truth = null;
  else if (value.film.src && value.film.id !== filmId) {
    film = await picture(value.film.src);
    filmId = value.film.id;
    truth = value.film.truth ? await picture(value.film.truth) : null;
    state.truth = false;
  }
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
  asked = requestAnimationFrame(draw);
}

element.addEventListener("input", (event) => {
  if (event.target.matches("input.opacity")) state.opacity = event.target.value / 100;
  else if (event.target.matches("input.as-cells")) state.cells = event.target.checked;
  else if (event.target.matches("input.truth")) state.truth = event.target.checked;
  else if (event.target.matches("input.contours")) state.contours = event.target.checked;
  else if (event.target.matches("input[name=scale]")) state.scale = event.target.value;
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
