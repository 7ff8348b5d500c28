// The directories of a TIFF: what is said of a page, tag by tag (TIFF 6.0, section 2).

import { Failure } from "./failure.js";

const MOST_PAGES = 16; // looked through for the one that is no smaller copy
const [SUBFILE_TYPE, REDUCED_RESOLUTION] = [254, 1];
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]; // bytes of a value of each type
const [BYTE, SHORT, LONG] = [1, 3, 4];

/** @typedef {(tag: number) => number[]} ReadTag the whole numbers of a tag; none where it is absent */

/**
 * The one page that is no smaller copy of another.
 * @param {Uint8Array} bytes
 * @returns {{ read: ReadTag, isLittle: boolean }}
 */
export function findPage(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = bytes[0] === 0x49;
  const pages = [];
  let count = 0;
  for (let at = view.getUint32(4, isLittle); at; count++) {
    if (count === MOST_PAGES) throw new Failure("film-pages", { kind: "TIFF" }); // it may be a circle of them
    const entries = view.getUint16(at, isLittle);
    const read = makeReader(view, at + 2, entries, isLittle);
    if (!((read(SUBFILE_TYPE)[0] ?? 0) & REDUCED_RESOLUTION)) pages.push(read);
    at = view.getUint32(at + 2 + 12 * entries, isLittle);
  }
  if (pages.length !== 1) throw new Failure("film-pages", { kind: "TIFF" });
  return { read: pages[0], isLittle };
}

/**
 * @param {DataView} view
 * @param {number} start of the entries
 * @param {number} entries
 * @param {boolean} isLittle
 * @returns {ReadTag}
 */
function makeReader(view, start, entries, isLittle) {
  return (tag) => {
    for (let at = start; at < start + 12 * entries; at += 12) {
      if (view.getUint16(at, isLittle) !== tag) continue;
      const [kind, count] = [view.getUint16(at + 2, isLittle), view.getUint32(at + 4, isLittle)];
      const isInside = (SIZES[kind] ?? 0) * count <= 4;
      const from = isInside ? at + 8 : view.getUint32(at + 8, isLittle);
      if (from + SIZES[kind] * count > view.byteLength) throw new Error("cut short");
      return Array.from({ length: count }, (_, of) => {
        if (kind === BYTE) return view.getUint8(from + of);
        if (kind === SHORT) return view.getUint16(from + 2 * of, isLittle);
        if (kind === LONG) return view.getUint32(from + 4 * of, isLittle);
        throw new Error("no whole number");
      });
    }
    return [];
  };
}
