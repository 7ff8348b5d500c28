// Which of a DICOM film's values are shown: the windows and tables of the file (PS3.3 C.11.2). Twin of `film.dicom_voi`.

import { say } from "./failure.js";
import { countUsedBits, roundEven } from "./numbers.js";
import { makeFloats } from "./planes.js";

const { fround } = Math;
const [LEVELS, WHITE] = [2 ** 16, 2 ** 16 - 1];
const MOST_WINDOWS = 16;

/** @type {(value: number) => MessageValue} */
const significant = (value) => ({ significant: value });

/**
 * 0..1 by the file's first table, else its first window, else the full range of the film.
 * @param {Stored} values
 * @param {Uint8Array | null} padding
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {boolean} isLittle
 */
export function showValues(values, padding, tags, isLittle) {
  const [low, high] = findEnds(values, padding);
  const voi = chooseVoi(values, tags, isLittle);
  let reason = voi.reason;
  if (voi.show) {
    const shown = makeFloats(values, voi.show);
    const [least, most] = findEnds(shown, padding);
    if (low === high || least < most) {
      tags.note(/** @type {Message} */ (voi.note));
      return { shown, applied: voi.kind };
    }
    reason = "one-grey";
  }
  tags.note(say(`note-range-${reason}`, { low: significant(low), high: significant(high) }));
  const span = fround(high - low || 1);
  const shown = makeFloats(values, (value) => clip(fround(fround(fround(value) - fround(low)) / span)));
  return { shown, applied: "range" };
}

const clip = (/** @type {number} */ share) => Math.min(1, Math.max(0, share));

/**
 * The least and the greatest, of what is no padding.
 * @param {Stored} values
 * @param {Uint8Array | null} padding
 */
function findEnds(values, padding) {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at++) {
    if (padding?.[at]) continue;
    if (values[at] < low) low = values[at];
    if (values[at] > high) high = values[at];
  }
  return [low, high];
}

/**
 * @param {Stored} values
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {boolean} isLittle
 * @returns {{ kind: string, reason: string, note?: Message, show?: (value: number) => number }}
 */
function chooseVoi(values, tags, isLittle) {
  const table = readTable(tags, "VOILUTSequence", values, 0, isLittle);
  if (table) {
    const note = say("note-table", { tables: tags.items("VOILUTSequence").length });
    return { kind: "table", reason: "", note, show: (value) => lookUp(value, table) / table.white };
  }
  const [centres, widths] = [tags.numbers("WindowCenter"), tags.numbers("WindowWidth")];
  if (!centres.length || !widths.length) return { kind: "window", reason: "no-window" };
  const [centre, width, curve] = [centres[0], widths[0], readCurve(tags)];
  if (!isWindow(width, curve)) return { kind: "window", reason: "no-valid-window" };
  const words = { centre: significant(centre), width: significant(width), curve, windows: centres.length };
  return { kind: "window", reason: "", note: say("note-window", words), show: makeWindow(centre, width, curve) };
}

/** @param {import("./dicom_tags.js").Tags} tags */
function readCurve(tags) {
  const curve = tags.text("VOILUTFunction");
  return curve === "SIGMOID" || curve === "LINEAR_EXACT" ? curve : "LINEAR";
}

/** @type {(width: number, curve: string) => boolean} */
const isWindow = (width, curve) => width > 0 && (curve !== "LINEAR" || width >= 1);

/**
 * PS3.3 C.11.2.1.2 and C.11.2.1.3, with 0..1 for the output.
 * @param {number} centre
 * @param {number} width
 * @param {string} curve
 * @returns {(value: number) => number}
 */
function makeWindow(centre, width, curve) {
  if (curve === "SIGMOID") {
    const [middle, span] = [fround(centre), fround(width)];
    return (value) =>
      1 / (1 + Math.exp(Math.min(80, Math.max(-80, fround(fround(-4 * fround(fround(value) - middle)) / span)))));
  }
  const [middle, span] = curve === "LINEAR" ? [centre - 0.5, width - 1] : [centre, width];
  if (span === 0) return (value) => (value > middle ? 1 : 0);
  return (value) => clip(fround(fround(fround(fround(value) - fround(middle)) / fround(span)) + 0.5));
}

/**
 * A table of a sequence; null where none can be read, with a note.
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {string} keyword
 * @param {Stored} values
 * @param {number} at
 * @param {boolean} isLittle
 * @returns {LookupTable | null}
 */
export function readTable(tags, keyword, values, at, isLittle) {
  const items = tags.items(keyword);
  if (!items.length) return null;
  try {
    const table = makeTable(items[at], isLittle);
    const [low, high] = findEnds(values, null);
    const reach = (/** @type {number} */ first) => Math.min(high, first + table.entries.length) - Math.max(low, first);
    // Its start is signed as the values are, and writers often take the other sign: where the film has values is right.
    const starts = [table.first, table.first - 2 ** 16, table.first + 2 ** 16];
    const first = starts.reduce((best, start) => (reach(start) > reach(best) ? start : best));
    return { ...table, first };
  } catch {
    tags.note(say("note-unreadable-tag", { tag: keyword }));
    return null;
  }
}

/**
 * @param {import("./dicom_tags.js").Tags} item
 * @param {boolean} isLittle
 * @param {string} [about] keyword
 * @param {string} [held] keyword
 * @returns {LookupTable}
 */
export function makeTable(item, isLittle, about = "LUTDescriptor", held = "LUTData") {
  const { byteArray } = item.dataSet;
  const view = new DataView(byteArray.buffer, byteArray.byteOffset);
  const [descriptor, data] = [item.find(about), item.find(held)];
  if (!descriptor || descriptor.length < 6 || !data) throw new Error("no table");
  const [given, first, depth] = [0, 2, 4].map((at) => view.getUint16(descriptor.dataOffset + at, isLittle));
  const count = given || 2 ** 16;
  const words = Uint16Array.from({ length: data.length >> 1 }, (_, at) =>
    view.getUint16(data.dataOffset + 2 * at, isLittle),
  );
  const isPacked = depth <= 8 && words.length === (count + 1) >> 1; // two entries in each word
  const entries = (isPacked ? new Uint8Array(words.buffer) : words).slice(0, count);
  if (!entries.length) throw new Error("no entries");
  const [, high] = findEnds(entries, null);
  const bits = depth >= 8 && depth < 16 && high < 2 ** depth ? depth : countUsedBits(high);
  return { first, entries, white: 2 ** bits - 1 };
}

/**
 * Values below and above the table take its first and last entry.
 * @param {number} value
 * @param {LookupTable} table
 */
export const lookUp = (value, { first, entries }) =>
  entries[Math.min(entries.length - 1, Math.max(0, roundEven(value - first)))];

/**
 * How else a file wants its film to be seen; null where there is nothing to choose.
 * @param {Stored} values
 * @param {Uint8Array | null} padding
 * @param {string} applied
 * @param {boolean} isInverted
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {boolean} isLittle
 * @returns {FilmWindows | null}
 */
export function gatherWindows(values, padding, applied, isInverted, tags, isLittle) {
  const vois = listVois(values, tags, isLittle);
  const own = vois.find(({ kind }) => kind === applied);
  const others = vois.filter((voi) => voi !== own);
  if (!others.length) return null;
  const [low, high] = findEnds(values, padding);
  const isWhole = high - low < LEVELS - 1 && values.every((value) => Number.isInteger(value));
  const step = isWhole ? 1 : (high - low) / (LEVELS - 2) || 1;
  const count = roundEven((high - low) / step) + 1;
  const shown = others.map(({ name, show }) => {
    const greys = new Uint16Array(LEVELS);
    for (let level = 1; level < LEVELS; level++) {
      const grey = roundEven(clip(show(fround(low + (level - 1) * step))) * WHITE);
      greys[level] = isInverted ? WHITE - grey : grey;
    }
    return { name, greys };
  });
  const told = shown.filter(({ greys }) => greys.subarray(2, count + 1).some((grey) => grey !== greys[1]));
  if (!told.length) return null;
  const levels = new Uint16Array(values.length);
  for (let at = 0; at < levels.length; at++) {
    const place = fround(fround(fround(values[at]) - fround(low)) / fround(step));
    levels[at] = padding?.[at] ? 0 : roundEven(Math.min(count - 1, Math.max(0, place))) + 1;
  }
  const names = [own?.name ?? say("voi-range"), ...told.map(({ name }) => name)];
  return {
    names: names.slice(0, MOST_WINDOWS),
    levels,
    greys: told.slice(0, MOST_WINDOWS - 1).map(({ greys }) => greys),
  };
}

/**
 * Tables come before windows, as they do where one is applied.
 * @param {Stored} values
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {boolean} isLittle
 */
function listVois(values, tags, isLittle) {
  /** @type {{ kind: string, name: Message | string, show: (value: number) => number }[]} */
  const vois = [];
  for (const [at, item] of tags.items("VOILUTSequence").slice(0, MOST_WINDOWS).entries()) {
    const table = readTable(tags, "VOILUTSequence", values, at, isLittle);
    const name = item.texts("LUTExplanation")[0] || say("voi-table", { number: at + 1 });
    if (table) vois.push({ kind: "table", name, show: (value) => lookUp(value, table) / table.white });
  }
  const [centres, widths] = [tags.numbers("WindowCenter"), tags.numbers("WindowWidth")];
  const [given, curve] = [tags.texts("WindowCenterWidthExplanation"), readCurve(tags)];
  for (const [at, centre] of centres.slice(0, MOST_WINDOWS).entries()) {
    if (!isWindow(widths[at] ?? 0, curve)) continue;
    const words = { centre: significant(centre), width: significant(widths[at]) };
    const name = given[at] ? say("voi-window.named", { name: given[at], ...words }) : say("voi-window", words);
    vois.push({ kind: "window", name, show: makeWindow(centre, widths[at], curve) });
  }
  return vois;
}
