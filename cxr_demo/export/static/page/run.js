// The run that follows what a person wants, the newest first: film, network, answers, maps.

import {
  desk,
  edition,
  engine,
  files,
  findExample,
  identifyMaps,
  identifyOtherMaps,
  isOtherQuestioned,
  isQuestioned,
  listEntries,
  lookNow,
  nameFilm,
} from "./desk.js";
import { findStandings, orderStandings } from "./findings.js";
import { isMade } from "./maps.js";
import { showAll, speak, tellWork } from "./show.js";
import { chooseText, describeError, formatText } from "./words.js";

let covers = 0;
let putOff = ""; // the network that was chosen when a person pressed Stop

/** @type {Promise<void>} */
let running = Promise.resolve();
export const untilRest = () => running;

/** Something else is wanted. @param {boolean} [isOther] what is under way is of no more use */
export function follow(isOther = false) {
  desk.number += 1;
  desk.isStopped = false;
  desk.fault = null;
  desk.isFollowed = false;
  if (isOther) engine.stop();
  const own = desk.number;
  showAll();
  running = running.then(() => run(() => own !== desk.number)).catch(reportError);
}

/** @param {() => boolean} isOld */
async function run(isOld) {
  if (isOld()) return;
  try {
    for (const step of [readFilm, loadNetwork, askGate, askNetwork, makeMaps, askCovered, askOther]) {
      await step(isOld);
      if (isOld()) return;
      showAll();
    }
  } catch (error) {
    if (isOld()) return;
    const { name } = /** @type {Partial<Message>} */ (error);
    if (name === "static-no-network") desk.network = null; // it had to leave for one that could not be opened
    const isStop = name === "static-was-stopped";
    if (!isStop) desk.fault = error;
    desk.isStopped = isStop;
  }
  desk.working = null;
  desk.isFollowed = true;
  showAll();
  speak();
}

const readFilm = (/** @type {() => boolean} */ isOld) => takeIn(desk.film, isOld);

/**
 * Into the engine, which holds one film.
 * @param {import("./desk.js").GivenFilm | null} film
 * @param {() => boolean} isOld
 */
async function takeIn(film, isOld) {
  if (!film || film.fault || (film.read && desk.inEngine === film.id)) return;
  tellWork(formatText("reading-file", { name: nameFilm(film) }));
  try {
    let read = await engine.readFilm(await film.open(), film.name);
    for (const how of film.mends) read = await engine.mend(how);
    film.outlines ||= await addressOutlines(film);
    desk.inEngine = film.id;
    desk.inEngineNumber = read.number;
    film.read ??= read;
  } catch (error) {
    if (isOld() || /** @type {Partial<Message>} */ (error)?.name === "static-was-stopped") throw error;
    film.fault = error;
  }
}

/** @type {Map<string, string>} */
const addresses = new Map(); // of outlines, by their file

/** @param {import("./desk.js").GivenFilm} film */
async function addressOutlines(film) {
  const file = findExample(film)?.outlines;
  if (!file) return "";
  const known = addresses.get(file);
  if (known) return known;
  const blob = new Blob([/** @type {BlobPart} */ (await files.get(file))], { type: "image/png" });
  addresses.set(file, URL.createObjectURL(blob));
  return addresses.get(file) ?? "";
}

async function loadNetwork(/** @type {() => boolean} */ isOld) {
  const name = desk.chosen;
  if (desk.network?.name === name) return;
  const { title } = /** @type {EditionNetwork} */ (edition.networks.find((network) => network.name === name));
  const text = formatText("browser-loading", { name: chooseText(title) });
  tellWork(text);
  try {
    const tell = (/** @type {number} */ share) => isOld() || tellWork(text, share);
    const network = /** @type {Manifest} */ (await engine.loadNetwork(name, tell));
    desk.network = network;
    desk.loaded.add(name);
    const known = new Set(network.methods.map(({ key }) => key));
    if (!desk.methods.some((key) => known.has(key))) desk.methods = network.methods.slice(0, 2).map(({ key }) => key);
  } catch (error) {
    if (desk.network && !isOld()) desk.chosen = desk.network.name; // the one that is here stays
    throw error;
  }
}

const askGate = () => judge(desk.film);

/** @param {import("./desk.js").GivenFilm | null} film */
async function judge(film) {
  if (!film?.read || film.example || film.gate || !edition.gate) return;
  tellWork(formatText("browser-asking-gate"));
  const text = formatText("browser-asking-gate");
  film.gate = await engine.askGate((share) => tellWork(text, share));
  desk.isGateHere = true;
}

/** Whether it is an answer of the network and to the film that are looked at. @param {EngineAnswer} answers */
const isOfNow = ({ network, number }) => network === desk.network?.name && number === desk.inEngineNumber;

async function askNetwork() {
  const { film, network } = desk;
  if (!film?.read || !network || isQuestioned(film)) return;
  const of = `${film.id} ${network.name}`;
  if (desk.answersOf === of) return;
  tellWork(formatText("asking-network", { name: nameFilm(film) }));
  const answers = await engine.analyse();
  if (!isOfNow(answers)) throw new Error(`${answers.network} ${answers.number}`);
  desk.answers = answers;
  desk.answersOf = of;
  desk.cover = { ...desk.cover, answers: null, fault: "" };
  const isKnown = network.labels.some(({ key }) => key === desk.label);
  const [first] = orderStandings(network, findStandings(network, answers.probabilities));
  if (!isKnown || (first.isCalled && !desk.isLabelWanted)) desk.label = first.label.key;
  desk.isLabelWanted = false;
}

/**
 * What goes wrong with one map stands in its place, and the others come.
 * @param {string} label
 * @param {string} key
 * @returns {Promise<import("./maps.js").Entry>}
 */
async function explain(label, key) {
  try {
    const [made] = await engine.explain(label, [key], desk.contrast);
    return made;
  } catch (error) {
    const { name = "" } = /** @type {Partial<Message>} */ (error);
    if (["static-was-stopped", "static-no-network"].includes(name)) throw error;
    const { message, hint } = describeError(error);
    return { fault: `${message} ${hint}` };
  }
}

async function makeMaps(/** @type {() => boolean} */ isOld) {
  const looked = lookNow();
  if (!looked || isQuestioned(desk.film)) return;
  const { network, label } = looked;
  const known = [...listEntries()];
  desk.entriesOf = identifyMaps();
  desk.entries = new Map(known.map(([key, entry]) => [key, isMade(entry) ? entry : "coming"]));
  if ([...desk.entries.values()].includes("coming")) showAll();
  for (const [key, entry] of desk.entries) {
    if (entry !== "coming") continue;
    const method = network.methods.find((each) => each.key === key);
    const name = chooseText(method?.name);
    if (desk.contrast && method && !method.is_linear) {
      desk.entries.set(key, { fault: formatText("contrast-none", { method: name }) });
      continue;
    }
    tellWork(formatText("computing", { method: name }));
    const made = await explain(label, key);
    if (isOld()) return;
    desk.entries.set(key, made);
    showAll();
  }
}

async function askCovered(/** @type {() => boolean} */ isOld) {
  const looked = lookNow();
  const { how, answers, fault } = desk.cover;
  if (!looked || !how || answers || fault) return;
  const covered = desk.regions.filter((region) => region.covered);
  if (!covered.length) {
    desk.cover = { ...desk.cover, fault: formatText("cover.none-chosen") };
    return;
  }
  tellWork(formatText("cover.asking"));
  const found = await engine.cover(covered, how);
  if (isOld()) return;
  if (!isOfNow(found)) throw new Error(`${found.network} ${found.number}`);
  covers += 1;
  desk.cover = { ...desk.cover, answers: found, id: `cover ${covers}` };
}

/** What the network says of the other film, and its maps: the film above is read anew when it is asked about again. */
async function askOther(/** @type {() => boolean} */ isOld) {
  const looked = lookNow();
  const { pair } = desk;
  const { film } = pair;
  if (!looked || !film || film.fault || isQuestioned(desk.film)) return;
  const { network, label } = looked;
  const wanted = [...looked.entries.keys()];
  const of = `${film.id} ${network.name}`;
  const isSame = pair.entriesOf === identifyOtherMaps();
  const known = new Map(wanted.map((key) => [key, isSame ? pair.entries.get(key) : undefined]));
  const isMissing = [...known.values()].some((entry) => !entry || !isMade(entry));
  if (pair.answersOf === of && !isMissing) return;
  await takeIn(film, isOld);
  if (isOld()) return;
  await judge(film);
  if (isOld() || isOtherQuestioned()) return;
  if (pair.answersOf !== of) {
    tellWork(formatText("asking-network", { name: nameFilm(film) }));
    const answers = await engine.analyse();
    if (isOld()) return;
    if (!isOfNow(answers)) throw new Error(`${answers.network} ${answers.number}`);
    Object.assign(pair, { answers, answersOf: of });
  }
  pair.entriesOf = identifyOtherMaps();
  pair.entries = new Map(wanted.map((key) => [key, known.get(key) ?? "coming"]));
  showAll();
  for (const [key, entry] of pair.entries) {
    if (isMade(entry)) continue;
    const method = network.methods.find((each) => each.key === key);
    if (desk.contrast && !method?.is_linear) {
      pair.entries.set(key, { fault: formatText("contrast-none", { method: chooseText(method?.name) }) });
      continue;
    }
    tellWork(formatText("computing", { method: chooseText(method?.name) }));
    const made = await explain(label, key);
    if (isOld()) return;
    pair.entries.set(key, made);
    showAll();
  }
}

export function stopAll() {
  desk.number += 1;
  engine.stop();
  putOff = desk.chosen;
  if (desk.network) desk.chosen = desk.network.name; // the one that is here stays
  desk.working = null;
  desk.isStopped = desk.isFollowed = true;
  showAll();
  speak();
}

export function goOn() {
  desk.chosen = putOff;
  follow();
}
