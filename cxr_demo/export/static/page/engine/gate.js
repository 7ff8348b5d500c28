// Is it a frontal chest film, upright, as usual? Twin of `film.gate` and `networks.gate_net`, without the lung model.

import { RADIOGRAPHS } from "./dicom.js";
import { say } from "./failure.js";
import { roundEven } from "./numbers.js";
import { resize } from "./resize.js";
import { findPercentile } from "./scale.js";
import { cutOut } from "./square.js";

const { fround } = Math;
const UNSTATED = ["", "OT", "UNKNOWN", "OTHER", "NONE", "N/A", "NOTSPECIFIED"];
const FRONTAL_VIEW = /^(AP|PA)\b.*$/;
const LATERAL_VIEW = /^(L|R|LL|RL|LAT\b.*|LATERAL.*|.*\bLATERAL)$/;
const CHEST = /CHEST|THORAX|LUNG|TORAX/;
/** @type {Record<string, string>} */
const OPPOSITE = { L: "R", R: "L", A: "P", P: "A", F: "H", H: "F" };
const QUARTERS = /** @type {const} */ ([["turn-90", 1], ["turn-180", 2], ["turn-270", 3]]); // biome-ignore format: a table
const FLAT = 0.03; // of the range from black to white: a line that varies less is no part of the picture
const LEAST = 0.25; // of a side: if less varies, nothing is cut off
const LOOKED_AT = [512, 96]; // lines, and pixels along each, of a large picture

/**
 * What speaks against it. `shares` of the kinds, `distance` from frontal films and `side`, log-odds of a mirrored film,
 * are what the network says; null without one.
 * @param {EngineFilm} film
 * @param {{ shares: number[], distance: number, side: number } | null} said
 * @param {GateFacts | null} facts
 * @returns {{ answer: "usual" | "question", reasons: Doubt[] }}
 */
export function judgeFilm(film, said, facts) {
  const doubts = film.header ? doubtHeader(film.header) : [];
  const found = said && facts ? assess(said, facts) : null;
  if (film.isColour) {
    const isNamed = found && ["photograph", "drawing", "several-images"].includes(found.kind);
    doubts.push(doubt(isNamed ? found.kind : "coloured", [say("colours")]));
  }
  if (found && !found.isUsual) doubts.push(doubtLooks(found));
  else if (found?.isMirrored) {
    doubts.push(doubt("mirrored", [say("sides", { probability: { percent: found.mirrored } })], "mirror"));
  }
  /** @type {Map<string, Doubt>} */
  const joined = new Map();
  for (const each of doubts) {
    const known = joined.get(each.kind);
    joined.set(each.kind, known ? { ...known, measures: [...known.measures, ...each.measures] } : each);
  }
  return { answer: joined.size ? "question" : "usual", reasons: [...joined.values()] };
}

/** @type {(kind: string, measures: Message[], mend?: string | null) => Doubt} */
const doubt = (kind, measures, mend = null) => ({ name: `doubt-${kind}`, values: {}, kind, measures, mend });

/** @param {FilmHeader} header */
function doubtHeader({ modality, view, bodyPart, orientation, isFlipped, hasWords }) {
  /** @type {(name: string, value: string) => Message[]} */
  const tag = (name, value) => [say("tag", { name, value })];
  const doubts = [];
  if (![...RADIOGRAPHS, ...UNSTATED].includes(modality)) {
    const isCut = ["CT", "MR", "US", "PT", "NM"].includes(modality);
    doubts.push(doubt(isCut ? "ct" : "modality", tag("modality", modality)));
  }
  if (!UNSTATED.includes(view) && !FRONTAL_VIEW.test(view)) {
    doubts.push(doubt(LATERAL_VIEW.test(view) ? "lateral" : "view", tag("ViewPosition", view)));
  }
  if (!UNSTATED.includes(bodyPart) && !CHEST.test(bodyPart)) {
    doubts.push(doubt("body-part", tag("BodyPartExamined", bodyPart)));
  }
  if (orientation) doubts.push(...doubtOrientation(orientation));
  else if (isFlipped) doubts.push(doubt("mirrored", [say("flip")], "mirror"));
  if (hasWords) doubts.push(doubt("burned-in", tag("BurnedInAnnotation", "YES")));
  return doubts;
}

/**
 * Turns first; what is still mirrored then is asked when it has been turned.
 * @param {readonly [string, string]} orientation
 */
function doubtOrientation([rows, columns]) {
  const measures = [say("orientation", { rows, columns })];
  const towards = /** @type {[string, string]} */ ([rows[0], columns[0]]);
  if (towards.some((letter) => "AP".includes(letter))) return [doubt("lateral", measures)];
  const turn = QUARTERS.find(([, quarters]) => turnOrientation(towards, quarters)[1] === "F");
  if (turn) return [doubt("turned", measures, turn[0])];
  return towards.join("") === "RF" ? [doubt("mirrored", measures, "mirror")] : [];
}

/**
 * Right edge and lower edge after so many quarters of a turn clockwise.
 * @param {readonly [string, string]} towards
 * @param {number} quarters
 * @returns {[string, string]}
 */
function turnOrientation([right, down], quarters) {
  for (let turn = 0; turn < quarters; turn++) [right, down] = [opposite(down), right];
  return [right, down];
}

const opposite = (/** @type {string} */ letters) => [...letters].map((letter) => OPPOSITE[letter]).join("");

/**
 * What the header says of sides goes with a picture that is turned or mirrored.
 * @param {FilmHeader} header
 * @param {string} mend
 * @returns {FilmHeader}
 */
export function mendHeader(header, mend) {
  const { orientation, isFlipped } = header;
  if (mend === "mirror") {
    const towards = orientation && /** @type {[string, string]} */ ([opposite(orientation[0]), orientation[1]]);
    return { ...header, orientation: towards, isFlipped: isFlipped === null ? null : !isFlipped };
  }
  const turn = QUARTERS.find(([name]) => name === mend);
  return turn && orientation ? { ...header, orientation: turnOrientation(orientation, turn[1]) } : header;
}

/**
 * @param {{ shares: number[], distance: number, side: number }} said
 * @param {GateFacts} facts
 */
function assess({ shares, distance, side }, { kinds, named, limits }) {
  const others = shares.slice(1);
  const sum = others.reduce((total, share) => total + share, 0);
  const best = others.indexOf(Math.max(...others));
  const likest = kinds[1 + best];
  const odds = Math.log(Math.max(shares[0], 1e-12)) - Math.log(Math.max(sum, 1e-12));
  const isUsual = odds >= limits.least_odds && distance <= limits.most_distance;
  const kind = !isUsual && others[best] >= named[likest] * sum ? likest : kinds[0];
  const [isMirrored, mirrored] = [side > limits.most_mirrored, 1 / (1 + Math.exp(-side))];
  const found = { probability: others[best], frontal: shares[0], distance, usual: limits.most_distance };
  return { isUsual, kind, likest, ...found, isMirrored, mirrored };
}

/** @param {ReturnType<typeof assess>} found */
function doubtLooks({ kind, likest, probability, frontal, distance, usual }) {
  const looks = kind === "frontal" ? likest : kind;
  const shares = { probability: { percent: probability }, frontal: { percent: frontal } };
  const likeness = say("likeness", { ...shares, kind: say(`look-${looks}`) });
  if (kind === "frontal") {
    const far = distance > usual ? "distance-beyond" : "distance-within";
    return doubt("not-frontal", [likeness, say(far, { times: { digits: [distance / usual, 1] } })]);
  }
  if (kind.startsWith("turned-")) return doubt("turned", [likeness], kind.replace("turned", "turn"));
  return doubt(kind, [likeness], kind === "inverted" ? "invert" : null);
}

/**
 * What the network is given: plain borders cut off, the rest squeezed into the square, its first and last hundredth of
 * grey levels black and white.
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} size
 */
export function preparePicture(pixels, width, height, size) {
  const [across, down] = findContent(pixels, width, height);
  const kept = cutOut(pixels, width, across, down);
  const small = resize(kept, across[1] - across[0], down[1] - down[0], size, size, true);
  const rising = small.slice().sort();
  let [low, high] = [findPercentile(rising, 0.01), findPercentile(rising, 0.99)];
  if (high - low < 1e-3) [low, high] = [rising[0], Math.max(rising[rising.length - 1], rising[0] + 1e-3)];
  const span = fround(high - low);
  return small.map((value) => Math.min(1, Math.max(0, fround(fround(value - fround(low)) / span))));
}

/**
 * The part inside plain borders, looked for twice: bars at the sides may hide those above and below.
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 */
export function findContent(pixels, width, height) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of pixels) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const flat = FLAT * Math.max(high - low, 1e-6);
  let across = /** @type {[number, number]} */ ([0, width]);
  let down = /** @type {[number, number]} */ ([0, height]);
  for (let turn = 0; turn < 2; turn++) {
    const area = (across[1] - across[0]) * (down[1] - down[0]);
    const rows = findLines((y, x) => pixels[(down[0] + y) * width + across[0] + x], down, across, flat);
    down = [down[0] + rows[0], down[0] + rows[1]];
    const columns = findLines((x, y) => pixels[(down[0] + y) * width + across[0] + x], across, down, flat);
    across = [across[0] + columns[0], across[0] + columns[1]];
    if ((across[1] - across[0]) * (down[1] - down[0]) === area) break; // a second look would find the same
  }
  return [across, down];
}

/**
 * From the first line that varies to behind the last one. A few odd pixels do not count.
 * @param {(line: number, along: number) => number} read
 * @param {readonly [number, number]} lines
 * @param {readonly [number, number]} along
 * @param {number} flat
 * @returns {[number, number]}
 */
function findLines(read, lines, along, flat) {
  const [count, length] = [lines[1] - lines[0], along[1] - along[0]];
  const [step, stride] = [count, length].map((side, at) => Math.max(1, Math.floor(side / LOOKED_AT[at])));
  const looked = Math.ceil(count / step);
  let [first, last] = [-1, -1];
  for (let line = 0; line < looked; line++) {
    const rising = Float32Array.from({ length: Math.ceil(length / stride) }, (_, at) =>
      read(line * step, at * stride),
    ).sort();
    if (findPercentile(rising, 0.98) - findPercentile(rising, 0.02) <= flat) continue;
    if (first < 0) first = line;
    last = line;
  }
  if (first < 0 || last + 1 - first < LEAST * looked) return [0, count];
  return [roundEven((first * count) / looked), roundEven(((last + 1) * count) / looked)];
}
