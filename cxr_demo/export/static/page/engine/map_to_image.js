// A map over the square to the film's own pixels. Twin of `film.preprocess.map_to_image`.

import { findBoxes } from "./square.js";

const { floor, fround } = Math;

/**
 * Where in the map, whose cells fill `span`, the centre of each of the film's pixels falls.
 * @param {[number, number]} seen
 * @param {[number, number]} placed
 * @param {number} size
 * @param {readonly [number, number]} span
 * @param {number} cells
 */
function findPlaces(seen, placed, size, span, cells) {
  const length = seen[1] - seen[0];
  const [first, second] = [new Int32Array(length), new Int32Array(length)];
  const share = new Float32Array(length);
  const inside = (/** @type {number} */ at) => Math.min(cells - 1, Math.max(0, at));
  for (let at = 0; at < length; at++) {
    const inSquare = placed[0] + ((at + 0.5) * (placed[1] - placed[0])) / length;
    const place = fround(((inSquare / size - span[0]) * cells) / (span[1] - span[0]) - 0.5);
    first[at] = inside(floor(place));
    second[at] = inside(floor(place) + 1);
    share[at] = place - floor(place);
  }
  return { first, second, share };
}

/**
 * Values of a map (rows x columns) -> (height x width). Between the middles of cells they are interpolated, beyond the
 * outermost they stay the same; what the network did not see is 0.
 * @param {{ rows: number, columns: number, values: Float32Array, placement?: MapPlacement }} map
 * @param {Preparation} preparation
 * @param {number} width
 * @param {number} height
 */
export function mapToImage({ rows, columns, values, placement }, preparation, width, height) {
  const { seenX, seenY, placedX, placedY } = findBoxes(preparation, width, height);
  const size = preparation.size_px;
  const across = findPlaces(seenX, placedX, size, placement?.columns ?? [0, 1], columns);
  const down = findPlaces(seenY, placedY, size, placement?.rows ?? [0, 1], rows);
  const wide = across.share.length;
  const stretched = new Float32Array(rows * wide); // every row of the map at each of the film's columns
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < wide; x++) {
      const left = values[row * columns + across.first[x]];
      const right = values[row * columns + across.second[x]];
      stretched[row * wide + x] = across.share[x] * fround(right - left) + left;
    }
  }
  const image = new Float32Array(width * height);
  for (let y = 0; y < down.share.length; y++) {
    const [above, below] = [down.first[y] * wide, down.second[y] * wide];
    const start = (y + seenY[0]) * width + seenX[0];
    for (let x = 0; x < wide; x++) {
      const value = stretched[above + x];
      image[start + x] = down.share[y] * fround(stretched[below + x] - value) + value;
    }
  }
  return image;
}
