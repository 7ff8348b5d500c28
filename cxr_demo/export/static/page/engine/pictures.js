// The ordinary picture formats, to upright samples 0..1 on black. Twin of `film.picture_formats`.

import { decode } from "../lib/fast-png/index.js";
import { decodeBmp } from "./bmp.js";
import { drawPicture } from "./canvas.js";
import { findChunk, findOrientation } from "./exif.js";
import { Failure, say } from "./failure.js";
import { checkHalved, halfOf, halve } from "./halving.js";
import { countUsedBits } from "./numbers.js";
import { changeAll, makeFloats, takeChannel, turnPlane, unpackBits } from "./planes.js";
import { checkSize, isTooLarge } from "./size.js";
import { readTiff } from "./tiff.js";

const { fround } = Math;
const JUNK = 64; // bytes that a decoder takes for pixels where some are missing
const JPEG_SIZES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];

/**
 * One plane of grey or three of colour, 0..1.
 * @param {string} kind
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 */
export async function readPicture(kind, bytes, notes) {
  const stored = halvePicture(await decodePicture(kind, bytes, notes));
  const { bits, isWhiteZero, alpha } = stored;
  const scale = findUnit(stored.planes, bits, notes);
  const planes = stored.planes.map(scale);
  if (isWhiteZero) {
    notes.push(say("note-white-is-zero"));
    for (const plane of planes) changeAll(plane, (value) => 1 - value);
  }
  if (alpha) layOnBlack(planes, alpha, notes);
  if (stored.orientation < 2 || stored.orientation > 8) return { ...stored, planes };
  notes.push(say("note-turned"));
  const turned = planes.map((plane) => turnPlane(plane, stored.width, stored.height, stored.orientation));
  const swaps = stored.orientation >= 5;
  const [width, height] = swaps ? [stored.height, stored.width] : [stored.width, stored.height];
  return { width, height, planes: turned };
}

/**
 * @param {StoredPicture} stored
 * @returns {StoredPicture}
 */
function halvePicture(stored) {
  const { width, height, planes, alpha } = stored;
  if (!isTooLarge(width, height)) return stored;
  const [wide, high] = halfOf(width, height);
  const halved = planes.map((plane) => halve(plane, width, height));
  return { ...stored, width: wide, height: high, planes: halved, alpha: alpha && halve(alpha, width, height) };
}

/**
 * @param {string} kind
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 * @returns {Promise<StoredPicture>}
 */
async function decodePicture(kind, bytes, notes) {
  if (kind === "TIFF") return await readTiff(bytes, notes);
  if (kind === "BMP") return decodeBmp(bytes, notes);
  const place = findOrientation(kind, bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const orientation = place ? view.getUint16(place.at, place.isLittle) : 1;
  if (kind === "PNG") return { ...decodePng(bytes, notes), orientation };
  if (kind === "JPEG" && !checkJpeg(bytes, notes)) return { ...(await decodeEndless(bytes, notes)), orientation: 1 };
  if (kind === "WebP" && findChunk(kind, bytes, "ANIM")) throw new Failure("film-animation", { kind });
  if (place) {
    bytes = bytes.slice(); // browsers turn by it, and none can be told not to
    new DataView(bytes.buffer).setUint16(place.at, 1, place.isLittle);
  }
  return { ...(await decodeByBrowser(bytes, kind, notes)), orientation };
}

/**
 * Eight bits of grey or colour, decoded by the browser, its colours as they are stored.
 * @param {Uint8Array} bytes
 * @param {string} kind
 * @param {Message[]} notes
 */
export async function decodeByBrowser(bytes, kind, notes) {
  const { width, height, rgba } = await drawPicture(bytes);
  // A canvas that is too large for this browser stays empty.
  if (kind !== "WebP" && !rgba.some((value) => value > 0)) throw new Failure("film-no-memory");
  const planes = [0, 1, 2].map((channel) => takeChannel(rgba, 4, channel));
  // What is not opaque has lost digits: a canvas keeps colours multiplied by their opacity.
  if (rgba.some((value, at) => at % 4 === 3 && value < 255)) throw new Failure("static-variety", { kind });
  if (notes.some(({ name }) => name === "note-cmyk")) return { width, height, planes, alpha: null, bits: 8 };
  const isGrey = planes[0].every((value, at) => value === planes[1][at] && value === planes[2][at]);
  return { width, height, planes: isGrey ? [planes[0]] : planes, alpha: null, bits: 8 };
}

/**
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 */
function decodePng(bytes, notes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (findChunk("PNG", bytes, "acTL")) throw new Failure("film-animation", { kind: "PNG" });
  const isDeepColour = bytes[24] === 16 && bytes[25] > 0; // of its depth, and of its kinds all but grey
  checkHalved(view.getUint32(16), view.getUint32(20), notes, isDeepColour ? "colour16PixelsRead" : "pixelsRead");
  const png = decode(bytes);
  const { width, height, depth, channels, palette, transparency } = png;
  const values = depth < 8 ? unpackBits(png.data, width * channels, height, depth) : png.data;
  if (palette) {
    notes.push(say("note-palette"));
    const [red, green, blue, opacity] = [0, 1, 2, 3].map((at) =>
      Uint8Array.from(palette, (colour) => colour[at] ?? 255),
    );
    const planes = [red, green, blue].map((table) => Uint8Array.from(values, (value) => table[value]));
    return { width, height, planes, alpha: Uint8Array.from(values, (value) => opacity[value]), bits: 8 };
  }
  if (depth === 1) notes.push(say("note-one-bit"));
  const steps = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  const planes = Array.from({ length: channels }, (_, at) =>
    takeChannel(/** @type {Uint8Array} */ (values), channels, at),
  );
  for (const plane of planes) if (depth < 8) changeAll(plane, (value) => value * steps);
  let alpha = channels % 2 ? null : /** @type {Uint8Array | Uint16Array} */ (planes.pop());
  if (transparency?.length) {
    alpha = planes[0].map(() => 0);
    const white = depth === 16 ? 65535 : 255;
    const isKey = (/** @type {number} */ at) => planes.every((plane, of) => plane[at] === transparency[of] * steps);
    for (let at = 0; at < alpha.length; at++) alpha[at] = isKey(at) ? 0 : white;
  }
  return { width, height, planes, alpha, bits: depth === 16 ? readPngDepth(bytes) || 16 : 8 };
}

/**
 * The depth in the sBIT chunk of a PNG; 0 without one, and where channels differ in depth.
 * @param {Uint8Array} bytes
 */
function readPngDepth(bytes) {
  const found = findChunk("PNG", bytes, "sBIT");
  if (!found) return 0;
  const depths = new Set(bytes.subarray(found.start, found.start + found.length));
  return depths.size === 1 ? [...depths][0] : 0;
}

/**
 * Its size before it is decoded, what its colours are, and whether it has its end.
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 */
function checkJpeg(bytes, notes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
    if (JPEG_SIZES.includes(bytes[at + 1])) {
      checkSize(view.getUint16(at + 7), view.getUint16(at + 5), "pixels");
      if (bytes[at + 9] === 4) notes.push(say("note-cmyk"));
    }
    at += bytes[at + 1] === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  let at = bytes.length - 2;
  while (at > 0 && !(bytes[at] === 0xff && [0xd9, 0xda].includes(bytes[at + 1]))) at--;
  return bytes[at + 1] === 0xd9;
}

/**
 * A JPEG that lacks its end mark alone gets it: what stands where pixels would be missing makes no difference.
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 */
async function decodeEndless(bytes, notes) {
  const endings = [0, JUNK].map((length) => [...Array(length).fill(0x55), 0xff, 0xd9]);
  const [whole, other] = await Promise.all(
    endings.map((ending) => {
      const ended = new Uint8Array(bytes.length + ending.length);
      ended.set(bytes);
      ended.set(ending, bytes.length);
      return decodeByBrowser(ended, "JPEG", notes);
    }),
  );
  const isSame = whole.planes.every((plane, of) => plane.every((value, at) => value === other.planes[of][at]));
  if (!isSame) throw new Failure("film-damaged", { kind: "JPEG" });
  notes.push(say("note-no-end"));
  return whole;
}

/**
 * How any type of number becomes 0..1.
 * @param {Values[]} planes
 * @param {number} stated bits that the file states
 * @param {Message[]} notes
 * @returns {(plane: Values) => Float32Array}
 */
function findUnit(planes, stated, notes) {
  const [first] = planes;
  if (first instanceof Uint8Array) return (plane) => makeFloats(plane, (value) => value / 255);
  let [low, high] = [Infinity, -Infinity];
  for (const plane of planes) {
    for (const value of plane) {
      if (!Number.isFinite(value)) throw new Failure("film-not-numbers");
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const isFloat = first instanceof Float32Array || first instanceof Float64Array;
  if (isFloat && low >= 0 && high <= 1) return (plane) => Float32Array.from(plane);
  if (!isFloat && low >= 0 && high < 2 ** 16) {
    const bits = countBits(high, stated);
    const white = 2 ** bits - 1;
    if (bits < 16) notes.push(say("note-bits", { bits, container: first.BYTES_PER_ELEMENT * 8, white }));
    return (plane) => makeFloats(plane, (value) => value / white);
  }
  notes.push(say("note-scaled", { low: { significant: low }, high: { significant: high } }));
  return (plane) => makeFloats(plane, (value) => (value - low) / Math.max(high - low, 1e-300));
}

/**
 * The depth that a file states, unless its values pass that; else what they need.
 * @param {number} high
 * @param {number} stated
 */
function countBits(high, stated) {
  if (stated <= 8 || stated >= 16) return countUsedBits(high);
  return high < 2 ** stated ? stated : 16;
}

/**
 * @param {Float32Array[]} planes
 * @param {Uint8Array | Uint16Array} alpha
 * @param {Message[]} notes
 */
function layOnBlack(planes, alpha, notes) {
  const white = alpha instanceof Uint16Array ? 65535 : 255;
  let [least, most] = [white, 0];
  for (const value of alpha) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least === white) return;
  notes.push(say(most ? "note-transparent" : "note-all-transparent"));
  if (most === 0) return; // a writer that left the channel empty: nothing at all would be seen
  for (const plane of planes) changeAll(plane, (value, at) => value * fround(alpha[at] / white));
}
