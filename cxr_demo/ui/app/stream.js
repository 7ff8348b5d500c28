// Given by gr.HTML: element, trigger, props, watch. The one value of the page comes here and goes to its parts; what a
// person does goes to Python as a press with a number. A value is heeded if it is newer than the last one; it names the
// body of every part by its id, and brings those that this browser does not have.
const own = /** @type {{ value: PageValue }} */ (props);
const HEAL_MS = 3000; // without a word for so long, the rest is asked for once more
const STALE_MS = 150; // what is answered sooner is not drawn as out of date
const MOST_BODIES = 400;
const LOOKS_MS = [3000, 6000, 12000]; // at rest, until what was made ahead is asked for, so that it is known to be ready
/** @type {Record<string, string>} */
const shown = {}; // part -> id of its body
/** @type {Map<number, object | null>} */
const unheard = new Map(); // presses that no value heeds yet, by number; null: not told yet, as a file is on its way
let pressed = 0;
let sequence = 0;
/** @type {Identity} */
let shownAt = { film: "", checkpoint: "", label: "", number: 0 };
/** @type {Ready} */
let ready = { films: [], labels: [], methods: [] };
let isPruning = false; // a film was removed: its pictures leave this browser too
let isAtRest = true;
let healing = 0;
let looking = 0;
let looks = 0; // since the last press
let dimming = 0;

/** @type {typeof globalThis.reserve} */
function reserve() {
  pressed += 1;
  unheard.set(pressed, null);
  document.body.dataset.rest = "";
  clearTimeout(dimming);
  clearTimeout(looking);
  looks = 0;
  dimming = setTimeout(mark, STALE_MS);
  return pressed;
}

/** @type {typeof globalThis.press} */
function press(name, ...[data, number = reserve()]) {
  const told = { ...data, press: number, at: shownAt, language: document.documentElement.lang };
  unheard.set(number, { ...told, intention: name });
  if (name === "remove_film") isPruning = true;
  if (isAtRest && needsWork(name, /** @type {any} */ (data))) return follow();
  trigger(name, { ...told, have: [...bodies.keys()] });
  heal();
}

// A press that needs work goes with the question for what comes of it: one request fewer.
/**
 * @param {keyof Presses} name
 * @param {{ film?: string | number, label?: string, methods?: readonly string[] }} data
 */
function needsWork(name, data) {
  if (name === "choose_label") return !ready.labels.includes(String(data.label));
  if (name === "choose_film") return !ready.films.includes(String(data.film));
  if (name === "choose_methods") return !data.methods?.every((method) => ready.methods.includes(method));
  return !["pin_scale", "draw_regions", "stop_checks", "choose_language"].includes(name);
}

// Presses that were told and not heard are told again; Python heeds each of them once.
function follow() {
  isAtRest = false;
  const presses = [...unheard.values()].filter((press) => press !== null);
  trigger("follow", { presses, have: [...bodies.keys()] });
  heal();
}

// A value that was lost on the way is asked for again.
function heal() {
  clearTimeout(healing);
  healing = setTimeout(follow, HEAL_MS);
}

// A finding whose maps are known to be ready costs one request, and another one two.
function lookAhead() {
  clearTimeout(looking);
  const findings = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#findings button.finding")]);
  if (!isAtRest || unheard.size || findings.every(({ dataset }) => ready.labels.includes(String(dataset.label))))
    return;
  if (looks < LOOKS_MS.length) looking = setTimeout(look, LOOKS_MS[looks]);
}

function look() {
  looks += 1;
  trigger("look", { have: [...bodies.keys()] });
}

// Whatever does not heed every press is drawn as out of date.
function mark() {
  document.querySelector("#desk")?.setAttribute("aria-busy", String(unheard.size > 0));
}

/**
 * @param {string} name
 * @param {string} id
 * @param {Identity} at
 */
function show(name, id, at) {
  const part = partOf(name);
  const body = /** @type {Value} */ (bodies.get(id));
  Object.assign(part.dataset, { film: at.film, checkpoint: at.checkpoint, label: at.label, number: String(at.number) });
  if (shown[name] !== id) {
    shown[name] = id;
    const fresh = document.createElement("div");
    fresh.innerHTML = body.html;
    patch(part, fresh);
    if (!body.failed) parts[name]?.(body);
  }
  if (!unheard.size && !body.failed) controls[name]?.(body, at);
}

function take() {
  const value = own.value;
  for (const [id, body] of Object.entries(value.bodies ?? {})) bodies.set(id, body);
  if (!(value.sequence > sequence)) return;
  sequence = value.sequence;
  isAtRest = value.rest;
  for (const number of value.heard) unheard.delete(number);
  clearTimeout(healing);
  if (value.needs.some((id) => !bodies.has(id))) return follow(); // some were in a value that was lost
  ({ at: shownAt, ready } = value);
  forgetOld(value.needs);
  for (const [name, id] of Object.entries(value.parts)) show(name, id, value.at);
  mark();
  document.body.dataset.rest = value.rest && !unheard.size ? String(value.sequence) : "";
  const spoken = document.querySelector("#spoken .part");
  if (value.spoken && spoken && spoken.textContent !== value.spoken) spoken.textContent = value.spoken;
  if (value.follow) follow();
  else if (!isAtRest) heal();
  else lookAhead();
}

/**
 * Those that were of use longest ago leave; one that is wanted again comes again.
 * @param {readonly string[]} needs
 */
function forgetOld(needs) {
  for (const id of needs) {
    const body = /** @type {PageBody} */ (bodies.get(id));
    bodies.delete(id);
    bodies.set(id, body); // at the end
  }
  const most = isPruning && !unheard.size ? 0 : MOST_BODIES;
  isPruning &&= most > 0;
  for (const id of bodies.keys()) {
    if (bodies.size <= Math.max(most, needs.length)) return;
    bodies.delete(id);
  }
}

watch("value", take);
