// The exam as markup, which the exam's own script reads as beside a server: the decks; one film at a time, first without
// anything that would tell its answer; the sheet.
import { tag } from "./markup.js";
import { findMethod } from "./panels.js";
import { chooseText, formatList, formatNumber, formatPercent, formatScore, formatText, hasText } from "./words.js";

export const NONE = "no_finding";
const MATCHES = 0.5; // of what two boxes cover together, that both cover
const NEAR = 0.1;

/** @typedef {{ label: string, box: Shape }} Mark */
/** @typedef {{ label: string, key: string, source: string, limit: number }} DrawnMap */
/** @typedef {{ network: Manifest, standings: import("./findings.js").Standing[], maps: DrawnMap[] }} Advice */

/**
 * One film before a learner: what was said of it first and at last, and the network whose advice came in between, if
 * there is one.
 * @typedef {object} Turn
 * @property {number} film
 * @property {string} network
 * @property {string} letter
 * @property {boolean} isMapShown with the advice
 * @property {boolean} isAgain it was missed before
 * @property {readonly string[]} first
 * @property {readonly string[]} said
 * @property {readonly Mark[]} own
 * @property {Advice | null} advice
 */

/**
 * @typedef {object} Exam
 * @property {ReadonlyMap<string, Deck>} decks
 * @property {string} name of the deck that is under way
 * @property {Deck} deck
 * @property {readonly Turn[]} turns
 * @property {number} at
 * @property {ReadonlyMap<string, string>} letters of its networks
 */

/** @param {string} label */
const nameLabel = (label) => (hasText(`finding-${label}`) ? formatText(`finding-${label}`) : label);
/** @param {readonly string[]} labels */
const nameLabels = (labels) => formatList(labels.map(nameLabel));
/** @param {Box} box */
const styleBox = (box) => ["left", "top", "width", "height"].map((side, at) => `${side}:${box[at] * 100}%`).join(";");

/** @param {string} go @param {string} text @param {Record<string, string | boolean>} [more] */
export const renderGo = (go, text, more = {}) =>
  tag("button", { type: "button", class: "go", "data-go": go, ...more }, text);

/** @param {DeckFilm} film what a learner may miss in it */
const listTruth = ({ truth }) => (truth.length ? truth : [NONE]);

/** @param {Deck} deck @param {Turn} turn @param {readonly string[]} said */
export function isRight(deck, { film }, said) {
  const truth = listTruth(deck.films[film]);
  return truth.length === said.length && truth.every((label) => said.includes(label));
}

/** @param {Exam} exam */
const turnNow = ({ turns, at }) => turns[at];
/** @param {Exam} exam */
const filmNow = (exam) => exam.deck.films[turnNow(exam).film];

/** @param {Exam} exam */
export function renderDecks({ decks }) {
  const listed = [...decks].map(([key, { title, intro, films, networks }]) => {
    const about = formatText("exam-deck", { films: films.length, networks: networks.length });
    const begin = formatText("exam-begin-deck", { title: chooseText(title) });
    return tag(
      "li",
      {},
      tag("h3", {}, chooseText(title)),
      tag("p", {}, chooseText(intro)),
      tag("p", { class: "how" }, about),
      renderGo("begin", formatText("exam-begin"), { "data-deck": key, "aria-label": begin }),
    );
  });
  const told = tag("p", { class: "intro" }, formatText("exam-intro"));
  return [told, listed.length ? tag("ul", { class: "decks" }, listed) : tag("p", {}, formatText("exam-no-decks"))];
}

/** @param {Exam} exam */
const nameFilm = ({ at }) => formatText("exam-film", { number: at + 1 });

/** @param {Exam} exam */
function renderHead(exam) {
  const seen = new Set(exam.turns.slice(0, exam.at).map(({ film }) => film)).size;
  const place = formatText("exam-seen", { seen, films: exam.deck.films.length });
  const told = tag("p", {}, `${chooseText(exam.deck.title)} · ${place}`);
  return tag("header", {}, tag("h3", { tabindex: -1 }, nameFilm(exam)), told);
}

/** @param {Exam} exam @param {Node[]} over @param {Node[]} [caption] */
function renderFilm(exam, over, caption = []) {
  const shown = tag("div", { class: "picture", role: "img", "aria-label": nameFilm(exam) });
  const below = caption.length > 0 && tag("figcaption", {}, caption);
  return tag("figure", { class: "film" }, tag("div", { class: "on-film" }, shown, over), below);
}

/** @param {string} kind @param {string} word @param {readonly Mark[]} marks */
const renderBoxes = (kind, word, marks) =>
  marks.map(({ label, box }) =>
    tag(
      "div",
      { class: `box ${kind}`, style: styleBox(boundsOf(box)) },
      tag("span", {}, `${word}: ${nameLabel(label)}`),
    ),
  );

/** @param {Exam} exam @param {readonly string[]} pressed */
function renderChoices({ deck }, pressed) {
  const all = [...new Set([...deck.choices, ...deck.films.flatMap(({ truth }) => truth)]), NONE];
  const listed = all.map((label) => {
    const isPressed = String(pressed.includes(label));
    const choice = { type: "button", class: "choice", "data-label": label, "aria-pressed": isPressed };
    return tag("li", {}, tag("button", choice, nameLabel(label)));
  });
  const group = { role: "group", "aria-labelledby": "exam-asked", "data-none": NONE };
  return tag("div", group, tag("ul", { class: "choices" }, listed));
}

/** @param {Exam} exam */
export function renderQuestion(exam) {
  const sides = { left: "{left}", top: "{top}", width: "{width}", height: "{height}" };
  const place = tag("div", { class: "boxes", "data-told": formatText("exam-box", { name: "{name}", ...sides }) });
  const still = {
    class: "still",
    role: "status",
    "data-draw": formatText("exam-draw", { name: "{name}" }),
    "data-first": formatText("exam-choose-first"),
    "data-named": formatText("exam-named", { names: "{names}" }),
  };
  const side = tag(
    "div",
    { class: "side" },
    tag("p", { class: "asked", id: "exam-asked" }, formatText("exam-asked")),
    renderChoices(exam, []),
    tag("p", still),
    renderGo("answer", formatText("exam-answer"), { disabled: true, "data-wait": formatText("browser-asking") }),
    tag("p", { class: "how" }, formatText("exam-how")),
  );
  return [renderHead(exam), tag("div", { class: "card" }, renderFilm(exam, [place]), side)];
}

/** @param {Turn} turn */
function renderSaid({ advice, letter }) {
  if (!advice) return [];
  const lines = advice.standings.map((how) => {
    const told = { name: chooseText(how.label.name), score: formatScore(how.p, advice.network) };
    return tag("li", {}, formatText("exam-advice-named", told));
  });
  const list = lines.length ? lines : [tag("li", {}, formatText("exam-advice-none"))];
  const title = tag("h4", {}, formatText("exam-advice", { letter }));
  return [tag("div", { class: "advice", role: "status" }, title, tag("ul", { class: "lines" }, list))];
}

/** @param {Turn} turn @param {number} most of each finding */
function renderMaps({ advice, letter }, most) {
  if (!advice) return [];
  /** @type {Map<string, number>} */
  const shown = new Map();
  const figures = advice.maps.map(({ label, key, source, limit }) => {
    shown.set(label, (shown.get(label) ?? 0) + 1);
    if (Number(shown.get(label)) > most) return null;
    const { name, unit } = findMethod(advice.network, key);
    const told = { method: chooseText(name), letter, name: nameLabel(label) };
    const scale = formatText("exam-map-scale", { limit: formatNumber(limit), unit: chooseText(unit.name) });
    const picture = { class: "picture", role: "img", "aria-label": formatText("exam-map", told) };
    return tag(
      "figure",
      { class: "map" },
      tag("h5", {}, nameLabel(label), tag("small", {}, told.method)),
      tag("div", { ...picture, style: source && `--map:url(${source})` }),
      tag("figcaption", {}, source ? scale : formatText("exam-no-evidence")),
    );
  });
  return advice.maps.length
    ? [tag("div", { class: "maps" }, figures)]
    : [tag("p", { class: "how" }, formatText("exam-no-map"))];
}

/** @param {Exam} exam the network has spoken, and the answer may change */
export function renderAdvised(exam) {
  const turn = turnNow(exam);
  const side = tag(
    "div",
    { class: "side" },
    renderSaid(turn),
    turn.isMapShown && turn.advice?.maps.length ? renderMaps(turn, 1) : [],
    tag("p", { class: "asked", id: "exam-asked" }, formatText("exam-asked-again")),
    turn.own.length > 0 && tag("p", { class: "how" }, formatText("exam-boxes-stay")),
    renderChoices(exam, turn.first),
    renderGo("final", formatText("exam-final")),
  );
  const boxes = renderBoxes("own", formatText("exam-own-box"), turn.own);
  return [renderHead(exam), tag("div", { class: "card" }, renderFilm(exam, boxes), side)];
}

/** @param {Exam} exam @param {Mark} mark */
function describeBox(exam, { label, box }) {
  const shares = filmNow(exam)
    .regions.filter((region) => region.label === label)
    .map((region) => shareBoxes(boundsOf(box), region.box));
  if (!shares.length) return "";
  const most = Math.max(...shares);
  const iou = formatPercent(most);
  if (most >= MATCHES) return formatText("exam-place-match", { iou });
  return most >= NEAR ? formatText("exam-place-near", { iou }) : formatText("exam-place-elsewhere", { iou });
}

/**
 * How much two boxes share of what both cover.
 * @param {Box} a
 * @param {Box} b
 */
function shareBoxes([left, top, width, height], [otherLeft, otherTop, otherWidth, otherHeight]) {
  const across = Math.min(left + width, otherLeft + otherWidth) - Math.max(left, otherLeft);
  const down = Math.min(top + height, otherTop + otherHeight) - Math.max(top, otherTop);
  const both = Math.max(0, across) * Math.max(0, down);
  return both / (width * height + otherWidth * otherHeight - both);
}

/** @param {Exam} exam with the truth */
export function renderAnswered(exam) {
  const [film, turn] = [filmNow(exam), turnNow(exam)];
  const truth = listTruth(film);
  const missed = truth.filter((label) => !turn.said.includes(label));
  const wrong = turn.said.filter((label) => !truth.includes(label));
  const verdicts = [
    !missed.length && !wrong.length && formatText("exam-right"),
    missed.length > 0 && formatText("exam-missed", { names: nameLabels(missed) }),
    wrong.length > 0 && formatText("exam-false-alarm", { names: nameLabels(wrong) }),
    ...turn.own.map((mark) => describeBox(exam, mark)),
  ].filter(Boolean);
  const isChanged = turn.first.join() !== turn.said.join();
  const key = tag("span", { class: "key" }, tag("i", { class: "true" }), formatText("exam-true-box"));
  const source = tag("span", {}, formatText("exam-source", { source: film.source, licence: film.licence }));
  const boxes = [
    ...renderBoxes("true", formatText("exam-true-box"), film.regions),
    ...renderBoxes("own", formatText("exam-own-box"), turn.own),
  ];
  const isLast = exam.at + 1 === exam.turns.length;
  const lines = verdicts.map((text) => tag("li", {}, text || ""));
  const side = tag(
    "div",
    { class: "side" },
    tag("p", { class: "asked" }, formatText("exam-truth", { names: nameLabels(truth) })),
    tag("ul", { class: "lines" }, lines),
    tag("p", { class: "how" }, formatText("exam-you-said", { names: nameLabels(turn.first) })),
    isChanged && tag("p", { class: "how" }, formatText("exam-you-changed", { names: nameLabels(turn.said) })),
    tag("h4", {}, formatText("exam-look-for")),
    tag("p", {}, chooseText(film.look_for)),
    tag("h4", {}, formatText("exam-explanation")),
    tag("p", {}, chooseText(film.explanation)),
    renderGo("next", formatText(isLast ? "exam-finish" : "exam-next")),
  );
  const figure = renderFilm(exam, boxes, film.regions.length ? [key, source] : [source]);
  return [renderHead(exam), tag("div", { class: "card" }, figure, side), ...renderSaid(turn), ...renderMaps(turn, 9)];
}

/** @param {Exam} exam @param {(name: string) => string} nameNetwork */
export function renderSheet({ deck, turns, letters, name }, nameNetwork) {
  const lines = turns.map((turn, at) => {
    const truth = listTruth(deck.films[turn.film]);
    const isChanged = turn.first.join() !== turn.said.join();
    const told = [
      formatText("exam-film", { number: at + 1 }),
      formatText("exam-truth", { names: nameLabels(truth) }),
      formatText("exam-you-said", { names: nameLabels(turn.first) }),
      isChanged && formatText("exam-you-changed", { names: nameLabels(turn.said) }),
    ].filter(Boolean);
    const mark = isRight(deck, turn, turn.said) ? "✓ " : "✗ ";
    return tag("li", {}, tag("b", {}, mark), told.join(" "));
  });
  const revealed = [...letters].map(([network, letter]) =>
    tag("li", {}, formatText("exam-network-was", { letter, name: nameNetwork(network) })),
  );
  return [
    tag("header", {}, tag("h3", { tabindex: -1 }, formatText("exam-sheet")), tag("p", {}, chooseText(deck.title))),
    tag("ul", { class: "sheet" }, lines, revealed),
    tag(
      "p",
      { class: "ways" },
      renderGo("begin", formatText("exam-again"), { "data-deck": name }),
      tag("button", { type: "button", class: "print" }, formatText("exam-print")),
      renderGo("decks", formatText("exam-decks")),
    ),
  ];
}
