// The panels: the film and one map per method, same geometry, all numbers beside their colours.
import { renderAgreement } from "./agreement.js";
import { renderDrawingControls, renderEnlargeButton, renderRegionControls, renderViewControls } from "./controls.js";
import { fitShape, MAP_SIDE_PX } from "./engine/shape.js";
import { findFrame, findStrongestPlace } from "./fields.js";
import { describeMapsOff, describeMoved, describeShowAnyway, findStandings, MANY } from "./findings.js";
import { findMethod, isCoarse, isMade, placeMap } from "./maps.js";
import { renderDetails, tag } from "./markup.js";
import { renderColourBar, shareScales } from "./scales.js";
import { renderTerm } from "./terms.js";
import { chooseText, formatDigits, formatList, formatPercent, formatScore, formatSigned, formatText } from "./words.js";

const FILM_SIDE_PX = 1024; // of a film's canvas
const ROWS = ["row-upper", "row-middle", "row-lower"];
const COLUMNS = ["column-left", "column-centre", "column-right"];

/** @typedef {import("./maps.js").Entry} Entry */
/** @typedef {{ names: readonly string[], picture: string }} Planted its outlines' picture */
/** @typedef {import("./scales.js").Shared} Shared */

/**
 * Everything that the panels show.
 * @typedef {object} Looked
 * @property {Manifest} network
 * @property {FilmTold} film
 * @property {string} filmName
 * @property {string} filmId
 * @property {EngineAnswer} answers
 * @property {string} label
 * @property {ReadonlyMap<string, Entry>} entries by method, in their order
 * @property {boolean} contrast
 * @property {ReadonlyMap<string, { limit: number, start: number }> | null} pinned by unit
 * @property {number | null} moved a threshold that a person has moved
 * @property {boolean} isSynthetic
 * @property {Planted | null} planted what was, in a synthetic film
 * @property {number} mostRegions
 * @property {Readonly<Record<Colours, string>>} tables
 * @property {Edition["render"]} facts
 */

/**
 * @param {string} name
 * @param {string} paper
 * @param {...(Node | null)} buttons
 */
function renderName(name, paper, ...buttons) {
  const short = paper && tag("small", { title: paper }, paper.split(",")[0]);
  return tag("div", { class: "name" }, tag("h3", {}, name, short), buttons);
}

/** @param {ManifestMethod} method */
function renderMethodTitle(method) {
  const name = chooseText(method.name);
  const text = formatText("method-leave-out", { name });
  const leave = { type: "button", class: "leave", "data-leave": method.key, "aria-label": text, title: text };
  return renderName(
    name,
    method.paper ?? "",
    renderTerm(method.family),
    renderEnlargeButton(name),
    tag("button", leave, "×"),
  );
}

/**
 * The canvas at the film's own aspect ratio; `off` is what it shows while its map is off.
 * @param {FilmTold} film
 * @param {string} panel
 * @param {string} text
 * @param {Node | null} over
 * @param {string} [off]
 */
export function renderStage(film, panel, text, over, off = text) {
  const [width, height] = fitShape(film.width, film.height, FILM_SIDE_PX);
  const canvas = tag("canvas", {
    width,
    height,
    role: "img",
    "aria-label": text,
    "data-panel": panel,
    "data-text": text,
    "data-off": off,
    "data-width": width,
    "data-height": height,
  });
  const sides = (film.sides ?? []).map((side, at) =>
    tag("b", { class: `side ${at ? "right" : "left"}`, "aria-hidden": "true" }, side),
  );
  return tag("div", { class: "stage", style: `--aspect:${width / height}` }, canvas, sides, over);
}

/** @param {string} text @param {boolean} [isBusy] */
const renderNotice = (text, isBusy = false) =>
  tag("p", { class: isBusy ? "notice busy" : "notice", role: isBusy && "status" }, text);

/** @param {FilmTold} film @param {boolean} isSynthetic */
function describeFilm({ kind, width, height }, isSynthetic) {
  const known = isSynthetic ? formatText("film-synthetic") : (kind ?? formatText("film"));
  return formatText("film-size", { kind: known, width, height });
}

/** To show the outlines, which are off at first so that one can guess, and what they are. @param {Planted | null} planted */
function renderPlanted(planted) {
  if (!planted) return [];
  const names = planted.names.map((name) => formatText(`planted-${name}`)).join(", ");
  return [
    tag("label", { class: "truth" }, tag("input", { type: "checkbox", class: "truth" }), formatText("planted-show")),
    tag("p", { class: "planted", hidden: true }, formatText("planted", { names })),
  ];
}

/**
 * @param {FilmTold} film
 * @param {Manifest | null} network that looks at it, if one does
 * @param {boolean} isSynthetic
 * @param {Planted | null} planted
 */
function renderFilmPanel(film, network, isSynthetic, planted) {
  const { width, height } = film;
  const frame = network && findFrame(network.preprocess, width, height);
  const isWhole = !frame || (frame.seenX[1] - frame.seenX[0] === width && frame.seenY[1] - frame.seenY[0] === height);
  let box = null;
  if (frame && !isWhole) {
    const [left, right] = frame.seenX.map((at) => at / width);
    const [top, bottom] = frame.seenY.map((at) => at / height);
    const style = `--left:${left};--top:${top};--width:${right - left};--height:${bottom - top}`;
    box = tag("i", { class: "seen", style });
  }
  const size = describeFilm(film, isSynthetic);
  const notes = film.notes.map(({ name, values }) => formatText(name, values));
  if (isSynthetic) notes.push(formatText("browser-synthetic-note"));
  else if (!notes.length) notes.push(formatText("notes.none"));
  const name = formatText("film");
  return tag(
    "figure",
    { class: "panel" },
    renderName(name, "", renderEnlargeButton(name)),
    renderStage(film, "film", `${name}, ${size}`, box),
    tag(
      "div",
      { class: "below" },
      renderPlanted(planted),
      tag("p", { class: "sums" }, size),
      box && tag("p", {}, formatText("seen-frame")),
      tag("details", { open: true }, tag("summary", {}, formatText("notes")), tag("ul", {}, notes.map((note) => tag("li", {}, note)))),
    ),
  ); // biome-ignore format: as the markup is
}

/**
 * @param {ManifestMethod} method
 * @param {Looked} looked
 * @param {string} finding "" while there is no map
 * @param {string} alternative
 * @param {Node | null} over
 * @param {...(Node | string | null | false)} below
 */
function renderMapFigure(method, { film, contrast }, finding, alternative, over, ...below) {
  const name = chooseText(method.name);
  const text = finding ? formatText("map-of", { method: name, finding, where: alternative }) : alternative;
  const limits = chooseText(contrast ? method.contrast_caption : method.caption);
  return tag(
    "figure",
    { class: "panel", "data-method": method.key },
    renderMethodTitle(method),
    renderStage(film, method.key, text, over, formatText("map-hidden", { method: name, finding })),
    tag("div", { class: "below" }, below, tag("figcaption", {}, limits)),
  );
}

/** @param {Manifest} network an ensemble whose maps are the mean of its members' */
const joinsMaps = ({ members }) => (members && members.rule !== "joined" ? members : null);

/** @param {Manifest} network */
function describeMembers(network) {
  const joined = joinsMaps(network);
  if (!joined) return "";
  const { names, rule, calibrated } = joined;
  const told = { members: names.length, rule, calibrated: calibrated ? "yes" : "no" };
  return `${formatText("maps-of-members", told)} `;
}

/**
 * The sum of a map as a share of what it explains; NaN where that means nothing.
 * @param {EngineMap} made
 * @param {ManifestMethod} method
 * @param {Looked} looked
 */
const shareHeld = ({ sum, logit }, method, { contrast, facts }) =>
  contrast || !method.adds_up || Math.abs(logit) < facts.evidence_floor ? Number.NaN : sum / logit;

/**
 * @param {EngineMap} made
 * @param {ManifestMethod} method
 * @param {Looked} looked
 */
function describeSums(made, method, looked) {
  const { sum, values, logit } = made;
  const joined = joinsMaps(looked.network);
  const of = looked.contrast ? "contrast" : joined ? (joined.calibrated ? "calibrated" : "members") : "network";
  if (!method.adds_up) return formatText("sums-not", { of, logit: formatSigned(logit) });
  const whole = values.reduce((total, each) => total + Math.abs(each), 0);
  const held = shareHeld(made, method, looked);
  const share = Number.isNaN(held) ? "none" : formatPercent(held);
  const told = { total: formatSigned(sum), logit: formatSigned(logit), rest: formatSigned(logit - sum) };
  return formatText("sums", { ...told, absolute: formatDigits(whole, 2), of, share });
}

/**
 * What speaks against reading a map as the reasons for the score, a sentence each.
 * @param {EngineMap} made
 * @param {ManifestMethod} method
 * @param {Looked} looked
 */
function describeDoubts(made, method, looked) {
  const held = shareHeld(made, method, looked);
  const { least_held: least, most_held: most } = looked.facts;
  const doubts = [];
  const share = formatPercent(held);
  if (held < 0) {
    const told = { total: formatSigned(made.sum), logit: formatSigned(made.logit) };
    doubts.push(formatText("held-opposite", told));
  } else if (held < least) doubts.push(formatText("held-little", { share }));
  else if (held > most) doubts.push(formatText("held-much", { share }));
  const { curved } = looked.network.proof;
  if (method.made_for_relu && curved.length)
    doubts.push(formatText("rule-for-relu", { activations: formatList(curved) }));
  return doubts.map((text) => tag("p", { class: "doubt" }, text));
}

/**
 * @param {EngineMap} made
 * @param {ManifestMethod} method
 * @param {Shared} shared
 * @param {Looked} looked
 */
function renderMap(made, method, shared, looked) {
  const { network, film, label } = looked;
  const finding = nameFinding(looked);
  const sums = tag("p", {}, `${describeSums(made, method, looked)} ${formatText("logit-gloss")}`);
  if (made.scale.nothing) {
    const how = findStandings(network, looked.answers.probabilities).find((each) => each.label.key === label);
    const name =
      made.scale.shown === "signed" ? "empty-map" : how?.isCalled ? "empty-map-called" : "empty-map-positive";
    const text = formatText(name, { finding });
    return renderMapFigure(
      method,
      looked,
      finding,
      text,
      renderNotice(text),
      renderDetails(formatText("why-none"), sums),
    );
  }
  const frame = findFrame(network.preprocess, film.width, film.height);
  const place = findStrongestPlace(placeMap(made, method), frame);
  const where = place
    ? formatText("place-strongest", {
        place: formatText("place", { row: formatText(ROWS[place[0]]), column: formatText(COLUMNS[place[1]]) }),
        share: formatPercent(place[2]),
      })
    : formatText("place-none");
  let cell = null;
  if (isCoarse(made, network)) {
    const [across, down] = [frame.seenX[1] - frame.seenX[0], frame.seenY[1] - frame.seenY[0]];
    const wide = (across * frame.size) / (frame.placedX[1] - frame.placedX[0]) / made.columns;
    const high = (down * frame.size) / (frame.placedY[1] - frame.placedY[0]) / made.rows;
    const { rows, columns } = method.placement;
    const [width, height] = [wide * (columns[1] - columns[0]), high * (rows[1] - rows[0])];
    const told = { width: formatDigits(width, 0), height: formatDigits(height, 0) };
    cell = tag("p", { class: "cell" }, formatText("cell-size", told));
  }
  const bar = renderColourBar(made, shared, looked);
  const more = tag("details", { class: "sums" }, tag("summary", {}, formatText("sums-title")), sums);
  const doubts = describeDoubts(made, method, looked);
  return renderMapFigure(method, looked, finding, where, null, bar, cell, ...doubts, more);
}

/** @param {Looked} looked */
export function nameFinding({ network, label, contrast }) {
  const name = chooseText(network.labels.find(({ key }) => key === label)?.name);
  return contrast ? formatText("contrast-of", { finding: name }) : name;
}

/**
 * @param {Looked} looked
 * @param {import("./findings.js").Standing} how
 */
function renderHeader(looked, how) {
  const { film, network, filmName, mostRegions } = looked;
  const gloss = network.labels.length > MANY ? ` · ${chooseText(how.label.description)}` : "";
  const told = `${formatScore(how.p, network)} · ${describeMoved(how, looked.moved)}${gloss}`;
  const source = formatText("film-source", { film: filmName, network: chooseText(network.title) });
  const heading = tag("h2", {}, nameFinding(looked), tag("small", { title: told }, told));
  const show = describeShowAnyway(how, network);
  const ask = { type: "button", class: "ask", "data-show": show, "data-hide": formatText("hide-again") };
  const title = tag(
    "div",
    { class: "title" },
    tag("div", { class: "with-term" }, heading, how.verdict === "cannot tell" && renderTerm("cannot-tell")),
    tag("p", { class: "of", title: source }, source),
    !how.mapsShown && tag("button", ask, show),
  );
  const controls = [
    renderDrawingControls(network.labels.length > 1 && network.methods.some((method) => method.is_linear)),
    renderViewControls(film.windows?.names ?? []),
    renderRegionControls(mostRegions),
  ];
  return tag("header", { class: "head" }, title, controls);
}

/**
 * @param {Looked} looked
 * @param {import("./findings.js").Standing} how
 */
function renderLegend({ film, pinned, contrast, label, network }, how) {
  const name = chooseText(network.labels.find(({ key }) => key === label)?.name);
  const scale = pinned ? "scale-keep" : "scale-absolute";
  const off = !how.mapsShown && tag("strong", { class: "while-off" }, `${describeMapsOff(how)} `);
  return [
    contrast && tag("p", { class: "legend" }, formatText("contrast.meaning", { finding: name })),
    tag(
      "p",
      { class: "legend" },
      off,
      describeMembers(network),
      joinsMaps(network) && renderTerm("ensemble"),
      `${formatText(film.sides ? "sides-known" : "sides-unknown")} `,
      tag("span", { class: "own" }, formatText("scale-relative.short")),
      tag("span", { class: "shared" }, formatText(`${scale}.short`)),
    ),
    renderDetails(
      formatText("scale.colours"),
      tag("p", { class: "own" }, formatText("scale-relative.meaning")),
      tag("p", { class: "shared" }, formatText(`${scale}.meaning`)),
      tag("p", {}, formatText("logit-gloss"), renderTerm("logit")),
    ),
  ];
}

/**
 * @param {Looked} looked
 * @param {string} key
 * @param {Entry} entry
 * @param {ReadonlyMap<string, Shared>} scales
 */
function renderEntry(looked, key, entry, scales) {
  const method = findMethod(looked.network, key);
  if (isMade(entry)) return renderMap(entry, method, /** @type {Shared} */ (scales.get(key)), looked);
  if (entry !== "coming") return renderMapFigure(method, looked, "", entry.fault(), renderNotice(entry.fault()));
  const text = formatText("computing", { method: chooseText(method.name) });
  return renderMapFigure(method, looked, "", text, renderNotice(text, true));
}

/**
 * What stands in the panels' part, and what its canvases need.
 * @param {Looked} looked
 * @returns {{ fresh: (Node | string)[], body: Omit<PanelsValue, "html">, numbers: Map<string, PackedMap> }}
 */
export function renderPanels(looked) {
  const { network, film, filmId, answers, label, entries, contrast, pinned, tables } = looked;
  const how = /** @type {import("./findings.js").Standing} */ (
    findStandings(network, answers.probabilities).find((each) => each.label.key === label)
  );
  const made = [...entries.values()].filter(isMade);
  const scales = shareScales(made, pinned, network);
  const figures = [...entries].map(([key, entry]) => renderEntry(looked, key, entry, scales));
  /** @type {Map<string, PackedMap>} */
  const numbers = new Map();
  /** @type {Record<string, PanelMap>} */
  const maps = {};
  for (const each of made.filter(({ scale }) => !scale.nothing)) {
    const id = `map ${filmId} ${network.name} ${label} ${contrast} ${each.key}`;
    numbers.set(id, { ...placeMap(each, findMethod(network, each.key)), peak: 1, numbers: "" });
    const { limit, start } = /** @type {Shared} */ (scales.get(each.key));
    maps[each.key] = {
      map: id,
      colours: each.scale.shown,
      relative: each.scale.limit,
      absolute: limit,
      start,
      coarse: isCoarse(each, network),
    };
  }
  const fresh = [
    renderHeader(looked, how),
    tag("div", { class: "row" }, renderFilmPanel(film, network, looked.isSynthetic, looked.planted), figures),
    ...renderLegend(looked, how),
    renderAgreement(looked),
  ];
  return {
    fresh: fresh.filter((node) => node !== false && node !== null),
    body: {
      film: { picture: filmId, outlines: looked.planted?.picture ?? null, deep: null, windows: null },
      about: `${filmId} ${network.name} ${label}`,
      held: !how.mapsShown,
      contrast,
      pinned: Boolean(pinned),
      frame: findFrame(network.preprocess, ...fitShape(film.width, film.height, MAP_SIDE_PX)),
      tables,
      maps,
    },
    numbers,
  };
}

/**
 * The film, as long as no network has answered: in the places of the maps what they will not show, or why none comes.
 * @param {FilmTold | null} film
 * @param {string} filmId
 * @param {boolean} isSynthetic
 * @param {Planted | null} planted
 * @param {readonly ManifestMethod[]} methods
 * @param {string} held
 * @returns {{ fresh: Node[], body: Omit<PanelsValue, "html"> }}
 */
export function renderFilmAlone(film, filmId, isSynthetic, planted, methods, held) {
  const name = formatText("film");
  /** @type {(title: Node, promise: string, caption: string) => HTMLElement} */
  const blank = (title, promise, caption) =>
    tag(
      "figure",
      { class: "panel" },
      title,
      tag("div", { class: "stage blank" }, tag("p", {}, promise)),
      tag("figcaption", {}, caption),
    );
  const figures = methods.map((method) => {
    const promise = held || chooseText(method.promise);
    return blank(renderMethodTitle(method), promise, held ? "" : chooseText(method.caption));
  });
  const first = film
    ? renderFilmPanel(film, null, isSynthetic, planted)
    : blank(renderName(name, ""), formatText("film.promise"), "");
  return {
    fresh: [tag("div", { class: "row" }, first, figures)],
    body: {
      film: film && { picture: filmId, outlines: planted?.picture ?? null, deep: null, windows: null },
      about: filmId,
      held: false,
      frame: { width: 1, height: 1, size: 1, seenX: [0, 1], seenY: [0, 1], placedX: [0, 1], placedY: [0, 1] },
      tables: { positive: "", signed: "" },
      maps: {},
    },
  };
}
