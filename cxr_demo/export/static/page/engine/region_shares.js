// The share of a film that a region covers, and the share of each map's evidence that lies in it. Twin of
// `evaluation.regions.EvidenceMeter`, on masks of the same size.

import { markShape } from "./region_mask.js";
import { fitShape } from "./shape.js";
import { findBoxes } from "./square.js";

const MASK_PX = 1024; // longest side of a mask
const MOST_KEPT = 32; // of eight regions the areas, and weights of three grids; at most 0.4 MB each
const { fround, max, min } = Math;

/**
 * Where a film of so many pixels is covered. A Failure for a shape that does not lie on it, or holds no pixel.
 * @param {DrawnShape} shape
 * @param {number} filmWidth
 * @param {number} filmHeight
 */
export function maskRegion(shape, filmWidth, filmHeight) {
  const [width, height] = fitShape(filmWidth, filmHeight, MASK_PX);
  const mask = new Uint8Array(width * height);
  markShape(mask, width, height, shape);
  return { mask, width, height };
}

/**
 * Both are shares of the film, whose size in pixels is given: evidence in the padding of the square is not counted. NaN
 * for a map without evidence. A Failure for a shape that does not lie on the film.
 * @param {DrawnShape} shape
 * @param {Preparation} preparation
 * @param {number} filmWidth
 * @param {number} filmHeight
 * @param {readonly PlacedValues[]} maps
 */
export function measureRegion(shape, preparation, filmWidth, filmHeight, maps) {
  const { size_px: size, geometry, crop_share: crop } = preparation;
  const name = JSON.stringify([shape, size, geometry, crop, filmWidth, filmHeight]);
  /** @type {ReturnType<typeof maskRegion> | null} */
  let found = null;
  const find = () => {
    found ??= maskRegion(shape, filmWidth, filmHeight);
    return found;
  };
  const area = keep(name, () => {
    const { mask } = find();
    return mask.reduce((sum, value) => sum + value, 0) / mask.length;
  });
  const evidence = maps.map(({ rows, columns, values, placement }) => {
    const grid = [rows, columns, placement.rows, placement.columns];
    const { inside, down, across } = keep(name + JSON.stringify(grid), () => {
      const { mask, width, height } = find();
      const { seenX, seenY, placedX, placedY } = findBoxes(preparation, width, height);
      const down = measureOverlaps(rows, placement.rows, size, seenY, placedY, height);
      const across = measureOverlaps(columns, placement.columns, size, seenX, placedX, width);
      return { inside: weighCells(mask, width, height, down, across), down: down.sums, across: across.sums };
    });
    let [there, all] = [0, 0];
    for (let at = 0; at < rows * columns; at++) {
      const value = max(0, values[at]);
      there += value * inside[at];
      all += value * (down[Math.floor(at / columns)] * across[at % columns]);
    }
    return all > 0 && Number.isFinite(all) ? there / all : Number.NaN;
  });
  return { area, evidence };
}

/** @type {Map<string, any>} */
const kept = new Map();

/**
 * What was found last: a page asks the same again with every change of anything.
 * @template Found
 * @param {string} name
 * @param {() => Found} make
 * @returns {Found}
 */
function keep(name, make) {
  if (!kept.has(name)) kept.set(name, make());
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value ?? "");
  return kept.get(name);
}

/**
 * @typedef {{ first: Int32Array, shares: Float32Array[], sums: Float64Array }} Overlaps of each pixel of an axis the first
 *   cell that lies on it and the shares of cells from there on, and of each cell the sum of its shares
 */

/**
 * The shares of a map's rows or columns on the pixels of a mask; the first and the last cell reach to the square's edges.
 * @param {number} cells
 * @param {readonly [number, number]} span that they fill, in shares of the square's side
 * @param {number} size of the square
 * @param {readonly [number, number]} seen
 * @param {readonly [number, number]} placed
 * @param {number} length of the mask
 * @returns {Overlaps}
 */
function measureOverlaps(cells, [start, stop], size, seen, placed, length) {
  const one = (size * (stop - start)) / cells; // pixels of the square
  const begin = (start * size) / one;
  const edges = Array.from({ length: cells + 1 }, (_, at) => at);
  [edges[0], edges[cells]] = [-begin, size / one - begin];
  const edgeOf = (/** @type {number} */ pixel) =>
    (placed[0] + ((pixel - seen[0]) * (placed[1] - placed[0])) / (seen[1] - seen[0])) / one - begin;
  const [first, sums] = [new Int32Array(length), new Float64Array(cells)];
  let from = 0;
  const shares = Array.from({ length }, (_, pixel) => {
    const [low, high] = [edgeOf(pixel), edgeOf(pixel + 1)];
    while (from < cells - 1 && edges[from + 1] <= low) from++;
    first[pixel] = from;
    const own = [];
    for (let cell = from; cell < cells && edges[cell] < high; cell++) {
      const share = fround(max(0, min(edges[cell + 1], high) - max(edges[cell], low)));
      own.push(share);
      sums[cell] += share;
    }
    return Float32Array.from(own);
  });
  return { first, shares, sums };
}

/**
 * What of each cell lies in the mask.
 * @type {(mask: Uint8Array, width: number, height: number, down: Overlaps, across: Overlaps) => Float64Array}
 */
function weighCells(mask, width, height, down, across) {
  const columns = across.sums.length;
  const inside = new Float64Array(down.sums.length * columns);
  const line = new Float64Array(columns);
  for (let y = 0; y < height; y++) {
    const row = mask.subarray(y * width, (y + 1) * width);
    const start = row.indexOf(1);
    if (start < 0) continue;
    line.fill(0);
    for (let x = start; x < width; x++) {
      if (!row[x]) continue;
      const [from, own] = [across.first[x], across.shares[x]];
      for (let of = 0; of < own.length; of++) line[from + of] += own[of];
    }
    const own = down.shares[y];
    for (let of = 0; of < own.length; of++) {
      const base = (down.first[y] + of) * columns;
      for (let column = 0; column < columns; column++) inside[base + column] += own[of] * line[column];
    }
  }
  return inside;
}
