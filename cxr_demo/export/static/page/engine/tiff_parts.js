// The strips and tiles of a TIFF, unpacked: LZW, PackBits (TIFF 6.0, sections 13 and 9) and deflate.

import { Failure, loadLibrary } from "./failure.js";

const [CLEAR, END, FIRST_FREE, MOST_CODES] = [256, 257, 258, 4096];

/**
 * What unpacks a part to so many bytes; it throws where there are fewer.
 * @param {number} compression as the file numbers it
 * @returns {Promise<(part: Uint8Array, size: number) => Uint8Array>}
 */
export async function loadUnpacker(compression) {
  if (compression === 1) return (part, size) => demand(part.subarray(0, size), size);
  if (compression === 5) return (part, size) => demand(unpackLzw(part, size), size);
  if (compression === 32773) return (part, size) => demand(unpackRuns(part, size), size);
  if (compression !== 8 && compression !== 32946) throw new Failure("film-tiff-variety");
  const { unzlibSync } = await loadLibrary("lib/fflate.js", () => import("../lib/fflate.js"));
  return (part, size) => demand(unzlibSync(part, { out: new Uint8Array(size) }), size);
}

/** @type {(bytes: Uint8Array, size: number) => Uint8Array} */
function demand(bytes, size) {
  if (bytes.length < size) throw new Error("cut short");
  return bytes;
}

/**
 * Codes of 9 to 12 bits, the highest bit first, one bit more one code early.
 * @param {Uint8Array} part
 * @param {number} size
 */
function unpackLzw(part, size) {
  const made = new Uint8Array(size);
  // Of each code the place of its bytes in what is made, and how many there are.
  const [starts, lengths] = [new Int32Array(MOST_CODES), new Int32Array(MOST_CODES)];
  let [at, bit, bits, next, last] = [0, 0, 9, FIRST_FREE, -1];
  while (at < size && bit + bits <= 8 * part.length) {
    const byte = bit >> 3;
    const word = (part[byte] << 16) | ((part[byte + 1] ?? 0) << 8) | (part[byte + 2] ?? 0);
    const code = (word >> (24 - (bit & 7) - bits)) & ((1 << bits) - 1);
    bit += bits;
    if (code === END) break;
    if (code === CLEAR) {
      [bits, next, last] = [9, FIRST_FREE, -1];
      continue;
    }
    const start = at;
    if (last >= 0 && next < MOST_CODES) {
      // The entry that the code before has begun: its bytes, and the first of these, which follows them.
      [starts[next], lengths[next]] = [last, start - last + 1];
      next++;
    }
    if (code < CLEAR) made[at++] = code;
    else if (code < next) for (let of = 0; of < lengths[code] && at < size; of++) made[at++] = made[starts[code] + of];
    else throw new Error("no such code");
    last = start;
    if (next + 1 >= 1 << bits && bits < 12) bits++;
  }
  return made.subarray(0, at);
}

/**
 * @param {Uint8Array} part
 * @param {number} size
 */
function unpackRuns(part, size) {
  const made = new Uint8Array(size);
  let at = 0;
  for (let from = 0; from < part.length && at < size; ) {
    const code = (part[from++] << 24) >> 24;
    if (code === -128) continue;
    const isCopied = code >= 0;
    const count = Math.min(isCopied ? code + 1 : 1 - code, size - at);
    if (from + (isCopied ? count : 1) > part.length) break;
    if (isCopied) made.set(part.subarray(from, from + count), at);
    else made.fill(part[from], at, at + count);
    from += isCopied ? code + 1 : 1;
    at += count;
  }
  return made.subarray(0, at);
}
