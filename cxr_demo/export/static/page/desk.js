// What the page knows: the edition and its engine, the film and the network that are looked at, and what came of them.

import { fromPage, fromServer, openEngine } from "./engine/engine.js";
import { addCatalogue, describeError, formatText } from "./words.js";

const METHODS_AT_FIRST = ["grad-cam", "lrp-epsilon-plus-flat"];
export const SYNTHETIC = "synthetic"; // what a network was made for that never saw a film of a person

/**
 * @typedef {object} GivenFilm
 * @property {string} id
 * @property {string} name
 * @property {string} example its key, or ""
 * @property {() => Promise<Uint8Array>} open
 * @property {string} outlines address of a picture of what was planted in a synthetic film; "" where nothing was
 * @property {readonly string[]} mends what a person had done to it
 * @property {FilmTold | null} read
 * @property {number} number as the engine counts, which holds it or did
 * @property {unknown} fault
 * @property {Judgement | null} gate
 * @property {boolean} isAccepted although the gate asked
 * @property {boolean} isForeignAccepted although the network was made for synthetic films
 * @property {Greys} [greys] beside another film
 */

export const isOneFile = document.querySelector("script[type='text/plain']") !== null;
export const files = isOneFile ? fromPage(document) : fromServer(document.baseURI);
export const engine = await openEngine({ files });
export const edition = /** @type {Edition} */ (engine.edition);
await Promise.all(
  edition.languages.map(async (code) =>
    addCatalogue(code, new TextDecoder().decode(await files.get(`texts/${code}.ftl`))),
  ),
);

export const desk = {
  /** @type {Manifest | null} */
  network: null,
  chosen: (edition.networks.find((network) => network.default) ?? edition.networks[0]).name,
  /** @type {Set<string>} */
  loaded: new Set(isOneFile ? edition.networks.map(({ name }) => name) : []), // one file holds all of them
  /** @type {GivenFilm | null} */
  film: null,
  inEngine: "", // id of the film that the engine holds
  heldNetwork: "", // name of the network that it holds
  /** @type {EngineAnswer | null} */
  answers: null,
  answersOf: "", // film and network
  label: "",
  isLabelWanted: false, // a person has chosen it since film and network were
  /** @type {Map<string, number>} */
  moved: new Map(), // thresholds that a person has moved, by network and label
  methods: METHODS_AT_FIRST,
  /** @type {Map<string, import("./maps.js").Entry>} */
  entries: new Map(),
  entriesOf: "", // as `identifyMaps` says it
  contrast: false,
  /** Another film beside it. @type {{ film: GivenFilm | null, answers: EngineAnswer | null, answersOf: string, entries: Map<string, import("./maps.js").Entry>, entriesOf: string }} */
  pair: { film: null, answers: null, answersOf: "", entries: new Map(), entriesOf: "" },
  /** @type {readonly GivenFilm[]} */
  earlier: [], // films of a person that this tab was given
  /** @type {Map<string, { limit: number, start: number }> | null} */
  pinned: null,
  /** @type {readonly DrawnRegion[]} */
  regions: [],
  /** @type {import("./regions.js").Cover} */
  cover: { how: "", answers: null, id: "", fault: "" },
  /** @type {(() => string) | null} */
  regionFault: null, // said in the language of the moment
  /** @type {{ text: string, share: number } | null} */
  working: null,
  isStopped: false,
  /** @type {unknown} */
  fault: null,
  number: 0, // of the newest wish
  isFollowed: false, // it is all there, or cannot be
  isGateHere: isOneFile, // or it was loaded for an earlier film
};

/** @returns {Identity} */
export const identify = () => ({
  film: desk.film?.id ?? "",
  checkpoint: desk.network?.name ?? "",
  label: desk.label,
  number: desk.number,
});

/** Of what the maps that are wanted now are: film, network, label and contrast. */
export const identifyMaps = () => `${desk.film?.id} ${desk.network?.name} ${desk.label} ${desk.contrast}`;

/** The same of the other film. */
export const identifyOtherMaps = () => `${desk.pair.film?.id} ${identifyMaps().replace(/^film \d+ /, "")}`;

/**
 * What is there of them; maps of something else are awaited anew, as long as anything is on its way.
 * @param {ReadonlyMap<string, import("./maps.js").Entry>} entries
 * @param {boolean} isOfNow
 * @returns {Map<string, import("./maps.js").Entry>}
 */
export function listEntries(entries = desk.entries, isOfNow = desk.entriesOf === identifyMaps()) {
  const wanted = (desk.network?.methods ?? []).filter(({ key }) => desk.methods.includes(key));
  const { fault } = desk;
  const why = desk.isStopped ? () => formatText("browser-stopped") : fault ? () => describeError(fault).message : null;
  const entryOf = (/** @type {string} */ key) => {
    const entry = (isOfNow && entries.get(key)) || "coming";
    return entry === "coming" && why ? { fault: why } : entry;
  };
  return new Map(wanted.map(({ key }) => [key, entryOf(key)]));
}

/** The threshold that a person has moved of the chosen finding. */
export const movedNow = () => desk.moved.get(`${desk.network?.name} ${desk.label}`) ?? null;

/** @returns {import("./panels.js").Looked | null} */
export function lookNow() {
  const { film, network, answers } = desk;
  if (!film?.read || !network || !answers || desk.answersOf !== `${film.id} ${network.name}`) return null;
  return {
    network,
    film: film.read,
    filmName: nameFilm(film),
    filmId: film.id,
    answers,
    label: desk.label,
    entries: listEntries(),
    contrast: desk.contrast,
    pinned: desk.pinned,
    moved: movedNow(),
    isSynthetic: film.example !== "",
    planted: findPlanted(film),
    mostRegions: edition.limits.max_regions ?? 8,
    tables: edition.render.tables,
    facts: edition.render,
  };
}

/** What was planted in a synthetic film, once its outlines are there. @param {GivenFilm | null} film */
export const findPlanted = (film) =>
  film?.outlines ? { names: findExample(film)?.planted ?? [], picture: `outlines ${film.id}` } : null;

/** @param {GivenFilm} film */
export const findExample = ({ example }) => edition.examples.find(({ key }) => key === example);

/** @param {GivenFilm} film */
export const nameFilm = ({ name, example }) =>
  example ? formatText("example", { name: formatText(`example-${example}`) }) : name;

/** @param {GivenFilm | null} film */
export const isDoubted = (film) => Boolean(film?.gate && film.gate.answer !== "usual" && !film.isAccepted);

/** A film of a person before a network for synthetic ones alone. @param {GivenFilm | null} film */
export const isForeign = (film) => Boolean(film?.read && !film.example && desk.network?.made_for === SYNTHETIC);

/** @param {GivenFilm | null} film */
export const isQuestioned = (film) => isDoubted(film) || (isForeign(film) && !film?.isForeignAccepted);

/** A synthetic film before a network for people. @param {GivenFilm | null} film */
export const isDrawn = (film) => Boolean(film?.example && desk.network && desk.network.made_for !== SYNTHETIC);

/** Why the other film is not shown: the gate, or a network for synthetic films. */
export function isOtherQuestioned() {
  const { film } = desk.pair;
  return Boolean(film?.fault) || isQuestioned(film);
}

/** @returns {import("./pair.js").OtherLook | null} */
export function lookAtOther() {
  const { film, answers, answersOf, entries, entriesOf } = desk.pair;
  if (!film?.read || !answers || answersOf !== `${film.id} ${desk.network?.name}` || isOtherQuestioned()) return null;
  const { width, height, levels16 } = film.read;
  film.greys ??= { width, height, levels: levels16, look: null, halved: null };
  return {
    filmId: film.id,
    filmName: nameFilm(film),
    film: film.read,
    greys: film.greys,
    probabilities: answers.probabilities,
    entries: listEntries(entries, entriesOf === identifyOtherMaps()),
  };
}

/** Films that may stand beside the one that is looked at. @returns {{ id: string, name: string }[]} */
export function listOthers() {
  const own = desk.earlier
    .filter(({ id, fault }) => id !== desk.film?.id && !fault)
    .map((film) => ({ id: film.id, name: nameFilm(film) }));
  const drawn = edition.examples
    .filter(({ key }) => key !== desk.film?.example)
    .map(({ key }) => ({ id: key, name: formatText("example", { name: formatText(`example-${key}`) }) }));
  return [...own, ...drawn].map(({ id, name }) => ({ id, name: formatText("film-pair.choose", { name }) }));
}
