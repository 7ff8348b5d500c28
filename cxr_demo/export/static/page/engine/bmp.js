// BMP, as it is stored: browsers widen its 16-bit colours otherwise and lay it on black.

import { Failure, say } from "./failure.js";
import { checkHalved } from "./halving.js";
import { unpackBits } from "./planes.js";

const CORE = 12; // bytes of the oldest header
const [RAW, BITFIELDS] = [0, 3];
const HEADERS = [CORE, 40, 52, 56, 64, 108, 124];
/** Red, green, blue and opacity. @type {[bits: number, masks: number[]][]} */
const FIELDS = [
  [16, [0xf800, 0x7e0, 0x1f, 0]],
  [16, [0x7c00, 0x3e0, 0x1f, 0]],
  [24, [0xff0000, 0xff00, 0xff, 0]],
  [32, [0xff0000, 0xff00, 0xff, 0]],
  [32, [0xff000000, 0xff0000, 0xff00, 0]],
  [32, [0xff000000, 0xff0000, 0xff00, 0xff]],
  [32, [0xff, 0xff00, 0xff0000, 0xff000000]],
  [32, [0xff0000, 0xff00, 0xff, 0xff000000]],
];

/**
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 * @returns {StoredPicture}
 */
export function decodeBmp(bytes, notes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = view.getUint32(14, true);
  if (!HEADERS.includes(head)) throw new Error("no such header");
  const isCore = head === CORE;
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const high = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(high);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  checkHalved(width, height, notes);
  const compression = isCore ? RAW : view.getUint32(30, true);
  const data = view.getUint32(10, true);
  const rows = readRows(bytes.subarray(data), width, height, bits, high < 0);
  const picture = { width, height, alpha: null, bits: 8, orientation: 1 };
  if (bits <= 8) {
    if (compression !== RAW) throw new Failure("static-variety", { kind: "BMP" });
    const colours = (isCore ? 0 : view.getUint32(46, true)) || 2 ** bits;
    const palette = bytes.subarray(14 + head, 14 + head + (isCore ? 3 : 4) * colours);
    return { ...picture, planes: applyPalette(unpackBits(rows, width, height, bits), palette, isCore ? 3 : 4, notes) };
  }
  if (compression !== RAW && compression !== BITFIELDS) throw new Error("no such compression");
  const masks = compression === BITFIELDS ? readMasks(view, head, bits) : findRawMasks(bits);
  const planes = masks.map((mask) => takeField(rows, bits / 8, mask));
  if (!masks[3]) planes.pop();
  return { ...picture, alpha: planes[3] ?? null, planes: planes.slice(0, 3) };
}

/**
 * Rows of whole bytes, the upper first: they are stored in fours of bytes, mostly the lowest first.
 * @type {(data: Uint8Array, width: number, height: number, bits: number, isUpright: boolean) => Uint8Array}
 */
function readRows(data, width, height, bits, isUpright) {
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error("no such depth");
  const [wide, stride] = [Math.ceil((width * bits) / 8), ((width * bits + 31) >> 3) & ~3];
  if (data.length < stride * (height - 1) + wide) throw new Error("cut short");
  const rows = new Uint8Array(wide * height);
  for (let y = 0; y < height; y++) {
    const start = stride * (isUpright ? y : height - 1 - y);
    rows.set(data.subarray(start, start + wide), wide * y);
  }
  return rows;
}

const findRawMasks = (/** @type {number} */ bits) =>
  bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];

/** @type {(view: DataView, head: number, bits: number) => number[]} */
function readMasks(view, head, bits) {
  const count = head >= 56 ? 4 : 3;
  const given = Array.from({ length: count }, (_, at) => view.getUint32(54 + 4 * at, true));
  const own = FIELDS.find(([depth, masks]) => depth === bits && masks.every((mask, at) => mask === (given[at] ?? 0)));
  if (!own) throw new Failure("static-variety", { kind: "BMP" });
  return own[1];
}

/**
 * What a mask holds of each pixel, of 0..255.
 * @type {(rows: Uint8Array, size: number, mask: number) => Uint8Array}
 */
function takeField(rows, size, mask) {
  const plane = new Uint8Array(rows.length / size);
  const shift = mask ? 31 - Math.clz32(mask & -mask) : 0;
  const white = mask >>> shift || 1;
  for (let at = 0; at < plane.length; at++) {
    let value = 0;
    for (let of = size - 1; of >= 0; of--) value = (value << 8) | rows[at * size + of];
    plane[at] = Math.floor((((value & mask) >>> shift) * 255) / white);
  }
  return plane;
}

/**
 * One plane where all colours are greys in order, or black and white.
 * @type {(values: Uint8Array, palette: Uint8Array, size: number, notes: Message[]) => Uint8Array[]}
 */
function applyPalette(values, palette, size, notes) {
  const colours = Math.floor(palette.length / size);
  const [blue, green, red] = [0, 1, 2].map((of) =>
    Uint8Array.from({ length: 256 }, (_, at) => palette[at * size + of]),
  );
  const greys = colours === 2 ? [0, 255] : Array.from({ length: colours }, (_, at) => at);
  const isGrey = greys.every((grey, at) => [red, green, blue].every((table) => table[at] === grey));
  if (!isGrey) notes.push(say("note-palette"));
  else if (colours === 2) notes.push(say("note-one-bit"));
  return (isGrey ? [red] : [red, green, blue]).map((table) => values.map((value) => table[value]));
}
