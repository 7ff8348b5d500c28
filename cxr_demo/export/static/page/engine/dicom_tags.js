// What a DICOM file says, as far as it can be read; of the patient it is nothing at all. Twin of `film.dicom_tags`.

import { Failure, loadLibrary, say } from "./failure.js";
import { textOf } from "./file_kinds.js";
import { findOtherContent } from "./header.js";

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const NATIVE = [IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN];
/** @type {Record<string, string>} */
export const TAGS = {
  SOPClassUID: "x00080016",
  Modality: "x00080060",
  PresentationIntentType: "x00080068",
  BodyPartExamined: "x00180015",
  FieldOfViewHorizontalFlip: "x00187034",
  ImagerPixelSpacing: "x00181164",
  ViewPosition: "x00185101",
  PatientOrientation: "x00200020",
  SamplesPerPixel: "x00280002",
  PhotometricInterpretation: "x00280004",
  PlanarConfiguration: "x00280006",
  NumberOfFrames: "x00280008",
  Rows: "x00280010",
  Columns: "x00280011",
  PixelSpacing: "x00280030",
  PixelAspectRatio: "x00280034",
  BitsAllocated: "x00280100",
  BitsStored: "x00280101",
  HighBit: "x00280102",
  PixelRepresentation: "x00280103",
  PixelPaddingValue: "x00280120",
  PixelPaddingRangeLimit: "x00280121",
  BurnedInAnnotation: "x00280301",
  RedPaletteColorLookupTableDescriptor: "x00281101",
  GreenPaletteColorLookupTableDescriptor: "x00281102",
  BluePaletteColorLookupTableDescriptor: "x00281103",
  RedPaletteColorLookupTableData: "x00281201",
  GreenPaletteColorLookupTableData: "x00281202",
  BluePaletteColorLookupTableData: "x00281203",
  WindowCenter: "x00281050",
  WindowWidth: "x00281051",
  RescaleIntercept: "x00281052",
  RescaleSlope: "x00281053",
  WindowCenterWidthExplanation: "x00281055",
  VOILUTFunction: "x00281056",
  ModalityLUTSequence: "x00283000",
  LUTDescriptor: "x00283002",
  LUTExplanation: "x00283003",
  LUTData: "x00283006",
  VOILUTSequence: "x00283010",
  PresentationLUTShape: "x20500020",
  PixelData: "x7fe00010",
};
const BINARY = [
  ...["SamplesPerPixel", "PlanarConfiguration", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"],
  ...["PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit"],
]; // US or SS, read as US: what was signed is told by `reconcileSign`

/** The tags of one data set, or of an item of a sequence. */
export class Tags {
  /**
   * @param {DicomDataSet} dataSet
   * @param {Message[]} notes
   */
  constructor(dataSet, notes) {
    this.dataSet = dataSet;
    this.notes = notes;
  }

  /** @param {string} keyword */
  find(keyword) {
    return this.dataSet.elements[TAGS[keyword]];
  }

  /** @param {string} keyword */
  has(keyword) {
    return Boolean(this.find(keyword));
  }

  /**
   * The values of a tag that may be absent, empty or several, without spaces around them.
   * @param {string} keyword
   */
  texts(keyword) {
    const found = this.find(keyword);
    if (!found?.length) return [];
    const bytes = this.dataSet.byteArray.subarray(found.dataOffset, found.dataOffset + found.length);
    const text = new TextDecoder("latin1").decode(bytes);
    return text.replace(/\0+$/, "").split("\\").map((part) => part.trim()); // biome-ignore format: one after the other
  }

  /**
   * The first value, in capitals.
   * @param {string} keyword
   */
  text(keyword) {
    return (this.texts(keyword)[0] ?? "").toUpperCase();
  }

  /**
   * The finite numbers of a tag. One that cannot be read costs a note.
   * @param {string} keyword
   * @returns {number[]}
   */
  numbers(keyword) {
    const found = this.find(keyword);
    if (!found?.length) return [];
    if (BINARY.includes(keyword)) {
      return Array.from({ length: found.length >> 1 }, (_, at) => this.dataSet.uint16(TAGS[keyword], at));
    }
    const numbers = this.texts(keyword).filter(Boolean).map(Number);
    if (!numbers.some(Number.isNaN)) return numbers.filter(Number.isFinite);
    this.note(say("note-unreadable-tag", { tag: keyword }));
    return [];
  }

  /**
   * @param {string} keyword
   * @param {number} usual where it says nothing
   */
  number(keyword, usual) {
    return Math.trunc(this.numbers(keyword)[0] ?? usual);
  }

  /**
   * The items of a sequence.
   * @param {string} keyword
   */
  items(keyword) {
    return (this.find(keyword)?.items ?? []).map((item) => new Tags(item.dataSet, this.notes));
  }

  /**
   * Once, however often the same thing is looked at.
   * @param {Message} note
   */
  note(note) {
    const isSame = (/** @type {Message} */ other) => JSON.stringify(other) === JSON.stringify(note);
    if (!this.notes.some(isSame)) this.notes.push(note);
  }
}

/**
 * The tags that pixels need are all there, with a note for each that was not.
 * @param {Uint8Array} bytes
 * @param {Message[]} notes
 */
export async function openDicom(bytes, notes) {
  const { default: parser } = await loadLibrary("lib/dicom-parser.js", () => import("../lib/dicom-parser.js"));
  const isMarked = textOf(bytes, 128, 132) === "DICM";
  const whole = isMarked ? await inflate(bytes, parser) : bytes;
  const syntax = bytes[0] === 0 ? BIG_ENDIAN : /[A-Z]{2}/.test(textOf(bytes, 4, 6)) ? EXPLICIT : IMPLICIT;
  const dataSet = parse(parser, whole, isMarked ? {} : { TransferSyntaxUID: syntax });
  const tags = new Tags(dataSet, notes);
  const modality = findOtherContent(tags);
  if (modality) {
    throw new Failure("dicom-other", { content: say(`dicom-holds-${modality.toLowerCase()}`), modality });
  }
  if (!["PixelData", "Rows", "Columns"].every((keyword) => tags.has(keyword))) throw new Failure("dicom-empty");
  const frames = tags.number("NumberOfFrames", 1);
  if (frames > 1) throw new Failure("dicom-frames", { frames });
  const isLittle = (isMarked ? dataSet.string("x00020010") : syntax) !== BIG_ENDIAN;
  return { tags, layout: readLayout(tags), isLittle };
}

/**
 * A Failure for a file that ends before its picture, or within one that is compressed.
 * @param {DicomParser} parser
 * @param {Uint8Array} bytes
 * @param {{ TransferSyntaxUID?: string }} settings
 */
function parse(parser, bytes, settings) {
  try {
    return parser.parseDicom(bytes, settings);
  } catch (error) {
    const read = /** @type {{ dataSet?: DicomDataSet }} */ (error).dataSet;
    const syntax = settings.TransferSyntaxUID ?? parser.readPart10Header(bytes).string("x00020010") ?? "";
    if (!read?.elements[TAGS.Rows] || !NATIVE.includes(syntax)) throw new Failure("dicom-empty");
    throw error;
  }
}

/**
 * A file whose data set is deflated as a whole, inflated; any other as it is.
 * @param {Uint8Array} bytes
 * @param {DicomParser} parser
 */
async function inflate(bytes, parser) {
  const meta = parser.readPart10Header(bytes);
  if (meta.string("x00020010") !== DEFLATED) return bytes;
  const { inflateSync } = await loadLibrary("lib/fflate.js", () => import("../lib/fflate.js"));
  const start = meta.position;
  const rest = inflateSync(bytes.subarray(start));
  const whole = new Uint8Array(start + rest.length);
  whole.set(bytes.subarray(0, start));
  whole.set(rest, start);
  const place = meta.elements.x00020010;
  for (let at = 0; at < place.length; at++) {
    whole[place.dataOffset + at] = at < EXPLICIT.length ? EXPLICIT.charCodeAt(at) : 0;
  }
  return whole;
}

/**
 * How the pixels are stored, with what the file does not say put in.
 * @param {Tags} tags
 * @returns {DicomLayout}
 */
function readLayout(tags) {
  const [rows, columns] = ["Rows", "Columns"].map((keyword) => {
    const value = tags.number(keyword, 0);
    if (value <= 0) throw new Failure("dicom-tag-missing", { tag: keyword });
    return value;
  });
  /** @type {(keyword: string, value: number | string) => void} */
  const tellMissing = (tag, value) => tags.note(say("note-missing-tag", { tag, value: String(value) }));
  /** @type {(keyword: string, usual: number) => number} */
  const take = (keyword, usual) => {
    if (!tags.numbers(keyword).length) tellMissing(keyword, usual);
    return tags.number(keyword, usual);
  };
  const samples = take("SamplesPerPixel", 1);
  const written = tags.text("PhotometricInterpretation");
  const colour = samples === 1 ? "MONOCHROME2" : "RGB";
  const photometric = written === "MONOCHROME" ? "MONOCHROME2" : written || colour;
  if (!written) tellMissing("PhotometricInterpretation", colour);
  const planar = samples > 1 ? take("PlanarConfiguration", 0) : 0;
  const allocated = take(
    "BitsAllocated",
    tags.numbers("BitsAllocated").length ? 0 : guessAllocated(tags, rows * columns * samples),
  );
  const stored = take("BitsStored", allocated);
  const isSigned = take("PixelRepresentation", 0) !== 0;
  const high = tags.number("HighBit", 0) || stored - 1;
  return { rows, columns, samples, photometric, planar, allocated, stored, isSigned, high };
}

/**
 * By the size of the pixel data; a Failure where that says nothing.
 * @param {Tags} tags
 * @param {number} samples of all pixels
 */
function guessAllocated(tags, samples) {
  const size = tags.find("PixelData")?.length ?? 0;
  const found = [8, 16, 32].find((bits) => (samples * bits) / 8 <= size && size < (samples * bits) / 8 + 2);
  if (!found) throw new Failure("dicom-tag-missing", { tag: "BitsAllocated" });
  return found;
}

/**
 * A pixel value in a tag that was written unsigned though the pixels are signed.
 * @param {number} value
 * @param {DicomLayout} layout
 */
export function reconcileSign(value, { stored, allocated, isSigned }) {
  if (!isSigned) return value;
  const bits = [stored, allocated].find((each) => 2 ** (each - 1) <= value && value < 2 ** each);
  return bits ? value - 2 ** bits : value;
}
