// TIFF: grey of 1 to 64 bits and colour of 8 and 16, in strips or tiles.

import { Failure, say } from "./failure.js";
import { checkHalved } from "./halving.js";
import { changeAll, unpackBits } from "./planes.js";
import { checkTile, isTooLarge } from "./size.js";
import { findPage } from "./tiff_directory.js";
import { loadUnpacker } from "./tiff_parts.js";

const [UNSIGNED, SIGNED, FLOAT] = [1, 2, 3];
const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE] = [0, 1, 2, 3];
const [UNSPECIFIED, ASSOCIATED] = [0, 1]; // of a sample beyond the colours: none of it, or colours are already on black
const [SEPARATE, HORIZONTAL] = [2, 2];
const NOT_OR_DEFLATED = [1, 8, 32946];

/** @typedef {ReturnType<typeof readLayout>} Layout */

/**
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 * @returns {Promise<StoredPicture>}
 */
export async function readTiff(bytes, notes) {
  const { read, isLittle } = findPage(bytes);
  const layout = readLayout(read, isLittle);
  const { width, height, bits, samples, photometric } = layout;
  checkHalved(width, height, notes, samples > 1 && bits > 8 ? "colour16PixelsRead" : "pixelsRead");
  checkVariety(layout);
  // Means of floats of 16 bits would be rounded to 16 bits.
  if (layout.format === FLOAT && bits === 16 && isTooLarge(width, height)) throw new Failure("film-tiff-variety");
  const planes = await readPlanes(bytes, layout);
  const picture = { width, height, bits, alpha: null, orientation: read(274)[0] ?? 1 };
  if (photometric === PALETTE) return { ...picture, ...applyPalette(planes[0], read(320), notes), bits: 8 };
  if (bits === 1) notes.push(say("note-one-bit"));
  if (bits < 8) changeAll(planes[0], (value) => (value * 255) / (2 ** bits - 1));
  const other = samples % 2 ? null : /** @type {Uint8Array | Uint16Array} */ (planes.pop());
  const alpha = layout.extra === UNSPECIFIED && bits === 8 ? null : other;
  for (const plane of planes) if (photometric === WHITE_IS_ZERO && bits <= 8) changeAll(plane, (value) => 255 - value);
  const isWhiteZero = photometric === WHITE_IS_ZERO && bits > 8;
  return { ...picture, planes, alpha, bits: Math.max(bits, 8), isWhiteZero };
}

/**
 * @param {import("./tiff_directory.js").ReadTag} read
 * @param {boolean} isLittle
 */
function readLayout(read, isLittle) {
  const one = (/** @type {number} */ tag, /** @type {number} */ usual) => read(tag)[0] ?? usual;
  const [width, height] = [one(256, 0), one(257, 0)];
  if (!width || !height) throw new Error("no picture");
  const isTiled = read(322).length > 0;
  const part = isTiled
    ? { width: one(322, 0), height: one(323, 0), starts: read(324), sizes: read(325) }
    : { width, height: Math.min(height, one(278, height) || height), starts: read(273), sizes: read(279) };
  const depths = new Set(read(258).length ? read(258) : [1]);
  return {
    width, height, isLittle, part, isTiled,
    isOneDepth: depths.size === 1,
    bits: [...depths][0],
    samples: one(277, 1),
    photometric: one(262, BLACK_IS_ZERO),
    format: one(339, UNSIGNED),
    extra: /** @type {number | undefined} */ (read(338)[0]),
    compression: one(259, 1),
    predictor: one(317, 1),
    fillOrder: one(266, 1),
    isSeparate: one(277, 1) > 1 && one(284, 1) === SEPARATE,
  }; // biome-ignore format: what is said, in a row
}

/**
 * A Failure for what is not read here, rather than pixels that the file does not hold.
 * @param {Layout} layout
 */
function checkVariety(layout) {
  const { bits, isOneDepth, samples, photometric, format, extra, compression, predictor, fillOrder, part, isTiled } =
    layout;
  const kinds = { [UNSIGNED]: [1, 2, 4, 8, 16, 32], [SIGNED]: [8, 16, 32], [FLOAT]: [16, 32, 64] };
  const isKind = (kinds[format] ?? []).includes(bits);
  const isGrey = samples === 1 && (photometric <= BLACK_IS_ZERO || (photometric === PALETTE && bits <= 8));
  const isColour = photometric === RGB && (samples === 3 || (samples === 4 && extra !== ASSOCIATED));
  const isPair = photometric === BLACK_IS_ZERO && samples === 2 && extra === 2;
  const isDeep = (bits === 8 || bits === 16) && format === UNSIGNED;
  const isUndone = predictor === 1 || (predictor === HORIZONTAL && format !== FLOAT && bits >= 8);
  const isPacked = format === FLOAT && bits !== 32 && !NOT_OR_DEFLATED.includes(compression); // which the product refuses
  const isKnown =
    !isPacked && isKind && isOneDepth && (isGrey || ((isColour || isPair) && isDeep)) && isUndone && fillOrder === 1;
  if (!isKnown) throw new Failure("film-tiff-variety");
  if (isTiled) checkTile(part.width, part.height);
}

/**
 * The values of each sample. A part that ends beyond the file would be black, as would one that is not there.
 * @param {Uint8Array} bytes
 * @param {Layout} layout
 */
async function readPlanes(bytes, layout) {
  const { width, height, bits, samples, format, part, isTiled, isSeparate, isLittle, predictor, compression } = layout;
  const unpack = await loadUnpacker(compression);
  const [across, down] = [Math.ceil(width / part.width), Math.ceil(height / part.height)];
  const count = across * down * (isSeparate ? samples : 1);
  if (part.starts.length < count || part.sizes.length < count) throw new Error("cut short");
  const own = isSeparate ? 1 : samples; // samples of a part
  const planes = Array.from({ length: samples }, () => new (chooseKind(bits, format))(width * height));
  for (let at = 0; at < count; at++) {
    const [start, size] = [part.starts[at], part.sizes[at]];
    if (start + size > bytes.length) throw new Error("cut short");
    const [plane, of] = [Math.floor(at / (across * down)), at % (across * down)];
    const [left, top] = [(of % across) * part.width, Math.floor(of / across) * part.height];
    const rows = isTiled ? part.height : Math.min(part.height, height - top);
    const wide = part.width * own;
    const packed = unpack(bytes.subarray(start, start + size), Math.ceil((wide * bits) / 8) * rows);
    const values = readValues(packed, wide, rows, bits, format, isLittle);
    if (predictor === HORIZONTAL) addNeighbours(values, wide, own);
    const [shown, high] = [Math.min(part.width, width - left), Math.min(rows, height - top)];
    for (let sample = 0; sample < own; sample++) {
      const target = planes[isSeparate ? plane : sample];
      for (let y = 0; y < high; y++)
        for (let x = 0; x < shown; x++) target[(top + y) * width + left + x] = values[y * wide + x * own + sample];
    }
  }
  return planes;
}

/** @type {(bits: number, format: number) => new (size: number) => Values} */
function chooseKind(bits, format) {
  if (format === FLOAT) return bits === 64 ? Float64Array : Float32Array;
  if (bits <= 8) return format === SIGNED ? Int8Array : Uint8Array;
  if (bits === 16) return format === SIGNED ? Int16Array : Uint16Array;
  return format === SIGNED ? Int32Array : Uint32Array;
}

/**
 * @param {Uint8Array} data rows of whole bytes
 * @param {number} wide values in a row
 * @param {number} rows
 * @param {number} bits
 * @param {number} format
 * @param {boolean} isLittle
 * @returns {Values}
 */
function readValues(data, wide, rows, bits, format, isLittle) {
  if (bits < 8) return unpackBits(data, wide, rows, bits);
  const bytes = data.slice(0, (wide * rows * bits) / 8);
  if (!isLittle && bits > 8)
    for (let at = 0; at < bytes.length; at += bits / 8) bytes.subarray(at, at + bits / 8).reverse();
  if (format === FLOAT && bits === 16) return Float32Array.from(new Uint16Array(bytes.buffer), readHalf);
  const Kind = /** @type {any} */ (chooseKind(bits, format));
  return new Kind(bytes.buffer);
}

/** @param {number} half a float of 16 bits, as IEEE 754 stores it */
function readHalf(half) {
  const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
  if (exponent === 31) return Number.NaN; // or infinite: neither is a grey
  const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
  return half >> 15 ? -size : size;
}

/**
 * Undoes the horizontal predictor: each value is the difference to the one before it of the same sample.
 * @param {Values} values
 * @param {number} wide
 * @param {number} samples
 */
function addNeighbours(values, wide, samples) {
  for (let at = 0; at < values.length; at++) if (at % wide >= samples) values[at] += values[at - samples];
}

/**
 * @param {Values} values
 * @param {number[]} table all reds, then greens, then blues, of 16 bits
 * @param {Message[]} notes
 */
function applyPalette(values, table, notes) {
  notes.push(say("note-palette"));
  const count = table.length / 3;
  return { planes: [0, 1, 2].map((colour) => Uint8Array.from(values, (value) => table[colour * count + value] >> 8)) };
}
