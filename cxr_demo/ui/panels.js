// Given by gr.HTML: element, props, watch. Colours come from Python as a table of 256 RGBA levels per map; here a map
// becomes one transparent layer, once, and every redraw is the film with the layer over it. The server is never asked.
const state = { opacity: 0.7, cells: false, asked: false, about: null };
let film = null;
let filmId = null;
let layers = {};

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

async function layersOf(map) {
  const table = Uint8Array.from(atob(map.table), (character) => character.charCodeAt(0));
  const smooth = await layer(map.smooth, table);
  return { smooth, cells: map.cells ? await layer(map.cells, table) : smooth };
}

function paint(canvas, off) {
  const context = canvas.getContext("2d");
  context.globalAlpha = 1;
  context.drawImage(film, 0, 0, canvas.width, canvas.height);
  const map = layers[canvas.dataset.panel];
  if (!map || off) return;
  context.globalAlpha = state.opacity;
  context.drawImage(state.cells ? map.cells : map.smooth, 0, 0, canvas.width, canvas.height);
}

function draw() {
  const held = Boolean(props.value.held);
  const off = held && !state.asked;
  for (const canvas of element.querySelectorAll("canvas[data-panel]")) {
    if (film) paint(canvas, off);
    const told = off && layers[canvas.dataset.panel] ? canvas.dataset.off : canvas.dataset.text;
    canvas.setAttribute("aria-label", told);
  }
  const ask = element.querySelector("button.ask");
  if (ask) ask.textContent = state.asked ? ask.dataset.hide : ask.dataset.show;
  const slider = element.querySelector("input.opacity");
  if (slider) {
    slider.value = Math.round(state.opacity * 100);
    slider.parentElement.querySelector("output").textContent = `${slider.value} %`;
    element.querySelector("input.as-cells").checked = state.cells;
  }
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
  if (!value.film) film = filmId = null;
  else if (value.film.src && value.film.id !== filmId) {
    film = await picture(value.film.src);
    filmId = value.film.id;
  }
  const kept = layers;
  for (const [key, map] of Object.entries(value.maps)) {
    if (kept[key]) continue;
    const made = await layersOf(map);
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
  else return;
  redraw();
});
element.addEventListener("click", (event) => {
  if (!event.target.closest("button.ask")) return;
  state.asked = !state.asked;
  redraw();
});
watch("value", show);
show();
