// The exam with the decks of the edition: a press changes what is known, and what that asks for is brought and shown.
import { openAdviser } from "./exam_advice.js";
import { findStep, giveAdvice, giveFinal, giveFirst, keepPlan, makePlan, recallPlan } from "./exam_plan.js";
import { listChoices, NONE } from "./exam_score.js";
import {
  renderAdvised,
  renderAnswered,
  renderDecks,
  renderKept,
  renderQuestion,
  renderRefused,
  renderSheet,
} from "./exam_view.js";
import { tag } from "./markup.js";
import { chooseText, formatText } from "./words.js";

const isInRoom = () => document.body.dataset.room === "lesson";
const VIEWS = { question: renderQuestion, advised: renderAdvised, answered: renderAnswered };

/**
 * @param {Edition} edition
 * @param {EditionFiles} files
 */
export function openExam(edition, files) {
  /** @type {Map<string, Deck>} */
  const decks = new Map();
  const networks = edition.networks.map(({ name }) => name);
  const adviser = openAdviser(edition, files);
  /** @type {import("./exam_plan.js").Plan | null} */
  let plan = null;
  /** @type {import("./exam_advice.js").Advice | null} */
  let advice = null;
  let picture = { path: "", source: "", width: 1, height: 1 };
  /** @type {unknown} */
  let fault = null;
  let number = 0; // of the newest wish

  /** @param {import("./exam_plan.js").Plan} now */
  function pathNow({ deck, turns, at }) {
    return `decks/${deck}/${decks.get(deck)?.films[turns[at].film].file}`;
  }

  /** @param {string} path */
  async function loadFilm(path) {
    if (picture.path === path) return;
    const bytes = await files.get(path);
    const source = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (bytes)], { type: "image/png" }));
    const { width, height } = await loadPicture(source);
    if (picture.source) URL.revokeObjectURL(picture.source);
    picture = { path, source, width, height };
  }

  /** What the plan asks for: the decks, the film that is looked at, and what its network says of it. */
  async function bring() {
    for (const key of edition.decks) {
      if (decks.has(key)) continue;
      const bytes = await files.get(`decks/${key}/deck.json`);
      decks.set(key, JSON.parse(new TextDecoder().decode(bytes)));
    }
    if (isInRoom()) plan ??= recallPlan(decks, networks);
    advice = null;
    const now = plan;
    const step = now && findStep(now);
    if (!now || step === "sheet") return adviser.leave();
    const path = pathNow(now);
    const [{ network }, deck] = [now.turns[now.at], /** @type {Deck} */ (decks.get(now.deck))];
    if (step === "question") await loadFilm(path);
    else if (network) {
      const found = await adviser.ask(network, path, listChoices(deck));
      if (plan !== now) return;
      await loadFilm(path);
      advice = found;
      plan = giveAdvice(now, advice.standings.map(({ label }) => label.key)); // biome-ignore format: a pair
      keepPlan(plan);
    } else await loadFilm(path);
  }

  /** @returns {Node[]} */
  function showNow() {
    const deck = plan && decks.get(plan.deck);
    const answers = plan?.turns.filter(({ first }) => first.length).length ?? 0;
    if (fault) return renderRefused(fault, deck ? renderKept(answers) : "");
    if (!plan || !deck) return renderDecks(decks);
    const exam = { ...plan, name: plan.deck, deck, advice };
    const step = findStep(plan);
    if (step !== "sheet") return VIEWS[step](exam);
    const nameNetwork = (/** @type {string} */ name) =>
      chooseText(edition.networks.find((network) => network.name === name)?.title);
    return renderSheet(exam, nameNetwork);
  }

  function show() {
    const { source, width, height } = picture;
    const style = source && `--film-picture:url(${source});--film-shape:${width}/${height}`;
    const [step, name] = plan ? [findStep(plan), plan.deck] : ["decks", ""];
    const state = {
      class: "exam",
      "data-step": fault ? "refused" : step,
      "data-state": `${name} ${plan?.at ?? 0}`,
      "data-deck": name,
    };
    const section = tag("section", { ...state, style }, showNow());
    if (!section.querySelector("[data-none]")) section.append(tag("i", { hidden: true, "data-none": NONE }));
    partOf("exam").replaceChildren(section);
    document.dispatchEvent(new Event("cxr-exam"));
    const back = tag("p", { class: "way-back" }, tag("a", { href: "#bench" }, formatText("way-back")));
    partOf("lesson").replaceChildren(back, tag("h2", { tabindex: -1 }, formatText("door-lesson")));
  }

  /** What was said is known before anything that can fail. @param {Triggers["step"]} told */
  function heed({ go, deck: name = "", own = [], final = [] }) {
    const before = plan;
    const [deck, step] = [decks.get(name), plan && findStep(plan)];
    if (go === "begin" && deck) plan = makePlan(name, deck, networks);
    else if (go === "decks") {
      plan = null;
      keepPlan(null);
    } else if (plan && deck && go === "answer" && step === "question") {
      const pressed = [...partOf("exam").querySelectorAll("button.choice[aria-pressed=true]")];
      const first = pressed.map((button) => String(/** @type {HTMLElement} */ (button).dataset.label));
      plan = giveFirst(plan, deck, first, own);
    } else if (plan && go === "final" && step === "advised") plan = giveFinal(plan, final);
    else if (plan && go === "next" && step === "answered") plan = { ...plan, at: plan.at + 1 };
    if (plan !== before) keepPlan(plan);
  }

  async function follow() {
    number += 1;
    const own = number;
    fault = null;
    try {
      await bring();
    } catch (error) {
      if (own === number) fault = error;
    }
    if (own === number) show();
    if (!isInRoom()) adviser.leave();
  }

  document.addEventListener("cxr-step", ({ detail }) => {
    heed(detail);
    follow();
  });
  addEventListener("hashchange", () => {
    if (!isInRoom()) adviser.leave();
    else if (!plan) follow();
  });
  follow();
}
