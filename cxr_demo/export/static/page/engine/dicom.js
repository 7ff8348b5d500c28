// DICOM to samples in the sense of a light box: bright is dense. Twin of `film.dicom`, in the standard's order (PS3.4
// N.2): stored values -> modality table or rescale -> VOI table or window -> inversion.

import { decodeFrame } from "./codecs.js";
import { openDicom, reconcileSign } from "./dicom_tags.js";
import { gatherWindows, lookUp, makeTable, readTable, showValues } from "./dicom_voi.js";
import { Failure, say } from "./failure.js";
import { checkHalved, halfOf, halve } from "./halving.js";
import { readHeader } from "./header.js";
import { roundEven } from "./numbers.js";
import { changeAll, interleave, makeFloats } from "./planes.js";
import { resize } from "./resize.js";
import { checkSize, isTooLarge } from "./size.js";

const { fround } = Math;
export const RADIOGRAPHS = ["CR", "DX", "RG", "RF", "XA"];
const NOT_FOR_DISPLAY = ["1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"];
const NEARLY_SQUARE = 0.01;
const MOST_ASPECT = 4;
const FRAME_ITEM = 0xfeff00e0;
const YBR = ["YBR_FULL", "YBR_FULL_422"];
const GREEN = [(-0.114 * 1.772) / 0.587, (-0.299 * 1.402) / 0.587].map(fround); // of blue and red
const PALETTES = ["Red", "Green", "Blue"].map((colour) => `${colour}PaletteColorLookupTable`);

/**
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 * @param {(path: string) => Promise<Uint8Array>} getFile
 * @returns {Promise<ReadPlanes>}
 */
export async function decodeDicom(bytes, notes, getFile) {
  const { tags, layout: whole, isLittle } = await openDicom(bytes, notes);
  noteOrigin(tags);
  const { samples, photometric } = whole;
  checkHalved(whole.columns, whole.rows, notes, samples > 1 ? "pixels" : "pixelsRead");
  const { stored, layout } = halveStored(await readStored(tags, whole, isLittle, getFile), tags, whole);
  const header = readHeader(tags);
  const { columns: width, rows: height } = layout;
  if (samples > 1) {
    const white = fround(2 ** layout.stored - 1);
    const takeChannel = (/** @type {number} */ channel) =>
      Float32Array.from({ length: width * height }, (_, at) => fround(stored[at * samples + channel]) / white);
    return makeSquarePixels({ width, height, planes: [0, 1, 2].map(takeChannel), header }, tags);
  }
  if (photometric === "PALETTE COLOR") {
    const tables = PALETTES.map((name) => makeTable(tags, isLittle, `${name}Descriptor`, `${name}Data`));
    const planes = tables.map((table) => makeFloats(stored, (value) => lookUp(value, table) / table.white));
    return makeSquarePixels({ width, height, planes, header }, tags);
  }
  if (!["MONOCHROME1", "MONOCHROME2"].includes(photometric)) throw new Failure("dicom-compressed");
  const padding = findPadding(stored, tags, layout);
  const values = applyModality(stored, tags, isLittle);
  const { shown, applied } = showValues(values, padding, tags, isLittle);
  const isInverted = findInversion(tags, layout);
  if (isInverted) changeAll(shown, (value) => 1 - value);
  if (padding) {
    tags.note(say("note-padding"));
    changeAll(shown, (value, at) => (padding[at] ? 0 : value));
  }
  const windows = gatherWindows(values, padding, applied, isInverted, tags, isLittle);
  return makeSquarePixels({ width, height, planes: [shown], header, windows }, tags);
}

/**
 * A mean with padding in it would be a grey that is neither: it becomes padding. Colours of a palette have no mean, so
 * every second one is kept.
 * @param {Exclude<Stored, Float32Array>} stored
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {DicomLayout} layout
 */
function halveStored(stored, tags, layout) {
  const { columns: width, rows: height } = layout;
  if (!isTooLarge(width, height)) return { stored, layout };
  const [columns, rows] = halfOf(width, height);
  const halved = halve(stored, width, height);
  const half = { ...layout, columns, rows };
  const pickCorner = (/** @type {number} */ at) => 2 * Math.floor(at / columns) * width + 2 * (at % columns);
  if (layout.photometric === "PALETTE COLOR") {
    changeAll(halved, (_, at) => stored[pickCorner(at)]);
    return { stored: halved, layout: half };
  }
  const ends = findPaddingEnds(tags, layout);
  if (!ends.length) return { stored: halved, layout: half };
  const isPadded = stored instanceof Uint8Array ? stored : new Uint8Array(stored.length);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  changeAll(isPadded, (_, at) => (stored[at] >= low && stored[at] <= high ? 255 : 0));
  const touched = halve(isPadded, width, height);
  changeAll(halved, (value, at) => (touched[at] ? ends[0] : value));
  return { stored: halved, layout: half };
}

/** @param {import("./dicom_tags.js").Tags} tags */
function noteOrigin(tags) {
  const modality = tags.text("Modality");
  if (!RADIOGRAPHS.includes(modality) && /^[A-Z]{2,6}$/.test(modality)) tags.note(say("note-modality", { modality }));
  if (tags.text("PresentationIntentType") === "FOR PROCESSING") tags.note(say("note-raw"));
}

/**
 * Values with unused bits cleared and signs in place; of colour one after the other.
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {DicomLayout} layout
 * @param {boolean} isLittle
 * @param {(path: string) => Promise<Uint8Array>} getFile
 */
async function readStored(tags, layout, isLittle, getFile) {
  const { rows, columns, samples, planar, photometric, allocated, isSigned } = layout;
  const count = rows * columns * samples;
  const element = /** @type {DicomElement} */ (tags.find("PixelData"));
  const { byteArray } = tags.dataSet;
  const start = new DataView(byteArray.buffer, byteArray.byteOffset);
  const native = Math.ceil((count * allocated) / 16) * 2;
  const isItems = element.dataOffset + 4 <= byteArray.length && start.getUint32(element.dataOffset) === FRAME_ITEM;
  if (element.encapsulatedPixelData || (isItems && element.length !== native)) {
    const { values, high } = await decodeFrame(joinFragments(element, byteArray), layout, getFile);
    return takeUsedBits(values, high, layout);
  }
  const isKnown = [8, 16, 32].includes(allocated) && allocated >= layout.stored;
  if (samples === 3 && YBR.includes(photometric)) return readYbr(element, byteArray, layout, isLittle);
  if (!isKnown || (samples > 1 && photometric !== "RGB")) throw new Failure("dicom-compressed");
  const held = Math.min(element.length, byteArray.length - element.dataOffset);
  if (held < (count * allocated) / 8) throw new Error("cut short");
  const bytes = byteArray.slice(element.dataOffset, element.dataOffset + (count * allocated) / 8);
  if (!isLittle && allocated > 8) swapBytes(bytes, allocated / 8);
  const kinds = { 8: [Uint8Array, Int8Array], 16: [Uint16Array, Int16Array], 32: [Uint32Array, Int32Array] };
  const Kind = kinds[/** @type {8 | 16 | 32} */ (allocated)][isSigned ? 1 : 0];
  const values = takeUsedBits(new Kind(bytes.buffer), layout.high, layout);
  if (!planar || samples === 1) return values;
  const size = rows * columns;
  return interleave(Array.from({ length: samples }, (_, at) => values.subarray(at * size, (at + 1) * size)));
}

/**
 * Brightness and two differences of colour as red, green and blue (PS3.3 C.7.6.3.1.2). The differences are those of each
 * pixel, or of two pixels together.
 * @param {DicomElement} element
 * @param {Uint8Array} bytes
 * @param {DicomLayout} layout
 * @param {boolean} isLittle
 */
function readYbr(element, bytes, { rows, columns, photometric, planar, allocated, stored, isSigned }, isLittle) {
  const isPaired = photometric === "YBR_FULL_422";
  if (allocated !== 8 || stored !== 8 || isSigned || !isLittle || (isPaired && (planar || columns % 2)))
    throw new Failure("dicom-compressed");
  const size = rows * columns;
  const held = bytes.subarray(element.dataOffset, element.dataOffset + element.length);
  if (isPaired && held.length >= 3 * size) throw new Failure("dicom-compressed"); // it says other than it is
  if (held.length < (isPaired ? 2 : 3) * size) throw new Error("cut short");
  const values = new Uint8ClampedArray(3 * size);
  const [toBlue, toRed] = isPaired ? [2, 3] : planar ? [size, 2 * size] : [1, 2];
  for (let at = 0; at < size; at++) {
    const first = isPaired ? 4 * (at >> 1) : planar ? at : 3 * at;
    const grey = held[isPaired ? first + (at & 1) : first];
    const [blue, red] = [held[first + toBlue] - 128, held[first + toRed] - 128];
    const green = fround(fround(grey + GREEN[0] * blue) + GREEN[1] * red); // rounded where pydicom rounds it
    values[3 * at] = Math.floor(grey + 1.402 * red + 0.5);
    values[3 * at + 1] = Math.floor(green + 0.5);
    values[3 * at + 2] = Math.floor(grey + 1.772 * blue + 0.5);
  }
  return new Uint8Array(values.buffer);
}

/**
 * @param {DicomElement} element
 * @param {Uint8Array} bytes
 */
function joinFragments(element, bytes) {
  const fragments = element.fragments ?? [];
  if (!fragments.length) throw new Error("no frame");
  const parts = fragments.map(({ position, length }) => bytes.subarray(position, position + length));
  if (parts.length === 1) return parts[0].slice();
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} size of a value
 */
function swapBytes(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/**
 * The value alone, with its sign: old files keep overlays in the bits above or below it.
 * @template {Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array} Stored
 * @param {Stored} values
 * @param {number} high
 * @param {DicomLayout} layout
 * @returns {Stored}
 */
function takeUsedBits(values, high, { stored, allocated }) {
  const room = values.BYTES_PER_ELEMENT * 8;
  if (room === stored || allocated < 8 || high < stored - 1 || high >= room) return values;
  const isSigned = values instanceof Int8Array || values instanceof Int16Array || values instanceof Int32Array;
  const [up, down] = [31 - high, 32 - stored];
  for (let at = 0; at < values.length; at++) {
    values[at] = isSigned ? (values[at] << up) >> down : (values[at] << up) >>> down;
  }
  return values;
}

/**
 * The first and last value of padding; none where the file names none.
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {DicomLayout} layout
 */
function findPaddingEnds(tags, layout) {
  const [first, last] = ["PixelPaddingValue", "PixelPaddingRangeLimit"].map((keyword) => tags.numbers(keyword)[0]);
  return first === undefined ? [] : [first, last ?? first].map((value) => reconcileSign(value, layout));
}

/**
 * Which pixels are padding, of those that touch the edge: a pacemaker may have the same value. Null where none is.
 * @param {ArrayLike<number>} stored
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {DicomLayout} layout
 */
function findPadding(stored, tags, layout) {
  const ends = findPaddingEnds(tags, layout);
  if (!ends.length) return null;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const { columns: width, rows: height } = layout;
  const isPadding = new Uint8Array(width * height);
  const open = new Int32Array(width * height);
  let waiting = 0;
  let found = 0;
  const visit = (/** @type {number} */ at) => {
    if (isPadding[at] || stored[at] < low || stored[at] > high) return;
    isPadding[at] = 1;
    found++;
    open[waiting++] = at;
  };
  for (let x = 0; x < width; x++) [x, (height - 1) * width + x].forEach(visit);
  for (let y = 0; y < height; y++) [y * width, y * width + width - 1].forEach(visit);
  while (waiting) {
    const at = open[--waiting];
    if (at % width) visit(at - 1);
    if ((at + 1) % width) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at < width * (height - 1)) visit(at + width);
  }
  return found && found < isPadding.length ? isPadding : null;
}

/**
 * @param {Stored} stored
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {boolean} isLittle
 * @returns {Stored}
 */
function applyModality(stored, tags, isLittle) {
  const isForDisplay = !NOT_FOR_DISPLAY.some((start) => tags.text("SOPClassUID").startsWith(start));
  const table = isForDisplay ? readTable(tags, "ModalityLUTSequence", stored, 0, isLittle) : null;
  if (table) {
    tags.note(say("note-modality-table"));
    return makeFloats(stored, (value) => lookUp(value, table));
  }
  const [slope, intercept] = [tags.numbers("RescaleSlope")[0] ?? 1, tags.numbers("RescaleIntercept")[0] ?? 0];
  if (slope === 1 && intercept === 0) return stored;
  tags.note(say("note-rescaled", { slope: { significant: slope }, intercept: { significant: intercept } }));
  const [factor, start] = [fround(slope), fround(intercept)];
  return makeFloats(stored, (value) => fround(fround(value) * factor) + start);
}

/**
 * MONOCHROME1 and PresentationLUTShape INVERSE name one inversion, done once; where they contradict each other, the one
 * that asks for it is believed.
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {DicomLayout} layout
 */
function findInversion(tags, { photometric }) {
  const isWhiteZero = photometric === "MONOCHROME1";
  const shape = tags.text("PresentationLUTShape");
  if (shape === (isWhiteZero ? "IDENTITY" : "INVERSE")) tags.note(say("note-contradiction"));
  const isInverted = isWhiteZero || shape === "INVERSE";
  if (isInverted) tags.note(say("note-inverted"));
  return isInverted;
}

/**
 * @param {ReadPlanes} read
 * @param {import("./dicom_tags.js").Tags} tags
 * @returns {ReadPlanes}
 */
function makeSquarePixels(read, tags) {
  const words = ["PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"];
  const sides = words.map((word) => tags.numbers(word)).find((pair) => pair.length === 2 && Math.min(...pair) > 0);
  const ratio = sides ? sides[0] / sides[1] : 1;
  if (Math.abs(ratio - 1) <= NEARLY_SQUARE || ratio < 1 / MOST_ASPECT || ratio > MOST_ASPECT) return read;
  const { width, height } = read;
  const isShrunk = isTooLarge(width * height * Math.max(ratio, 1 / ratio), 1);
  const isHigher = ratio > 1 !== isShrunk; // more pixels, or fewer the other way where that would be too many
  const [wide, high] = isHigher ? [width, roundEven(height * ratio)] : [roundEven(width / ratio), height];
  checkSize(wide, high);
  tags.note(say("note-not-square", { ratio: { digits: [ratio, 2] } }));
  const planes = read.planes.map((plane) => resize(plane, width, height, wide, high));
  const levels = read.windows && resize(Float32Array.from(read.windows.levels), width, height, wide, high);
  const windows = read.windows && levels && { ...read.windows, levels: Uint16Array.from(levels, roundEven) };
  return { ...read, width: wide, height: high, planes, windows };
}
