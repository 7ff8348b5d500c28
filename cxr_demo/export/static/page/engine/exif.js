// How a stored picture becomes upright: tag 0x0112 of EXIF, in a JPEG, PNG or WebP.

import { textOf } from "./file_kinds.js";

const ORIENTATION = 0x0112;

/**
 * Where a file says it: in the bytes, and in which order; null where it does not.
 * @param {string} kind
 * @param {Uint8Array} bytes
 */
export function findOrientation(kind, bytes) {
  const start = findExif(kind, bytes);
  if (start === null || start + 8 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isLittle = textOf(bytes, start, start + 2) === "II";
  const table = start + view.getUint32(start + 4, isLittle);
  if (table + 2 > bytes.length) return null;
  const end = Math.min(table + 2 + 12 * view.getUint16(table, isLittle), bytes.length - 11);
  for (let at = table + 2; at < end; at += 12) {
    if (view.getUint16(at, isLittle) === ORIENTATION) return { at: at + 8, isLittle };
  }
  return null;
}

/**
 * @param {string} kind
 * @param {Uint8Array} bytes
 */
function findExif(kind, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (kind === "JPEG") {
    for (let at = 2; at + 10 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
      if (bytes[at + 1] === 0xe1 && textOf(bytes, at + 4, at + 10) === "Exif\0\0") return at + 10;
      at += bytes[at + 1] === 0xff ? 1 : 2 + view.getUint16(at + 2);
    }
    return null;
  }
  const found = findChunk(kind, bytes, kind === "PNG" ? "eXIf" : "EXIF");
  if (!found) return null;
  return textOf(bytes, found.start, found.start + 6) === "Exif\0\0" ? found.start + 6 : found.start;
}

/**
 * The content of the first chunk of this name in a PNG or WebP; null where it has none.
 * @param {string} kind
 * @param {Uint8Array} bytes
 * @param {string} name
 */
export function findChunk(kind, bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isPng = kind === "PNG";
  for (let at = isPng ? 8 : 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(isPng ? at : at + 4, !isPng);
    const found = isPng ? textOf(bytes, at + 4, at + 8) : textOf(bytes, at, at + 4);
    if (found === name) return { start: at + 8, length };
    at += 8 + length + (isPng ? 4 : length % 2);
  }
  return null;
}
