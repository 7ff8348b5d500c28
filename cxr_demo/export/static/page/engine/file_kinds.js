// What kind of file it is, by its first bytes and never by its name. Twin of `film.file_kinds`.

import { Failure, say } from "./failure.js";

/** @type {Record<string, string[]>} */
const SIGNATURES = {
  PNG: ["\x89PNG\r\n\x1a\n"],
  JPEG: ["\xff\xd8\xff"],
  TIFF: ["II*\0", "MM\0*"],
};
/** @type {[number, string, string][]} */
const NOT_FILMS = [
  [0, "GIF8", "file-is-gif"],
  [0, "%PDF", "file-is-pdf"],
  [0, "PK\x03\x04", "file-is-zip"],
  [0, "\x1f\x8b", "file-is-gzip"],
  [4, "ftyp", "file-is-heic"],
  [4, "jP  ", "file-is-jpeg-2000"],
];
const FIRST_VALUES = ["UL", "OB", "CS", "UI", "SH", "DA", "TM", "LO"];

/**
 * Bytes as characters of the same number.
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 */
export const textOf = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));

/** @param {Uint8Array} bytes */
function isDicom(bytes) {
  if (textOf(bytes, 128, 132) === "DICM") return true;
  const head = textOf(bytes, 0, 4096);
  if (bytes.length < 132 || !(head.includes("1.2.840.10008.") || head.includes("ACR-NEMA"))) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isLittle = bytes[0] !== 0;
  const isExplicit = FIRST_VALUES.includes(head.slice(4, 6));
  const isFirst = [2, 8].includes(view.getUint16(0, isLittle)) && view.getUint16(2, isLittle) <= 0x18;
  return isFirst && (isExplicit || view.getUint32(4, isLittle) <= 256);
}

/**
 * "PNG", "JPEG", "TIFF", "WebP", "BMP" or "DICOM"; a Failure that says what it is instead.
 * @param {Uint8Array} bytes
 */
export function findKind(bytes) {
  if (isDicom(bytes)) return "DICOM";
  const head = textOf(bytes, 0, 4096);
  const kind = Object.keys(SIGNATURES).find((name) => SIGNATURES[name].some((start) => head.startsWith(start)));
  if (kind) return kind;
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "WebP";
  if (head.startsWith("BM") && head.slice(15, 18) === "\0\0\0") return "BMP";
  throw new Failure("film-not-image", { what: say(nameContent(head)) });
}

/** @param {string} head */
function nameContent(head) {
  const known = NOT_FILMS.find(([start, signature]) => head.startsWith(signature, start));
  if (known) return known[2];
  const lower = head.toLowerCase();
  if (lower.includes("<svg")) return "file-is-svg";
  if (lower.includes("<html")) return "file-is-web-page";
  const letters = [...head].filter((letter) => (letter >= " " && letter < "\x7f") || "\t\r\n".includes(letter));
  return letters.length > 0.9 * head.length ? "file-is-text" : "file-is-unknown";
}
