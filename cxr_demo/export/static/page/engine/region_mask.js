// Which pixels a person's region covers. Twin of `evaluation.regions.mask_region`.

import { Failure } from "./failure.js";

const { ceil, max, min } = Math;

/**
 * Marks the pixels whose centre lies in a shape, of an outline by the even-odd rule. A Failure for a shape that does not
 * lie on the film, or holds no pixel of it.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @param {DrawnShape} shape
 */
export function markShape(mask, width, height, shape) {
  const isOutline = Array.isArray(shape[0]);
  const points = isOutline
    ? /** @type {readonly (readonly number[])[]} */ (shape)
    : findCorners(/** @type {readonly number[]} */ (shape));
  const ends = [0, 1].map((axis) => {
    const along = points.map((point) => point[axis]);
    return isOutline ? [min(...along), max(...along)] : along;
  });
  if (!ends.every(([low, most]) => low >= 0 && most > low && most <= 1 + 1e-9))
    throw new Failure("region-outside-film");
  const found = isOutline ? fillOutline(mask, width, height, points) : fillBox(mask, width, height, ends);
  if (!found) throw new Failure("region-no-pixel");
}

const findCorners = (/** @type {readonly number[]} */ [left, top, width, height]) => [
  [left, top],
  [left + width, top + height],
];

/** @type {(mask: Uint8Array, width: number, height: number, ends: number[][]) => boolean} */
function fillBox(mask, width, height, [[left, right], [top, bottom]]) {
  let found = false;
  for (let y = 0; y < height; y++) {
    if ((y + 0.5) / height < top || (y + 0.5) / height >= bottom) continue;
    for (let x = 0; x < width; x++)
      if ((x + 0.5) / width >= left && (x + 0.5) / width < right) {
        mask[y * width + x] = 1;
        found = true;
      }
  }
  return found;
}

/**
 * In each row a pixel is inside if it has crossed an odd number of sides.
 * @type {(mask: Uint8Array, width: number, height: number, points: readonly (readonly number[])[]) => boolean}
 */
function fillOutline(mask, width, height, points) {
  let found = false;
  const crossed = new Uint8Array(width + 1);
  for (let y = 0; y < height; y++) {
    const middle = (y + 0.5) / height;
    crossed.fill(0);
    for (const [at, [x, start]] of points.entries()) {
      const [nextX, stop] = points[(at + 1) % points.length];
      if (middle < min(start, stop) || middle >= max(start, stop)) continue;
      const place = x + (middle - start) * ((nextX - x) / (stop - start || 1));
      crossed[min(width, max(0, ceil(place * width - 0.5)))] ^= 1;
    }
    for (let x = 0, isInside = 0; x < width; x++) {
      isInside ^= crossed[x];
      if (isInside) {
        mask[y * width + x] = 1;
        found = true;
      }
    }
  }
  return found;
}
