// Another film beside the one that the panels show: what the same network says of it, and its maps on the same scale.
import { describeVerdict, findStandings } from "./findings.js";
import { isMade } from "./maps.js";
import { renderScrollable, tag } from "./markup.js";
import { nameCanvas, SIDES } from "./pair_canvas.js";
import { nameFinding, renderStage } from "./panels.js";
import { areComparable, chooseLimits, renderOneScale } from "./scales.js";
import { chooseText, formatScore, formatScores, formatText } from "./words.js";

/** @typedef {import("./panels.js").Looked} Looked */

/**
 * The other film, as far as it is known.
 * @typedef {object} OtherLook
 * @property {string} filmId
 * @property {string} filmName
 * @property {FilmTold} film
 * @property {Greys} greys
 * @property {ArrayLike<number>} probabilities
 * @property {ReadonlyMap<string, import("./maps.js").Entry>} entries
 */

/**
 * @param {readonly { id: string, name: string }[]} choices
 * @param {string} chosen
 */
export function renderCompare(choices, chosen) {
  const options = [{ id: "", name: formatText("compare.nothing") }, ...choices].map(({ id, name }) =>
    tag("option", { value: id, selected: id === chosen }, name),
  );
  return [
    tag("label", { class: "choice" }, formatText("compare"), tag("select", { autocomplete: "off" }, options)),
    tag("p", { class: "hint" }, formatText("browser-compare-hint")),
  ];
}

/** Until both films are there, or why they will not be. @param {string} text @param {boolean} isBusy */
export function renderPairNotice(text, isBusy) {
  return [
    tag("header", { class: "head" }, tag("h2", {}, formatText("compare")), renderWay("swap"), renderWay("end")),
    tag("p", { class: isBusy ? "busy" : "how", role: "status" }, text),
  ];
}

/** @param {"swap" | "end"} way */
function renderWay(way) {
  const title = formatText(`film-pair-ways.${way}-hint`);
  return tag("button", { type: "button", class: way, title }, formatText(`film-pair-ways.${way}`));
}

/**
 * A row: the maps of one method on both films.
 * @param {ManifestMethod} method
 * @param {Looked} now
 * @param {OtherLook} then
 */
function renderRow(method, now, then) {
  const name = chooseText(method.name);
  const films = [then, now];
  const entries = films.map(({ entries }) => entries.get(method.key) ?? "coming");
  const maps = entries.map((entry) => (isMade(entry) ? entry : null));
  const isShared = areComparable(films, method);
  const limits = chooseLimits(maps, isShared);
  const figures = SIDES.map((side, at) => {
    const { film, filmName } = films[at];
    const [made, entry] = [maps[at], entries[at]];
    const finding = nameFinding(now);
    const text = formatText("pair-map-of", { method: name, finding, whose: filmName, where: "" }).replace(/:\s*$/, "");
    const off = formatText("pair-map-hidden", { method: name, finding, whose: filmName });
    const { probabilities } = side === "then" ? then : now.answers;
    const how = findStandings(now.network, probabilities).find(({ label }) => label.key === now.label);
    const place = formatText(side === "now" ? "film-pair.this" : "film-pair.other");
    const title = tag("div", { class: "name" }, tag("h4", { title: filmName }, filmName), tag("small", {}, place));
    let below = null;
    if (made?.scale.nothing) below = tag("p", {}, formatText("exam-no-evidence"));
    else if (made) below = renderOneScale({ ...made.scale, limit: limits[at] }, method.unit, isShared, now.tables);
    else if (entry === "coming") below = tag("p", { class: "busy" }, formatText("computing", { method: name }));
    else below = tag("p", {}, /** @type {{ fault: () => string }} */ (entry).fault());
    const score = how && tag("p", { class: "sums" }, tag("strong", {}, formatScore(how.p, now.network)), ` · ${describeVerdict(how)}`);
    const stage = renderStage(film, nameCanvas(method.key, side), text, null, off);
    return tag("figure", { class: "panel" }, title, stage, tag("div", { class: "below" }, below, score));
  }); // biome-ignore format: as the markup is
  const row = tag("div", { class: "row films" }, figures);
  return tag("section", { class: "couple", "aria-label": name }, tag("h3", {}, name), row);
}

/** @param {Looked} now @param {OtherLook} then */
function renderChanges({ network, answers, filmName, label }, then) {
  const heads = [formatText("film-pair-changes.finding"), then.filmName, filmName, formatText("cover.change")];
  const head = tag("tr", {}, heads.map((text) => tag("th", { scope: "col" }, text))); // biome-ignore format: one row
  const rows = network.labels.map(({ key, name }, at) => {
    const told = formatScores(then.probabilities[at], answers.probabilities[at], network);
    const title = tag("th", { scope: "row" }, chooseText(name));
    return tag("tr", { "aria-current": key === label && "true" }, title, told.map((text) => tag("td", {}, text)));
  }); // biome-ignore format: a row
  const title = formatText("film-pair-changes");
  const parts = [tag("caption", {}, title), tag("thead", {}, head), tag("tbody", {}, rows)];
  return renderScrollable(title, tag("table", { class: "changes" }, parts));
}

/**
 * Whether the maps are off at first: the chosen finding is called on neither film.
 * @param {Looked} now
 * @param {OtherLook} then
 */
export const isPairHeld = ({ network, answers, label: chosen }, then) =>
  ![then.probabilities, answers.probabilities].some((all) =>
    findStandings(network, all).some(({ label, mapsShown }) => label.key === chosen && mapsShown),
  );

/**
 * @param {Looked} now
 * @param {OtherLook} then
 * @param {boolean} held
 */
export function renderPair(now, then, held) {
  const { network } = now;
  const show = formatText("film-pair.show");
  const ask = { type: "button", class: "ask", "data-show": show, "data-hide": formatText("hide-again") };
  const methods = network.methods.filter(({ key }) => now.entries.has(key));
  const [first, ...others] = methods.map((method) => renderRow(method, now, then));
  return [
    tag(
      "header",
      { class: "head" },
      tag("h2", {}, formatText("film-pair", { finding: nameFinding(now) })),
      renderWay("swap"),
      renderWay("end"),
      held && tag("button", ask, show),
    ),
    ...(first ? [first] : []),
    renderChanges(now, then),
    tag("p", { class: "how" }, formatText("browser-pair-chance")),
    ...others,
    tag("p", { class: "how" }, tag("strong", {}, formatText("film-pair.says-not"))),
  ];
}
