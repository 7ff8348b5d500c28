// The compressed picture inside a DICOM file, by its own first bytes. Twin of `film.codestream`; each decoder is loaded
// when a file first needs it.

import { Failure, loadLibrary } from "./failure.js";
import { textOf } from "./file_kinds.js";
import { decodeByBrowser } from "./pictures.js";
import { interleave } from "./planes.js";

const START_OF_FRAME = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, 0xf7];
const [LOSSLESS, JPEG_LS] = [0xc3, 0xf7];
const LOSSY = [0xc0, 0xc1, 0xc2];
/** @type {Map<string, Promise<DecoderModule>>} */
const decoders = new Map();

/**
 * The stored values of a frame, and the bit that is a value's highest.
 * @param {Uint8Array} frame
 * @param {DicomLayout} layout
 * @param {(path: string) => Promise<Uint8Array>} getFile
 */
export async function decodeFrame(frame, layout, getFile) {
  if (isRunLength(frame)) return { values: decodeRuns(frame, layout), high: layout.high };
  const stream = readStream(frame);
  const { rows, columns, samples } = stream;
  if (rows !== layout.rows || columns !== layout.columns || samples !== layout.samples) {
    throw new Failure("dicom-not-as-said");
  }
  checkColours(stream, layout);
  const high = stream.precision > layout.stored ? layout.high : layout.stored - 1;
  return { values: await decodeStream(frame, stream, layout, getFile), high };
}

/**
 * A Failure for colours that no decoder here hands out as red, green and blue, and for more bits than it gives.
 * @param {Stream} stream
 * @param {DicomLayout} layout
 */
function checkColours({ kind, precision }, { samples, photometric }) {
  /** @type {Record<string, string[]>} */
  const known = { lossy: ["YBR_FULL", "YBR_FULL_422"], openjpeg: ["RGB", "YBR_ICT", "YBR_RCT"] };
  const isKnown = samples === 1 || (samples === 3 && (known[kind] ?? []).includes(photometric));
  if (!isKnown || precision > 16) throw new Failure("dicom-compressed");
}

/**
 * @param {Uint8Array} frame
 * @param {Stream} stream
 * @param {DicomLayout} layout
 * @param {(path: string) => Promise<Uint8Array>} getFile
 */
async function decodeStream(frame, { kind, precision, samples }, { isSigned }, getFile) {
  if (kind === "lossy") {
    if (precision !== 8) throw new Failure("dicom-compressed");
    const { planes } = await decodeByBrowser(frame, "JPEG", []);
    return samples === 1 ? planes[0] : interleave(planes.length === 3 ? planes : [planes[0], planes[0], planes[0]]);
  }
  if (kind === "lossless") {
    const { Decoder } = await loadLibrary("lib/jpeg-lossless.js", () => import("../lib/jpeg-lossless.js"));
    const bytes = new Uint8Array(new Decoder().decompress(frame.slice().buffer));
    return widen(bytes, precision, isSigned);
  }
  const module = await loadDecoder(kind, getFile);
  const decoder = kind === "charls" ? new module.JpegLSDecoder() : new module.J2KDecoder();
  try {
    decoder.getEncodedBuffer(frame.length).set(frame);
    decoder.decode();
    return widen(decoder.getDecodedBuffer().slice(), precision, isSigned);
  } finally {
    decoder.delete();
  }
}

/**
 * @param {"charls" | "openjpeg"} kind
 * @param {(path: string) => Promise<Uint8Array>} getFile
 */
function loadDecoder(kind, getFile) {
  const load = async () => {
    const library = await loadLibrary(`lib/${kind}.js`, () =>
      kind === "charls" ? import("../lib/charls.js") : import("../lib/openjpeg.js"),
    );
    return await library.default({
      wasmBinary: await getFile(`lib/${kind}.wasm`),
      print: () => {},
      printErr: () => {},
    });
  };
  const known = decoders.get(kind) ?? load();
  decoders.set(kind, known);
  known.catch(() => decoders.delete(kind));
  return known;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} precision
 * @param {boolean} isSigned
 */
function widen(bytes, precision, isSigned) {
  const { buffer } = bytes.byteOffset ? bytes.slice() : bytes;
  if (precision <= 8) return isSigned ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (precision > 16) return isSigned ? new Int32Array(buffer) : new Uint32Array(buffer);
  return isSigned ? new Int16Array(buffer) : new Uint16Array(buffer);
}

/**
 * @typedef {{ kind: "lossy" | "lossless" | "charls" | "openjpeg", rows: number, columns: number, samples: number,
 *   precision: number }} Stream
 */

/**
 * @param {Uint8Array} frame
 * @returns {Stream}
 */
function readStream(frame) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const isBoxed = textOf(frame, 4, 8) === "jP  ";
  if (isBoxed || view.getUint32(0) === 0xff4fff51) {
    let start = 0;
    while (view.getUint32(start) !== 0xff4fff51) start++;
    const [x1, y1, x0, y0] = [8, 12, 16, 20].map((at) => view.getUint32(start + at));
    const [samples, depth] = [view.getUint16(start + 40), view.getUint8(start + 42)];
    return { kind: "openjpeg", rows: y1 - y0, columns: x1 - x0, samples, precision: (depth & 127) + 1 };
  }
  if (view.getUint16(0) !== 0xffd8) throw new Failure("dicom-compressed");
  for (let at = 2; ; ) {
    const marker = frame[at + 1];
    if (frame[at] === 0xff && START_OF_FRAME.includes(marker)) {
      const kind = marker === JPEG_LS ? "charls" : marker === LOSSLESS ? "lossless" : "lossy";
      if (kind === "lossy" && !LOSSY.includes(marker)) throw new Failure("dicom-compressed");
      const [rows, columns] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { kind, rows, columns, samples: frame[at + 9], precision: frame[at + 4] };
    }
    at += marker === 0xff ? 1 : 2 + Math.max(view.getUint16(at + 2), 2);
  }
}

/** @param {Uint8Array} frame */
function isRunLength(frame) {
  if (frame.length < 64) return false;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const segments = view.getUint32(0, true);
  return segments >= 1 && segments <= 15 && view.getUint32(4, true) === 64;
}

/**
 * PS3.5 G: of each sample its bytes, the highest first, each a segment of runs.
 * @param {Uint8Array} frame
 * @param {DicomLayout} layout
 */
function decodeRuns(frame, { rows, columns, samples, photometric, allocated, isSigned }) {
  if (![8, 16, 32].includes(allocated) || (samples > 1 && photometric !== "RGB")) throw new Failure("dicom-compressed");
  const view = new DataView(frame.buffer, frame.byteOffset);
  const [count, bytesEach] = [view.getUint32(0, true), allocated / 8];
  const size = rows * columns;
  if (count !== samples * bytesEach) throw new Failure("dicom-not-as-said");
  const bytes = new Uint8Array(size * count);
  for (let segment = 0; segment < count; segment++) {
    const sample = Math.floor(segment / bytesEach);
    const place = bytesEach - 1 - (segment % bytesEach);
    let from = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < count ? view.getUint32(8 + 4 * segment, true) : frame.length;
    let pixel = 0;
    while (pixel < size && from < end) {
      const code = frame[from++];
      const isCopied = code < 128;
      for (let left = isCopied ? code + 1 : code === 128 ? 0 : 257 - code; left > 0 && pixel < size; left--, pixel++) {
        bytes[(pixel * samples + sample) * bytesEach + place] = frame[isCopied ? from++ : from];
      }
      if (code > 128) from++;
    }
    if (pixel < size || from > frame.length) throw new Error("cut short");
  }
  return widen(bytes, allocated, isSigned);
}
