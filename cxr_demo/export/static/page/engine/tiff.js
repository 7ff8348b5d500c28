// TIFF, by utif2: grey of 1 to 32 bits and colour of 8 and 16.

import { Failure, loadLibrary, say } from "./failure.js";
import { changeAll, unpackBits } from "./planes.js";
import { checkSize } from "./size.js";

const MOST_PAGES = 16; // looked through for the one that is no smaller copy
const REDUCED_RESOLUTION = 1; // a bit of NewSubfileType
const READ = [1, 5, 8, 32773, 32946]; // compressions: none, LZW, deflate, PackBits, the old number of deflate
const [UNSIGNED, SIGNED, FLOAT] = [1, 2, 3];

/**
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 * @returns {Promise<StoredPicture>}
 */
export async function readTiff(bytes, notes) {
  const { default: utif } = await loadLibrary("lib/utif.js", () => import("../lib/utif.js"));
  checkPages(bytes);
  const buffer = /** @type {ArrayBuffer} */ (bytes.slice().buffer);
  const pages = utif.decode(buffer).filter((page) => page.t256 && !((page.t254?.[0] ?? 0) & REDUCED_RESOLUTION));
  if (!pages.length) throw new Error("cut short");
  if (pages.length > 1) throw new Failure("film-pages", { kind: "TIFF" });
  const [page] = pages;
  const [width, height] = [page.t256[0], page.t257[0]];
  checkSize(width, height);
  const [bits, samples, photometric] = [page.t258?.[0] ?? 1, page.t277?.[0] ?? 1, page.t262?.[0] ?? 1];
  const format = page.t339?.[0] ?? UNSIGNED;
  const isSplit = samples > 1 && page.t284?.[0] === 2;
  const isKnown = (samples === 1 && photometric <= 3) || (bits >= 8 && bits <= 16 && photometric <= 2 && samples <= 4);
  if (!READ.includes(page.t259?.[0] ?? 1) || isSplit || !isKnown) throw new Failure("film-tiff-variety");
  checkParts(page, height, bytes.length);
  utif.decodeImage(buffer, page);
  if (page.data.length < Math.ceil((width * samples * bits) / 8) * height) throw new Error("cut short");
  const values = readValues(page.data, width * samples, height, bits, format, page.isLE);
  const picture = { width, height, bits, alpha: null, orientation: page.t274?.[0] ?? 1 };
  if (photometric === 3) return { ...picture, ...applyPalette(values, page.t320, notes), bits: 8 };
  if (bits === 1) notes.push(say("note-one-bit"));
  const planes = Array.from({ length: samples }, (_, at) => values.filter((_, of) => of % samples === at));
  const alpha = samples % 2 ? null : /** @type {Uint8Array | Uint16Array} */ (planes.pop());
  for (const plane of planes) if (photometric === 0 && bits <= 8) changeAll(plane, (value) => 255 - value);
  return { ...picture, planes, alpha, bits: Math.max(bits, 8), isWhiteZero: photometric === 0 && bits > 8 };
}

/**
 * How many directories there are: one that names itself as the next would never end.
 * @param {Uint8Array} bytes
 */
function checkPages(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = bytes[0] === 0x49;
  let pages = 0;
  for (let at = view.getUint32(4, isLittle); at; pages++) {
    if (pages === MOST_PAGES) throw new Failure("film-pages", { kind: "TIFF" });
    at = view.getUint32(at + 2 + 12 * view.getUint16(at, isLittle), isLittle);
  }
}

/**
 * What a cut file has lost would be black: its strips or tiles end beyond its own end, or are too few.
 * @param {import("../lib/utif.js").Page} page
 * @param {number} height
 * @param {number} length of the file
 */
function checkParts(page, height, length) {
  const [starts, sizes] = page.t324 ? [page.t324, page.t325] : [page.t273, page.t279];
  const strips = page.t324 ? 1 : Math.ceil(height / Math.min(height, page.t278?.[0] || height));
  const isWhole = starts?.length >= strips && sizes?.length === starts.length;
  if (!isWhole || starts.some((start, at) => start + sizes[at] > length)) throw new Error("cut short");
}

/**
 * @param {Uint8Array} data rows of whole bytes; of 16 bits the low byte first
 * @param {number} wide values in a row
 * @param {number} height
 * @param {number} bits
 * @param {number} format
 * @param {boolean} isLittle
 * @returns {Values}
 */
function readValues(data, wide, height, bits, format, isLittle) {
  if (bits < 8) {
    const steps = 255 / (2 ** bits - 1);
    return unpackBits(data, wide, height, bits).map((value) => value * steps);
  }
  const buffer = data.slice(0, (wide * height * bits) / 8).buffer;
  if (bits === 8) return format === SIGNED ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (bits === 16 && format !== FLOAT) return format === SIGNED ? new Int16Array(buffer) : new Uint16Array(buffer);
  if (bits !== 32) throw new Failure("film-tiff-variety");
  const view = new DataView(buffer);
  if (!isLittle) for (let at = 0; at < buffer.byteLength; at += 4) view.setUint32(at, view.getUint32(at, false), true);
  if (format === FLOAT) return new Float32Array(buffer);
  return format === SIGNED ? new Int32Array(buffer) : new Uint32Array(buffer);
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
