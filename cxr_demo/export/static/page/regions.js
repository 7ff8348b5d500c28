// A person's regions: what each map holds there, and what the network answers once they are covered.
import { measureRegion } from "./engine/region_shares.js";
import { findStandings } from "./findings.js";
import { findMethod, isMade } from "./maps.js";
import { renderMeasure, renderScrollable, tag } from "./markup.js";
import { chooseText, formatPercent, formatScores, formatText } from "./words.js";

const COVERS = ["blur", "grey", "mirror", "keep"];
const SIDES = ["left", "top", "width", "height"];
const FIELD_NAMES = ["x", "y", "width", "height"]; // as the viewer's script reads them

/**
 * @typedef {object} Cover
 * @property {string} how the regions are covered; empty: not at all
 * @property {CoveredAnswer | null} answers
 * @property {string} id of its picture
 * @property {"" | "cover.none-chosen"} fault a message
 */

/**
 * Twin of `EvidenceMeter.measure_shown`.
 * @param {readonly DrawnRegion[]} regions
 * @param {import("./panels.js").Looked} looked
 */
function measureAll(regions, { network, film, entries }) {
  const maps = [...entries.values()].filter(isMade);
  const placed = maps.map((made) => ({ ...made, placement: findMethod(network, made.key).placement }));
  const { width, height } = film;
  const found = regions.map(({ shape }) => {
    const measured = measureRegion(shape, network.preprocess, width, height, placed);
    const evidence = measured.evidence.map((share, of) => (maps[of].scale.nothing ? Number.NaN : share));
    return { ...measured, evidence };
  });
  return { maps, found };
}

/** @param {number} share @param {number} area */
function renderShare(share, area) {
  if (Number.isNaN(share)) return [formatText("region-no-evidence")];
  return renderMeasure(formatPercent(share), 0, share, area);
}

/**
 * @param {readonly DrawnRegion[]} regions
 * @param {ReturnType<typeof measureAll>} measured
 * @param {Manifest} network
 */
function renderTable(regions, { maps, found }, network) {
  const names = maps.map(({ key }) => chooseText(findMethod(network, key).name));
  const columns = [formatText("regions-own.number"), formatText("regions-own.cover-head"), ...names];
  const head = columns.map((column) => tag("th", { scope: "col" }, column));
  const rows = regions.map(({ covered }, at) => {
    const number = at + 1;
    const remove = formatText("regions-own.remove", { number });
    const cover = formatText("regions-own.cover", { number });
    const tick = { type: "checkbox", class: "to-cover", "data-region": at, checked: covered, "aria-label": cover };
    const leave = { type: "button", class: "remove", "data-region": at, "aria-label": remove, title: remove };
    return tag(
      "tr",
      {},
      tag(
        "th",
        { scope: "row" },
        tag("b", { class: "number-tag", "data-region": at }, String(number)),
        " ",
        tag("small", {}, `${formatPercent(found[at].area)} ${formatText("regions-own.area")}`),
        tag("button", leave, "×"),
      ),
      tag("td", { "data-head": columns[1] }, tag("input", tick)),
      found[at].evidence.map((share, of) => tag("td", { "data-head": names[of] }, renderShare(share, found[at].area))),
    );
  });
  const table = tag("table", { class: "cards own" }, tag("thead", {}, tag("tr", {}, head)), tag("tbody", {}, rows));
  return [tag("h4", {}, formatText("regions-own")), renderScrollable(formatText("regions-own"), table)];
}

/** @param {string} fault */
function renderFields(fault) {
  const fields = SIDES.map((side, at) =>
    tag(
      "label",
      {},
      formatText(`region.${side}`),
      tag("input", { type: "number", name: FIELD_NAMES[at], min: 0, max: 100, step: "any", inputmode: "decimal" }),
    ),
  );
  return tag(
    "form",
    { class: "region", novalidate: true },
    tag(
      "fieldset",
      {},
      tag("legend", {}, formatText("region")),
      fields,
      tag("button", { type: "submit" }, formatText("region.add")),
      tag("button", { type: "button", class: "change", disabled: true }, formatText("region.change")),
    ),
    tag("p", { role: "alert", class: "fault" }, fault),
  );
}

/** @type {Partial<Record<Verdict, string>>} */
const PASSED = { above: "covered-above", below: "covered-below" };

/**
 * What is said of each finding that passes the network's own threshold once regions are covered; "" of the others.
 * @param {Manifest} network
 * @param {readonly number[]} before
 * @param {readonly number[]} after
 */
export function findPassed(network, before, after) {
  const stands = findStandings(network, after);
  return findStandings(network, before).map(({ verdict }, at) =>
    verdict === stands[at].verdict ? "" : (PASSED[stands[at].verdict] ?? ""),
  );
}

/**
 * The places of all findings, the most changed first.
 * @param {readonly number[]} before
 * @param {readonly number[]} after
 */
const orderByChange = (before, after) =>
  before.map((_, at) => at).sort((a, b) => Math.abs(after[b] - before[b]) - Math.abs(after[a] - before[a]));

/**
 * @param {import("./panels.js").Looked} looked
 * @param {Cover} cover
 */
function renderCovering(looked, cover) {
  const { network, answers, label } = looked;
  const before = Array.from(answers.probabilities);
  const after = cover.answers && Array.from(cover.answers.probabilities);
  const buttons = COVERS.map((how) =>
    tag(
      "button",
      { type: "button", class: "cover", "data-how": how, "aria-pressed": String(how === cover.how) },
      formatText(`cover-${how}`),
    ),
  );
  const off = { type: "button", class: "cover off", "data-how": "" };
  const ways = { class: "ways", role: "group", "aria-label": formatText("cover") };
  const at = network.labels.findIndex(({ key }) => key === label);
  const nameOf = (/** @type {number} */ index) => chooseText(network.labels[index].name);
  const passed = after ? findPassed(network, before, after) : [];
  let change = null;
  if (cover.how && after) {
    const [was, isNow, by] = formatScores(before[at], after[at], network);
    const told = formatText("covered-change", { finding: nameOf(at), before: was, after: isNow });
    const others = passed.map((name, index) => name && formatText(name, { finding: nameOf(index) })).filter(Boolean);
    const [most] = orderByChange(before, after);
    if (Math.abs(after[most] - before[most]) > Math.abs(after[at] - before[at])) {
      const [first, then] = formatScores(before[most], after[most], network);
      others.unshift(formatText("covered-most", { finding: nameOf(most), before: first, after: then }));
    }
    change = tag("p", { class: "change", role: "status" }, `${told} `, tag("b", {}, by), ` ${others.join(" ")}`);
  } else if (cover.how && !cover.fault)
    change = tag("p", { class: "change", role: "status" }, formatText("cover.asking"));
  const bar = tag(
    "div",
    { class: "bar" },
    tag("strong", {}, formatText("cover")),
    tag("div", ways, buttons, cover.how && tag("button", off, formatText("cover.off"))),
    change,
  );
  let below = null;
  if (!cover.how) below = [tag("p", { class: "how" }, formatText("cover.hint"))];
  else if (cover.fault) below = [tag("p", { class: "fault", role: "alert" }, formatText(cover.fault))];
  else if (after) {
    const head = ["finding", "cover.before", "cover.after", "cover.change"].map((name) =>
      tag("th", { scope: "col" }, formatText(name)),
    );
    const rows = orderByChange(before, after).map((index) =>
      tag(
        "tr",
        {},
        tag(
          "th",
          { scope: "row" },
          nameOf(index),
          passed[index] && tag("small", {}, ` ${formatText(`${passed[index]}.short`)}`),
        ),
        formatScores(before[index], after[index], network).map((text) => tag("td", {}, text)),
      ),
    );
    const table = tag("table", {}, tag("thead", {}, tag("tr", {}, head)), tag("tbody", {}, rows));
    below = [renderScrollable(formatText("cover"), table), tag("p", { class: "how" }, formatText("cover.says-not"))];
  }
  return tag("div", { class: "covering" }, bar, below ?? []);
}

/**
 * @param {import("./panels.js").Looked} looked
 * @param {readonly DrawnRegion[]} regions
 * @param {Cover} cover
 * @param {string} fault of what was typed
 * @returns {{ fresh: Node[], body: Omit<RegionsValue, "html"> }}
 */
export function renderRegions(looked, regions, cover, fault) {
  const measured = measureAll(regions, looked);
  const hasMaps = measured.maps.length > 0;
  const words = { mark: formatText("cover.not-the-film"), text: formatText("cover.picture") };
  /** @type {(at: number) => Record<string, string>} */
  const tell = (at) => {
    const { area, evidence } = measured.found[at];
    const told = measured.maps.map(({ key }, of) => [
      key,
      Number.isNaN(evidence[of])
        ? formatText("region-no-evidence")
        : formatText("region-share", { share: formatPercent(evidence[of]) }),
    ]);
    return { ...Object.fromEntries(told), film: formatText("region-area", { share: formatPercent(area) }) };
  };
  const section = tag(
    "section",
    { class: "regions" },
    tag("h2", {}, formatText("regions")),
    regions.length > 0 && hasMaps && renderTable(regions, measured, looked.network),
    renderFields(fault),
    regions.length > 0 && renderCovering(looked, cover),
  );
  return {
    fresh: [section],
    body: {
      regions: regions.map(({ shape, covered }, at) => ({
        shape,
        covered,
        name: formatText("region-name", { number: at + 1 }),
        told: hasMaps ? tell(at) : {},
      })),
      how: cover.how,
      cover: cover.answers && { picture: cover.id, deep: null, ...words },
    },
  };
}
