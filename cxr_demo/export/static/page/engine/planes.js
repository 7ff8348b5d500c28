// Planes of a picture: all reds, all greens, all blues, or one of grey, row by row.

/**
 * A plane of what `change` makes of each value. `Float32Array.from` does the same, ten times as slowly.
 * @param {Values} plane
 * @param {(value: number) => number} change
 */
export function makeFloats(plane, change) {
  const made = new Float32Array(plane.length);
  for (let at = 0; at < made.length; at++) made[at] = change(plane[at]);
  return made;
}

/**
 * Each value becomes what `change` makes of it.
 * @param {Values} plane
 * @param {(value: number, at: number) => number} change
 */
export function changeAll(plane, change) {
  for (let at = 0; at < plane.length; at++) plane[at] = change(plane[at], at);
}

/**
 * @param {Uint8Array | Uint8ClampedArray | Uint16Array} values
 * @param {number} channels
 * @param {number} channel
 */
export function takeChannel(values, channels, channel) {
  const plane = new (values instanceof Uint16Array ? Uint16Array : Uint8Array)(values.length / channels);
  for (let at = 0; at < plane.length; at++) plane[at] = values[at * channels + channel];
  return plane;
}

/** @param {ArrayLike<number>[]} planes */
export function interleave(planes) {
  const values = new Uint16Array(planes.length * planes[0].length);
  for (let at = 0; at < values.length; at++) values[at] = planes[at % planes.length][Math.floor(at / planes.length)];
  return values;
}

/**
 * @param {ArrayLike<number>} packed rows of whole bytes
 * @param {number} wide values in a row
 * @param {number} height
 * @param {number} depth
 */
export function unpackBits(packed, wide, height, depth) {
  const stride = Math.ceil((wide * depth) / 8);
  const values = new Uint8Array(wide * height);
  for (let at = 0; at < values.length; at++) {
    const bit = (at % wide) * depth;
    const byte = packed[Math.floor(at / wide) * stride + (bit >> 3)];
    values[at] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return values;
}

/**
 * A plane (height x width) turned upright, as EXIF numbers its orientations; also what mends a film.
 * @template {Float32Array | Uint8Array | Uint16Array | Int16Array | Int32Array | Uint32Array} Plane
 * @param {Plane} plane
 * @param {number} width
 * @param {number} height
 * @param {number} orientation 1 to 8
 * @returns {Plane}
 */
export function turnPlane(plane, width, height, orientation) {
  if (orientation < 2 || orientation > 8) return plane;
  const turned = /** @type {Plane} */ (plane.slice());
  const swaps = orientation >= 5;
  const flipsRows = [3, 4, 6, 7].includes(orientation);
  const flipsColumns = [2, 3, 7, 8].includes(orientation);
  const [wide, high] = swaps ? [height, width] : [width, height];
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const [row, column] = swaps ? [x, y] : [y, x];
      const from = flipsRows ? height - 1 - row : row;
      turned[y * wide + x] = plane[from * width + (flipsColumns ? width - 1 - column : column)];
    }
  }
  return turned;
}
