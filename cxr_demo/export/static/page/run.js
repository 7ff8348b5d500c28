// The run that follows what a person wants, the newest first: film, network, answers, maps.

import { analyse, cover, explain, judge, nameOf, takeIn } from "./asks.js";
import {
  desk,
  edition,
  engine,
  identifyMaps,
  identifyOtherMaps,
  isOtherQuestioned,
  isQuestioned,
  listEntries,
  lookNow,
} from "./desk.js";
import { findStandings, orderStandings } from "./findings.js";
import { isMade } from "./maps.js";
import { showAll, speak, tellWork } from "./show.js";
import { chooseText, formatText } from "./words.js";

/** @typedef {import("./asks.js").IsOld} IsOld */

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

/** @param {IsOld} isOld */
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
    if (nameOf(error) === "static-no-network") desk.network = null; // it had to leave for one that could not be opened
    const isStop = nameOf(error) === "static-was-stopped";
    if (!isStop) desk.fault = error;
    desk.isStopped = isStop;
  }
  desk.working = null;
  desk.isFollowed = true;
  showAll();
  speak();
}

async function readFilm(/** @type {IsOld} */ isOld) {
  if (desk.film && !desk.film.read) await takeIn(desk.film, isOld);
}

async function loadNetwork(/** @type {IsOld} */ isOld) {
  const name = desk.chosen;
  if (desk.network?.name === name && desk.heldNetwork === name) return;
  const { title } = /** @type {EditionNetwork} */ (edition.networks.find((network) => network.name === name));
  const text = formatText("browser-loading", { name: chooseText(title) });
  tellWork(text);
  try {
    const tell = (/** @type {number} */ share) => isOld() || tellWork(text, share);
    const network = /** @type {Manifest} */ (await engine.loadNetwork(name, tell));
    desk.heldNetwork = name;
    desk.loaded.add(name);
    if (isOld() && desk.chosen !== name) return; // it came after Stop, and the one that is shown stays
    desk.network = network;
    const known = new Set(network.methods.map(({ key }) => key));
    if (!desk.methods.some((key) => known.has(key))) desk.methods = network.methods.slice(0, 2).map(({ key }) => key);
  } catch (error) {
    if (desk.network && !isOld()) desk.chosen = desk.network.name; // the one that is here stays
    throw error;
  }
}

async function askGate(/** @type {IsOld} */ isOld) {
  if (desk.film) await judge(desk.film, isOld);
}

async function askNetwork(/** @type {IsOld} */ isOld) {
  const { film, network } = desk;
  if (!film?.read || !network || isQuestioned(film)) return;
  const of = `${film.id} ${network.name}`;
  if (desk.answersOf === of) return;
  const answers = await analyse(film, isOld);
  desk.answers = answers;
  desk.answersOf = of;
  desk.cover = { ...desk.cover, answers: null, fault: "" };
  const isKnown = network.labels.some(({ key }) => key === desk.label);
  const [first] = orderStandings(network, findStandings(network, answers.probabilities));
  if (!isKnown || (first.isCalled && !desk.isLabelWanted)) desk.label = first.label.key;
  desk.isLabelWanted = false;
}

/**
 * The maps that are not there yet, each put into `entries` when it comes. Nothing is asked for those that there cannot be.
 * @param {import("./desk.js").GivenFilm} film
 * @param {Map<string, import("./maps.js").Entry>} entries
 * @param {IsOld} isOld
 */
async function fill(film, entries, isOld) {
  for (const [key, entry] of entries) {
    if (isMade(entry)) continue;
    const method = desk.network?.methods.find((each) => each.key === key);
    const name = chooseText(method?.name);
    if (desk.contrast && !method?.is_linear) {
      entries.set(key, { fault: () => formatText("contrast-none", { method: chooseText(method?.name) }) });
      continue;
    }
    const made = await explain(film, desk.label, key, formatText("computing", { method: name }), isOld);
    if (isOld()) return;
    entries.set(key, made);
    showAll();
  }
}

/** Those that failed are tried again. @param {ReadonlyMap<string, import("./maps.js").Entry>} entries */
const awaitAll = (entries) =>
  new Map(
    [...entries].map(([key, entry]) => [
      key,
      isMade(entry) ? entry : /** @type {import("./maps.js").Entry} */ ("coming"),
    ]),
  );

async function makeMaps(/** @type {IsOld} */ isOld) {
  const { film } = desk;
  if (!film || !lookNow() || isQuestioned(film)) return;
  desk.entries = awaitAll(listEntries());
  desk.entriesOf = identifyMaps();
  if ([...desk.entries.values()].includes("coming")) showAll();
  await fill(film, desk.entries, isOld);
}

async function askCovered(/** @type {IsOld} */ isOld) {
  const { film } = desk;
  const { how, answers, fault } = desk.cover;
  if (!film || !lookNow() || !how || answers || fault) return;
  const covered = desk.regions.filter((region) => region.covered);
  if (!covered.length) {
    desk.cover = { ...desk.cover, fault: "cover.none-chosen" };
    return;
  }
  const found = await cover(film, covered, how, isOld);
  if (isOld()) return;
  covers += 1;
  desk.cover = { ...desk.cover, answers: found, id: `cover ${covers}` };
}

/** What the network says of the other film, and its maps. */
async function askOther(/** @type {IsOld} */ isOld) {
  const { pair, network } = desk;
  const { film } = pair;
  if (!film || film.fault || !network || !lookNow() || isQuestioned(desk.film)) return;
  if (!film.read) await takeIn(film, isOld);
  if (isOld()) return;
  await judge(film, isOld);
  if (isOld() || isOtherQuestioned()) return;
  const of = `${film.id} ${network.name}`;
  if (pair.answersOf !== of) {
    const answers = await analyse(film, isOld);
    if (isOld()) return;
    Object.assign(pair, { answers, answersOf: of });
  }
  pair.entries = awaitAll(listEntries(pair.entries, pair.entriesOf === identifyOtherMaps()));
  pair.entriesOf = identifyOtherMaps();
  if ([...pair.entries.values()].includes("coming")) showAll();
  await fill(film, pair.entries, isOld);
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
