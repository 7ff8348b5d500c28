// A film with a part of it covered, or with that part alone. Twin of `evaluation.covering`.

import { roundEven } from "./numbers.js";
import { changeAll } from "./planes.js";
import { markShape } from "./region_mask.js";
import { resize } from "./resize.js";
import { fitShape } from "./shape.js";

const BLUR_SIGMA = 1 / 8; // of the longest side
const COARSE_PX = 128; // longest side while blurring
const { exp, fround, max, min } = Math;

/**
 * "mirror" puts there what lies on the other side of the film's middle, "blur" leaves no detail, "grey" is the film's
 * mean, and "keep" blurs everything else.
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {readonly DrawnShape[]} shapes
 * @param {string} how
 */
export function coverFilm(pixels, width, height, shapes, how) {
  const inside = new Uint8Array(pixels.length);
  for (const shape of shapes) markShape(inside, width, height, shape);
  const covered = pixels.slice();
  if (how === "mirror") {
    changeAll(covered, (value, at) => (inside[at] ? pixels[at - (at % width) + width - 1 - (at % width)] : value));
    return covered;
  }
  const mean = fround(pixels.reduce((sum, value) => sum + value, 0) / pixels.length);
  const blurred = how === "grey" ? null : blur(pixels, width, height);
  const isKept = how === "keep";
  changeAll(covered, (value, at) => (Boolean(inside[at]) === isKept ? value : blurred ? blurred[at] : mean));
  return covered;
}

/**
 * A Gaussian, of the picture made small first, as its kernel is wide.
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 */
function blur(pixels, width, height) {
  const [wide, high] = fitShape(width, height, COARSE_PX);
  const sigma = BLUR_SIGMA * max(height, width) * min(1, COARSE_PX / max(height, width));
  const reach = roundEven(sigma * 4 * 2 + 1) >> 1; // as OpenCV chooses the size of its kernel for floats
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, at) => exp(-((at - reach) ** 2) / (2 * sigma * sigma)));
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  const coarse = resize(pixels, width, height, wide, high);
  const rows = blurLines(coarse, wide, high, 1, wide, kernel, sum);
  return resize(blurLines(rows, high, wide, wide, 1, kernel, sum), wide, high, width, height);
}

/**
 * Along lines of `length`, whose values are `step` apart; beyond the ends they are mirrored (OpenCV's default border).
 * @type {(values: Float32Array, length: number, lines: number, step: number, apart: number, kernel: number[],
 *   sum: number) => Float32Array}
 */
function blurLines(values, length, lines, step, apart, kernel, sum) {
  const reach = kernel.length >> 1;
  const made = new Float32Array(values.length);
  const period = max(1, 2 * (length - 1));
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      let total = 0;
      for (let of = -reach; of <= reach; of++) {
        const place = (((at + of) % period) + period) % period;
        total += kernel[of + reach] * values[line * apart + min(place, period - place) * step];
      }
      made[line * apart + at * step] = total / sum;
    }
  }
  return made;
}
