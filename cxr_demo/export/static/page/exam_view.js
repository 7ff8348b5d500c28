// The exam as markup, which the exam's own script reads as beside a server: the decks; one film at a time, first without
// anything that would tell its answer; the sheet.
import { isRight, isSame, listChoices, listTruth, makeSheet, NONE, scoreAnswer, scoreTurn } from "./exam_score.js";
import { findMethod } from "./maps.js";
import { tag } from "./markup.js";
import {
  chooseText,
  describeError,
  formatDigits,
  formatList,
  formatNumber,
  formatPercent,
  formatScore,
  formatText,
  hasText,
} from "./words.js";

/** @typedef {import("./exam_score.js").Turn} Turn */
/** @typedef {import("./exam_advice.js").Advice} Advice */

/**
 * @typedef {object} Exam
 * @property {string} name of the deck that is under way
 * @property {Deck} deck
 * @property {readonly Turn[]} turns
 * @property {number} at
 * @property {readonly string[]} networks of the deck: the first is A
 * @property {Advice | null} advice on the film that is looked at
 */

/** @param {string} label */
const nameLabel = (label) => (hasText(`finding-${label}`) ? formatText(`finding-${label}`) : label);
/** @param {readonly string[]} labels */
const nameLabels = (labels) => formatList(labels.map(nameLabel));
/** @param {Box} box */
const styleBox = (box) => ["left", "top", "width", "height"].map((side, at) => `${side}:${box[at] * 100}%`).join(";");

/** @param {string} go @param {string} text @param {Record<string, string | boolean>} [more] */
const renderGo = (go, text, more = {}) => tag("button", { type: "button", class: "go", "data-go": go, ...more }, text);

/** @param {Exam} exam @param {string} network */
const letterOf = ({ networks }, network) => String.fromCharCode(65 + networks.indexOf(network));

/** @param {Exam} exam */
const turnNow = ({ turns, at }) => turns[at];
/** @param {Exam} exam */
const filmNow = (exam) => exam.deck.films[turnNow(exam).film];

/** @param {ReadonlyMap<string, Deck>} decks */
export function renderDecks(decks) {
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

/** @param {number} answers that were given */
export const renderKept = (answers) => formatText("exam-kept", { answers });

/**
 * A sentence instead of the exam, and the ways on.
 * @param {unknown} fault
 * @param {string} kept what is not lost
 */
export function renderRefused(fault, kept) {
  const { message, hint } = describeError(fault);
  const told = tag("strong", {}, message);
  return [
    tag("p", { role: "alert", class: "message", tabindex: -1 }, told, ` ${hint} ${kept}`),
    tag(
      "p",
      { class: "ways" },
      renderGo("again", formatText("browser-try-again")),
      renderGo("decks", formatText("exam-decks")),
    ),
  ];
}

/** @param {Exam} exam */
const nameFilm = ({ at }) => formatText("exam-film", { number: at + 1 });

/** @param {Exam} exam @param {boolean} [isDone] its answer will not change any more */
function renderHead(exam, isDone = false) {
  const answered = exam.turns.slice(0, exam.at + (isDone ? 1 : 0));
  const seen = new Set(answered.map(({ film }) => film)).size;
  const place = formatText("exam-seen", { seen, films: exam.deck.films.length });
  const told = tag("p", {}, `${chooseText(exam.deck.title)} · ${place}`);
  const isBack = exam.turns.slice(0, exam.at).some(({ film }) => film === turnNow(exam).film);
  const back = isBack && tag("p", { class: "how" }, formatText("browser-exam-back"));
  return tag("header", {}, tag("h3", { tabindex: -1 }, nameFilm(exam)), told, back);
}

/** @param {Exam} exam @param {Node[]} over @param {Node[]} [caption] */
function renderFilm(exam, over, caption = []) {
  const shown = tag("div", { class: "picture", role: "img", "aria-label": nameFilm(exam) });
  const below = caption.length > 0 && tag("figcaption", {}, caption);
  return tag("figure", { class: "film" }, tag("div", { class: "on-film" }, shown, over), below);
}

/** @param {string} kind @param {string} word @param {readonly import("./exam_score.js").Mark[]} marks */
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
  const all = [...listChoices(deck), NONE];
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

/** @param {Exam} exam */
function renderSaid(exam) {
  const { advice } = exam;
  if (!advice) return [];
  const lines = advice.standings.map((how) => {
    const told = { name: chooseText(how.label.name), score: formatScore(how.p, advice.network) };
    return tag("li", {}, formatText("exam-advice-named", told));
  });
  const list = lines.length ? lines : [tag("li", {}, formatText("exam-advice-none"))];
  const title = tag("h4", {}, formatText("exam-advice", { letter: letterOf(exam, turnNow(exam).network) }));
  return [tag("div", { class: "advice", role: "status" }, title, tag("ul", { class: "lines" }, list))];
}

/** @param {Exam} exam @param {number} most of each finding */
function renderMaps(exam, most) {
  const { advice } = exam;
  if (!advice) return [];
  const letter = letterOf(exam, turnNow(exam).network);
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
    renderSaid(exam),
    turn.isMapShown && exam.advice?.maps.length ? renderMaps(exam, 1) : [],
    tag("p", { class: "asked", id: "exam-asked" }, formatText("exam-asked-again")),
    turn.own.length > 0 && tag("p", { class: "how" }, formatText("exam-boxes-stay")),
    renderChoices(exam, turn.first),
    renderGo("final", formatText("exam-final")),
  );
  const boxes = renderBoxes("own", formatText("exam-own-box"), turn.own);
  return [renderHead(exam), tag("div", { class: "card" }, renderFilm(exam, boxes), side)];
}

/** @param {import("./exam_score.js").FilmScore} score */
function describeNames({ misses, alarms }) {
  const missed = misses.filter((label) => label !== NONE);
  const lines = [
    !misses.length && !alarms.length && formatText("exam-right"),
    missed.length > 0 && formatText("exam-missed", { names: nameLabels(missed) }),
    alarms.length > 0 && formatText("exam-false-alarm", { names: nameLabels(alarms) }),
  ].filter((line) => line !== false);
  return lines.length ? lines : [formatText("exam-missed-none")];
}

/** @param {import("./exam_score.js").FilmScore} score */
const describePlaces = ({ overlaps }) =>
  overlaps.map(({ label, iou, isInside, place }) => {
    const told = formatText(`exam-place-${place}`, { iou: formatPercent(iou) });
    return `${nameLabel(label)}: ${told} ${formatText(isInside ? "exam-centre-inside" : "exam-centre-outside")}`;
  });

/** How the answer was and, where the advice changed it, the one after. @param {Deck} deck @param {Turn} turn */
export function describeVerdict(deck, turn) {
  const own = scoreTurn(deck, turn);
  if (!turn.said || isSame(turn.said, turn.first)) return [...describeNames(own), ...describePlaces(own)];
  const after = scoreAnswer(deck.films[turn.film], turn.said, []);
  return [
    formatText("exam-first-verdict", { verdict: describeNames(own).join(" ") }),
    ...describePlaces(own),
    formatText("exam-final-verdict", { verdict: describeNames(after).join(" ") }),
  ];
}

/** @param {Turn} turn */
function describeAnswers({ first, said }) {
  const told = formatText("exam-you-said", { names: nameLabels(first) });
  if (!said || isSame(said, first)) return told;
  return `${told} ${formatText("exam-you-changed", { names: nameLabels(said) })}`;
}

/** @param {Exam} exam with the truth */
export function renderAnswered(exam) {
  const [film, turn] = [filmNow(exam), turnNow(exam)];
  const truth = listTruth(film);
  /** @type {(kind: string, word: string, marks: readonly unknown[]) => Node[]} */
  const keyOf = (kind, word, marks) =>
    marks.length ? [tag("span", { class: "key" }, tag("i", { class: kind }), formatText(word))] : [];
  const keys = [...keyOf("true", "exam-true-box", film.regions), ...keyOf("own", "exam-own-box", turn.own)];
  const source = tag("span", {}, formatText("exam-source", { source: film.source, licence: film.licence }));
  const boxes = [
    ...renderBoxes("true", formatText("exam-true-box"), film.regions),
    ...renderBoxes("own", formatText("exam-own-box"), turn.own),
  ];
  const isLast = exam.at + 1 === exam.turns.length;
  const lines = describeVerdict(exam.deck, turn).map((text) => tag("li", {}, text));
  const side = tag(
    "div",
    { class: "side" },
    tag(
      "div",
      { role: "status" },
      tag("p", { class: "asked" }, formatText("exam-truth", { names: nameLabels(truth) })),
      tag("ul", { class: "lines" }, lines),
    ),
    tag("p", { class: "how" }, describeAnswers(turn)),
    tag("h4", {}, formatText("exam-look-for")),
    tag("p", {}, chooseText(film.look_for)),
    tag("h4", {}, formatText("exam-explanation")),
    tag("p", {}, chooseText(film.explanation)),
    renderSaid(exam),
    renderMaps(exam, 9),
    renderGo("next", formatText(isLast ? "exam-finish" : "exam-next")),
  );
  const card = tag("div", { class: "card" }, renderFilm(exam, boxes, [...keys, source]), side);
  return [renderHead(exam, true), card];
}

/** @param {string} arm @param {import("./exam_score.js").Reliance} found */
function describeReliance(arm, { followed, wrong, rate }) {
  if (!rate) return formatText("exam-sheet-never", { arm });
  return formatText("exam-sheet-followed", { arm, followed, wrong, rate: formatInterval(rate) });
}

/** @param {Interval} interval */
const formatInterval = ({ value, low, high }) => {
  const [alone, from, to] = [value, Number(low), Number(high)].map((share) => formatDigits(share, 2));
  return formatText("interval", { value: alone, low: from, high: to });
};

/**
 * A line for each thing that was counted; over-reliance where advice was given.
 * @param {Deck} deck
 * @param {readonly Turn[]} turns
 */
export function describeSheet(deck, turns) {
  const { films, counts, places, again, rightAgain, isAdvised, shown, hidden, effect } = makeSheet(deck, turns);
  const lines = [
    formatText("exam-sheet-films", { films }),
    ...counts.map(({ label, hits, misses, alarms }) =>
      formatText("exam-sheet-counts", { name: nameLabel(label), hits, misses, alarms }),
    ),
    formatText("exam-sheet-places", places),
  ];
  if (again) lines.push(formatText("exam-sheet-again", { again, right: rightAgain }));
  if (isAdvised) lines.push(describeReliance(formatText("exam-sheet-shown"), shown));
  if (isAdvised) lines.push(describeReliance(formatText("exam-sheet-hidden"), hidden));
  if (effect) lines.push(formatText("exam-sheet-effect", { difference: formatInterval(effect) }));
  return lines;
}

/** One film of the sheet, by its first answer. @param {Exam} exam @param {number} at */
function renderSheetFilm({ deck, turns }, at) {
  const turn = turns[at];
  const truth = formatText("exam-truth", { names: nameLabels(listTruth(deck.films[turn.film])) });
  const told = [truth, describeAnswers(turn), ...describePlaces(scoreTurn(deck, turn))].join(" ");
  const mark = isRight(scoreTurn(deck, turn)) ? "✓" : "✗";
  return tag("li", {}, tag("b", {}, `${mark} ${formatText("exam-film", { number: at + 1 })}`), ` ${told}`);
}

/** @param {Exam} exam @param {(name: string) => string} nameNetwork */
export function renderSheet(exam, nameNetwork) {
  const { deck, turns, networks, name } = exam;
  const sums = describeSheet(deck, turns).map((line) => tag("li", {}, line));
  const revealed = networks.map((network) => {
    const told = { letter: letterOf(exam, network), name: nameNetwork(network) };
    return tag("li", {}, formatText("exam-network-was", told));
  });
  const films = turns.map((_, at) => renderSheetFilm(exam, at));
  return [
    tag("header", {}, tag("h3", { tabindex: -1 }, formatText("exam-sheet")), tag("p", {}, chooseText(deck.title))),
    tag("ul", { class: "sheet" }, sums, revealed),
    tag("ul", { class: "sheet films" }, films),
    tag(
      "p",
      { class: "ways" },
      renderGo("begin", formatText("exam-again"), { "data-deck": name }),
      tag("button", { type: "button", class: "print" }, formatText("exam-print")),
      renderGo("decks", formatText("exam-decks")),
    ),
  ];
}
