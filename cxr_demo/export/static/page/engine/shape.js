// Sizes of pictures of one shape.

import { roundEven } from "./numbers.js";

const { max, min } = Math;
export const MAP_SIDE_PX = 512; // of a map on the page

/**
 * Shrunk in proportion until the longest side fits; never enlarged.
 * @param {number} width
 * @param {number} height
 * @param {number} longest
 * @returns {[width: number, height: number]}
 */
export function fitShape(width, height, longest) {
  const shrink = min(1, longest / max(width, height));
  return [max(1, roundEven(width * shrink)), max(1, roundEven(height * shrink))];
}
