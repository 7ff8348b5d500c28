// The exam with the decks of the edition: which film comes when, what a network says of it, and what a learner answers.
import { openEngine } from "./engine/engine.js";
import { fitShape } from "./engine/region_shares.js";
import {
  isRight,
  NONE,
  renderAdvised,
  renderAnswered,
  renderDecks,
  renderGo,
  renderQuestion,
  renderSheet,
} from "./exam_view.js";
import { findFrame } from "./fields.js";
import { findStandings } from "./findings.js";
import { tag } from "./markup.js";
import { findMethod, placeMap } from "./panels.js";
import { chooseText, describeError, formatText } from "./words.js";

const METHODS = ["grad-cam", "lrp-epsilon-plus-flat"];
const MAP_SIDE_PX = 512;
const OPACITY = 0.7;
const EMPTY = { title: {}, intro: {}, choices: [], networks: [], films: [] };

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
 * @param {Edition} edition
 * @param {EditionFiles} files
 */
export function openExam(edition, files) {
  /** @type {Map<string, Deck>} */
  const decks = new Map();
  /** @type {import("./exam_view.js").Exam & { turns: import("./exam_view.js").Turn[] }} */
  const exam = { decks, name: "", deck: EMPTY, turns: [], at: 0, letters: new Map() };
  /** @type {StaticEngine | null} */
  let engine = null; // of its own: the film of the page stays where it is
  let step = "decks";
  let picture = { source: "", width: 1, height: 1 };
  /** @type {unknown} */
  let fault = null;

  const turnNow = () => exam.turns[exam.at];

  /** @param {string} name */
  function begin(name) {
    const deck = /** @type {Deck} */ (decks.get(name));
    const networks = shuffle(deck.networks.filter((each) => edition.networks.some((known) => known.name === each)));
    const letters = new Map(networks.map((network, at) => [network, String.fromCharCode(65 + at)]));
    const turns = shuffle(deck.films.map((_, film) => film)).map((film, at) => {
      const network = networks[at % networks.length] ?? "";
      const isMapShown = Math.random() < 0.5;
      return { film, network, letter: letters.get(network) ?? "", isMapShown, isAgain: false, first: [], said: [], own: [], advice: null };
    }); // biome-ignore format: one line of it
    Object.assign(exam, { name, deck, letters, turns, at: 0 });
  }

  async function openFilm() {
    const bytes = await files.get(`decks/${exam.name}/${exam.deck.films[turnNow().film].file}`);
    const blob = new Blob([/** @type {BlobPart} */ (bytes)], { type: "image/png" });
    if (picture.source) URL.revokeObjectURL(picture.source);
    const source = URL.createObjectURL(blob);
    const { width, height } = await loadPicture(source);
    picture = { source, width, height };
    step = "question";
  }

  /** @param {import("./exam_view.js").Turn} turn */
  async function askNetwork(turn) {
    if (!turn.network) return null;
    engine ??= await openEngine({ files });
    const network = /** @type {Manifest} */ (await engine.loadNetwork(turn.network));
    const { file } = exam.deck.films[turn.film];
    const { width, height } = await engine.readFilm(await files.get(`decks/${exam.name}/${file}`), file);
    const { probabilities } = await engine.analyse();
    const standings = findStandings(network, probabilities).filter((how) => how.isCalled);
    const keys = METHODS.filter((key) => network.methods.some((method) => method.key === key));
    const frame = findFrame(network.preprocess, ...fitShape(width, height, MAP_SIDE_PX));
    const maps = [];
    for (const { label } of standings)
      for (const made of await engine.explain(label.key, keys)) {
        const { limit } = made.scale;
        maps.push({ label: label.key, key: made.key, source: drawLayer(made, network, frame), limit });
      }
    return { network, standings, maps };
  }

  /**
   * What is laid over the film; "" where a map holds next to nothing.
   * @param {EngineMap} made
   * @param {Manifest} network
   * @param {Frame} frame
   */
  function drawLayer(made, network, frame) {
    const { limit, nothing, shown } = made.scale;
    if (nothing) return "";
    const colours = tableOf({ table: edition.render.tables[shown] });
    const table = colours.map((value, at) => (at % 4 === 3 ? value * OPACITY : value));
    const map = placeMap(made, findMethod(network, made.key));
    return rasterise(map, frame, table, shown === "signed", { limit, start: 0 }, false).toDataURL();
  }

  function show() {
    const views = { decks: renderDecks, question: renderQuestion, advised: renderAdvised, answered: renderAnswered };
    /** @param {string} name */
    const nameNetwork = (name) => chooseText(edition.networks.find((network) => network.name === name)?.title);
    const { message, hint } = fault ? describeError(fault) : { message: "", hint: "" };
    const refused = [
      tag("p", { role: "alert", class: "message", tabindex: -1 }, tag("strong", {}, message), ` ${hint}`),
      renderGo("decks", formatText("exam-decks")),
    ];
    const view = views[/** @type {keyof typeof views} */ (step)];
    const shown = fault ? refused : view ? view(exam) : renderSheet(exam, nameNetwork);
    const { source, width, height } = picture;
    const style = source && `--film-picture:url(${source});--film-shape:${width}/${height}`;
    const state = { class: "exam", "data-step": step, "data-state": `${exam.name} ${exam.at}`, "data-deck": exam.name };
    const section = tag("section", { ...state, style }, shown);
    if (!section.querySelector("[data-none]")) section.append(tag("i", { hidden: true, "data-none": NONE }));
    partOf("exam").replaceChildren(section);
    document.dispatchEvent(new Event("cxr-exam"));
    const back = tag("p", { class: "way-back" }, tag("a", { href: "#bench" }, formatText("way-back")));
    partOf("lesson").replaceChildren(back, tag("h2", { tabindex: -1 }, formatText("door-lesson")));
  }

  /** @param {readonly string[]} said at last */
  function close(said) {
    const turn = turnNow();
    exam.turns[exam.at] = { ...turn, said };
    step = "answered";
    if (isRight(exam.deck, turn, said) || turn.isAgain) return;
    exam.turns.push({ ...turn, isAgain: true, first: [], said: [], own: [], advice: null }); // what was missed comes back
  }

  /** @param {Triggers["step"]} told */
  async function goOn({ go, deck, own = [], final = [] }) {
    if (go === "begin" && deck && decks.has(deck)) {
      begin(deck);
      await openFilm();
    } else if (go === "answer") {
      const pressed = [...partOf("exam").querySelectorAll("button.choice[aria-pressed=true]")];
      const first = pressed.map((button) => String(/** @type {HTMLElement} */ (button).dataset.label));
      const advice = await askNetwork(turnNow());
      exam.turns[exam.at] = { ...turnNow(), first, own, advice };
      if (advice) step = "advised";
      else close(first);
    } else if (go === "final") close(final);
    else if (go === "next" && exam.at + 1 < exam.turns.length) {
      exam.at += 1;
      await openFilm();
    } else if (go === "next") step = "sheet";
    else if (go === "decks") step = "decks";
  }

  async function readDecks() {
    for (const key of edition.decks) {
      const bytes = await files.get(`decks/${key}/deck.json`);
      decks.set(key, JSON.parse(new TextDecoder().decode(bytes)));
    }
  }

  /** @param {() => Promise<void>} work */
  async function attempt(work) {
    fault = null;
    try {
      await work();
    } catch (error) {
      fault = error;
      step = "decks";
    }
    show();
  }

  document.addEventListener("cxr-step", ({ detail }) => attempt(() => goOn(detail)));
  attempt(readDecks);
}
