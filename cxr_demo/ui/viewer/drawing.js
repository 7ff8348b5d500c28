// How maps are drawn on the film: one film, one way of drawing, one set of controls. A map comes as numbers on its own
// grid, once; scale, colours, contours and cells are chosen here, so that the server is never asked.
/** @type {Drawing} */
const drawing = {
  opacity: 0.7,
  scale: "relative",
  contours: false,
  cells: false,
  bare: false,
  swipe: { isOn: false, at: 0.5, beside: {} },
  film: null,
  covered: null,
  outlines: null,
  outlined: false,
};
const LINES = 4; // contours at every quarter of the limit
const THICK = 2; // px of a map
const SAME_SHAPE = 0.02; // of two films, that are laid over each other
const STAGES = "#panels .stage, #pair .stage";
const STEPS = 32767; // of a map's numbers, for its largest magnitude
const ZERO = 128; // the level of 0 on a signed scale
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

/** @type {typeof globalThis.loadPicture} */
function loadPicture(source) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("a picture of the page could not be decoded"));
    image.src = source;
  });
}

/** @param {string} text in base64 */
function bytesOf(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/** @type {typeof globalThis.tableOf} */
const tableOf = (map) => bytesOf(map.table);

/** @type {typeof globalThis.numbersOf} */
async function numbersOf(map) {
  if (map.values) return { ...map, values: map.values };
  const packed = new Blob([bytesOf(map.numbers)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const steps = new Int16Array(await new Response(packed).arrayBuffer());
  return {
    rows: map.rows,
    columns: map.columns,
    down: map.down,
    across: map.across,
    values: Float32Array.from(steps, (step) => (step / STEPS) * map.peak),
  };
}

/**
 * Where the centres of the film's pixels fall among the cells of a map, of which the first has its centre at 0. The
 * cells fill the span, in shares of the square's side.
 * @param {Span} seen
 * @param {Span} placed
 * @param {number} size
 * @param {Span} span
 * @param {number} cells
 */
function positions(seen, placed, size, span, cells) {
  const scale = (placed[1] - placed[0]) / (seen[1] - seen[0]);
  return Float32Array.from(
    { length: seen[1] - seen[0] },
    (_, at) => (((placed[0] + (at + 0.5) * scale) / size - span[0]) * cells) / (span[1] - span[0]) - 0.5,
  );
}

/** @type {typeof globalThis.rasterise} */
function rasterise(map, frame, table, signed, { limit, start }, asCells) {
  const canvas = document.createElement("canvas");
  canvas.width = frame.width;
  canvas.height = frame.height;
  const context = contextOf(canvas, { willReadFrequently: true });
  const pixels = context.createImageData(frame.width, frame.height);
  const { rows, columns, values } = map; // the cells lie where the network looks
  const across = positions(frame.seenX, frame.placedX, frame.size, map.across, columns);
  const down = positions(frame.seenY, frame.placedY, frame.size, map.down, rows);
  /** @type {(at: number, cells: number) => number} */
  const inside = (at, cells) => Math.min(cells - 1, Math.max(0, at));
  const wide = new Float64Array(rows * across.length); // every row of the map at each of the film's columns
  for (let x = 0; x < across.length; x++) {
    const centre = asCells ? Math.round(across[x]) : across[x];
    const left = Math.floor(centre);
    const from = inside(left, columns);
    const to = inside(left + 1, columns);
    const share = centre - left;
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      wide[row * across.length + x] = values[start + from] * (1 - share) + values[start + to] * share;
    }
  }
  const colours = new Uint32Array(table.buffer); // four bytes at once
  const painted = new Uint32Array(pixels.data.buffer);
  const lowest = signed ? -1 : 0;
  const [factor, zero] = signed ? [127, ZERO + 0.5] : [255, 0.5]; // the half rounds
  const span = Math.log(limit / start);
  /** @type {(value: number) => number} */
  const shareOf = (value) =>
    start ? (Math.sign(value) * Math.log(Math.max(start, Math.abs(value)) / start)) / span : value / limit;
  for (let y = 0; y < down.length; y++) {
    const middle = asCells ? Math.round(down[y]) : down[y];
    const above = Math.floor(middle);
    const low = inside(above, rows) * across.length;
    const high = inside(above + 1, rows) * across.length;
    const falls = middle - above;
    const at = (y + frame.seenY[0]) * frame.width + frame.seenX[0];
    for (let x = 0; x < across.length; x++) {
      const part = shareOf(wide[low + x] * (1 - falls) + wide[high + x] * falls);
      painted[at + x] = colours[(Math.min(1, Math.max(lowest, part)) * factor + zero) | 0];
    }
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * @param {string} source
 * @param {Uint8Array} table
 */
async function layer(source, table) {
  const image = await loadPicture(source);
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

/** @type {typeof globalThis.layersOf} */
async function layersOf(pictures, table) {
  const smooth = await layer(pictureOf(pictures.smooth).source, table);
  const cells = pictures.cells ? await layer(pictureOf(pictures.cells).source, table) : smooth;
  return { source: pictures.smooth, smooth, cells };
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
 * As many pixels as the screen shows of it, and at most those that the film has.
 * @param {PanelCanvas} canvas
 * @param {Greys} film
 */
function fitToScreen(canvas, film) {
  const { width, height } = canvas.dataset;
  const shown = Math.round(canvas.clientWidth * devicePixelRatio) || Number(width);
  const across = Math.min(film.width, shown);
  const down = Math.max(1, Math.round((Number(height) * across) / Number(width)));
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
}

/**
 * The part of the film that is looked at, over it the layers of a map unless there are none, and over both the outlines
 * of what was planted in a drawn film, once somebody wants to see them. `from`: the share of the width where it begins.
 * @param {PanelCanvas} canvas
 * @param {Greys} film
 * @param {Layers | undefined} layers
 * @param {number} from
 */
function paint(canvas, film, layers, from) {
  const context = contextOf(canvas);
  const { width, height } = canvas;
  const start = Math.round(from * width);
  if (start >= width) return;
  context.putImageData(pictureOfFilm(film, width, height), 0, 0, start, 0, width - start, height);
  context.save();
  context.beginPath();
  context.rect(start, 0, width - start, height);
  context.clip();
  const { left, top, side } = partShown();
  /** @type {(picture: HTMLImageElement | HTMLCanvasElement, opacity: number) => void} */
  const put = (picture, opacity) => {
    const { width: wide, height: high } = picture;
    context.globalAlpha = opacity;
    context.drawImage(picture, left * wide, top * high, side * wide, side * high, 0, 0, width, height);
  };
  if (layers && !drawing.bare) {
    const fill = drawing.cells ? layers.cells : layers.smooth;
    put(drawing.contours ? contoursOf(fill) : fill, drawing.opacity);
  }
  const isOwn = film === drawing.film || film === drawing.covered;
  if (drawing.outlines && drawing.outlined && isOwn) put(drawing.outlines, 1);
  context.restore();
}

/** @type {typeof globalThis.listBeside} */
function listBeside(canvas) {
  const shape = Number(canvas.dataset.width) / Number(canvas.dataset.height);
  const row = /** @type {NodeListOf<PanelCanvas>} */ (
    (canvas.closest(".row") ?? canvas).querySelectorAll("canvas[data-panel]")
  );
  return [...row].filter((each) => {
    const other = Number(each.dataset.width) / Number(each.dataset.height);
    return each !== canvas && Math.abs(other / shape - 1) < SAME_SHAPE;
  });
}

/** @type {typeof globalThis.besideOf} */
function besideOf(canvas) {
  if (!drawing.swipe.isOn) return null;
  const others = listBeside(canvas);
  return others.find((each) => each.dataset.panel === drawing.swipe.beside[canvas.dataset.panel]) ?? others[0] ?? null;
}

/**
 * Every canvas of a component, its text alternative, and the button that shows what is held back.
 * @type {typeof globalThis.paintAll}
 */
function paintAll(element, layersOfPanel, off, asked, filmOfPanel = () => drawing.film) {
  const canvases = /** @type {NodeListOf<PanelCanvas>} */ (element.querySelectorAll("canvas[data-panel]"));
  /** @type {(canvas: PanelCanvas, panel: string, from: number) => void} */
  const paintPanel = (canvas, panel, from) => {
    const film = (panel === "film" && !drawing.bare && drawing.covered) || filmOfPanel(panel);
    if (film) paint(canvas, film, off ? undefined : layersOfPanel(panel), from);
  };
  /** @type {(canvas: PanelCanvas) => string} */
  const textOf = ({ dataset }) => (off && layersOfPanel(dataset.panel) ? dataset.off : dataset.text);
  const words = document.querySelector("#panels button[data-view=swipe]")?.dataset.beside;
  for (const canvas of canvases) {
    const { panel } = canvas.dataset;
    const film = filmOfPanel(panel);
    if (film) fitToScreen(canvas, film);
    else contextOf(canvas).clearRect(0, 0, canvas.width, canvas.height);
    paintPanel(canvas, panel, 0);
    const beside = besideOf(canvas);
    if (beside && film) paintPanel(canvas, beside.dataset.panel, drawing.swipe.at);
    canvas.setAttribute("aria-label", beside ? `${textOf(canvas)} ${words}: ${textOf(beside)}` : textOf(canvas));
  }
  const ask = element.querySelector("button.ask");
  if (ask) ask.textContent = (asked ? ask.dataset.hide : ask.dataset.show) ?? null;
  element.dataset.off = String(off);
  document.dispatchEvent(new Event("cxr-painted"));
}
