// A film to the square that a network sees. Twin of `film.preprocess`.

import { roundEven } from "./numbers.js";
import { resize } from "./resize.js";

const { fround } = Math;

/** @type {(length: number, room: number) => [number, number]} */
function centre(length, room) {
  const start = Math.floor((room - length) / 2);
  return [start, start + length];
}

/**
 * Whole-pixel ranges: seen in the film along x and y, then placed in the square along x and y.
 * @param {Preparation} preparation
 * @param {number} width
 * @param {number} height
 * @returns {Boxes}
 */
export function findBoxes({ size_px: size, geometry, crop_share: share = 1 }, width, height) {
  const whole = /** @type {[number, number]} */ ([0, size]);
  if (geometry === "stretch") return { seenX: [0, width], seenY: [0, height], placedX: whole, placedY: whole };
  if (geometry === "crop") {
    const side = Math.max(1, roundEven(Math.min(height, width) * share));
    return { seenX: centre(side, width), seenY: centre(side, height), placedX: whole, placedY: whole };
  }
  const scale = size / Math.max(height, width);
  return {
    seenX: [0, width],
    seenY: [0, height],
    placedX: centre(Math.max(1, roundEven(width * scale)), size),
    placedY: centre(Math.max(1, roundEven(height * scale)), size),
  };
}

/**
 * pixels (height x width) 0..1 -> the 256 grey levels of the square, padding 0.
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {Preparation} preparation
 */
export function makeSquare(pixels, width, height, preparation) {
  const { seenX, seenY, placedX, placedY } = findBoxes(preparation, width, height);
  const [across, down] = [seenX[1] - seenX[0], seenY[1] - seenY[0]];
  const [wide, high] = [placedX[1] - placedX[0], placedY[1] - placedY[0]];
  const seen = cutOut(pixels, width, seenX, seenY);
  const placed = resize(seen, across, down, wide, high);
  const size = preparation.size_px;
  const levels = new Uint8Array(size * size);
  for (let y = 0; y < high; y++) {
    const start = (y + placedY[0]) * size + placedX[0];
    for (let x = 0; x < wide; x++) levels[start + x] = roundEven(fround(placed[y * wide + x] * 255));
  }
  return levels;
}

/**
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {[number, number]} across
 * @param {[number, number]} down
 */
export function cutOut(pixels, width, across, down) {
  const wide = across[1] - across[0];
  if (wide === width) return pixels.subarray(down[0] * width, down[1] * width);
  const cut = new Float32Array(wide * (down[1] - down[0]));
  for (let y = down[0]; y < down[1]; y++) {
    cut.set(pixels.subarray(y * width + across[0], y * width + across[1]), (y - down[0]) * wide);
  }
  return cut;
}

/**
 * Levels of a square -> what the network is given, (channels x size x size).
 * @param {Uint8Array} levels
 * @param {Preparation} preparation
 */
export function normalise(levels, { mean, std }) {
  const x = new Float32Array(mean.length * levels.length);
  for (let channel = 0; channel < mean.length; channel++) {
    const [middle, spread] = [fround(mean[channel]), fround(std[channel])];
    const values = Float32Array.from({ length: 256 }, (_, level) => fround(fround(level / 255) - middle) / spread);
    for (let at = 0; at < levels.length; at++) x[channel * levels.length + at] = values[levels[at]];
  }
  return x;
}
