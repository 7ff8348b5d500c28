// A region's shape, in shares of the film: a box, or an outline that was drawn by hand.
const OVAL_POINTS = 32;

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
