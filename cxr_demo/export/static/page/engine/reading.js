// The one door through which a film enters. Twin of `film.reading`: bright is dense, every change is told in a note.

import { decodeDicom } from "./dicom.js";
import { Failure, isMemoryError, say } from "./failure.js";
import { findKind } from "./file_kinds.js";
import { readPicture } from "./pictures.js";
import { checkBytes } from "./size.js";

const { fround } = Math;
const COLOUR_STEP = 8 / 255;
const COLOURED = 0.1;
const COLOURED_SHARE = 0.02;
const TINT = [0.3, 0.97];
const LUMINANCE = [0.299, 0.587, 0.114].map(fround);

/**
 * A Failure, and nothing else, for whatever is not a single film.
 * @param {Uint8Array} bytes
 * @param {(path: string) => Promise<Uint8Array>} getFile of the edition: decoders that few files need
 * @returns {Promise<EngineFilm>}
 */
export async function readFilm(bytes, getFile) {
  checkBytes(bytes.length);
  const kind = findKind(bytes);
  /** @type {Message[]} */
  const notes = [];
  try {
    /** @type {ReadPlanes} */
    const read = kind === "DICOM" ? await decodeDicom(bytes, notes, getFile) : await readPicture(kind, bytes, notes);
    const { width, height, planes } = read;
    const film = { width, height, pixels: finish(makeGrey(planes, notes)), notes, kind, mends: [] };
    const isColour = isColoured(planes, width, height);
    return { ...film, isColour, header: read.header ?? null, windows: read.windows ?? null };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw isMemoryError(error) ? new Failure("film-no-memory") : new Failure("film-damaged", { kind });
  }
}

/**
 * Three equal channels are one channel, exactly.
 * @param {Float32Array[]} planes
 * @param {Message[]} notes
 */
function makeGrey([red, green, blue], notes) {
  if (!green) return red;
  let step = 0;
  for (let at = 0; at < red.length; at++) {
    step = Math.max(step, Math.abs(fround(red[at] - green[at])), Math.abs(fround(red[at] - blue[at])));
  }
  if (step === 0) return red;
  if (step > COLOUR_STEP) notes.push(say("note-colour"));
  return red.map((value, at) => {
    const two = fround(fround(LUMINANCE[0] * value) + fround(LUMINANCE[1] * green[at]));
    return two + fround(LUMINANCE[2] * blue[at]);
  });
}

/**
 * Truly coloured, not grey in three channels and not one tint all over.
 * @param {Float32Array[]} planes
 * @param {number} width
 * @param {number} height
 */
function isColoured(planes, width, height) {
  if (planes.length === 1) return false;
  const step = Math.max(1, Math.floor(Math.max(width, height) / 512));
  const sum = [0, 0, 0];
  let [seen, coloured, widest] = [0, 0, 0];
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const colour = planes.map((plane) => plane[y * width + x]);
      const reach = Math.max(...colour) - Math.min(...colour);
      widest = Math.max(widest, reach);
      seen++;
      if (reach <= COLOURED) continue;
      coloured++;
      const mean = (colour[0] + colour[1] + colour[2]) / 3;
      const length = Math.hypot(...colour.map((value) => value - mean));
      for (const [at, value] of colour.entries()) sum[at] += (value - mean) / length;
    }
  }
  if (!coloured || coloured < COLOURED_SHARE * seen) return false;
  return !(Math.hypot(...sum) / coloured > TINT[1] && widest <= TINT[0]);
}

/** @param {Float32Array} pixels */
function finish(pixels) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of pixels) {
    if (!Number.isFinite(value)) throw new Failure("film-no-numbers");
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high - low < 1e-6) throw new Failure("film-blank");
  return low < 0 || high > 1 ? pixels.map((value) => Math.min(1, Math.max(0, value))) : pixels;
}
