// How large an image may be and must be, looked at before anything is decoded. Twin of `film.size`.

import { Failure } from "./failure.js";

const LEAST_SIDE = 32;
const limits = { pixels: 40e6, pixelsRead: 160e6, colour16PixelsRead: 100e6, bytes: 64 * 2 ** 20, aspect: 4 };

/** @param {Partial<typeof limits>} given of the edition */
export const setLimits = (given) => Object.assign(limits, given);

/** @param {number} bytes */
export function checkBytes(bytes) {
  if (bytes === 0) throw new Failure("film-empty");
  if (bytes > limits.bytes) throw new Failure("film-too-large", { megabytes: Math.floor(limits.bytes / 2 ** 20) });
}

/**
 * @param {number} width
 * @param {number} height
 * @param {"pixels" | "pixelsRead" | "colour16PixelsRead"} [most]
 */
export function checkSize(width, height, most = "pixelsRead") {
  const size = { width, height };
  if (width * height > limits[most]) {
    throw new Failure("film-too-many-pixels", { megapixels: Math.floor(limits[most] / 1e6), ...size });
  }
  if (Math.min(width, height) < LEAST_SIDE) throw new Failure("film-too-few-pixels", { least: LEAST_SIDE, ...size });
  if (Math.max(width, height) > limits.aspect * Math.min(width, height)) throw new Failure("film-too-thin", size);
}

/** @type {(width: number, height: number) => boolean} */
export const isTooLarge = (width, height) => width * height > limits.pixels;

/**
 * A tile is decoded whole, however small the film.
 * @param {number} width
 * @param {number} height
 */
export function checkTile(width, height) {
  const megapixels = Math.floor(limits.pixels / 1e6);
  if (width * height > limits.pixels) throw new Failure("film-large-tiles", { megapixels });
}
