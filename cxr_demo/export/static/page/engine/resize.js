// Pictures made smaller and larger, bit for bit as OpenCV does with floats: float32 after every step, in its order.

const { fround } = Math;

/**
 * @typedef {{ of: Int32Array, share: Float32Array, starts: Int32Array }} Shares of which source cells a cell is made
 * @typedef {(length: number, places: number) => { first: Int32Array, share: Float32Array }} FindPlaces
 * @typedef {(one: number, other: number, share: number) => number} Mix
 */

/**
 * Which parts of `length` cells each of `cells` covers (OpenCV's computeResizeAreaTab).
 * @param {number} length
 * @param {number} cells
 * @returns {Shares}
 */
function shareCells(length, cells) {
  const scale = 1 / (cells / length);
  /** @type {number[]} */
  const of = [];
  /** @type {number[]} */
  const share = [];
  const starts = new Int32Array(cells + 1);
  for (let cell = 0; cell < cells; cell++) {
    const from = cell * scale;
    const to = from + scale;
    const width = Math.min(scale, length - from);
    const last = Math.min(Math.floor(to), length - 1);
    const first = Math.min(Math.ceil(from), last);
    if (first - from > 1e-3) {
      of.push(first - 1);
      share.push((first - from) / width);
    }
    for (let at = first; at < last; at++) {
      of.push(at);
      share.push(1 / width);
    }
    if (to - last > 1e-3) {
      of.push(last);
      share.push(Math.min(to - last, 1, width) / width);
    }
    starts[cell + 1] = of.length;
  }
  return { of: Int32Array.from(of), share: Float32Array.from(share), starts };
}

/** @type {(pixels: Float32Array, width: number, height: number, wide: number, high: number) => Float32Array} */
function averageParts(pixels, width, height, wide, high) {
  const across = shareCells(width, wide);
  const down = shareCells(height, high);
  const row = new Float32Array(wide); // assigning to it rounds
  const made = new Float32Array(wide * high);
  let known = -1;
  for (let y = 0; y < high; y++) {
    const sum = made.subarray(y * wide, (y + 1) * wide);
    for (let step = down.starts[y]; step < down.starts[y + 1]; step++) {
      if (down.of[step] !== known) {
        known = down.of[step];
        row.fill(0);
        for (let x = 0; x < wide; x++) {
          for (let at = across.starts[x]; at < across.starts[x + 1]; at++) {
            row[x] += fround(pixels[known * width + across.of[at]] * across.share[at]);
          }
        }
      }
      for (let x = 0; x < wide; x++) sum[x] += fround(row[x] * down.share[step]);
    }
  }
  return made;
}

/**
 * Where each cell is made of whole ones: their sum first, four at a time, then the mean.
 * @type {(pixels: Float32Array, width: number, height: number, wide: number, high: number, from: number) => Float32Array}
 */
function averageWhole(pixels, width, height, wide, high, from) {
  const [columns, rows] = [width / wide, height / high];
  const count = columns * rows;
  const offsets = Int32Array.from({ length: count }, (_, at) => Math.floor(at / columns) * width + (at % columns));
  const factor = fround(1 / count);
  const made = new Float32Array(wide * high);
  for (let y = 0; y < high; y++) {
    for (let x = from; x < wide; x++) {
      const start = y * rows * width + x * columns;
      let sum = 0;
      let at = 0;
      for (; at <= count - 4; at += 4) {
        const two = fround(pixels[start + offsets[at]] + pixels[start + offsets[at + 1]]);
        const three = fround(two + pixels[start + offsets[at + 2]]);
        sum = fround(sum + fround(three + pixels[start + offsets[at + 3]]));
      }
      for (; at < count; at++) sum = fround(sum + pixels[start + offsets[at]]);
      made[y * wide + x] = sum * factor;
    }
  }
  return made;
}

/** @type {(pixels: Float32Array, width: number, height: number, wide: number, high: number) => Float32Array} */
function average(pixels, width, height, wide, high) {
  if (width % wide || height % high) return averageParts(pixels, width, height, wide, high);
  if (width !== 2 * wide || height !== 2 * high) return averageWhole(pixels, width, height, wide, high, 0);
  // Of two by two, four columns at a time are added row by row, and what is left of a row as above.
  const made = averageParts(pixels, width, height, wide, high);
  const rest = wide - (wide % 4);
  const tail = averageWhole(pixels, width, height, wide, high, rest);
  for (let y = 0; y < high; y++) made.set(tail.subarray(y * wide + rest, (y + 1) * wide), y * wide + rest);
  return made;
}

/**
 * Between the middles of cells.
 * @type {FindPlaces}
 */
function placesBetween(length, places) {
  const first = new Int32Array(places);
  const share = new Float32Array(places);
  for (let at = 0; at < places; at++) {
    const place = (at + 0.5) * (length / places) - 0.5;
    const low = Math.floor(place);
    first[at] = Math.min(length - 1, Math.max(0, low));
    share[at] = low < 0 || low >= length - 1 ? 0 : place - low;
  }
  return { first, share };
}

/**
 * Cells stay as wide as they are; only a place on the edge of two has something of both (OpenCV's areas, enlarged).
 * @type {FindPlaces}
 */
function placesOnEdges(length, places) {
  const first = new Int32Array(places);
  const share = new Float32Array(places);
  for (let at = 0; at < places; at++) {
    const low = Math.floor(at * (1 / (places / length)));
    const part = fround(at + 1 - (low + 1) * (places / length));
    first[at] = Math.min(length - 1, low);
    share[at] = low >= length - 1 || part <= 0 ? 0 : part - Math.floor(part);
  }
  return { first, share };
}

/** @type {Mix} rounds once */
const mixOnce = (one, other, share) => share * fround(other - one) + one;
/** @type {Mix} rounds after every step */
const mixByStep = (one, other, share) => fround(one * fround(1 - share)) + fround(other * share);

/**
 * First along the rows.
 * @type {(pixels: Float32Array, width: number, height: number, wide: number, high: number, find: FindPlaces, mix: Mix) => Float32Array}
 */
function interpolate(pixels, width, height, wide, high, find, mix) {
  const [across, down] = [find(width, wide), find(height, high)];
  const rows = new Float32Array(wide * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < wide; x++) {
      const left = pixels[y * width + across.first[x]];
      const right = pixels[y * width + Math.min(width - 1, across.first[x] + 1)];
      rows[y * wide + x] = mix(left, right, across.share[x]);
    }
  }
  const made = new Float32Array(wide * high);
  for (let y = 0; y < high; y++) {
    const above = down.first[y] * wide;
    const below = Math.min(height - 1, down.first[y] + 1) * wide;
    for (let x = 0; x < wide; x++) made[y * wide + x] = mix(rows[above + x], rows[below + x], down.share[y]);
  }
  return made;
}

/**
 * pixels (height x width) -> (high x wide): means of areas when both sides shrink (no aliasing), else linear, or by
 * areas too.
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} wide
 * @param {number} high
 * @param {boolean} [byArea]
 */
export function resize(pixels, width, height, wide, high, byArea = false) {
  if (wide === width && high === height) return pixels;
  if (wide <= width && high <= height) return average(pixels, width, height, wide, high);
  if (byArea) return interpolate(pixels, width, height, wide, high, placesOnEdges, mixByStep);
  return interpolate(pixels, width, height, wide, high, placesBetween, mixOnce);
}
