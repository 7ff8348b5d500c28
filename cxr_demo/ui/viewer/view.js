// Which part of the film every panel shows, and with which greys. One view for all of them, kept until another film
// comes. Places are shares from 0 to 1: of the film, or of the stage, which is where a panel shows it.
/** @type {View} */
const view = { zoom: 1, x: 0.5, y: 0.5, window: 0, low: 0, high: 1, inverted: false };
const MOST_PX = 12; // of a screen for one pixel of the film
const LEAST_WINDOW = 1 / 256; // of the film's range: less than a step of 8 bits shows two greys
const WHITE = 65535;

/** @type {typeof globalThis.resetView} */
function resetView() {
  Object.assign(view, { zoom: 1, x: 0.5, y: 0.5, window: 0, low: 0, high: 1, inverted: false });
}

/** @type {typeof globalThis.partShown} */
function partShown() {
  const side = 1 / view.zoom;
  return { left: view.x - side / 2, top: view.y - side / 2, side };
}

/** @type {typeof globalThis.toFilm} */
function toFilm([x, y]) {
  const { left, top, side } = partShown();
  return [left + x * side, top + y * side];
}

/** @type {typeof globalThis.toStage} */
function toStage([x, y]) {
  const { left, top, side } = partShown();
  return [(x - left) / side, (y - top) / side];
}

/** @type {typeof globalThis.zoomTo} */
function zoomTo(zoom, [x, y], most) {
  const [filmX, filmY] = toFilm([x, y]);
  view.zoom = Math.min(Math.max(1, most), Math.max(1, zoom));
  lookAt(filmX - (x - 0.5) / view.zoom, filmY - (y - 0.5) / view.zoom);
}

/** @type {typeof globalThis.lookAt} */
function lookAt(x, y) {
  const half = 0.5 / view.zoom;
  /** @type {(at: number) => number} */
  const inside = (at) => Math.min(1 - half, Math.max(half, at));
  [view.x, view.y] = [inside(x), inside(y)];
}

/** @type {typeof globalThis.setWindow} */
function setWindow(level, width) {
  const wide = Math.min(2, Math.max(LEAST_WINDOW, width));
  const middle = Math.min(1, Math.max(0, level));
  [view.low, view.high] = [middle - wide / 2, middle + wide / 2];
}

/** @type {typeof globalThis.zoomsOf} */
function zoomsOf(film, across) {
  return { one: film.width / across, most: Math.max(8, (MOST_PX * film.width) / across) };
}

/** @type {typeof globalThis.greysOf} */
function greysOf(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const levels = new Uint16Array(image.width * image.height);
  for (let at = 0; at < levels.length; at++) levels[at] = data[at * 4] * 257;
  return { width: image.width, height: image.height, levels, look: null, halved: null };
}

/** @type {typeof globalThis.loadGreys} */
async function loadGreys(picture) {
  return picture.greys ?? greysOf(await loadPicture(picture.source));
}

const DEEP_FILMS = "gradio_api/film";
const HEAD = 12; // bytes: width, height and how many tables of greys

/** @type {typeof globalThis.deepGreysOf} */
async function deepGreysOf(name) {
  const answer = await fetch(`${DEEP_FILMS}/${name}`);
  if (!answer.ok) throw new Error("the film is no longer there");
  const body = await answer.arrayBuffer();
  const head = new DataView(body);
  const [width, height, count] = [0, 4, 8].map((at) => head.getUint32(at, true));
  const packed = new Blob([body.slice(HEAD)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(packed).arrayBuffer());
  const levels = unpack(planes, width, height);
  const greys = unpack(planes.subarray(2 * levels.length), WHITE + 1, count);
  const looks = Array.from({ length: count }, (_, at) => greys.subarray(at * (WHITE + 1), (at + 1) * (WHITE + 1)));
  return { width, height, levels, looks, look: null, halved: null };
}

/**
 * Rows of values from the steps between them, all low bytes before all high ones.
 * @param {Uint8Array} planes
 * @param {number} width
 * @param {number} height
 */
function unpack(planes, width, height) {
  const values = new Uint16Array(width * height);
  for (let at = 0; at < values.length; at++) {
    const step = planes[at] | (planes[values.length + at] << 8);
    values[at] = at % width ? values[at - 1] + step : step;
  }
  return values;
}

/**
 * Half as many pixels along each side, each the mean of four; of an odd side the last stays alone.
 * @param {Greys} film
 * @returns {Greys}
 */
function halve(film) {
  if (film.halved) return film.halved;
  const [width, height] = [Math.ceil(film.width / 2), Math.ceil(film.height / 2)];
  const levels = new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    const upper = 2 * y * film.width;
    const lower = Math.min(2 * y + 1, film.height - 1) * film.width;
    for (let x = 0; x < width; x++) {
      const left = 2 * x;
      const right = Math.min(left + 1, film.width - 1);
      const sum =
        film.levels[upper + left] + film.levels[upper + right] + film.levels[lower + left] + film.levels[lower + right];
      levels[y * width + x] = (sum + 2) >> 2;
    }
  }
  film.halved = { width, height, levels, look: film.look, halved: null };
  return film.halved;
}

/**
 * Between which two pixels of a side lies each of `count` places of a part of it, and how near the second.
 * @param {number} pixels
 * @param {number} start
 * @param {number} side
 * @param {number} count
 */
function betweenPixels(pixels, start, side, count) {
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const share = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const place = (start + ((at + 0.5) / count) * side) * pixels - 0.5;
    const low = Math.floor(place);
    first[at] = Math.min(pixels - 1, Math.max(0, low));
    second[at] = Math.min(pixels - 1, Math.max(0, low + 1));
    share[at] = place - low;
  }
  return { first, second, share };
}

/** @type {WeakMap<object, { low: number, high: number, inverted: boolean, greys: Uint32Array }>} */
const tables = new WeakMap(); // by look, of all films that have none by the view

/**
 * The grey of every level, as four bytes of a canvas. `look`: how bright the file wants it.
 * @param {Uint16Array | null} look
 */
function windowTable(look) {
  const { low, high, inverted } = view;
  const known = tables.get(look ?? view);
  if (known && known.low === low && known.high === high && known.inverted === inverted) return known.greys;
  const greys = new Uint32Array(WHITE + 1);
  for (let level = 0; level <= WHITE; level++) {
    const bright = look ? look[level] : level;
    const share = Math.min(1, Math.max(0, (bright / WHITE - low) / (high - low)));
    const grey = Math.round((inverted ? 1 - share : share) * 255);
    greys[level] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  tables.set(look ?? view, { low, high, inverted, greys });
  return greys;
}

/** @type {WeakMap<Greys, { key: string, picture: ImageData }>} */
const drawn = new WeakMap(); // each film as it was drawn last

/** @type {typeof globalThis.pictureOfFilm} */
function pictureOfFilm(film, width, height) {
  const { left, top, side } = partShown();
  const key = [width, height, left, top, side, view.low, view.high, view.inverted].join(" ");
  const known = drawn.get(film);
  if (known?.key === key) return known.picture;
  let source = film;
  while ((source.width * side) / width >= 2) source = halve(source);
  const { width: stride, levels } = source;
  const across = betweenPixels(source.width, left, side, width);
  const down = betweenPixels(source.height, top, side, height);
  const picture = new ImageData(width, height);
  const painted = new Uint32Array(picture.data.buffer);
  const greys = windowTable(film.look);
  for (let y = 0; y < height; y++) {
    const upper = down.first[y] * stride;
    const lower = down.second[y] * stride;
    const falls = down.share[y];
    for (let x = 0; x < width; x++) {
      const from = across.first[x];
      const to = across.second[x];
      const share = across.share[x];
      const above = levels[upper + from] * (1 - share) + levels[upper + to] * share;
      const below = levels[lower + from] * (1 - share) + levels[lower + to] * share;
      painted[y * width + x] = greys[(above * (1 - falls) + below * falls + 0.5) | 0];
    }
  }
  drawn.set(film, { key, picture });
  return picture;
}
