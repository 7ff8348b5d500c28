// What a tab holds of a learner's exam: which film comes when, whose advice it gets and what was said, all of it drawn by
// lot at the beginning and kept for a reload.
import { isRight, isSame, listChoices, NONE, scoreTurn } from "./exam_score.js";

/** @typedef {import("./exam_score.js").Turn} Turn */
/** @typedef {"question" | "advised" | "answered" | "sheet"} Step */

/**
 * @typedef {object} Plan
 * @property {string} deck its name
 * @property {readonly string[]} networks the first is A
 * @property {readonly Turn[]} turns
 * @property {number} at beyond the last turn is the sheet
 */

const KEPT = "exam";

/**
 * By lot.
 * @template Item
 * @param {readonly Item[]} items
 */
function shuffle(items) {
  const lots = items.map((item) => ({ item, lot: Math.random() }));
  return lots.sort((a, b) => a.lot - b.lot).map(({ item }) => item);
}

/**
 * Every film once; networks and whether their map is shown in blocks of all combinations, so that each is met about as
 * often.
 * @param {string} name
 * @param {Deck} deck
 * @param {readonly string[]} known networks of the edition
 * @returns {Plan}
 */
export function makePlan(name, deck, known) {
  const networks = shuffle(deck.networks.filter((network) => known.includes(network)));
  const block = (networks.length ? networks : [""]).flatMap((network) =>
    [true, false].map((isMapShown) => ({ network, isMapShown })),
  );
  /** @type {typeof block} */
  const arms = [];
  while (arms.length < deck.films.length) arms.push(...shuffle(block));
  const films = shuffle(deck.films.map((_, film) => film));
  const turns = films.map((film, at) => ({ film, ...arms[at], first: [], own: [], said: null, advised: null }));
  return { deck: name, networks, turns, at: 0 };
}

/** @param {Plan} plan @returns {Step} */
export function findStep({ turns, at }) {
  if (at >= turns.length) return "sheet";
  const { first, network, said } = turns[at];
  if (!first.length) return "question";
  return network && !said ? "advised" : "answered";
}

/** @param {Plan} plan @param {Partial<Turn>} more */
const change = (plan, more) => ({
  ...plan,
  turns: plan.turns.map((turn, at) => (at === plan.at ? { ...turn, ...more } : turn)),
});

/**
 * A film whose first answer was not right comes back once.
 * @param {Plan} plan
 * @param {Deck} deck
 * @returns {Plan}
 */
function bringBack(plan, deck) {
  const turn = plan.turns[plan.at];
  const isAgain = plan.turns.slice(0, plan.at).some(({ film }) => film === turn.film);
  if (isAgain || isRight(scoreTurn(deck, turn))) return plan;
  const again = { ...turn, first: [], own: [], said: null, advised: null };
  return { ...plan, turns: [...plan.turns, again] };
}

/**
 * The answer before anything was shown.
 * @param {Plan} plan
 * @param {Deck} deck
 * @param {readonly string[]} first
 * @param {Turn["own"]} own
 */
export const giveFirst = (plan, deck, first, own) => bringBack(change(plan, { first, own }), deck);

/** @param {Plan} plan @param {readonly string[]} advised */
export const giveAdvice = (plan, advised) => change(plan, { advised });

/** @param {Plan} plan @param {readonly string[]} said */
export const giveFinal = (plan, said) => change(plan, { said });

/** @param {Plan | null} plan */
export function keepPlan(plan) {
  try {
    if (plan) sessionStorage.setItem(KEPT, JSON.stringify(plan));
    else sessionStorage.removeItem(KEPT);
  } catch {} // where nothing may be kept, a reload begins anew
}

/**
 * What was kept, where it belongs to the decks of this edition.
 * @param {ReadonlyMap<string, Deck>} decks
 * @param {readonly string[]} known networks of the edition
 * @returns {Plan | null}
 */
export function recallPlan(decks, known) {
  try {
    const plan = /** @type {Plan} */ (JSON.parse(sessionStorage.getItem(KEPT) ?? "null"));
    const deck = decks.get(plan.deck);
    if (!deck) return null;
    const [labels, { turns, at }] = [[...listChoices(deck), NONE], plan];
    const films = [...new Set(turns.map(({ film }) => film))];
    const isFitting =
      Number.isInteger(at) &&
      at >= 0 &&
      at <= turns.length &&
      plan.networks.every((name) => known.includes(name)) &&
      isSame(films.map(String), Object.keys(deck.films)) &&
      turns.every(
        ({ film, network, isMapShown, first, own, said, advised }) =>
          Number.isInteger(film) &&
          (!network || plan.networks.includes(network)) &&
          typeof isMapShown === "boolean" &&
          own.every(({ label, box }) => labels.includes(label) && box.flat().every(Number.isFinite)) &&
          [first, said ?? [], advised ?? []].every((told) => told.every((label) => labels.includes(label))),
      );
    return isFitting ? plan : null;
  } catch {
    return null; // nothing is there, or nothing that this edition has written
  }
}
