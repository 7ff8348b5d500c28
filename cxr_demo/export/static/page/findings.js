// The list of findings: what the network says of each, in numbers and in a word; each is the button to its maps.
import { decide } from "./engine/probabilities.js";
import { renderDetails, tag } from "./markup.js";
import { renderTerm } from "./terms.js";
import { chooseText, formatDigits, formatMegabytes, formatPercent, formatScore, formatText } from "./words.js";

export const MANY = 4; // above this number the list is dense
/** @type {Record<Verdict, string>} */
const VERDICTS = {
  above: "verdict-above",
  below: "verdict-below",
  "most probable": "verdict-most-probable",
  "less probable": "verdict-less-probable",
  "cannot tell": "verdict-cannot-tell",
  "no threshold": "verdict-no-threshold",
};
/** @type {Partial<Record<Verdict, string>>} */
const MAPS_OFF = {
  below: "maps-off-below",
  "less probable": "maps-off-less-probable",
  "cannot tell": "maps-off-cannot-tell",
};

/** @typedef {{ label: ManifestLabel, p: number, threshold: number | null, verdict: Verdict, isCalled: boolean, mapsShown: boolean }} Standing */

/**
 * How each label stands, in the order of the network.
 * @param {Manifest} network
 * @param {ArrayLike<number>} probabilities
 * @returns {Standing[]}
 */
export function findStandings(network, probabilities) {
  const all = Array.from(probabilities);
  const verdicts = decide(all, network);
  return network.labels.map((label, at) => {
    const [p, verdict] = [all[at], verdicts[at]];
    const threshold = network.task === "multi-label" ? label.threshold : null;
    const isCalled = verdict === "above" || verdict === "most probable";
    return { label, p, threshold, verdict, isCalled, mapsShown: isCalled || verdict === "no threshold" };
  });
}

/**
 * Those above their threshold first, each by its share of it; then those without one, last those that the network cannot
 * tell. Of findings that exclude each other the most probable. Twin of `analysis.order_labels`.
 * @param {Manifest} network
 * @param {readonly Standing[]} standings
 */
export function orderStandings(network, standings) {
  /** @type {(how: Standing) => [number, number]} */
  const place = ({ verdict, threshold, p }) => {
    if (network.task === "single-label") return [0, -p];
    const at = ["above", "below", "no threshold", "cannot tell"].indexOf(verdict);
    return [at, -p / (at < 2 ? threshold || 1e-9 : 1)];
  };
  return [...standings].sort((a, b) => {
    const [[first, share], [second, other]] = [place(a), place(b)];
    return first - second || share - other;
  });
}

/** @param {Standing} how */
export const describeVerdict = ({ verdict }) => formatText(VERDICTS[verdict]);

/**
 * The same beside a threshold that a person has moved.
 * @param {Standing} how
 * @param {number | null} moved
 */
export function describeMoved(how, moved) {
  if (moved === null) return describeVerdict(how);
  return formatText(how.p >= moved ? "threshold-above-own" : "threshold-below-own");
}

/**
 * The list is made with the network's own thresholds; those that a person has moved stand where they were left.
 * @param {Manifest | null} network
 * @param {ReadonlyMap<string, number>} moved by network and label
 */
export function moveThresholds(network, moved) {
  for (const { key, quality } of network?.labels ?? []) {
    const threshold = moved.get(`${network?.name} ${key}`);
    const row = partOf("findings").querySelector(`button.finding[data-label="${key}"]`)?.closest("li");
    const slider = row?.querySelector("input.threshold");
    if (!slider || threshold === undefined) continue;
    slider.value = String(quality.points?.thresholds.indexOf(threshold));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {Standing} how */
export const describeMapsOff = ({ verdict }) => formatText(MAPS_OFF[verdict] ?? "maps-off-below");

/**
 * The button that shows maps that are off.
 * @param {Standing} how
 * @param {Manifest} network
 */
export function describeShowAnyway({ verdict, p }, network) {
  if (verdict === "cannot tell") return formatText("show-anyway-cannot-tell");
  const score = formatScore(p, network);
  const isLess = p < (network.task === "multi-label" ? 0.001 : 0.01);
  if (isLess) {
    const limit = score.replace("< ", "");
    return formatText(network.calibrated ? "show-anyway-gives-less" : "show-anyway-scores-less", { limit });
  }
  return formatText(network.calibrated ? "show-anyway-gives-only" : "show-anyway-scores-only", { score });
}

/**
 * As a score, but with a digit more below 10 % and above 99 %: a film's score may be just below it.
 * @param {number} threshold
 * @param {Manifest} network
 */
function formatThreshold(threshold, network) {
  const { calibrated } = network;
  const write = (/** @type {number} */ share) => (calibrated ? formatPercent(share, 1) : formatDigits(share, 3));
  if (threshold >= 1) return calibrated ? formatPercent(threshold, 0) : formatDigits(threshold, 0);
  if (threshold >= 0.9995) return formatText("score-above", { limit: write(0.999) });
  const isFine = threshold > 0.99 || (calibrated && threshold >= 0.001 && threshold < 0.0995);
  return isFine ? write(threshold) : formatScore(threshold, network);
}

/**
 * What its verdict costs: how many it finds and how many it calls wrongly; or on how few films a threshold would stand.
 * @param {Standing} how
 * @param {Manifest} network
 */
function describeRates({ label, threshold, verdict }, network) {
  const { sensitivity, specificity, auroc, can_tell: canTell, held_out: films } = label.quality;
  if (network.task === "single-label") {
    if (!sensitivity || !specificity) return "";
    const wrong = formatPercent(1 - specificity.value);
    return formatText("rates-of-answer", { right: formatPercent(sensitivity.value), wrong });
  }
  if (verdict === "no threshold" && films !== null) return formatText("rates-no-threshold", { films });
  if (threshold === null || !auroc || !canTell) return "";
  const alone = formatThreshold(threshold, network);
  const [low, high] = (label.threshold_interval ?? []).map((end) => formatThreshold(end, network));
  const text = low ? formatText("interval", { value: alone, low, high }) : alone;
  if (!sensitivity || !specificity) return formatText("rates-not-measured", { threshold: text });
  const [found, spared] = [sensitivity, specificity].map(({ value }) => formatPercent(value));
  return formatText("rates", { threshold: text, found, spared });
}

/**
 * @param {Standing} how
 * @param {Manifest} network
 * @param {string} chosen
 */
function renderFinding(how, network, chosen) {
  const { label, p, threshold, verdict } = how;
  const look = how.isCalled ? " called" : ["no threshold", "cannot tell"].includes(verdict) ? " unjudged" : "";
  const mark =
    threshold !== null && label.quality.can_tell && tag("i", { class: "mark", style: `left:${threshold * 100}%` });
  const fill = tag("i", { class: "fill", style: `width:${p * 100}%` });
  const [name, gloss, numbers] = [chooseText(label.name), chooseText(label.description), `numbers-${label.key}`];
  const rates = describeRates(how, network);
  return tag(
    "li",
    {},
    tag(
      "button",
      {
        type: "button",
        class: `finding${look}`,
        "data-label": label.key,
        "aria-pressed": String(label.key === chosen),
        "aria-describedby": numbers,
        title: gloss,
      },
      tag("span", { class: "name" }, name),
      tag("span", { class: "score" }, formatScore(p, network)),
      tag("span", { class: "meter", "aria-hidden": "true" }, fill, mark),
      tag("span", { class: "word" }, describeVerdict(how)),
      tag("span", { class: "gloss" }, gloss),
    ),
    tag(
      "p",
      { class: "numbers", id: numbers },
      tag("b", {}, `${name}: `),
      chooseText(label.quality.told),
      rates && tag("span", { class: "rates" }, ` · ${rates}`),
    ),
    renderSlider(how, network, name),
  );
}

/**
 * To move the threshold of the chosen finding and see what that costs.
 * @param {Standing} how
 * @param {Manifest} network
 * @param {string} name
 */
function renderSlider({ label, p, threshold }, network, name) {
  const { points, can_tell: canTell } = label.quality;
  const own = points && threshold !== null ? points.thresholds.indexOf(threshold) : -1;
  if (!points || own < 0 || !canTell) return null;
  /** @type {(found: string, wrong: string) => string} */
  const tellCost = (found, wrong) => formatText("threshold-cost", { found, wrong });
  const steps = points.thresholds.map((each, at) => {
    const wrong = Math.round((1 - points.specificity[at]) * 100);
    const found = Math.round(points.sensitivity[at] * 100);
    return [formatThreshold(each, network), Math.round(each * 1000) / 10, found, wrong, p >= each];
  });
  const [text, , found, wrong] = steps[own];
  const sentence = tellCost(String(found), String(wrong));
  const slider = tag("input", {
    type: "range",
    class: "threshold",
    min: 0,
    max: steps.length - 1,
    step: 1,
    value: own,
    "aria-label": `${formatText("threshold")}, ${name}`,
    "aria-valuetext": `${text}: ${sentence}`,
    "data-steps": JSON.stringify(steps),
    "data-cost": tellCost("{found}", "{wrong}"),
    "data-above": formatText("threshold-above-own"),
    "data-below": formatText("threshold-below-own"),
    autocomplete: "off",
  });
  const back = formatText("threshold-reset", { threshold: String(text) });
  return tag(
    "div",
    { class: "operating" },
    tag("label", {}, formatText("threshold"), slider, tag("output", {}, String(text))),
    renderTerm("threshold"),
    tag("span", { class: "cost" }, sentence),
    tag("button", { type: "button", class: "reset", hidden: true }, back),
  );
}

/** @param {Manifest} network */
function describeSorting(network) {
  const calibrated = network.calibrated ? "yes" : "no";
  if (network.task === "single-label") return formatText("sorted-by-probability", { calibrated });
  const told = network.labels.filter((label) => label.quality.can_tell);
  const untold = told.length < network.labels.length ? "yes" : "no";
  if (told.every(({ threshold }) => threshold === null))
    return formatText("sorted-without-threshold", { calibrated, untold });
  const without = told.some(({ threshold }) => threshold === null) ? "yes" : "no";
  return formatText("sorted-by-share", { without, untold });
}

/** @param {Manifest} network */
function renderMeaning({ quality }) {
  const told = [chooseText(quality.scores), chooseText(quality.test_films)].filter(Boolean);
  const phone = tag("span", { class: "phone" }, formatText("figures-on-phone"));
  const summary = tag("summary", {}, tag("span", { class: "wide" }, formatText("figures")), phone);
  return tag(
    "details",
    { class: "explained" },
    summary,
    told.map((text) => tag("p", {}, text)),
  );
}

/**
 * @param {Manifest} network
 * @param {ArrayLike<number>} probabilities
 * @param {string} chosen
 */
export function renderFindings(network, probabilities, chosen) {
  const standings = orderStandings(network, findStandings(network, probabilities));
  const hasUntold = network.labels.some(({ quality }) => !quality.can_tell);
  const score = formatText(network.calibrated ? "score-calibrated" : "score-uncalibrated");
  const [data, caveat] = [chooseText(network.data), chooseText(network.caveat)];
  const before = data ? formatText("scores-trained-on", { data }) : chooseText(network.summary);
  return tag(
    "section",
    { class: "told" },
    tag(
      "header",
      {},
      tag(
        "div",
        { class: "with-term" },
        tag("h2", {}, formatText("findings"), tag("small", {}, score)),
        renderTerm("probability"),
      ),
      tag("p", { class: "order" }, describeSorting(network), hasUntold && renderTerm("cannot-tell")),
    ),
    tag(
      "ul",
      { class: network.labels.length > MANY ? "findings many" : "findings" },
      standings.map((how) => renderFinding(how, network, chosen)),
    ),
    tag("p", { class: "meaning" }, `${before} ${caveat}`),
    renderMeaning(network),
  );
}

/**
 * What the gate asks before anything is shown.
 * @param {string} name of the film
 * @param {Judgement} gate
 */
export function renderQuestion(name, gate) {
  const mends = [...new Set(gate.reasons.map(({ mend }) => mend))].filter((mend) => mend !== null);
  const measures = gate.reasons.flatMap((reason) => reason.measures);
  return tag(
    "section",
    { class: "told question" },
    tag("h2", {}, formatText("question"), tag("small", {}, name)),
    tag(
      "ul",
      { class: "doubts" },
      gate.reasons.map((reason) => tag("li", {}, formatText(reason.name, reason.values))),
    ),
    tag("p", {}, formatText("question.why")),
    tag(
      "div",
      { class: "answers" },
      mends.map((mend) =>
        tag("button", { type: "button", class: "mend", "data-mend": mend }, formatText(`mend-${mend}`)),
      ),
      tag("button", { type: "button", class: "anyway" }, formatText("show-anyway")),
      tag("button", { type: "button", class: "leave-it" }, formatText("question.remove")),
    ),
    measures.length > 0 &&
      renderDetails(
        formatText("question.measured"),
        tag(
          "ul",
          {},
          measures.map(({ name, values }) => tag("li", {}, formatText(name, values))),
        ),
      ),
  );
}

/**
 * What is asked before a network for synthetic films looks at a film of a person.
 * @param {string} name of the film
 * @param {readonly EditionNetwork[]} fitting
 * @param {ReadonlySet<string>} loaded
 */
export function renderOtherNetworks(name, fitting, loaded) {
  const buttons = fitting.map((network) => {
    const size = formatMegabytes(network.bytes);
    const title = chooseText(network.title);
    const text = loaded.has(network.name) ? title : formatText("browser-network", { title, size });
    return tag("button", { type: "button", class: "network", "data-network": network.name }, text);
  });
  const anyway = tag("button", { type: "button", class: "anyway" }, formatText("show-anyway"));
  return tag(
    "section",
    { class: "told question" },
    tag("h2", {}, formatText("browser-foreign.title"), tag("small", {}, name)),
    tag("p", {}, formatText("browser-foreign")),
    tag("div", { class: "answers" }, buttons, anyway),
  );
}

/**
 * In the place of findings, while there are none.
 * @param {...(Node | string)} told
 */
export const renderNoFindings = (...told) =>
  tag("section", { class: "told" }, tag("h2", {}, formatText("findings")), ...told);
