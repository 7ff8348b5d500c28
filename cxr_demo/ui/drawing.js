// In front of the script of every component that draws maps on the film: one film, one way of drawing, one set of
// controls. Colours come from Python as a table of 256 RGBA levels per map; here a map becomes one transparent layer,
// once, and every redraw is the film with the layer over it. `about` says what the panels show now.
window.cxrDrawing ??= {
  opacity: 0.7,
  contours: false,
  cells: false,
  film: null,
  filmId: null,
  about: null,
  truth: null,
  outlined: false,
};
const drawing = window.cxrDrawing;
const LINES = 4; // contours at every quarter of the limit
const THICK = 2; // px of a map
/** @type {WeakMap<HTMLCanvasElement, HTMLCanvasElement>} */
const lines = new WeakMap(); // a layer -> its contours, made when they are first asked for

/**
 * No canvas of the page has a context of another kind, so each of them has this one.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
function contextOf(canvas, settings) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));
}

/** @type {typeof globalThis.picture} */
function picture(source) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("a picture of the page could not be decoded"));
    image.src = source;
  });
}

/**
 * @param {string} source
 * @param {Uint8Array} table
 */
async function layer(source, table) {
  const image = await picture(source);
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = contextOf(canvas, { willReadFrequently: true });
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

/** @type {typeof globalThis.tableOf} */
function tableOf(map) {
  return Uint8Array.from(atob(map.table), (character) => character.charCodeAt(0));
}

/** @type {typeof globalThis.layersOf} */
async function layersOf(pictures, table) {
  const smooth = await layer(pictures.smooth, table);
  return { source: pictures.smooth, smooth, cells: pictures.cells ? await layer(pictures.cells, table) : smooth };
}

/**
 * A layer's alpha is the magnitude: its lines are the pixels just inside each quarter, in their own colour.
 * @param {HTMLCanvasElement} fill
 */
function contoursOf(fill) {
  const known = lines.get(fill);
  if (known) return known;
  const { width, height } = fill;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = contextOf(canvas);
  const pixels = contextOf(fill).getImageData(0, 0, width, height);
  const data = pixels.data;
  const band = new Uint8Array(width * height);
  for (let at = 0; at < band.length; at++) band[at] = (data[at * 4 + 3] * LINES) / 255;
  for (let at = 0; at < band.length; at++) {
    const x = at % width;
    /** @type {(there: number, inside: boolean) => boolean} */
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

/**
 * The film, over it the layers of a map unless there are none, and over both the outlines of what was planted in a
 * drawn film, once somebody wants to see them.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement} film
 * @param {Layers | undefined} layers
 */
function paint(canvas, film, layers) {
  const context = contextOf(canvas);
  /** @type {(picture: HTMLImageElement | HTMLCanvasElement, opacity: number) => void} */
  const put = (picture, opacity) => {
    context.globalAlpha = opacity;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  };
  put(film, 1);
  if (layers) {
    const fill = drawing.cells ? layers.cells : layers.smooth;
    put(drawing.contours ? contoursOf(fill) : fill, drawing.opacity);
  }
  if (drawing.truth && drawing.outlined) put(drawing.truth, 1);
}

/**
 * Every canvas of a component, its text alternative, and the button that shows what is held back.
 * @type {typeof globalThis.paintAll}
 */
function paintAll(element, layersOfPanel, off, asked) {
  const canvases = /** @type {NodeListOf<PanelCanvas>} */ (element.querySelectorAll("canvas[data-panel]"));
  for (const canvas of canvases) {
    const found = layersOfPanel(canvas.dataset.panel);
    if (drawing.film) paint(canvas, drawing.film, off ? undefined : found);
    canvas.setAttribute("aria-label", off && found ? canvas.dataset.off : canvas.dataset.text);
  }
  const ask = element.querySelector("button.ask");
  if (ask) ask.textContent = (asked ? ask.dataset.hide : ask.dataset.show) ?? null;
  element.dataset.off = String(off);
}
