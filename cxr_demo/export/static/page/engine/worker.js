// All work of the engine, beside the page: reading films, asking networks, making maps. `engine.js` talks to it.

import { coverFilm } from "./cover.js";
import { Failure, isMemoryError, say } from "./failure.js";
import { judgeFilm, mendHeader, preparePicture } from "./gate.js";
import { findSides } from "./header.js";
import { mapToImage } from "./map_to_image.js";
import { roundEven } from "./numbers.js";
import { turnPlane } from "./planes.js";
import { computeProbabilities, decide } from "./probabilities.js";
import { readFilm } from "./reading.js";
import { Graphs, getChecked } from "./runtime.js";
import { chooseScale, chooseTicks } from "./scale.js";
import { setLimits } from "./size.js";
import { makeSquare, normalise } from "./square.js";

const ANSWERS = "answers";
/** @type {Record<string, number>} */
const ORIENTATIONS = { "turn-90": 6, "turn-180": 3, "turn-270": 8, mirror: 2 };

/** @type {EditionFacts} */
let edition;
/** @type {{ manifest: NetworkFacts, graphs: Graphs } | null} */
let network = null;
/** @type {{ facts: GateFacts, graphs: Graphs } | null} */
let gate = null;
/** @type {EngineFilm | null} */
let film = null;
let number = 0; // of the film
/** @type {{ of: string, x: GraphInput, maps: Record<string, Float32Array>, probabilities: number[] } | null} */
let asked = null; // what the network last said of the film as it is

/** @type {Map<number, { resolve: (bytes: Uint8Array) => void, reject: (error: Failure) => void, tell?: (share: number) => void }>} */
const wanted = new Map();
let files = 0;
let stopped = -1; // calls up to this one are not wanted any more

/** @type {(path: string, onProgress?: (share: number) => void) => Promise<Uint8Array>} */
const getFile = (path, tell) =>
  new Promise((resolve, reject) => {
    wanted.set(++files, { resolve, reject, tell });
    post({ want: files, path });
  });

/**
 * A program of lib/ is unpacked, and what the edition says it is.
 * @type {typeof getFile}
 */
const openFile = async (path, tell) => {
  const sha256 = edition.programs[path];
  return sha256 ? await getChecked(path, sha256, getFile, tell) : await getFile(path, tell);
};

/** @type {(path: string, sha256?: string) => Promise<unknown>} */
const getJson = async (path, sha256) => {
  const bytes = sha256 ? await getChecked(path, sha256, getFile) : await getFile(path);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Failure("static-file-broken", { file: path });
  }
};

/**
 * What the page may ask for. Each is given `tell(share)` and `pause()`, which ends it where it was stopped.
 * @type {Record<string, (tools: Tools, ...args: any[]) => Promise<unknown>>}
 */
const calls = {
  async open(_, films) {
    number = films; // that a worker before this one has read
    edition = /** @type {EditionFacts} */ (await getJson("edition.json"));
    const {
      max_pixels: pixels,
      max_pixels_read: pixelsRead,
      max_colour_16_pixels_read: colour16PixelsRead,
    } = edition.limits;
    setLimits({
      pixels,
      pixelsRead,
      colour16PixelsRead,
      bytes: edition.limits.max_file_bytes,
      aspect: edition.limits.max_aspect,
    });
    return edition;
  },

  async loadNetwork({ tell, pause }, name) {
    if (network && network.manifest.name === name) return network.manifest;
    const listed = edition.networks.find((each) => each.name === name);
    if (!listed) throw new Failure("static-file-missing", { file: `networks/${name}` });
    const folder = `networks/${name}`;
    const manifest = /** @type {NetworkFacts} */ (await getJson(`${folder}/manifest.json`, listed.manifest_sha256));
    const graphs = new Graphs(folder, manifest, openFile);
    await graphs.load((share) => tell(0.9 * share));
    await pause();
    await network?.graphs.close(); // before the next is opened: memory that a page once took it keeps
    await graphs.open(ANSWERS); // where this fails the network before is still there
    [network, asked] = [{ manifest, graphs }, null];
    tell(1);
    return manifest;
  },

  async readFilm(_, bytes) {
    const read = await readFilm(bytes, openFile);
    return takeFilm(read);
  },

  async mend(_, how) {
    const { pixels, width, height, windows, ...others } = needFilm();
    const notes = [...others.notes, say(`mend-${how}.note`)];
    const mends = [...others.mends, how];
    if (how === "invert") {
      const greys = windows?.greys.map((table) => table.map((grey) => 65535 - grey)) ?? [];
      const inverted = windows && { ...windows, greys };
      return takeFilm({
        ...others,
        width,
        height,
        notes,
        mends,
        pixels: pixels.map((value) => 1 - value),
        windows: inverted,
      });
    }
    const turn = ORIENTATIONS[how];
    const [wide, high] = turn >= 5 ? [height, width] : [width, height];
    const levels = windows && turnPlane(windows.levels, width, height, turn);
    return takeFilm({
      ...others, notes, mends, width: wide, height: high, pixels: turnPlane(pixels, width, height, turn),
      windows: windows && levels && { ...windows, levels }, header: others.header && mendHeader(others.header, how),
    }); // biome-ignore format: what changes, in a row
  },

  async askGate({ tell }) {
    const shown = needFilm();
    if (!edition.gate) return judgeFilm(shown, null, null);
    if (!gate) {
      const facts = /** @type {GateFacts} */ (await getJson("gate/manifest.json", edition.gate.manifest_sha256));
      const graphs = new Graphs("gate", facts, openFile);
      await graphs.load(tell);
      gate = { facts, graphs };
    }
    const size = gate.facts.size_px;
    const values = preparePicture(shown.pixels, shown.width, shown.height, size);
    const { logits, distance, side } = await gate.graphs.run("gate", { x: { values, shape: [1, 1, size, size] } });
    const shares = computeProbabilities(logits, "single-label", 1);
    return judgeFilm(shown, { shares, distance: distance[0], side: side[0] }, gate.facts);
  },

  async analyse() {
    const shown = needFilm();
    const { answer, maps, x } = await ask(shown.pixels, shown.width, shown.height);
    asked = { of: nameNow(), x, maps, probabilities: answer.probabilities };
    return answer;
  },

  async explain({ tell, pause }, label, keys, against = false, wantsImage = false) {
    if (asked?.of !== nameNow()) await calls.analyse({ tell, pause });
    const made = [];
    for (const [at, key] of keys.entries()) {
      await pause();
      made.push(await explainBy(key, label, against, wantsImage));
      tell((at + 1) / keys.length);
    }
    return made;
  },

  async cover(_, regions, how) {
    const { pixels, width, height } = needFilm();
    const covered = coverFilm(pixels, width, height, regions, how);
    const { answer } = await ask(covered, width, height);
    return { ...answer, covered: { width, height, levels16: makeLevels(covered) } };
  },
};

/**
 * @param {string} key
 * @param {string} label
 * @param {boolean} against the others
 * @param {boolean} wantsImage
 */
async function explainBy(key, label, against, wantsImage) {
  const { manifest } = needNetwork();
  const said = /** @type {NonNullable<typeof asked>} */ (asked);
  const method = manifest.methods.find((each) => each.key === key);
  const place = manifest.labels.findIndex((each) => each.key === label);
  if (!method)
    throw new Failure("method-unknown", { method: key, known: manifest.methods.map((each) => each.key).join(", ") });
  if (place < 0)
    throw new Failure("label-unknown", { label, known: manifest.labels.map((each) => each.key).join(", ") });
  if (against && !method.is_linear) throw new Failure("contrast-not-linear", { method: method.name.en });
  const weights = Float64Array.from(manifest.labels, (_, at) => (at === place ? 1 : 0));
  const sum = said.probabilities.reduce((total, p) => total + p, 0);
  const own = against ? said.probabilities[place] / sum : 0;
  if (against) for (const [at, p] of said.probabilities.entries()) weights[at] -= p / sum;
  const map = await makeMap(key, weights);
  const shown = against ? "signed" : method.shown;
  const floor = edition.render.evidence_floor * (1 - own);
  const scale = chooseScale(map.values, { shown, unit: method.unit }, { ...edition.render, evidence_floor: floor });
  const placed = { ...map, placement: method.placement };
  return {
    network: manifest.name, number, key, ...placed, scale, ticks: chooseTicks(scale),
    sum: map.values.reduce((total, value) => total + value, 0),
    logit: weights.reduce((total, weight, at) => total + weight * said.maps.explained[at], 0),
    onImage: wantsImage ? mapToImage(placed, manifest.preprocess, needFilm().width, needFilm().height) : null,
  }; // biome-ignore format: what is told, in a row
}

/**
 * The map of a weighted sum of the logits.
 * @param {string} key
 * @param {Float64Array} weights of the labels
 */
async function makeMap(key, weights) {
  const { manifest, graphs } = needNetwork();
  const { outputs } = manifest.graphs[ANSWERS];
  if (!outputs[key]) {
    const [rows, columns] = manifest.graphs[key].outputs.relevance;
    const { x } = /** @type {NonNullable<typeof asked>} */ (asked);
    const onehot = { values: Float32Array.from(weights), shape: [1, weights.length] };
    const { relevance } = await graphs.run(key, { x, onehot }, ["relevance"]);
    return { rows, columns, values: relevance };
  }
  const [, rows, columns] = outputs[key];
  const all = /** @type {NonNullable<typeof asked>} */ (asked).maps[key];
  const size = rows * columns;
  const values = Float32Array.from({ length: size }, (_, at) =>
    weights.reduce((total, weight, label) => total + (weight ? weight * all[label * size + at] : 0), 0),
  );
  return { rows, columns, values };
}

/**
 * @param {Float32Array} pixels
 * @param {number} width
 * @param {number} height
 */
async function ask(pixels, width, height) {
  const { manifest, graphs } = needNetwork();
  const { size_px: size, mean } = manifest.preprocess;
  const values = normalise(makeSquare(pixels, width, height, manifest.preprocess), manifest.preprocess);
  const x = { values, shape: [1, mean.length, size, size] };
  const maps = await graphs.run(ANSWERS, { x });
  const logits = Array.from(maps.logits);
  const probabilities = computeProbabilities(logits, manifest.task, manifest.temperature);
  const answer = { logits, probabilities, decisions: decide(probabilities, manifest), network: manifest.name, number };
  return { answer: { ...answer, members: maps.members && Array.from(maps.members) }, maps, x };
}

/** @param {EngineFilm} fresh */
function takeFilm(fresh) {
  [film, asked] = [fresh, null];
  number++;
  const { width, height, notes, kind, windows, mends, isColour, header, pixels } = fresh;
  const levels16 = makeLevels(pixels);
  const bits = levels16.every((level) => level % 257 === 0) ? 8 : 16;
  return { number, width, height, bits, kind, notes, windows, mends, isColour, sides: findSides(header), levels16 };
}

/** @param {Float32Array} pixels 0..1 */
function makeLevels(pixels) {
  const levels = new Uint16Array(pixels.length);
  for (let at = 0; at < levels.length; at++) levels[at] = roundEven(Math.fround(pixels[at] * 65535));
  return levels;
}

function needFilm() {
  if (!film) throw new Failure("film-none-given");
  return film;
}

function needNetwork() {
  if (!network) throw new Failure("static-no-network");
  return network;
}

const nameNow = () => `${number} ${network?.manifest.name}`;

/**
 * @param {object} message
 * @param {Transferable[]} [moved]
 */
function post(message, moved = []) {
  /** @type {Worker} */ (/** @type {unknown} */ (self)).postMessage(message, moved);
}

/** @type {Promise<void>} */
let before = Promise.resolve(); // one call after the other

/** @param {MessageEvent<{ id: number, call: string, args: unknown[], stop: number, file: number, bytes: Uint8Array, share: number, failure: Message }>} event */
self.onmessage = ({ data }) => {
  if (data.stop !== undefined) stopped = data.stop;
  else if (data.file !== undefined) takeFile(data);
  else before = before.then(() => answerCall(data));
};

/** @param {{ file: number, bytes?: Uint8Array, share?: number, failure?: Message }} arrived */
function takeFile({ file, bytes, share, failure }) {
  const one = wanted.get(file);
  if (share !== undefined) one?.tell?.(share);
  else wanted.delete(file);
  if (bytes) one?.resolve(bytes);
  if (failure) one?.reject(new Failure(failure.name, failure.values));
}

/** @param {{ id: number, call: string, args: unknown[] }} call */
async function answerCall({ id, call, args }) {
  const pause = async () => {
    await new Promise((resolve) => setTimeout(resolve)); // lets a stop come in
    if (id <= stopped) throw new Failure("static-was-stopped");
  };
  try {
    await pause();
    post({ id, begun: edition?.limits.read_seconds ?? 1 });
    const value = await calls[call]({ tell: (share) => post({ id, share }), pause }, ...args);
    const levels = /** @type {{ levels16?: Uint16Array } | null} */ (value)?.levels16;
    post({ id, value }, levels ? [levels.buffer] : []);
  } catch (error) {
    const isMemory = isMemoryError(error);
    const told =
      error instanceof Failure
        ? error
        : new Failure(isMemory ? "static-no-memory" : "static-not-computed", { why: String(error) });
    post({ id, failure: { name: told.name, values: told.values } });
  }
}
