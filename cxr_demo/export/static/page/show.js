// What is shown is made anew from what is known whenever that changes.

import { renderKeysSheet } from "./controls.js";
import {
  desk,
  edition,
  findPlanted,
  identify,
  isDoubted,
  isDrawn,
  isForeign,
  isOtherQuestioned,
  isQuestioned,
  listOthers,
  lookAtOther,
  lookNow,
  movedNow,
  nameFilm,
  SYNTHETIC,
} from "./desk.js";
import {
  describeMoved,
  findStandings,
  moveThresholds,
  renderFindings,
  renderNoFindings,
  renderOtherNetworks,
  renderQuestion,
} from "./findings.js";
import { renderDrop, renderExamples, renderMethods, renderNetworks, renderTop, renderWork } from "./intake.js";
import { isMade } from "./maps.js";
import { tag } from "./markup.js";
import { isPairHeld, renderCompare, renderPair, renderPairNotice } from "./pair.js";
import { drawPair, preparePair } from "./pair_canvas.js";
import { renderFilmAlone, renderPanels } from "./panels.js";
import { renderRegions } from "./regions.js";
import { renderFacts, renderReport } from "./report.js";
import { renderTerms } from "./terms.js";
import { chooseText, describeError, formatScore, formatText } from "./words.js";

const SPOKEN_MAPS = /** @type {const} */ ({ off: "off", none: "none", ready: "ready" });

/** @param {unknown} error */
function renderFault(error) {
  const { message, hint } = describeError(error);
  return tag("p", { class: "message error", role: "alert" }, tag("strong", {}, message), ` ${hint}`);
}

const renderAgain = () => tag("button", { type: "button", class: "again" }, formatText("browser-try-again"));

/** @param {import("./panels.js").Looked | null} looked */
function showFindings(looked) {
  const { film } = desk;
  if (film?.fault) return [renderNoFindings(renderFault(film.fault))];
  if (film?.gate && isDoubted(film)) return [renderQuestion(nameFilm(film), film.gate)];
  const isHere = desk.network?.name === desk.chosen; // else another is on its way
  const isJudged = !film || film.example || film.gate || !edition.gate;
  if (film && isHere && isJudged && isQuestioned(film)) {
    const fitting = edition.networks.filter((network) => network.made_for !== SYNTHETIC);
    return [renderOtherNetworks(nameFilm(film), fitting, desk.loaded)];
  }
  if (!looked) {
    if (!desk.working && desk.isFollowed)
      return [renderNoFindings(desk.isStopped ? formatText("browser-stopped") : "")];
    const text = formatText(film?.read ? "asking-network" : "reading-file", { name: film ? nameFilm(film) : "" });
    return [renderNoFindings(tag("p", { class: "busy" }, text))];
  }
  const reasons = film?.gate && film.isAccepted ? film.gate.reasons.map(({ name, values }) => ({ name, values })) : [];
  if (isForeign(film)) reasons.push({ name: "browser-foreign", values: {} });
  const texts = reasons.map(({ name, values }) => ` ${formatText(name, values)}`);
  const doubts = tag("p", { class: "message" }, tag("strong", {}, formatText("shown-anyway")), texts);
  const drawn = tag("p", { class: "message" }, formatText("browser-drawn"));
  const list = renderFindings(looked.network, looked.answers.probabilities, desk.label);
  return [reasons.length > 0 && doubts, isDrawn(film) && drawn, list].filter((node) => node !== false);
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
    if (film.outlines) bodies.set(`outlines ${film.id}`, { source: film.outlines });
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
    const regions = renderRegions(looked, desk.regions, desk.cover, desk.regionFault?.() ?? "");
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
    findPlanted(film),
    methods,
    held && formatText(held),
  );
  showPart("panels", alone.fresh, at, alone.body);
  showPart("regions", [], at, { regions: [], how: "", cover: null });
}

/** Why the other film is not there. @param {import("./desk.js").GivenFilm} film */
function describePairWait(film) {
  const name = nameFilm(film);
  if (isOtherQuestioned()) return formatText("browser-pair-question", { name });
  if (desk.isStopped) return formatText("browser-stopped");
  return desk.fault ? describeError(desk.fault).message : formatText("asking-network", { name });
}

/** Beside the film of the panels, another one. @param {import("./panels.js").Looked | null} looked */
function showPair(looked) {
  const at = identify();
  const { film } = desk.pair;
  const now = looked && !isQuestioned(desk.film) ? looked : null;
  showPart("compare", now ? renderCompare(listOthers(), film?.example || (film?.id ?? "")) : [], at);
  const select = partOf("compare").querySelector("select");
  if (select) select.value = film?.example || (film?.id ?? "");
  const then = now && film ? lookAtOther() : null;
  if (now && then) {
    const drawn = isDrawn(film) && tag("p", { class: "message" }, formatText("browser-drawn"));
    const held = isPairHeld(now, then);
    preparePair(now, then, held);
    showPart("pair", [...(drawn ? [drawn] : []), ...renderPair(now, then, held)], at);
  } else if (now && film) showPart("pair", renderPairNotice(describePairWait(film), Boolean(desk.working)), at);
  else showPart("pair", [], at);
  drawPair();
}

export function showAll() {
  const at = identify();
  const looked = lookNow();
  const { film, network } = desk;
  const name = formatText("page-title");
  document.title = name;
  showPart("top", renderTop(edition.languages), at);
  showPart("film", renderDrop(desk.isGateHere ? 0 : (edition.gate?.bytes ?? 0)), at);
  showPart("examples", renderExamples(edition.examples, film?.example ?? ""), at);
  showPart("networks", renderNetworks(edition, desk.loaded, desk.chosen), at);
  const select = /** @type {HTMLSelectElement} */ (partOf("networks").querySelector("select"));
  select.value = desk.chosen;
  showPart("methods", renderMethods(network?.methods ?? [], desk.methods), at);
  for (const box of partOf("methods").querySelectorAll("input")) box.checked = desk.methods.includes(box.value);
  showPart("work", renderWork(desk.working, desk.isStopped), at);
  showPart("notice", desk.fault ? [renderFault(desk.fault), renderAgain()] : [], at);
  showPart("findings", showFindings(looked), at, {});
  moveThresholds(desk.network, desk.moved);
  showPanels(looked);
  showPair(looked);
  showPart("facts", network ? renderFacts(network, edition, Boolean(looked) && !isQuestioned(film)) : [], at);
  showPart("report", looked && !isQuestioned(film) ? renderReport(looked, edition) : [], at);
  showPart("foot", [tag("p", {}, formatText("not-clinical"))], at);
  showPart("keys", [renderKeysSheet()], at);
  showPart("terms", renderTerms(), at);
  // What another network has said is drawn as out of date until the chosen one is here.
  document.querySelector("#desk")?.setAttribute("aria-busy", String(Boolean(network) && network?.name !== desk.chosen));
  document.body.dataset.rest = desk.isFollowed ? String(desk.number) : "";
}

/** @param {string} text @param {number} [share] */
export function tellWork(text, share = 0) {
  desk.working = { text, share };
  showPart("work", renderWork(desk.working, false), identify());
}

/** The chosen finding and its maps, where there is a result. */
function describeResult() {
  const looked = lookNow();
  if (!looked) return "";
  const { network, answers, filmName, label } = looked;
  const how = findStandings(network, answers.probabilities).find((each) => each.label.key === label);
  if (!how) return "";
  const isReady = [...looked.entries.values()].some(isMade);
  return formatText("spoken-result", {
    film: filmName,
    finding: chooseText(how.label.name),
    score: formatScore(how.p, network),
    verdict: describeMoved(how, movedNow()),
    maps: !how.mapsShown ? SPOKEN_MAPS.off : isReady ? SPOKEN_MAPS.ready : SPOKEN_MAPS.none,
  });
}

/** To those who do not see the page: what came of it, or why nothing did. */
export function speak() {
  const { film } = desk;
  if (document.body.dataset.room) return void partOf("spoken").replaceChildren(); // the lesson shows another film
  /** @type {(error: unknown) => string} */
  const reasonOf = (error) => {
    const { message, hint } = describeError(error);
    return `${message} ${hint}`;
  };
  let text = "";
  if (desk.isStopped) text = formatText("browser-stopped");
  else if (film?.fault) text = formatText("spoken-refused", { film: nameFilm(film), reason: reasonOf(film.fault) });
  else if (film && desk.fault)
    text = formatText("spoken-no-result", { film: nameFilm(film), reason: reasonOf(desk.fault) });
  else if (film && isQuestioned(film)) {
    const doubts = isDoubted(film) ? (film.gate?.reasons ?? []) : [{ name: "browser-foreign", values: {} }];
    const reasons = doubts.map(({ name, values }) => formatText(name, values)).join(" ");
    text = formatText("spoken-question", { film: nameFilm(film), reasons });
  } else text = describeResult();
  partOf("spoken").textContent = text;
}
