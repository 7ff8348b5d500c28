// Where the square of a network lies on a film, and what a map over the square holds in fields of the film: each cell's
// value is spread evenly over the part of the film that it covers.
import { findBoxes } from "./engine/square.js";

/**
 * Of a film of so many pixels, in whole pixels.
 * @param {Preparation} preparation
 * @param {number} width
 * @param {number} height
 * @returns {Frame}
 */
export function findFrame(preparation, width, height) {
  return { width, height, size: preparation.size_px, ...findBoxes(preparation, width, height) };
}

/**
 * Of each of `cells` cells of a side, the share that lies in each of `fields` equal fields of the film, row by row.
 * @param {number} cells
 * @param {Span} span that they fill, in shares of the square's side
 * @param {number} size
 * @param {Span} placed
 * @param {Span} seen
 * @param {number} length of the film
 * @param {number} fields
 */
function overlaps(cells, span, size, placed, seen, length, fields) {
  const shares = new Float64Array(fields * cells);
  const scale = (seen[1] - seen[0]) / (placed[1] - placed[0]);
  /** @type {(at: number) => number} */
  const onFilm = (at) => seen[0] + ((span[0] + ((span[1] - span[0]) * at) / cells) * size - placed[0]) * scale;
  for (let cell = 0; cell < cells; cell++) {
    const [from, to] = [onFilm(cell), onFilm(cell + 1)];
    const [low, high] = [Math.max(from, seen[0]), Math.min(to, seen[1])];
    const first = Math.max(0, Math.floor((low / length) * fields));
    for (let field = first; field < fields && (field * length) / fields < high; field++) {
      const inside = Math.min(high, ((field + 1) * length) / fields) - Math.max(low, (field * length) / fields);
      if (inside > 0) shares[field * cells + cell] = inside / (to - from);
    }
  }
  return shares;
}

/**
 * The sums of a map in fields x fields equal parts of the film, row by row.
 * @param {{ rows: number, columns: number, down: Span, across: Span, values: ArrayLike<number> }} map
 * @param {Frame} frame
 * @param {number} fields
 */
export function sumInFields(map, frame, fields) {
  const { rows, columns, values } = map;
  const down = overlaps(rows, map.down, frame.size, frame.placedY, frame.seenY, frame.height, fields);
  const across = overlaps(columns, map.across, frame.size, frame.placedX, frame.seenX, frame.width, fields);
  const half = new Float64Array(fields * columns);
  for (let field = 0; field < fields; field++)
    for (let row = 0; row < rows; row++) {
      const share = down[field * rows + row];
      if (share)
        for (let column = 0; column < columns; column++)
          half[field * columns + column] += share * values[row * columns + column];
    }
  const sums = new Float64Array(fields * fields);
  for (let y = 0; y < fields; y++)
    for (let x = 0; x < fields; x++) {
      let sum = 0;
      for (let column = 0; column < columns; column++) {
        const share = across[x * columns + column];
        if (share) sum += share * half[y * columns + column];
      }
      sums[y * fields + x] = sum;
    }
  return sums;
}

/** @param {ArrayLike<number>} values equal ones share their ranks */
function rank(values) {
  const order = Array.from(values, (_, at) => at).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let at = from; at < to; at++) ranks[order[at]] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/**
 * Spearman's correlation; NaN where one is the same everywhere.
 * @param {ArrayLike<number>} first
 * @param {ArrayLike<number>} second
 */
export function correlateRanks(first, second) {
  const [a, b] = [rank(first), rank(second)];
  const middle = (a.length - 1) / 2;
  let [both, ofA, ofB] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    both += (a[at] - middle) * (b[at] - middle);
    ofA += (a[at] - middle) ** 2;
    ofB += (b[at] - middle) ** 2;
  }
  return ofA && ofB ? both / Math.sqrt(ofA * ofB) : Number.NaN;
}

/**
 * Where most of the evidence for the finding lies, in thirds of the film: row, column and its share.
 * @param {Parameters<typeof sumInFields>[0]} map
 * @param {Frame} frame
 * @returns {[row: number, column: number, share: number] | null}
 */
export function findStrongestPlace(map, frame) {
  const values = Float32Array.from(map.values, (value) => Math.max(0, value));
  const sums = [...sumInFields({ ...map, values }, frame, 3)];
  const all = sums.reduce((sum, each) => sum + each, 0);
  if (all <= 0) return null;
  const at = sums.indexOf(Math.max(...sums));
  return [Math.floor(at / 3), at % 3, sums[at] / all];
}
