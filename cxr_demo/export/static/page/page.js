// The page: what a person wants goes in, and one run follows it, the newest first: film, network, answers, maps. What
// is shown is made anew from what is known whenever that changes.

import { renderKeysSheet } from "./controls.js";
import { fromPage, fromServer, openEngine } from "./engine/engine.js";
import { maskRegion } from "./engine/region_shares.js";
import { openExam } from "./exam.js";
import {
  describeVerdict,
  findStandings,
  orderStandings,
  renderFindings,
  renderNoFindings,
  renderOtherNetworks,
  renderQuestion,
} from "./findings.js";
import { renderDrop, renderExamples, renderMethods, renderNetworks, renderTop, renderWork } from "./intake.js";
import { isMade } from "./maps.js";
import { tag } from "./markup.js";
import { renderFilmAlone, renderPanels } from "./panels.js";
import { renderRegions } from "./regions.js";
import { renderFacts, renderReport } from "./report.js";
import { listEnds } from "./scales.js";
import { addCatalogue, chooseText, describeError, formatScore, formatText } from "./words.js";

const METHODS_AT_FIRST = ["grad-cam", "lrp-epsilon-plus-flat"];
const FIRST_EXAMPLE = "consolidation";
const SYNTHETIC = "synthetic"; // what a network was made for that never saw a film of a person
const KEEP_LANGUAGE = "language";
const KEPT_FOR_LATER = [
  "fast-png/index.js", "fflate.js", "utif.js", "pako.js", "dicom-parser.js", "jpeg-lossless.js", "charls.js",
  "charls.wasm", "openjpeg.js", "openjpeg.wasm",
]; // biome-ignore format: of lib/, what films of other kinds need
const SPOKEN_MAPS = /** @type {const} */ ({ off: "off", none: "none", ready: "ready" });

/**
 * @typedef {object} GivenFilm
 * @property {string} id
 * @property {string} name
 * @property {string} example its key, or ""
 * @property {() => Promise<Uint8Array>} open
 * @property {readonly string[]} mends what a person had done to it
 * @property {FilmTold | null} read
 * @property {unknown} fault
 * @property {Judgement | null} gate
 * @property {boolean} isAccepted although the gate asked
 * @property {boolean} isForeignAccepted although the network was made for synthetic films
 */

const isOneFile = document.querySelector("script[type='text/plain']") !== null;
const files = isOneFile ? fromPage(document) : fromServer(document.baseURI);
const engine = await openEngine({ files });
const edition = /** @type {Edition} */ (engine.edition);
await Promise.all(
  edition.languages.map(async (code) =>
    addCatalogue(code, new TextDecoder().decode(await files.get(`texts/${code}.ftl`))),
  ),
);

const desk = {
  /** @type {Manifest | null} */
  network: null,
  chosen: (edition.networks.find((network) => network.default) ?? edition.networks[0]).name,
  /** @type {Set<string>} */
  loaded: new Set(),
  /** @type {GivenFilm | null} */
  film: null,
  inEngine: "", // id of the film that the engine holds
  /** @type {EngineAnswer | null} */
  answers: null,
  answersOf: "", // film and network
  label: "",
  methods: METHODS_AT_FIRST,
  /** @type {Map<string, import("./maps.js").Entry>} */
  entries: new Map(),
  entriesOf: "", // as `identifyMaps` says it
  contrast: false,
  /** @type {Map<string, { limit: number, start: number }> | null} */
  pinned: null,
  /** @type {readonly DrawnRegion[]} */
  regions: [],
  /** @type {import("./regions.js").Cover} */
  cover: { how: "", answers: null, id: "", fault: "" },
  regionFault: "",
  /** @type {{ text: string, share: number } | null} */
  working: null,
  isStopped: false,
  /** @type {unknown} */
  fault: null,
};
let films = 0;
let covers = 0;
let number = 0; // of the newest wish
let isGateHere = false; // it was loaded for an earlier film
let putOff = ""; // the network that was chosen when a person pressed Stop
let isFollowed = false; // it is all there, or cannot be

// ---- what is shown

/** @returns {Identity} */
const identify = () => ({ film: desk.film?.id ?? "", checkpoint: desk.network?.name ?? "", label: desk.label, number });

/** Of what the maps that are wanted now are: film, network, label and contrast. */
const identifyMaps = () => `${desk.film?.id} ${desk.network?.name} ${desk.label} ${desk.contrast}`;

/** What is there of them; maps of something else are awaited anew. */
function listEntries() {
  if (desk.entriesOf === identifyMaps()) return desk.entries;
  const wanted = (desk.network?.methods ?? []).filter(({ key }) => desk.methods.includes(key));
  return new Map(wanted.map(({ key }) => [key, /** @type {import("./maps.js").Entry} */ ("coming")]));
}

/** @returns {import("./panels.js").Looked | null} */
function lookNow() {
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
    isSynthetic: film.example !== "",
    mostRegions: edition.limits.max_regions ?? 8,
    tables: edition.render.tables,
    facts: edition.render,
  };
}

/** @param {GivenFilm} film */
const nameFilm = ({ name, example }) =>
  example ? formatText("example", { name: formatText(`example-${example}`) }) : name;

/** @param {GivenFilm | null} film */
const isDoubted = (film) => Boolean(film?.gate && film.gate.answer !== "usual" && !film.isAccepted);

/** A film of a person before a network for synthetic ones alone. @param {GivenFilm | null} film */
const isForeign = (film) => Boolean(film?.read && !film.example && desk.network?.made_for === SYNTHETIC);

/** @param {GivenFilm | null} film */
const isQuestioned = (film) => isDoubted(film) || (isForeign(film) && !film?.isForeignAccepted);

/** @param {unknown} error */
function renderFault(error) {
  const { message, hint } = describeError(error);
  return tag("p", { class: "message error", role: "alert" }, tag("strong", {}, message), ` ${hint}`);
}

/** @param {import("./panels.js").Looked | null} looked */
function showFindings(looked) {
  const { film } = desk;
  if (film?.fault) return [renderNoFindings(renderFault(film.fault))];
  if (film?.gate && isDoubted(film)) return [renderQuestion(nameFilm(film), film.gate)];
  const isHere = desk.network?.name === desk.chosen; // else another is on its way
  if (film && isHere && isQuestioned(film)) {
    const fitting = edition.networks.filter((network) => network.made_for !== SYNTHETIC);
    return [renderOtherNetworks(nameFilm(film), fitting, desk.loaded)];
  }
  if (!looked) {
    const text = formatText(film?.read ? "asking-network" : "reading-file", { name: film ? nameFilm(film) : "" });
    return [renderNoFindings(tag("p", { class: "busy" }, text))];
  }
  const reasons = film?.gate && film.isAccepted ? film.gate.reasons.map(({ name, values }) => ({ name, values })) : [];
  if (isForeign(film)) reasons.push({ name: "browser-foreign", values: {} });
  const doubts = tag(
    "p",
    { class: "message" },
    tag("strong", {}, formatText("shown-anyway")),
    reasons.map(({ name, values }) => ` ${formatText(name, values)}`),
  );
  const list = renderFindings(looked.network, looked.answers.probabilities, desk.label);
  return reasons.length ? [doubts, list] : [list];
}

/**
 * As the viewer takes it.
 * @param {{ width: number, height: number, levels16: Uint16Array, windows?: FilmTold["windows"] }} film
 * @returns {Picture}
 */
function makePicture({ width, height, levels16, windows }) {
  /** @type {(levels: Uint16Array, look: Uint16Array | null) => Greys} */
  const greysOf = (levels, look) => ({ width, height, levels, look, halved: null });
  const offered = windows ? windows.greys.map((look) => greysOf(windows.levels, look)) : [];
  return { source: "", greys: greysOf(levels16, null), offered };
}

/** @param {import("./panels.js").Looked | null} looked */
function showPanels(looked) {
  const at = identify();
  /** @type {Map<string, PageBody>} */
  const bodies = new Map();
  const { film, network } = desk;
  if (film?.read) {
    bodies.set(film.id, pictureOf(film.id) ?? makePicture(film.read));
  }
  if (desk.cover.answers) {
    const { id, answers } = desk.cover;
    bodies.set(id, pictureOf(id) ?? makePicture(answers.covered));
  }
  if (looked && !isQuestioned(film)) {
    const { fresh, body, numbers } = renderPanels(looked);
    for (const [id, map] of numbers) bodies.set(id, map);
    keepBodies(bodies);
    showPart("panels", fresh, at, body);
    const regions = renderRegions(looked, desk.regions, desk.cover, desk.regionFault);
    showPart("regions", regions.fresh, at, regions.body);
    return;
  }
  keepBodies(bodies);
  const methods = (network?.methods ?? []).filter(({ key }) => desk.methods.includes(key));
  const held = film?.fault ? "map-held.refused" : isQuestioned(film) ? "map-held.question" : "";
  const alone = renderFilmAlone(
    film?.read ?? null,
    film?.id ?? "",
    Boolean(film?.example),
    methods,
    held && formatText(held),
  );
  showPart("panels", alone.fresh, at, alone.body);
  showPart("regions", [], at, { regions: [], how: "", cover: null });
}

function showAll() {
  const at = identify();
  const looked = lookNow();
  const { film, network } = desk;
  const name = formatText("page-title");
  document.title = name;
  showPart("top", renderTop(edition.languages), at);
  showPart("film", renderDrop(isGateHere ? 0 : (edition.gate?.bytes ?? 0)), at);
  showPart("examples", renderExamples(edition.examples, film?.example ?? ""), at);
  showPart("networks", renderNetworks(edition, desk.loaded, desk.chosen), at);
  const select = /** @type {HTMLSelectElement} */ (partOf("networks").querySelector("select"));
  select.value = desk.chosen;
  showPart("methods", renderMethods(network?.methods ?? [], desk.methods), at);
  for (const box of partOf("methods").querySelectorAll("input")) box.checked = desk.methods.includes(box.value);
  showPart("work", renderWork(desk.working, desk.isStopped), at);
  showPart("notice", desk.fault ? [renderFault(desk.fault)] : [], at);
  showPart("findings", showFindings(looked), at, {});
  showPanels(looked);
  showPart("facts", network ? renderFacts(network, edition) : [], at);
  showPart("report", looked ? renderReport(looked, edition) : [], at);
  showPart("foot", [tag("p", {}, formatText("not-clinical"))], at);
  showPart("keys", [renderKeysSheet()], at);
  // What another network has said is drawn as out of date until the chosen one is here.
  document.querySelector("#desk")?.setAttribute("aria-busy", String(Boolean(network) && network?.name !== desk.chosen));
  document.body.dataset.rest = isFollowed ? String(number) : "";
}

/** @param {string} text @param {number} [share] */
function tellWork(text, share = 0) {
  desk.working = { text, share };
  showPart("work", renderWork(desk.working, false), identify());
}

/** To those who do not see the page. */
function speak() {
  const { film, network, answers } = desk;
  const looked = lookNow();
  if (!film || !network || !answers || !looked) return;
  const how = findStandings(network, answers.probabilities).find(({ label }) => label.key === desk.label);
  if (!how) return;
  const isReady = [...looked.entries.values()].some(isMade);
  const text = formatText("spoken-result", {
    film: nameFilm(film),
    finding: chooseText(how.label.name),
    score: formatScore(how.p, network),
    verdict: describeVerdict(how),
    maps: !how.mapsShown ? SPOKEN_MAPS.off : isReady ? SPOKEN_MAPS.ready : SPOKEN_MAPS.none,
  });
  partOf("spoken").textContent = text;
}

// ---- the run that follows the wish

/** @type {Promise<void>} */
let running = Promise.resolve();

/** Something else is wanted. @param {boolean} [isOther] what is under way is of no more use */
function follow(isOther = false) {
  number += 1;
  desk.isStopped = false;
  desk.fault = null;
  isFollowed = false;
  if (isOther) engine.stop();
  const own = number;
  showAll();
  running = running.then(() => run(() => own !== number)).catch(reportError);
}

/** @param {() => boolean} isOld */
async function run(isOld) {
  if (isOld()) return;
  try {
    for (const step of [readFilm, loadNetwork, askGate, askNetwork, makeMaps, askCovered]) {
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
  isFollowed = true;
  showAll();
  speak();
}

async function readFilm(/** @type {() => boolean} */ isOld) {
  const { film } = desk;
  if (!film || film.fault || desk.inEngine === film.id) return;
  tellWork(formatText("reading-file", { name: nameFilm(film) }));
  try {
    let read = await engine.readFilm(await film.open(), film.name);
    for (const how of film.mends) read = await engine.mend(how);
    desk.inEngine = film.id;
    film.read ??= read;
  } catch (error) {
    if (isOld() || /** @type {Partial<Message>} */ (error)?.name === "static-was-stopped") throw error;
    film.fault = error;
  }
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

async function askGate() {
  const { film } = desk;
  if (!film?.read || film.example || film.gate || !edition.gate) return;
  tellWork(formatText("browser-asking-gate"));
  const text = formatText("browser-asking-gate");
  film.gate = await engine.askGate((share) => tellWork(text, share));
  isGateHere = true;
}

async function askNetwork() {
  const { film, network } = desk;
  if (!film?.read || !network || isQuestioned(film)) return;
  const of = `${film.id} ${network.name}`;
  if (desk.answersOf === of) return;
  tellWork(formatText("asking-network", { name: nameFilm(film) }));
  const answers = await engine.analyse();
  desk.answers = answers;
  desk.answersOf = of;
  desk.cover = { ...desk.cover, answers: null, fault: "" };
  const isKnown = network.labels.some(({ key }) => key === desk.label);
  const [first] = orderStandings(network, findStandings(network, answers.probabilities));
  if (!isKnown || first.isCalled) desk.label = first.label.key;
}

async function makeMaps(/** @type {() => boolean} */ isOld) {
  const looked = lookNow();
  if (!looked || isQuestioned(desk.film)) return;
  const { network, label } = looked;
  const known = listEntries();
  const wanted = network.methods.map(({ key }) => key).filter((key) => desk.methods.includes(key));
  desk.entriesOf = identifyMaps();
  desk.entries = new Map(wanted.map((key) => [key, known.get(key) ?? "coming"]));
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
    const [made] = await engine.explain(label, [key], desk.contrast);
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
  covers += 1;
  desk.cover = { ...desk.cover, answers: found, id: `cover ${covers}` };
}

// ---- what a person wants

/** @param {Omit<GivenFilm, "id" | "read" | "fault" | "gate" | "isAccepted" | "isForeignAccepted">} given */
function takeFilm(given) {
  films += 1;
  desk.film = {
    ...given,
    id: `film ${films}`,
    read: null,
    fault: null,
    gate: null,
    isAccepted: false,
    isForeignAccepted: false,
  };
  desk.regions = [];
  desk.cover = { how: "", answers: null, id: "", fault: "" };
  follow(true);
}

/** @param {string} key */
function takeExample(key) {
  const example = edition.examples.find((each) => each.key === key) ?? edition.examples[0];
  if (!example) return;
  takeFilm({ name: example.file, example: example.key, mends: [], open: () => files.get(example.file) });
}

/** @param {readonly File[]} given */
function takeOwn([file]) {
  const most = edition.limits.max_file_bytes ?? 2 ** 26;
  const fault = { name: "film-too-large", values: { megabytes: Math.floor(most / 2 ** 20) } };
  takeFilm({
    name: file.name,
    example: "",
    mends: [],
    open: async () => {
      if (file.size > most) throw fault;
      return new Uint8Array(await file.arrayBuffer());
    },
  });
}

/** @param {readonly DrawnRegion[]} regions */
function findRegionFault(regions) {
  const film = desk.film?.read;
  const most = edition.limits.max_regions;
  if (regions.length > most) return formatText("region.too-many", { most });
  if (!regions.every(({ shape }) => shape.flat().every(Number.isFinite))) return formatText("region.no-numbers");
  try {
    if (film) for (const { shape } of regions) maskRegion(shape, film.width, film.height);
    return "";
  } catch (error) {
    return describeError(error).message;
  }
}

/** @param {unknown} regions as the viewer's script tells them */
function drawRegions(regions) {
  const given = /** @type {readonly DrawnRegion[]} */ (regions);
  desk.regionFault = findRegionFault(given);
  if (!desk.regionFault) {
    desk.regions = given;
    desk.cover = { ...desk.cover, how: given.length ? desk.cover.how : "", answers: null, fault: "" };
  }
  follow();
}

/** @type {Partial<Record<keyof Presses, (data: Record<string, unknown>) => void>>} */
const WISHES = {
  choose_label: ({ label }) => {
    desk.label = String(label);
    follow();
  },
  contrast_labels: ({ contrast }) => {
    desk.contrast = Boolean(contrast);
    follow();
  },
  pin_scale: ({ pinned }) => {
    desk.pinned = pinned ? desk.network && listEnds(listEntries().values(), desk.network) : null;
    follow();
  },
  draw_regions: ({ regions }) => drawRegions(regions),
  cover_regions: ({ how }) => {
    desk.cover = { how: String(how ?? ""), answers: null, id: "", fault: "" };
    follow();
  },
};

/** @param {string} code */
function setLanguage(code) {
  document.documentElement.lang = code;
  try {
    localStorage.setItem(KEEP_LANGUAGE, code);
  } catch {} // where nothing may be kept, the next visit begins anew
  showAll();
  document.dispatchEvent(new Event("language"));
}

function chooseLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEEP_LANGUAGE);
  } catch {} // where nothing may be kept
  const wanted = [kept ?? "", ...navigator.languages].map((code) => code.toLowerCase().split("-")[0]);
  document.documentElement.lang = wanted.find((code) => edition.languages.includes(code)) ?? edition.languages[0];
}

function enterRoom() {
  const isLesson = location.hash === "#lesson-section";
  if (isLesson) document.body.dataset.room = "lesson";
  else delete document.body.dataset.room;
  showPart("top", renderTop(edition.languages), identify());
}

function stopAll() {
  number += 1;
  engine.stop();
  putOff = desk.chosen;
  if (desk.network) desk.chosen = desk.network.name; // the one that is here stays
  desk.working = null;
  desk.isStopped = isFollowed = true;
  showAll();
}

function goOn() {
  desk.chosen = putOff;
  follow();
}

function hearAll() {
  document.addEventListener("cxr-press", ({ detail: { name, data } }) => WISHES[name]?.(data));
  onFiles(takeOwn);
  on("click", "#top button[data-language]", ({ dataset }) => setLanguage(String(dataset.language)));
  on("click", "#examples button[data-example]", ({ dataset }) => takeExample(String(dataset.example)));
  on("click", "#panels button.leave", ({ dataset }) => {
    desk.methods = desk.methods.filter((key) => key !== dataset.leave);
    follow();
  });
  on("change", "#methods input", (box) => {
    desk.methods = desk.methods.filter((key) => key !== box.value).concat(box.checked ? [box.value] : []);
    follow();
  });
  on("change", "#networks select", (select) => {
    desk.chosen = select.value;
    follow(true);
  });
  // One listener: what stops becomes, as the same button, what goes on.
  on("click", "#work button", ({ classList }) => (classList.contains("stop") ? stopAll() : goOn()));
  on("click", "#findings button.anyway", () => {
    const { film } = desk;
    if (film) film[isDoubted(film) ? "isAccepted" : "isForeignAccepted"] = true;
    follow();
  });
  on("click", "#findings button.network", ({ dataset }) => {
    desk.chosen = String(dataset.network);
    follow(true);
  });
  on("click", "#findings button.mend", ({ dataset }) => {
    const { film } = desk;
    if (film) takeFilm({ ...film, mends: [...film.mends, String(dataset.mend)] });
  });
  on("click", "#findings button.leave-it", () => takeExample(FIRST_EXAMPLE));
  on("click", "#facts button.print", () => print());
  addEventListener("hashchange", enterRoom);
}

/** What has been loaded is kept for a visit without a network. */
async function keepOffline() {
  if (isOneFile || !("serviceWorker" in navigator) || !isSecureContext) return;
  await navigator.serviceWorker.register("sw.js");
  navigator.serviceWorker.addEventListener("message", () => {
    document.body.dataset.kept = "1";
  });
  const { active } = await navigator.serviceWorker.ready;
  const later = KEPT_FOR_LATER.map((name) => String(new URL(`lib/${name}`, document.baseURI)));
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  active?.postMessage([location.href.split("#")[0], ...loaded, ...later]);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print"); // is white
const setTheme = () => document.body.classList.toggle("dark", dark.matches && !paper.matches);
for (const media of [dark, paper]) media.addEventListener("change", setTheme);
setTheme();
chooseLanguage();
hearAll();
enterRoom();
openExam(edition, files);
takeExample(FIRST_EXAMPLE);
if (!desk.film) follow();
document.querySelector("#start")?.remove();
running.then(keepOffline).catch(() => {}); // a page that cannot be kept works as long as it is open
