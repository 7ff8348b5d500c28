// What answers of an exam were worth: each film's, and the sheet at the end. Twin of `teaching.exam_score`, which names
// the studies that these measures are from.
export const NONE = "no_finding";
const MATCHES = 0.5; // of what two boxes cover together, that both cover
const TOUCHES = 0.1;
const Z_95 = 1.959964; // half of a 95 % interval, in standard deviations

/** @typedef {{ label: string, box: Shape }} Mark */
/** @typedef {"match" | "near" | "elsewhere"} Placed */
/** @typedef {{ label: string, iou: number, isInside: boolean, place: Placed }} Overlap */
/** @typedef {{ hits: string[], misses: string[], alarms: string[], overlaps: Overlap[] }} FilmScore */
/** @typedef {{ followed: number, wrong: number, rate: Interval | null }} Reliance */

/**
 * One film before a learner: what was said of it before anything was shown, and at last.
 * @typedef {object} Turn
 * @property {number} film its place in the deck
 * @property {string} network that advises; "" where none does
 * @property {boolean} isMapShown with the advice
 * @property {readonly string[]} first NONE alone for no finding; empty until there is an answer
 * @property {readonly Mark[]} own
 * @property {readonly string[] | null} said after the advice; null until then
 * @property {readonly string[] | null} advised what the network calls, of what there was to choose
 */

/** @param {DeckFilm} film what a learner may miss in it */
export const listTruth = ({ truth }) => (truth.length ? truth : [NONE]);

/** @param {Deck} deck */
export const listChoices = ({ choices, films }) => [...new Set([...choices, ...films.flatMap(({ truth }) => truth)])];

/** @param {readonly string[]} a @param {readonly string[]} b */
export const isSame = (a, b) => a.length === b.length && a.every((each) => b.includes(each));

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

/**
 * Of a drawn box with the true one that it meets best.
 * @param {string} label
 * @param {Box} drawn
 * @param {readonly Box[]} truth
 * @returns {Overlap}
 */
function measureOverlap(label, drawn, truth) {
  const iou = Math.max(...truth.map((box) => shareBoxes(drawn, box)));
  const [x, y] = [drawn[0] + drawn[2] / 2, drawn[1] + drawn[3] / 2];
  const isInside = truth.some(
    ([left, top, width, height]) => left <= x && x <= left + width && top <= y && y <= top + height,
  );
  return { label, iou, isInside, place: iou >= MATCHES ? "match" : isInside || iou >= TOUCHES ? "near" : "elsewhere" };
}

/**
 * @param {DeckFilm} film
 * @param {readonly string[]} named
 * @param {readonly Mark[]} own
 * @returns {FilmScore}
 */
export function scoreAnswer(film, named, own) {
  const truth = listTruth(film);
  const placesOf = (/** @type {string} */ label) =>
    film.regions.filter((region) => region.label === label).map(({ box }) => box);
  return {
    hits: truth.filter((label) => named.includes(label)),
    misses: truth.filter((label) => !named.includes(label)),
    alarms: named.filter((label) => !truth.includes(label) && label !== NONE),
    overlaps: own
      .map(({ label, box }) => ({ label, box, places: placesOf(label) }))
      .filter(({ places }) => places.length)
      .map(({ label, box, places }) => measureOverlap(label, boundsOf(box), places)),
  };
}

/** Of the answer before the advice. @param {Deck} deck @param {Turn} turn */
export const scoreTurn = (deck, { film, first, own }) => scoreAnswer(deck.films[film], first, own);

/** All of it named, nothing else, and no box elsewhere. @param {FilmScore} score */
export const isRight = ({ misses, alarms, overlaps }) =>
  !misses.length && !alarms.length && overlaps.every(({ place }) => place !== "elsewhere");

/**
 * The share `hits` of `n`, 1 or more, with Wilson's interval.
 * @param {number} hits
 * @param {number} n
 */
function computeWilson(hits, n) {
  const [value, square] = [hits / n, Z_95 ** 2];
  const middle = value + square / (2 * n);
  const reach = Z_95 * Math.sqrt((value * (1 - value)) / n + square / (4 * n * n));
  const [low, high] = [-1, 1].map((way) => (middle + way * reach) / (1 + square / n));
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}

/**
 * How often wrong advice was taken, of the times that it was wrong and another than the learner's own answer.
 * @param {Deck} deck
 * @param {readonly Turn[]} turns
 * @returns {Reliance}
 */
function countFollowed(deck, turns) {
  const misled = turns.flatMap(({ film, first, said, advised }) => {
    if (!said || !advised) return [];
    const [advice, truth, own, last] = [advised, deck.films[film].truth, first, said].map((labels) =>
      labels.filter((label) => label !== NONE),
    );
    return isSame(advice, truth) || isSame(advice, own) ? [] : [isSame(last, advice)];
  });
  const followed = misled.filter(Boolean).length;
  return { followed, wrong: misled.length, rate: misled.length ? computeWilson(followed, misled.length) : null };
}

/**
 * One share minus another, with Newcombe's interval (his method 10).
 * @param {Interval | null} one
 * @param {Interval | null} two
 */
function subtractRates(one, two) {
  if (!one || !two) return null;
  const value = one.value - two.value;
  const below = Math.hypot(one.value - Number(one.low), Number(two.high) - two.value);
  const above = Math.hypot(Number(one.high) - one.value, two.value - Number(two.low));
  return { value, low: Math.max(-1, value - below), high: Math.min(1, value + above) };
}

/**
 * Of the films that were answered, each as it was seen first.
 * @param {Deck} deck
 * @param {readonly Turn[]} turns
 */
export function makeSheet(deck, turns) {
  const answered = turns.filter(({ first }) => first.length);
  const isFirst = (/** @type {Turn} */ turn) => answered.find(({ film }) => film === turn.film) === turn;
  const first = answered.filter(isFirst);
  const again = answered.filter((turn) => !isFirst(turn));
  const scores = first.map((turn) => scoreTurn(deck, turn));
  const count = (/** @type {"hits" | "misses" | "alarms"} */ kind, /** @type {string} */ label) =>
    scores.filter((score) => score[kind].includes(label)).length;
  const labels = [...new Set(scores.flatMap(({ hits, misses, alarms }) => [...hits, ...misses, ...alarms]))].sort();
  const places = scores.flatMap(({ overlaps }) => overlaps.map(({ place }) => place));
  const shown = countFollowed(deck, first.filter(({ isMapShown }) => isMapShown)); // biome-ignore format: a pair
  const hidden = countFollowed(deck, first.filter(({ isMapShown }) => !isMapShown)); // biome-ignore format: a pair
  return {
    films: first.length,
    counts: labels.map((label) => ({
      label,
      hits: count("hits", label),
      misses: count("misses", label),
      alarms: count("alarms", label),
    })),
    places: {
      match: places.filter((place) => place === "match").length,
      near: places.filter((place) => place === "near").length,
      elsewhere: places.filter((place) => place === "elsewhere").length,
    },
    again: again.length,
    rightAgain: again.filter((turn) => isRight(scoreTurn(deck, turn))).length,
    isAdvised: first.some(({ network }) => network),
    shown,
    hidden,
    effect: subtractRates(shown.rate, hidden.rate),
  };
}
