// A region's shape, in shares of the film: a box, or an outline that was drawn by hand.
const OVAL_POINTS = 32;
const LEAST = 0.01; // of a side: what is smaller was a click
const STEP = 0.01; // of what is shown, for an arrow
const CORNERS = /** @type {const} */ (["nw", "ne", "sw", "se"]);
const ARROWS = /** @type {Record<string, Place>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
}); // biome-ignore format: a table

/**
 * @param {Shape} shape
 * @returns {shape is Outline}
 */
const isOutline = (shape) => Array.isArray(shape[0]);

/** @type {typeof globalThis.pointsOf} */
function pointsOf(shape) {
  if (isOutline(shape)) return shape;
  const [left, top, width, height] = shape;
  return [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]; // biome-ignore format: a table
}

/** @type {typeof globalThis.boundsOf} */
function boundsOf(shape) {
  if (!isOutline(shape)) return shape;
  const [across, down] = [shape.map(([x]) => x), shape.map(([, y]) => y)];
  const [left, top] = [Math.min(...across), Math.min(...down)];
  return [left, top, Math.max(...across) - left, Math.max(...down) - top];
}

/** @type {typeof globalThis.fitTo} */
function fitTo(shape, bounds) {
  if (!isOutline(shape)) return bounds;
  const [left, top, width, height] = boundsOf(shape);
  /** @type {(at: number) => number} */
  const onFilm = (at) => Math.min(1, Math.max(0, at));
  return shape.map(([x, y]) => [
    onFilm(bounds[0] + ((x - left) / width) * bounds[2]),
    onFilm(bounds[1] + ((y - top) / height) * bounds[3]),
  ]);
}

/** @type {typeof globalThis.moveShape} */
function moveShape(shape, [x, y]) {
  const [left, top, width, height] = boundsOf(shape);
  /** @type {(at: number, side: number) => number} */
  const onFilm = (at, side) => Math.min(1 - side, Math.max(0, at));
  return fitTo(shape, [onFilm(left + x, width), onFilm(top + y, height), width, height]);
}

/** @type {typeof globalThis.pullCorner} */
function pullCorner(shape, corner, to) {
  const [left, top, width, height] = boundsOf(shape);
  const fixed = /** @type {Place} */ ([
    corner[1] === "w" ? left + width : left,
    corner[0] === "n" ? top + height : top,
  ]);
  const box = boxBetween(fixed, to);
  return Math.min(box[2], box[3]) >= LEAST ? fitTo(shape, box) : null;
}

/** @type {typeof globalThis.moveByArrow} */
function moveByArrow(shape, event, step) {
  const [x, y] = ARROWS[event.key].map((share) => share * step);
  if (!event.shiftKey) return moveShape(shape, [x, y]);
  const [left, top, width, height] = boundsOf(shape);
  const [wide, high] = [Math.min(1 - left, width + x), Math.min(1 - top, height + y)];
  return Math.min(wide, high) >= LEAST ? fitTo(shape, [left, top, wide, high]) : shape;
}

/** @type {typeof globalThis.boxBetween} */
function boxBetween([x, y], [otherX, otherY]) {
  return [Math.min(x, otherX), Math.min(y, otherY), Math.abs(x - otherX), Math.abs(y - otherY)];
}

/** @type {typeof globalThis.ovalIn} */
function ovalIn([left, top, width, height]) {
  const turns = Array.from({ length: OVAL_POINTS }, (_, at) => (2 * Math.PI * at) / OVAL_POINTS);
  return turns.map((turn) => [left + (width * (1 + Math.cos(turn))) / 2, top + (height * (1 + Math.sin(turn))) / 2]);
}

/** @type {typeof globalThis.thinOut} */
function thinOut(points, most) {
  const every = Math.ceil(points.length / most);
  return points.filter((_, at) => at % every === 0);
}
