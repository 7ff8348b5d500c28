// Images too large to keep are read at half size. Twin of `film.halving`.

import { say } from "./failure.js";
import { roundEven } from "./numbers.js";
import { checkSize, isTooLarge } from "./size.js";

const { fround, min } = Math;

/**
 * What is halved may be larger; says so.
 * @param {number} width
 * @param {number} height
 * @param {Message[]} notes
 * @param {Parameters<typeof checkSize>[2]} [most] pixels
 */
export function checkHalved(width, height, notes, most) {
  checkSize(width, height, most);
  if (isTooLarge(width, height)) notes.push(say("note-halved", { width, height }));
}

/**
 * The means of 2 x 2 values in their own type; at an odd edge the last row or column counts twice.
 * @template {Values} Plane
 * @param {Plane} plane
 * @param {number} width
 * @param {number} height
 * @returns {Plane}
 */
export function halve(plane, width, height) {
  const [wide, high] = halfOf(width, height);
  const isFloat = plane instanceof Float32Array || plane instanceof Float64Array;
  const isDouble = plane.BYTES_PER_ELEMENT > 2 && !(plane instanceof Float32Array);
  const add = isDouble
    ? (/** @type {number} */ a, /** @type {number} */ b) => a + b
    : (/** @type {number} */ a, /** @type {number} */ b) => fround(a + b);
  const Kind = /** @type {new (length: number) => Plane} */ (plane.constructor);
  const halved = new Kind(wide * high);
  for (let y = 0; y < high; y++) {
    const [first, second] = [2 * y * width, min(2 * y + 1, height - 1) * width];
    for (let x = 0; x < wide; x++) {
      const [left, right] = [2 * x, min(2 * x + 1, width - 1)];
      const sum = add(add(plane[first + left], plane[second + left]), add(plane[first + right], plane[second + right]));
      halved[y * wide + x] = isFloat ? sum * 0.25 : roundEven(sum * 0.25);
    }
  }
  return halved;
}

/** @type {(width: number, height: number) => [width: number, height: number]} */
export const halfOf = (width, height) => [Math.ceil(width / 2), Math.ceil(height / 2)];
